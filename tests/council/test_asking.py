"""From what is asked for to a council: who may sit, what a follow-up takes over, which questions are the same."""

from typing import Any

import pytest

from council.asking import CouncilRequest, make_council, make_question
from council.domain import Council, Mode, Question
from council.errors import ConfigurationError
from council.runs.history import History
from council.runs.owners import LOCAL
from council.runs.registry import Runs
from council.seats import SeatWish, read_wish, take_seats
from council.settings import Settings
from models.base import ModelCard
from tests.fakes import ScriptedBackend

pytestmark = pytest.mark.anyio
SEATS = (SeatWish("alpha:1b"), SeatWish("beta:1b", "sceptic"), SeatWish("gamma:1b"))
REQUEST = CouncilRequest(seats=SEATS)
CARDS = [ModelCard(f"{name}:1b", "ollama", family=name) for name in ("alpha", "beta", "gamma")]


def test_a_missing_model_with_a_stand_in_may_sit(settings: Settings) -> None:
    lenient = settings.model_copy(update={"stand_ins": {"absent:7b": "alpha:1b"}})
    request = CouncilRequest(seats=(SeatWish("absent:7b"),), mode="compare", chairman="beta:1b")
    council = make_council(request, CARDS, lenient)
    assert (council.seats[0].model, council.chairman.model) == ("absent:7b", "beta:1b")


def test_a_request_can_be_stored_and_read_again() -> None:
    request = CouncilRequest(seats=SEATS, chairman="gamma:1b", mode="full", rounds=3, answer_tokens=99)
    assert CouncilRequest.model_validate_json(request.model_dump_json()) == request


@pytest.mark.parametrize(
    "changed", [{"debate": "always"}, {"second_look": "never"}, {"rounds": 2}, {"answer_tokens": 77}]
)
async def test_a_question_was_asked_before_only_under_the_same_rules(
    changed: dict[str, Any], history: History, settings: Settings
) -> None:
    question, council = Question(text="Why?", language="en"), make_council(REQUEST, CARDS, settings)
    runs = Runs(backend=ScriptedBackend(), history=history)
    run = runs.of(LOCAL).start(question, council)
    await run.ended()
    other = make_council(REQUEST.model_copy(update=changed), CARDS, settings)
    assert history.of(LOCAL).find_same(question, other) is None
    assert history.of(LOCAL).find_same(question, council) == run.id


@pytest.mark.parametrize(
    ("before", "mode", "seats"),
    [("council", None, 2), ("council", "full", 2), ("council", "quick", 1), ("quick", None, 1), ("quick", "full", 3)],
)
def test_a_follow_up_has_the_council_of_its_run_but_a_quick_answer_is_followed_by_a_whole_one(
    before: Mode, mode: Mode | None, seats: int, settings: Settings
) -> None:
    request = CouncilRequest(seats=(SeatWish("beta:1b"), SeatWish("gamma:1b")), chairman="alpha:1b", mode=before)
    past: Council = make_council(request, CARDS, settings)
    council = make_council(CouncilRequest(after=past, mode=mode), CARDS, settings)
    assert (council.mode, len(council.seats)) == (mode or before, seats)
    if seats == 2:
        assert (council.seats, council.chairman) == (past.seats, past.chairman)


def test_the_chairman_left_open_is_that_of_the_settings_and_one_left_to_the_program_is_not(settings: Settings) -> None:
    set_up = settings.model_copy(update={"chairman": "gamma:1b"})
    assert make_council(CouncilRequest(), CARDS, set_up).chairman.model == "gamma:1b"
    assert make_council(CouncilRequest(chairman=""), CARDS, set_up).chairman.model == "alpha:1b"


@pytest.mark.parametrize("text", ["\u200b", "\ufeff\n", "\u2060\u00ad\u3164", "\x00\x1b"])
def test_a_question_of_which_nothing_can_be_seen_is_none(text: str) -> None:
    with pytest.raises(ConfigurationError, match="The question is empty"):
        make_question(text)
    with pytest.raises(ConfigurationError, match="names no persona"):
        read_wish(f"alpha:1b={text}")
    assert take_seats([SeatWish("alpha:1b", text)])[0].persona == ""


def test_a_byte_order_mark_is_no_part_of_a_question_or_a_persona() -> None:
    assert make_question("\ufeffWhy is the sky blue?").text == "Why is the sky blue?"
    assert take_seats([SeatWish("alpha:1b", "\ufeffsceptic")])[0].persona == "sceptic"
