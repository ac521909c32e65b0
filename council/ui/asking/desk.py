"""What happens when a user asks: the question is checked, an earlier answer is offered, or a run begins."""

from collections.abc import Sequence
from dataclasses import dataclass

from council.application import Application
from council.asking import make_question
from council.domain import MAX_QUESTION_CHARACTERS
from council.errors import CouncilError
from council.ui.asking.composer import render_offer, render_refusal
from council.ui.asking.seat_rules import Row, Rules, build_council
from council.ui.error_boundary import on_ask
from council.ui.words.texts import Texts
from council.ui.words.translation import translated
from models.base import ModelCard


@dataclass(frozen=True)
class Asked:
    """What came of it: the run that began (""), or the message that says why none did."""

    run_id: str = ""
    message: str = ""


class Desk:
    """Takes questions for an application."""

    def __init__(self, application: Application) -> None:
        self._application = application

    async def ask(
        self,
        text: str,
        rows: Sequence[Row],
        rules: Rules,
        texts: Texts,
        *,
        owner: str,
        follow_up: str = "",
        is_anew: bool = False,
    ) -> Asked:
        """Begin a run; `is_anew` also where the same question has a stored answer."""
        cards = await self._application.backend.list_models()
        return on_ask(
            lambda: self._ask(text, rows, rules, texts, cards, owner, follow_up, is_anew),
            lambda: Asked(message=render_refusal(texts.sorry)),
        )

    def _ask(
        self,
        text: str,
        rows: Sequence[Row],
        rules: Rules,
        texts: Texts,
        cards: Sequence[ModelCard],
        owner: str,
        follow_up: str,
        is_anew: bool,
    ) -> Asked:
        if refusal := refuse(text, texts):
            return Asked(message=render_refusal(refusal))
        try:
            council = build_council(rows, rules, cards, self._application.settings, texts)
            past = self._application.runs.transcript(follow_up, owner=owner) if follow_up else None
            question = make_question(text, after=past)
            same = None if is_anew else self._application.history.find_same(question, council, owner=owner)
            if same:
                return Asked(message=render_offer(same, texts))
            return Asked(run_id=self._application.runs.start(question, council, owner=owner).id)
        except CouncilError as error:
            return Asked(message=render_refusal(translated(str(error), texts)))


def refuse(text: str, texts: Texts) -> str:
    """Say why a text cannot be asked; "" if it can."""
    stripped = text.strip()
    if not stripped:
        return texts.empty_question
    if len(stripped) > MAX_QUESTION_CHARACTERS:
        return texts.long_question.format(length=f"{len(stripped):,}", most=f"{MAX_QUESTION_CHARACTERS:,}")
    return ""
