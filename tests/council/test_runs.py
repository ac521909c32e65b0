"""How a run is begun, followed, stopped, resumed and abandoned, with small pipelines of our own."""

import asyncio
import logging
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import TypeVar

import pytest

from council import events as ev
from council.deliberation import Deliberation
from council.domain import Council, Question, Seat, Turn, Usage
from council.errors import ConfigurationError, HistoryError, QuorumError
from council.history import History
from council.runs import KEPT_RUNS, Run, Runs
from models.errors import ModelNotFoundError
from tests.fakes import ScriptedBackend

pytestmark = pytest.mark.anyio

ANA, BEN = Seat(id="s1", model="alpha:1b"), Seat(id="s2", model="beta:1b")
COUNCIL = Council(seats=(ANA, BEN), chairman=ANA)
QUESTION = Question(text="Where is Canberra?", language="en")
PATIENCE_SECONDS = 10.0

T = TypeVar("T")
Make = Callable[..., Runs]


def say(deliberation: Deliberation, seat: Seat, text: str) -> None:
    """One seat answers, unless it did so before."""
    turn = Turn(kind="answer", seat=seat)
    past = deliberation.past
    if past and (speech := past.earlier_speeches.get(turn.key)) and speech.state == "finished":
        deliberation.emit(ev.TurnReused(turn=turn))
        return
    deliberation.emit(ev.TurnStarted(turn=turn))
    deliberation.emit(ev.TurnDelta(turn=turn, text=text))
    deliberation.emit(ev.TurnFinished(turn=turn, text=text, backend="b", model=seat.model, usage=Usage()))


def fail(deliberation: Deliberation, seat: Seat) -> None:
    turn = Turn(kind="answer", seat=seat)
    deliberation.emit(ev.TurnStarted(turn=turn))
    deliberation.emit(ev.TurnFailed(turn=turn, reason="It fell over."))


async def complete(deliberation: Deliberation) -> None:
    deliberation.emit(ev.StageStarted(stage="answers", turns=2))
    say(deliberation, ANA, "In Australia.")
    await asyncio.sleep(0)
    say(deliberation, BEN, "Far away.")
    deliberation.emit(ev.DeliberationFinished(status="complete"))


class Waiting:
    """A pipeline whose first seat answers and whose second never does; it remembers that it was cancelled."""

    def __init__(self) -> None:
        self.is_cancelled = False
        self.speaks = asyncio.Event()

    async def __call__(self, deliberation: Deliberation) -> None:
        deliberation.emit(ev.StageStarted(stage="answers", turns=2))
        say(deliberation, ANA, "In Australia.")
        deliberation.emit(ev.TurnStarted(turn=Turn(kind="answer", seat=BEN)))
        self.speaks.set()
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            self.is_cancelled = True
            raise


@pytest.fixture
async def history(tmp_path: Path) -> AsyncIterator[History]:
    store = History(tmp_path / "history.db", lock_seconds=0.2)
    yield store
    store.close()


@pytest.fixture
async def make(history: History) -> AsyncIterator[Make]:
    made: list[Runs] = []

    def make_runs(pipeline: Callable[[Deliberation], Awaitable[None]], **options: float) -> Runs:
        made.append(Runs(backend=ScriptedBackend(), history=history, pipeline=pipeline, **options))  # type: ignore[arg-type]
        return made[-1]

    yield make_runs
    for runs in made:
        await within(runs.close())


async def within(coroutine: Awaitable[T]) -> T:
    """Wait, but not for ever."""
    return await asyncio.wait_for(coroutine, PATIENCE_SECONDS)


async def read(run: Run) -> list[ev.Event]:
    return [event async for event in run.follow()]


def types(events: list[ev.Event]) -> list[str]:
    return [event.type for event in events if not isinstance(event, ev.TurnDelta)]


async def test_every_reader_meets_every_event_from_the_beginning(make: Make, history: History) -> None:
    run = make(complete).start(QUESTION, COUNCIL, seed=7)
    first, second = await within(asyncio.gather(read(run), read(run)))
    late = await within(read(run))
    assert first == second == late
    assert types(first)[0] == "deliberation_started" and types(first)[-1] == "deliberation_finished"
    assert history.events(run.id) == [event for event in first if not isinstance(event, ev.TurnDelta)]
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


async def test_stop_cancels_the_seats_and_the_history_says_stopped(make: Make, history: History) -> None:
    waiting = Waiting()
    run = make(waiting).start(QUESTION, COUNCIL)
    reader = asyncio.create_task(read(run))
    await within(waiting.speaks.wait())
    run.stop()
    events = await within(reader)
    assert waiting.is_cancelled and not run.is_running
    assert types(events)[-1] == "deliberation_ended"
    stored = history.transcript(run.id)
    assert (stored.status, stored.answer("s2").state) == ("stopped", "failed")  # type: ignore[union-attr]
    run.stop()
    assert history.transcript(run.id).reason == run.transcript.reason


async def test_a_run_that_nobody_follows_is_interrupted_and_its_seats_stop(make: Make, history: History) -> None:
    waiting = Waiting()
    run = make(waiting, abandon_seconds=0.05).start(QUESTION, COUNCIL)
    await within(run.ended())
    assert waiting.is_cancelled
    assert history.transcript(run.id).status == "interrupted"


async def test_a_reader_keeps_a_run_alive_and_its_leaving_starts_the_clock_again(make: Make) -> None:
    run = make(Waiting(), abandon_seconds=0.05).start(QUESTION, COUNCIL)
    changes = run.changes(tick_seconds=0.01, heartbeat_seconds=0.02)
    for _ in range(12):
        await within(anext(changes))
    assert run.is_running
    await changes.aclose()
    await within(run.ended())
    assert run.transcript.status == "interrupted"


async def test_a_resumed_run_keeps_what_was_said_and_asks_for_the_rest(make: Make, history: History) -> None:
    waiting = Waiting()
    run = make(waiting).start(QUESTION, COUNCIL, owner="ada")
    await within(waiting.speaks.wait())
    run.stop()
    await within(run.ended())
    again = make(complete).resume(run.id, owner="ada")  # another registry: as after a restart
    events = await within(read(again))
    assert again.id == run.id
    after = types(events)[types(events).index("deliberation_resumed") :]
    assert after == [
        "deliberation_resumed",
        "stage_started",
        "turn_reused",
        "turn_started",
        "turn_finished",
        "deliberation_finished",
    ]
    stored = history.transcript(run.id, owner="ada")
    assert stored.status == "complete"
    assert [stored.answer(seat).text for seat in ("s1", "s2")] == [  # type: ignore[union-attr]
        "In Australia.",
        "Far away.",
    ]


async def test_a_run_under_way_is_resumed_as_it_is(make: Make) -> None:
    runs = make(Waiting())
    run = runs.start(QUESTION, COUNCIL)
    assert runs.resume(run.id) is run
    assert "deliberation_resumed" not in types(run._events)


async def test_a_complete_run_is_not_resumed(make: Make) -> None:
    runs = make(complete)
    run = runs.start(QUESTION, COUNCIL)
    await within(run.ended())
    with pytest.raises(ConfigurationError, match=f"The run '{run.id}' is complete"):
        runs.resume(run.id)


async def test_a_run_under_way_elsewhere_is_not_begun_a_second_time(
    make: Make, history: History, tmp_path: Path
) -> None:
    elsewhere = History(tmp_path / "history.db")
    run = Runs(backend=ScriptedBackend(), history=elsewhere, pipeline=Waiting()).start(QUESTION, COUNCIL)
    with pytest.raises(HistoryError, match="under way in another process"):
        make(complete).resume(run.id)
    run.stop()
    await within(run.ended())
    elsewhere.close()
    assert make(complete).resume(run.id).id == run.id


async def test_a_failed_seat_is_asked_again_inside_the_answers_stage(make: Make) -> None:
    async def retrying(deliberation: Deliberation) -> None:
        deliberation.emit(ev.StageStarted(stage="answers", turns=2))
        fail(deliberation, BEN)
        assert await deliberation.controls.retries.get() == "s2"
        say(deliberation, BEN, "Now I know.")
        deliberation.emit(ev.DeliberationFinished(status="complete"))

    runs = make(retrying)
    run = runs.start(QUESTION, COUNCIL)
    reader = asyncio.create_task(read(run))
    await asyncio.sleep(0)
    with pytest.raises(ConfigurationError, match=r"'s9' has no failed answer .* These failed: s2"):
        runs.retry(run.id, "s9")
    assert runs.retry(run.id, "s2") is run
    assert "deliberation_resumed" not in types(await within(reader))
    assert run.transcript.answer("s2").text == "Now I know."  # type: ignore[union-attr]


class FailsOnce:
    """A pipeline whose second seat fails the first time; it then waits in the ballots, or ends partial."""

    def __init__(self, *, waits: bool) -> None:
        self.waits = waits
        self.passes = 0

    async def __call__(self, deliberation: Deliberation) -> None:
        self.passes += 1
        if self.passes > 1:
            await complete(deliberation)
            return
        deliberation.emit(ev.StageStarted(stage="answers", turns=2))
        say(deliberation, ANA, "In Australia.")
        fail(deliberation, BEN)
        deliberation.emit(ev.StageStarted(stage="ballots", turns=2))
        await (asyncio.Event().wait() if self.waits else asyncio.sleep(0))
        deliberation.emit(ev.DeliberationFinished(status="partial"))


async def test_later_a_failed_seat_is_asked_again_by_stopping_and_going_on_for_the_same_readers(make: Make) -> None:
    runs = make(FailsOnce(waits=True))
    run = runs.start(QUESTION, COUNCIL)
    reader = asyncio.create_task(read(run))
    while run.transcript.stage != "ballots":
        await within(asyncio.sleep(0))
    assert runs.retry(run.id, "s2") is run
    assert types(await within(reader))[-7:] == [
        "deliberation_ended",
        "deliberation_resumed",
        "stage_started",
        "turn_reused",
        "turn_started",
        "turn_finished",
        "deliberation_finished",
    ]
    assert run.transcript.status == "complete"


async def test_a_failed_seat_of_an_ended_run_is_asked_again(make: Make) -> None:
    runs = make(FailsOnce(waits=False))
    run = runs.start(QUESTION, COUNCIL)
    await within(run.ended())
    assert run.transcript.status == "partial"
    again = runs.retry(run.id, "s2")
    await within(read(again))
    assert again.transcript.status == "complete"
    with pytest.raises(ConfigurationError, match="None failed"):
        runs.retry(run.id, "s2")


async def test_a_stop_after_a_retry_is_the_last_word(make: Make) -> None:
    runs = make(FailsOnce(waits=True))
    run = runs.start(QUESTION, COUNCIL)
    while run.transcript.stage != "ballots":
        await within(asyncio.sleep(0))
    runs.retry(run.id, "s2")
    run.stop()
    await within(run.ended())
    assert run.transcript.status == "stopped"


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
    assert (run.transcript.status, run.transcript.reason) == ("failed", str(error))


async def test_a_bug_ends_the_run_politely_and_stands_in_the_log(
    make: Make, history: History, caplog: pytest.LogCaptureFixture
) -> None:
    async def broken(deliberation: Deliberation) -> None:
        raise ZeroDivisionError("the seats do not add up")

    run = make(broken).start(QUESTION, COUNCIL)
    with caplog.at_level(logging.ERROR):
        await within(run.ended())
    stored = history.transcript(run.id)
    assert stored.status == "failed" and "add up" not in stored.reason and "log" in stored.reason
    assert "ZeroDivisionError: the seats do not add up" in caplog.text


async def test_a_run_that_cannot_be_stored_any_more_fails_with_the_advice(make: Make, history: History) -> None:
    waiting = Waiting()
    run = make(waiting).start(QUESTION, COUNCIL)
    await within(waiting.speaks.wait())
    history.delete(run.id)
    run.emit(ev.TurnFailed(turn=Turn(kind="answer", seat=BEN), reason="It fell over."))
    await within(run.ended())
    assert waiting.is_cancelled
    assert run.transcript.status == "failed" and f"There is no run '{run.id}'" in run.transcript.reason


async def test_nothing_begins_when_the_history_refuses(make: Make, history: History) -> None:
    tasks = asyncio.all_tasks()
    history.close()
    with pytest.raises(HistoryError, match="cannot be used"):
        make(complete).start(QUESTION, COUNCIL)
    assert asyncio.all_tasks() == tasks


async def test_closing_interrupts_what_is_under_way_and_it_can_be_resumed(make: Make, history: History) -> None:
    waiting = Waiting()
    runs = make(waiting)
    run = runs.start(QUESTION, COUNCIL)
    await within(waiting.speaks.wait())
    await within(runs.close())
    assert waiting.is_cancelled
    assert history.transcript(run.id).status == "interrupted"
    again = make(complete).resume(run.id)
    await within(again.ended())
    assert again.transcript.status == "complete"


async def test_a_deleted_run_is_stopped_and_gone(make: Make, history: History) -> None:
    waiting = Waiting()
    runs = make(waiting)
    run = runs.start(QUESTION, COUNCIL)
    await within(waiting.speaks.wait())
    await within(runs.delete(run.id))
    assert waiting.is_cancelled and runs.get(run.id) is None and history.entries() == []
    with pytest.raises(HistoryError, match="There is no run"):
        runs.transcript(run.id)


async def test_one_user_never_gets_hold_of_the_run_of_another(make: Make) -> None:
    runs = make(Waiting())
    run = runs.start(QUESTION, COUNCIL, owner="ada")
    assert runs.get(run.id, owner="alan") is None
    for use in (runs.resume, runs.transcript, lambda name, owner: runs.retry(name, "s1", owner=owner)):
        with pytest.raises(HistoryError, match="There is no run"):
            use(run.id, owner="alan")  # type: ignore[operator]
    with pytest.raises(HistoryError, match="There is no run"):
        await runs.delete(run.id, owner="alan")
    assert run.is_running and runs.get(run.id, owner="ada") is run


async def test_ended_runs_leave_the_memory_and_stay_in_the_history(make: Make) -> None:
    runs = make(complete)
    names = []
    for _ in range(KEPT_RUNS + 3):
        run = runs.start(QUESTION, COUNCIL)
        await within(run.ended())
        names.append(run.id)
    assert runs.get(names[0]) is None and runs.get(names[-1]) is not None
    assert runs.transcript(names[0]).status == "complete"
