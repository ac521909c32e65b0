"""What becomes of a question on the page: a run, an offer, a refusal, or an apology; and of the seats in the editor."""

import dataclasses
import logging
from collections.abc import AsyncIterator
from typing import Any

import pytest

from council.application import Application
from council.asking import CouncilRequest, make_council
from council.domain import Council, Mode, Question
from council.seats import SeatWish, read_wish
from council.settings import Settings
from council.ui.asking.desk import AskResult, ask_question
from council.ui.asking.seat_rules import default_rows, read_request, read_rows
from council.ui.run.run_actions import RunActions
from council.ui.words.languages import texts_for
from models.base import ModelCard
from tests.council.applications import scripted
from tests.deliberations import until
from tests.fakes import ScriptedBackend

pytestmark = pytest.mark.anyio
ENGLISH = texts_for("en")
SEATS = (SeatWish("alpha:1b"), SeatWish("beta:1b", "sceptic"), SeatWish("gamma:1b"))
REQUEST = CouncilRequest(seats=SEATS)
CARDS = [ModelCard(f"{name}:1b", "ollama", family=name) for name in ("alpha", "beta", "gamma")]


@pytest.fixture
async def application(settings: Settings) -> AsyncIterator[Application]:
    async with scripted(ScriptedBackend())(settings) as opened:
        yield opened


async def ask(application: Application, text: str = "Why?", **more: Any) -> AskResult:
    asked = await ask_question(application, text, REQUEST, ENGLISH, owner="ada", **more)
    if asked.run_id:
        run = application.runs.get(asked.run_id, owner="ada")
        assert run is not None
        await until(lambda: not run.is_running)
    return asked


async def test_a_question_becomes_a_run_of_its_owner_with_the_seats_of_the_editor(application: Application) -> None:
    asked = await ask(application, "Pourquoi le ciel est-il bleu ?")
    transcript = application.runs.transcript(asked.run_id, owner="ada")
    assert transcript.question is not None and transcript.council is not None
    assert transcript.question.language == "fr"
    assert [seat.persona for seat in transcript.council.seats] == ["", "sceptic", ""]
    assert application.runs.get(asked.run_id, owner="ben") is None


async def test_the_same_question_is_offered_once_and_asked_when_wanted_anew(application: Application) -> None:
    first = await ask(application)
    offer = await ask(application)
    assert not offer.run_id and f'data-argument="{first.run_id}"' in offer.message
    anew = await ask(application, is_anew=True)
    assert anew.run_id not in ("", first.run_id)


async def test_a_run_without_a_conclusion_cannot_be_followed_up_in_silence(application: Application) -> None:
    only_compared = CouncilRequest(seats=SEATS, mode="compare")
    compared = await ask_question(application, "Why?", only_compared, ENGLISH, owner="ada")
    run = application.runs.get(compared.run_id, owner="ada")
    assert run is not None
    await until(lambda: not run.is_running)
    followed = await ask(application, "And then?", follow_up=compared.run_id)
    assert not followed.run_id and "no final answer to follow up" in followed.message


async def test_a_follow_up_carries_the_whole_conversation(application: Application) -> None:
    first = await ask(application, "One?")
    second = await ask(application, "Two?", follow_up=first.run_id)
    third = await ask(application, "Three?", follow_up=second.run_id)
    question = application.runs.transcript(third.run_id, owner="ada").question
    assert question is not None and [exchange.question for exchange in question.earlier] == ["One?", "Two?"]
    assert all("Canberra" in exchange.answer for exchange in question.earlier)


async def test_an_unknown_run_cannot_be_followed_up(application: Application) -> None:
    asked = await ask(application, follow_up="../etc/passwd")
    assert not asked.run_id and "is not the name of a run" in asked.message


class BrokenRuns:
    """A registry with a bug."""

    def start(self, *_: object, **__: object) -> None:
        raise RuntimeError("a secret detail")


async def test_a_bug_is_logged_and_answered_with_an_apology(
    application: Application, caplog: pytest.LogCaptureFixture
) -> None:
    broken: Any = BrokenRuns()
    with caplog.at_level(logging.ERROR):
        asked = await ask(dataclasses.replace(application, runs=broken))
    assert "Something went wrong" in asked.message and "secret" not in asked.message
    assert "a secret detail" in caplog.text


async def test_an_action_on_anothers_run_is_refused(application: Application) -> None:
    asked = await ask(application)
    for action in ("resume", "retry", "export", "follow_up"):
        done = await RunActions(application).act(action, "json", asked.run_id, ENGLISH, "ben")
        assert "There is no run" in done.message and not done.file
    done = await RunActions(application).act("export", "json", asked.run_id, ENGLISH, "ada")
    assert "Canberra" in done.file


@pytest.mark.parametrize(
    ("seats", "complaint"),
    [
        ((), "The council has no seats"),
        ((SeatWish("alpha:1b"),) * 9, "8 seats at most"),
        ((SeatWish("alpha:1b"), SeatWish(" ")), "Seat 2 names no model"),
        ((SeatWish("absent:7b"),), "<code>ollama pull absent:7b</code>"),
        ((SeatWish("alpha:1b", "x" * 2001),), "Seat 1 is too long"),
        ((SeatWish("a" * 301),), "Seat 1 is too long"),
        ((SeatWish("alpha:1b", "scepti"),), "unknown persona &#x27;scepti&#x27;. Did you mean &#x27;sceptic&#x27;"),
    ],
)
async def test_seats_that_cannot_sit_are_refused_on_the_page_with_what_to_change(
    seats: tuple[SeatWish, ...], complaint: str, application: Application
) -> None:
    asked = await ask_question(application, "Why?", CouncilRequest(seats=seats), ENGLISH, owner="ada")
    assert not asked.run_id and complaint in asked.message


@pytest.mark.parametrize(
    ("text", "complaint"), [(" ", "The question is empty"), ("x" * 50_001, "50,001 characters; 50,000 at most")]
)
async def test_questions_that_cannot_be_asked_are_refused_on_the_page(
    text: str, complaint: str, application: Application
) -> None:
    asked = await ask(application, text)
    assert not asked.run_id and complaint in asked.message


def test_a_missing_model_with_a_stand_in_may_sit(settings: Settings) -> None:
    lenient = settings.model_copy(update={"stand_ins": {"absent:7b": "alpha:1b"}})
    request = CouncilRequest(seats=(SeatWish("absent:7b"),), mode="compare", chairman="beta:1b")
    council = make_council(request, CARDS, lenient)
    assert (council.seats[0].model, council.chairman.model) == ("absent:7b", "beta:1b")


def test_page_and_terminal_make_the_same_council_of_the_same_wishes(settings: Settings) -> None:
    """In quick mode, too: only the seat that speaks is stored, and nobody else concludes."""
    for mode in ("quick", "full"):
        written = [read_wish(text) for text in ("alpha:1b", "beta:1b=sceptic@0.2", "gamma:1b")]
        filled_in = ["alpha:1b", "", 0.7, "beta:1b", "Sceptic", 0.2, "gamma:1b", None, None]
        on_page = read_request(3, [mode, "gamma:1b", "auto", "always", 2, 500, *filled_in])
        in_terminal = CouncilRequest(
            seats=tuple(written), chairman="gamma:1b", mode=mode, debate="always", rounds=2, answer_tokens=500
        )
        councils = [make_council(request, CARDS, settings) for request in (on_page, in_terminal)]
        assert councils[0] == councils[1]
        seats, chairman = councils[0].seats, councils[0].chairman
        assert [seat.id for seat in (*seats, chairman)] == (
            ["seat-1", "seat-1"] if mode == "quick" else ["seat-1", "seat-2", "seat-3", "seat-3"]
        )


@pytest.mark.parametrize(
    "changed", [{"debate": "always"}, {"second_look": "never"}, {"rounds": 2}, {"answer_tokens": 77}]
)
async def test_a_question_was_asked_before_only_under_the_same_rules(
    changed: dict[str, Any], application: Application
) -> None:
    await ask(application)
    cards = await application.backend.list_models()
    question = Question(text="Why?", language="en")
    other = make_council(REQUEST.model_copy(update=changed), cards, application.settings)
    assert application.history.find_same(question, other, owner="ada") is None
    same = make_council(REQUEST, cards, application.settings)
    assert application.history.find_same(question, same, owner="ada")


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


def test_default_seats_are_those_of_the_settings_else_what_is_installed_else_none(settings: Settings) -> None:
    named = settings.model_copy(update={"seats": ("beta:1b=teacher",)})
    assert default_rows(CARDS, named) == [SeatWish("beta:1b", "teacher")]
    assert {row.model for row in default_rows(CARDS, settings)} == {"alpha:1b", "beta:1b", "gamma:1b"}
    assert default_rows([], settings) == []


def test_odd_values_of_the_editor_become_sound_ones() -> None:
    assert read_rows(2, ["a", None, None, None, "poet", 9]) == [SeatWish("a"), SeatWish("", "poet", 2.0)]
    assert read_rows(99, ["a", "", 0.5]) == [SeatWish("a", "", 0.5)]
    odd = read_request(1, ["full", "x", "never", "always", 9, 0, "a", None, None])
    assert (odd.mode, odd.chairman, odd.second_look, odd.debate) == ("full", "x", "never", "always")
    assert (odd.rounds, odd.answer_tokens, odd.seats) == (3, 16, (SeatWish("a"),))
    empty = read_request(0, ["full", None, "never", "always", None, None])
    assert (empty.chairman, empty.rounds, empty.answer_tokens, empty.seats) == ("", 1, 1024, ())
