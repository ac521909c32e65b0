"""One run: followed by several readers, stopped, abandoned, failed, with small pipelines of our own."""

import asyncio
import logging

import pytest

from council import events as ev
from council.domain import Turn
from council.errors import QuorumError
from council.method.deliberation import Deliberation
from council.runs.history import OwnedHistory
from council.runs.run import Run
from models.errors import ModelNotFoundError
from tests.council.method.pipelines import (
    ANA,
    BEN,
    COUNCIL,
    QUESTION,
    Make,
    Waiting,
    complete,
    read,
    say,
    types,
    within,
)

pytestmark = pytest.mark.anyio


async def test_every_reader_meets_every_event_from_the_beginning(make: Make, kept: OwnedHistory) -> None:
    run = make(complete).start(QUESTION, COUNCIL, seed=7)
    first, second = await within(asyncio.gather(read(run), read(run)))
    late = await within(read(run))
    assert first == second and types(first) == types(late)
    assert types(first)[0] == "deliberation_started" and types(first)[-1] == "deliberation_finished"
    assert kept.events(run.id) == [event for event in first if not isinstance(event, ev.TurnDelta)]
    assert (run.is_running, run.transcript.status, run.transcript.seed) == (False, "complete", 7)


async def test_changes_come_at_once_then_coalesced_and_end_with_the_final_state(make: Make) -> None:
    async def chatter(deliberation: Deliberation) -> None:
        for _ in range(500):
            deliberation.emit(ev.TurnDelta(turn=Turn(kind="answer", seat=ANA), text="x"))
            await asyncio.sleep(0.0005)
        deliberation.emit(ev.DeliberationFinished(status="complete"))

    async def watch(run: Run) -> list[tuple[str, int]]:
        return [(state.status, state.version) async for state in run.changes(tick_seconds=0.05)]

    seen = await within(watch(make(chatter).start(QUESTION, COUNCIL)))
    assert seen[0] in (("running", 1), ("running", 2)) and seen[-1] == ("complete", 502)
    assert 3 <= len(seen) < 100


async def test_changes_beat_while_nothing_happens(make: Make) -> None:
    run = make(Waiting()).start(QUESTION, COUNCIL)
    changes = run.changes(tick_seconds=0.01, heartbeat_seconds=0.02)
    versions = [(await within(anext(changes))).version for _ in range(6)]
    await changes.aclose()
    assert versions[-3:] == [versions[-1]] * 3


async def test_stop_cancels_the_seats_and_the_history_says_stopped(make: Make, kept: OwnedHistory) -> None:
    waiting = Waiting()
    run = make(waiting).start(QUESTION, COUNCIL)
    reader = asyncio.create_task(read(run))
    await within(waiting.speaks.wait())
    run.stop()
    events = await within(reader)
    assert waiting.is_cancelled and not run.is_running
    assert types(events)[-1] == "deliberation_ended"
    stored = kept.transcript(run.id)
    assert (stored.status, stored.answer("s2").state) == ("stopped", "failed")  # type: ignore[union-attr]
    run.stop()
    assert kept.transcript(run.id).reason == run.transcript.reason


async def test_a_run_that_nobody_follows_is_interrupted_and_its_seats_stop(make: Make, kept: OwnedHistory) -> None:
    waiting = Waiting()
    run = make(waiting, abandon_seconds=0.05).start(QUESTION, COUNCIL)
    await within(run.ended())
    assert waiting.is_cancelled
    assert kept.transcript(run.id).status == "interrupted"
    assert "Nobody followed the run for" in str(kept.transcript(run.id).reason)


async def test_a_run_that_nobody_follows_may_take_the_time_that_it_needs(make: Make) -> None:
    async def slow(deliberation: Deliberation) -> None:
        deliberation.emit(ev.StageStarted(stage="answers", turns=2))
        for seat in (ANA, BEN):
            say(deliberation, seat, "In Australia.")
            await asyncio.sleep(0.2)  # many times the least patience
        deliberation.emit(ev.DeliberationFinished(status="complete"))

    run = make(slow, abandon_seconds=0.03).start(QUESTION, COUNCIL)
    await within(run.ended())
    assert run.transcript.status == "complete"


async def test_a_reader_keeps_a_run_alive_and_its_leaving_starts_the_clock_again(make: Make) -> None:
    run = make(Waiting(), abandon_seconds=0.05).start(QUESTION, COUNCIL)
    changes = run.changes(tick_seconds=0.01, heartbeat_seconds=0.02)
    for _ in range(12):
        await within(anext(changes))
    assert run.is_running
    await changes.aclose()
    await within(run.ended())
    assert run.transcript.status == "interrupted"


async def test_synthesise_now_reaches_the_pipeline(make: Make) -> None:
    async def hurried(deliberation: Deliberation) -> None:
        await deliberation.controls.synthesise_now.wait()
        deliberation.emit(ev.DeliberationFinished(status="partial"))

    run = make(hurried).start(QUESTION, COUNCIL)
    run.synthesise_now()
    await within(run.ended())
    assert run.transcript.status == "partial"


@pytest.mark.parametrize("error", [QuorumError("No seat has answered."), ModelNotFoundError("'x' is not installed.")])
async def test_an_expected_failure_ends_the_run_with_its_own_words(make: Make, error: Exception) -> None:
    async def failing(deliberation: Deliberation) -> None:
        raise error

    run = make(failing).start(QUESTION, COUNCIL)
    await within(run.ended())
    assert (run.transcript.status, str(run.transcript.reason)) == ("failed", str(error))


async def test_a_bug_ends_the_run_politely_and_stands_in_the_log(
    make: Make, kept: OwnedHistory, caplog: pytest.LogCaptureFixture
) -> None:
    async def broken(deliberation: Deliberation) -> None:
        raise ZeroDivisionError("the seats do not add up")

    run = make(broken).start(QUESTION, COUNCIL)
    with caplog.at_level(logging.ERROR):
        await within(run.ended())
    stored = kept.transcript(run.id)
    assert stored.status == "failed" and "add up" not in str(stored.reason) and "log" in str(stored.reason)
    assert "ZeroDivisionError: the seats do not add up" in caplog.text


async def test_an_ended_run_keeps_no_deltas_once_its_readers_have_left(make: Make) -> None:
    run = make(complete).start(QUESTION, COUNCIL)
    live = await within(read(run))
    again = await within(read(run))
    assert again == [event for event in live if not isinstance(event, ev.TurnDelta)] != live
