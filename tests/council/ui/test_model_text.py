"""What the page's Markdown component is given of a model's text: formulas in marks of their own, the rest unchanged."""

import pytest

from council import events as ev
from council.domain import Council, Exchange, Question, Synthesis
from council.translation import translator
from council.ui.run.model_text import LATEX_DELIMITERS, model_text
from council.ui.run.render import render
from models.base import Usage
from tests.council.transcripts import SEATS, fold, said, started, turn

ENGLISH = translator("en")
COUNCIL = Council(seats=(SEATS["seat-1"], SEATS["seat-2"]), chairman=SEATS["seat-1"])


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        (r"So \(x_1\), $y$ at $5.", "So \ufdd0x_1\ufdd1, \ufdd0y\ufdd1 at $5."),
        ("\\[\nz\n\\]", "\ufdd2z\ufdd3"),
        ("`$x$` costs \\$5", "`$x$` costs \\$5"),
        (r"\(\def\a{\a}\a\)", r"` \(\def\a{\a}\a\) `"),
        ("\\[\n\\href{x}{`}\n\\]", "`` \\[ \\href{x}{`} \\] ``"),
        ("a forged \ufdd0mark\ufdd1", "a forged \ufffdmark\ufffd"),
    ],
)
def test_formulas_stand_in_marks_of_their_own(text: str, shown: str) -> None:
    assert model_text(text) == shown


def test_every_mark_opens_or_closes_one_kind_of_formula() -> None:
    marks = [delimiter[side] for delimiter in LATEX_DELIMITERS for side in ("left", "right")]
    assert len(set(marks)) == 4 and all(isinstance(mark, str) and len(mark) == 1 for mark in marks)


def test_panes_thinking_and_conclusion_show_formulas() -> None:
    transcript = fold(
        started("full"),
        ev.TurnFinished(turn=turn("seat-1"), text="$a$", thinking="$t$", backend="b", model="m", usage=Usage()),
        said("seat-1", r"\(b\)", "revision", 1),
        ev.SynthesisWritten(synthesis=Synthesis(seat="seat-1", text="$$c$$")),
    )
    view = render(transcript, ENGLISH, 1.0)
    assert "\ufdd0a\ufdd1" in view.panes[0].body and "\ufdd0b\ufdd1" in view.panes[0].body
    assert view.answer == "\ufdd2c\ufdd3"


def test_half_a_formula_is_not_shown_before_it_is_whole_or_its_turn_is_over() -> None:
    of = turn("seat-1")
    transcript = fold(started(), ev.TurnStarted(turn=of), ev.TurnDelta(turn=of, text=r"So \(x^2"))
    assert render(transcript, ENGLISH, 1.0).panes[0].body == "So "
    transcript.apply(ev.TurnDelta(turn=of, text=r"\) it"))
    assert render(transcript, ENGLISH, 1.0).panes[0].body == "So \ufdd0x^2\ufdd1 it"
    transcript.apply(ev.TurnDelta(turn=of, text=" is $y"))
    transcript.apply(ev.TurnFailed(turn=of, reason="It went away."))
    assert render(transcript, ENGLISH, 1.0).panes[0].body.endswith(" is $y")


def test_earlier_turns_of_a_conversation_are_drawn_and_folded_away() -> None:
    exchange = Exchange(question="Is *this* <b>\nbold?", answer="# Yes\n\nWith \\(x\\).\n\n```\ncode")
    question = Question(text="And now?", earlier=(exchange,))
    view = render(
        fold(ev.DeliberationStarted(id="r", question=question, council=COUNCIL, seed=1, nonce_seed="s")), ENGLISH, 1.0
    )
    assert view.earlier == "**Is \\*this\\* &lt;b\\> bold?**\n\n#### Yes\n\nWith \ufdd0x\ufdd1.\n\n```\ncode\n```"
    assert "Earlier in this conversation (1)" in view.question and "bold?" not in view.question
