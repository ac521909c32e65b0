"""What becomes of a question on the page: a run, an offer, a refusal, or an apology; and of the seats in the editor."""

import dataclasses
import logging
from collections.abc import AsyncIterator
from typing import Any

import pytest

from council.application import Application
from council.errors import ConfigurationError
from council.settings import Settings
from council.ui.asking.desk import Asked, Desk
from council.ui.asking.seat_rules import Row, Rules, build_council, default_rows, read_rows, read_rules
from council.ui.run.run_actions import RunActions
from council.ui.words.languages import texts_for
from models.base import ModelCard
from tests.council.applications import scripted
from tests.deliberations import until
from tests.fakes import ScriptedBackend

pytestmark = pytest.mark.anyio
ENGLISH = texts_for("en")
ROWS = [Row("alpha:1b"), Row("beta:1b", "sceptic"), Row("gamma:1b")]
CARDS = [ModelCard(f"{name}:1b", "ollama", family=name) for name in ("alpha", "beta", "gamma")]


@pytest.fixture
async def application(settings: Settings) -> AsyncIterator[Application]:
    async with scripted(ScriptedBackend())(settings) as opened:
        yield opened


async def ask(application: Application, text: str = "Why?", **more: Any) -> Asked:
    asked = await Desk(application).ask(text, ROWS, Rules(), ENGLISH, owner="ada", **more)
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
    desk = Desk(application)
    compared = await desk.ask("Why?", ROWS, Rules(mode="compare"), ENGLISH, owner="ada")
    run = application.runs.get(compared.run_id, owner="ada")
    assert run is not None
    await until(lambda: not run.is_running)
    followed = await desk.ask("And then?", ROWS, Rules(), ENGLISH, owner="ada", follow_up=compared.run_id)
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
    ("rows", "complaint"),
    [
        ([], "There is no seat yet"),
        ([Row("alpha:1b")] * 9, "at most 8 seats"),
        ([Row("alpha:1b"), Row(" ")], "Seat 2 has no model"),
        ([Row("absent:7b")], "`ollama pull absent:7b`"),
        ([Row("alpha:1b", "x" * 2001)], "persona of seat 1 is too long"),
    ],
)
def test_seats_that_cannot_sit_are_refused_with_what_to_change(
    rows: list[Row], complaint: str, settings: Settings
) -> None:
    with pytest.raises(ConfigurationError, match=complaint):
        build_council(rows, Rules(), CARDS, settings, ENGLISH)


def test_a_missing_model_with_a_stand_in_may_sit(settings: Settings) -> None:
    lenient = settings.model_copy(update={"stand_ins": {"absent:7b": "alpha:1b"}})
    council = build_council([Row("absent:7b")], Rules(mode="compare", chairman="beta:1b"), CARDS, lenient, ENGLISH)
    assert (council.seats[0].model, council.chairman.model) == ("absent:7b", "beta:1b")


def test_default_seats_are_those_of_the_settings_else_what_is_installed_else_none(settings: Settings) -> None:
    named = settings.model_copy(update={"seats": ("beta:1b=teacher",)})
    assert default_rows(CARDS, named) == [Row("beta:1b", "teacher")]
    assert {row.model for row in default_rows(CARDS, settings)} == {"alpha:1b", "beta:1b", "gamma:1b"}
    assert default_rows([], settings) == []


def test_odd_values_of_the_editor_become_sound_ones() -> None:
    assert read_rows(2, ["a", None, None, None, "poet", 9]) == [Row("a"), Row("", "poet", 2.0)]
    assert read_rows(99, ["a", "", 0.5]) == [Row("a", "", 0.5)]
    assert read_rules(["full", "x", "never", "always", 9, 0]) == Rules("full", "x", "never", "always", 3, 16)
    assert read_rules(["full", None, "never", "always", None, None]) == Rules("full", "", "never", "always", 1, 1024)
