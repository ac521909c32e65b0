"""The runs of a process: resumed, retried, closed, deleted, and found by their owner alone."""

import asyncio
from pathlib import Path

import pytest

from council import events as ev
from council.errors import ConfigurationError, HistoryError
from council.method.deliberation import Deliberation
from council.runs.history import History, OwnedHistory
from council.runs.owners import LOCAL
from council.runs.registry import KEPT_RUNS, Runs
from tests.council.method.pipelines import (
    BEN,
    COUNCIL,
    QUESTION,
    FailsOnce,
    Make,
    Waiting,
    complete,
    fail,
    read,
    say,
    types,
    within,
)
from tests.fakes import ScriptedBackend

pytestmark = pytest.mark.anyio


async def test_a_resumed_run_keeps_what_was_said_and_asks_for_the_rest(make: Make, history: History) -> None:
    waiting = Waiting()
    run = make(waiting, owner="ada").start(QUESTION, COUNCIL)
    await within(waiting.speaks.wait())
    run.stop()
    await within(run.ended())
    again = make(complete, owner="ada").resume(run.id)  # another registry: as after a restart
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
    stored = history.of("ada").transcript(run.id)
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
    make: Make, history: History, history_path: Path
) -> None:
    elsewhere = History(history_path)
    run = Runs(backend=ScriptedBackend(), history=elsewhere, pipeline=Waiting()).of(LOCAL).start(QUESTION, COUNCIL)
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


async def test_a_program_that_closes_after_a_retry_closes(history: History) -> None:
    runs = Runs(backend=ScriptedBackend(), history=history, pipeline=FailsOnce(waits=True))
    run = runs.of(LOCAL).start(QUESTION, COUNCIL)
    while run.transcript.stage != "ballots":
        await within(asyncio.sleep(0))
    runs.of(LOCAL).retry(run.id, "s2")
    await within(runs.close())
    assert run.transcript.status == "interrupted" and not run.is_running


async def test_what_happened_before_a_resumption_is_past(make: Make) -> None:
    run = make(FailsOnce(waits=False)).start(QUESTION, COUNCIL)
    await within(run.ended())
    assert run.past == []
    again = make(complete).resume(run.id)
    told = [event async for event in again.follow(since_resumption=True)]
    assert types(told)[0] == "deliberation_resumed" and types(told)[-1] == "deliberation_finished"
    assert types([*again.past, *told]) == types(await within(read(again)))


async def test_a_run_may_have_a_time_of_its_own_to_be_left_alone(make: Make) -> None:
    run = make(Waiting(), abandon_seconds=600).start(QUESTION, COUNCIL, abandon_seconds=0.01)
    await within(run.ended())
    assert run.transcript.status == "interrupted"


async def test_closing_interrupts_what_is_under_way_and_it_can_be_resumed(
    make: Make, history: History, kept: OwnedHistory
) -> None:
    waiting = Waiting()
    runs = Runs(backend=ScriptedBackend(), history=history, pipeline=waiting)
    run = runs.of(LOCAL).start(QUESTION, COUNCIL)
    await within(waiting.speaks.wait())
    await within(runs.close())
    assert waiting.is_cancelled
    assert kept.transcript(run.id).status == "interrupted"
    again = make(complete).resume(run.id)
    await within(again.ended())
    assert again.transcript.status == "complete"


async def test_a_deleted_run_is_stopped_and_gone(make: Make, kept: OwnedHistory) -> None:
    waiting = Waiting()
    runs = make(waiting)
    run = runs.start(QUESTION, COUNCIL)
    await within(waiting.speaks.wait())
    await within(runs.delete(run.id))
    assert waiting.is_cancelled and runs.get(run.id) is None and kept.entries() == []
    with pytest.raises(HistoryError, match="There is no run"):
        runs.transcript(run.id)


async def test_one_user_never_gets_hold_of_the_run_of_another(history: History) -> None:
    runs = Runs(backend=ScriptedBackend(), history=history, pipeline=Waiting())
    ada, alan = runs.of("ada"), runs.of("alan")
    run = ada.start(QUESTION, COUNCIL)
    assert alan.get(run.id) is None
    for use in (alan.resume, alan.transcript, lambda name: alan.retry(name, "s1")):
        with pytest.raises(HistoryError, match="There is no run"):
            use(run.id)  # type: ignore[operator]
    with pytest.raises(HistoryError, match="There is no run"):
        await alan.delete(run.id)
    assert run.is_running and ada.get(run.id) is run
    await within(runs.close())


async def test_ended_runs_leave_the_memory_and_stay_in_the_history(make: Make) -> None:
    runs = make(complete)
    names = []
    for _ in range(KEPT_RUNS + 3):
        run = runs.start(QUESTION, COUNCIL)
        await within(run.ended())
        names.append(run.id)
    assert runs.get(names[0]) is None and runs.get(names[-1]) is not None
    assert runs.transcript(names[0]).status == "complete"
