"""What happens when a user asks: an earlier answer to the very same question is offered, or a run begins."""

from dataclasses import dataclass

from council.application import Application
from council.asking import CouncilRequest, make_council, make_question
from council.errors import CouncilError
from council.ui.asking.composer import render_offer, render_refusal
from council.ui.error_boundary import on_ask
from council.ui.words.texts import Texts
from council.ui.words.translation import translated


@dataclass(frozen=True)
class AskResult:
    """What came of a question: the run that began (""), or the message that says why none did."""

    run_id: str = ""
    message: str = ""


async def ask_question(
    application: Application,
    text: str,
    request: CouncilRequest,
    texts: Texts,
    *,
    owner: str,
    follow_up: str = "",
    is_anew: bool = False,
) -> AskResult:
    """Begin a run; `is_anew` also where the same question has a stored answer."""
    cards = await application.backend.list_models()

    def begin() -> AskResult:
        try:
            past = application.runs.transcript(follow_up, owner=owner) if follow_up else None
            question = make_question(text, after=past)
            council = make_council(request, cards, application.settings)
            same = None if is_anew else application.history.find_same(question, council, owner=owner)
            if same:
                return AskResult(message=render_offer(same, texts))
            return AskResult(run_id=application.runs.start(question, council, owner=owner).id)
        except CouncilError as error:
            return AskResult(message=render_refusal(translated(str(error), texts)))

    return on_ask(begin, lambda: AskResult(message=render_refusal(texts.sorry)))
