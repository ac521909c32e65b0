"""Runs that wait their turn: they say their place, can be stopped, resumed and retried, and survive the program."""

import asyncio
import time

import pytest

from council import events as ev
from council.errors import BusyError
from council.method.deliberation import Deliberation
from council.runs.history import History
from council.runs.queue import RunQueue
from council.runs.registry import Runs
from council.runs.run import SLOW_HEART, Run
from tests.council.method.pipelines import COUNCIL, QUESTION, FailsOnce, complete, read, types, within
from tests.deliberations import until
from tests.fakes import ScriptedBackend

pytestmark = pytest.mark.anyio


class Held:
    """A pipeline that completes each run when it is let go; `begun` are the runs' questions, in order."""

    def __init__(self) -> None:
        self.begun: list[str] = []
        self.may_end = asyncio.Semaphore(0)

    async def __call__(self, deliberation: Deliberation) -> None:
        self.begun.append(deliberation.question.text)
        await self.may_end.acquire()
        await complete(deliberation)


def registry(history: History, pipeline: object, **bounds: int) -> Runs:
    queue = RunQueue(**({"at_once": 1} | bounds))
    return Runs(backend=ScriptedBackend(), history=history, pipeline=pipeline, queue=queue)  # type: ignore[arg-type]


def ask(runs: Runs, owner: str, text: str = "Why?") -> Run:
    return runs.of(owner).start(QUESTION.model_copy(update={"text": text}), COUNCIL)


async def test_a_waiting_run_tells_its_place_as_it_moves_up_and_then_runs(history: History) -> None:
    held = Held()
    runs = registry(history, held)
    ask(runs, "ada"), ask(runs, "ada")
    third = ask(runs, "ada")
    await until(lambda: third.transcript.runs_before == 1)
    held.may_end.release()
    await until(lambda: third.transcript.runs_before == 0)
    held.may_end.release()
    held.may_end.release()
    events = await within(read(third))
    assert types(events)[:5] == [
        "deliberation_started",
        "deliberation_waiting",
        "deliberation_waiting",
        "deliberation_admitted",
        "stage_started",
    ]
    assert [event.before for event in events if isinstance(event, ev.DeliberationWaiting)] == [1, 0]
    assert history.of("ada").events(third.id) == [event for event in events if not isinstance(event, ev.TurnDelta)]
    assert third.transcript.runs_before is None


async def test_a_run_for_which_there_is_room_never_says_that_it_waits(history: History) -> None:
    runs = registry(history, complete, at_once=2)
    assert types(await within(read(ask(runs, "ada"))))[:2] == ["deliberation_started", "stage_started"]


async def test_one_user_with_a_hundred_runs_does_not_keep_another_waiting(history: History) -> None:
    held = Held()
    runs, refused = registry(history, held, at_once=2), 0
    for number in range(100):
        try:
            ask(runs, "ada", f"ada {number}")
        except BusyError:
            refused += 1
    assert refused == 94 and len(history.of("ada").entries(limit=200)) == 6  # what is refused leaves no trace
    alans = ask(runs, "alan", "alan")
    await until(lambda: len(held.begun) == 2)
    for _ in range(3):
        held.may_end.release()
    await until(lambda: len(held.begun) == 5)
    assert held.begun[3] == "alan"
    for _ in range(4):
        held.may_end.release()
    await within(alans.ended())
    assert alans.transcript.status == "complete"
    await within(runs.close())


async def test_a_waiting_run_can_be_stopped_and_resumed(history: History) -> None:
    held = Held()
    runs = registry(history, held)
    first, second, third = ask(runs, "ada"), ask(runs, "ada", "second"), ask(runs, "ada", "third")
    await until(lambda: second.transcript.runs_before == 0)
    second.stop()
    await within(second.ended())
    assert (second.transcript.status, second.transcript.runs_before) == ("stopped", None)
    assert runs.of("ada").resume(second.id) is second
    await until(lambda: second.transcript.runs_before == 1)
    for _ in range(3):
        held.may_end.release()
    for run in (first, second, third):
        await within(run.ended())
        assert run.transcript.status == "complete"
    assert held.begun[1:] == ["third", "second"]


async def test_a_resumption_for_which_there_is_no_place_is_refused_and_changes_nothing(history: History) -> None:
    held = Held()
    runs = registry(history, held, waiting_of_one=1)
    stopped = ask(runs, "ada")
    stopped.stop()
    await within(stopped.ended())
    ask(runs, "ada"), ask(runs, "ada")
    told = history.of("ada").events(stopped.id)
    with pytest.raises(BusyError, match="1 run of yours waits already"):
        runs.of("ada").resume(stopped.id)
    assert not stopped.is_running and history.of("ada").events(stopped.id) == told
    await within(runs.close())


async def test_a_seat_that_is_asked_again_keeps_the_place_of_its_run(history: History) -> None:
    fails = FailsOnce(waits=True)
    runs = registry(history, fails)
    run = ask(runs, "ada")
    waiting = ask(runs, "alan")
    await until(lambda: run.transcript.stage == "ballots")
    runs.of("ada").retry(run.id, "s2")
    await within(run.ended())
    await within(waiting.ended())
    assert run.transcript.status == waiting.transcript.status == "complete"
    assert "deliberation_waiting" not in types(await within(read(run)))


async def test_a_seat_of_an_ended_run_is_asked_again_in_its_turn(history: History) -> None:
    fails = FailsOnce(waits=False)
    runs = registry(history, fails)
    run = ask(runs, "ada")
    await within(run.ended())
    ask(runs, "alan")
    runs.of("ada").retry(run.id, "s2")
    assert "deliberation_waiting" in types(await within(read(run)))
    assert run.transcript.status == "complete"


async def test_a_waiting_run_that_nobody_follows_is_given_up(history: History) -> None:
    runs = registry(history, Held())
    ask(runs, "ada")
    left = runs.of("ada").start(QUESTION, COUNCIL, abandon_seconds=0.01)
    await within(left.ended())
    assert left.transcript.status == "interrupted"
    await within(runs.close())


async def test_closing_ends_what_waits_without_beginning_it_and_it_can_be_resumed(history: History) -> None:
    held = Held()
    runs = registry(history, held)
    ask(runs, "ada", "first")
    waiting = [ask(runs, "ada", "second"), ask(runs, "alan", "third")]
    await until(lambda: [run.transcript.runs_before for run in waiting] == [0, 1])
    await within(runs.close())
    assert held.begun == ["first"]
    assert [run.transcript.status for run in waiting] == ["interrupted", "interrupted"]
    again = registry(history, complete).of("alan").resume(waiting[1].id)
    await within(again.ended())
    assert again.transcript.status == "complete"


async def test_a_deleted_run_that_waited_is_gone_and_the_others_move_up(history: History) -> None:
    runs = registry(history, Held())
    ask(runs, "ada")
    second, third = ask(runs, "ada"), ask(runs, "ada")
    await until(lambda: third.transcript.runs_before == 1)
    await within(runs.of("ada").delete(second.id))
    await until(lambda: third.transcript.runs_before == 0)
    await within(runs.close())


async def test_a_waiting_run_is_shown_seldom_but_at_once_when_its_turn_comes(history: History) -> None:
    runs = registry(history, Held())
    first, second = ask(runs, "ada"), ask(runs, "ada")
    await until(lambda: second.transcript.runs_before == 0)
    began, shown = time.monotonic(), second.changes(tick_seconds=0.0, heartbeat_seconds=0.05)
    for _ in range(5):
        await within(anext(shown))
    assert time.monotonic() - began > 4 * 0.05 * SLOW_HEART - 0.1
    await shown.aclose()
    rarely = second.changes(tick_seconds=0.0, heartbeat_seconds=1000.0)
    await within(anext(rarely))
    first.stop()
    await within(anext(rarely))
    await rarely.aclose()
    await within(runs.close())
