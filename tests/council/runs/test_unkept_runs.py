"""Runs whose history is gone, full, damaged, replaced or held by others: they go on, say so, and are stored later."""

import asyncio
import io
import os
import shutil
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest

from council import events as ev
from council.method.deliberation import Deliberation
from council.reports.as_json import to_json
from council.runs import record
from council.runs.history import History, OwnedHistory
from council.runs.owners import LOCAL
from council.runs.registry import Runs
from council.terminal.narrator import Narrator
from council.transcript import Transcript
from council.translation import translator
from council.ui.run.render import render
from tests.council.method.pipelines import ANA, BEN, COUNCIL, QUESTION, Make, complete, read, say, types, within
from tests.council.runs.stored import started
from tests.deliberations import until
from tests.fakes import ScriptedBackend
from tests.models.weights.permissions import without_permission

pytestmark = pytest.mark.anyio
LONG = "In Australia. " * 10_000


@pytest.fixture(autouse=True)
def _impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(record, "RETRY_SECONDS", 0.05)


class TwoSteps:
    """A pipeline whose seats answer, the second one when it is told to, and which then ends."""

    def __init__(self) -> None:
        self.first, self.goes_on = asyncio.Event(), asyncio.Event()

    async def __call__(self, deliberation: Deliberation) -> None:
        say(deliberation, ANA, LONG)
        self.first.set()
        await self.goes_on.wait()
        say(deliberation, BEN, LONG)
        deliberation.emit(ev.DeliberationFinished(status="complete"))


@contextmanager
def folder_gone(path: Path) -> Iterator[None]:
    away = path.parent.with_name("away")
    path.parent.rename(away)
    yield
    away.rename(path.parent)


@contextmanager
def folder_deleted(path: Path) -> Iterator[None]:
    shutil.rmtree(path.parent)
    yield
    path.parent.mkdir()


@contextmanager
def damaged(path: Path) -> Iterator[None]:
    path.rename(path.with_name("moved away"))
    path.write_bytes(b"no database" * 500)
    yield
    path.unlink()


@contextmanager
def locked(path: Path) -> Iterator[None]:
    with closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute("BEGIN EXCLUSIVE")
        yield


@contextmanager
def a_folder_in_its_place(path: Path) -> Iterator[None]:
    path.rename(path.with_name("moved away"))
    path.mkdir()
    yield
    path.rmdir()


FAULTS = {
    folder_gone: "is gone. Put it back, or make it anew",
    folder_deleted: "is gone. Put it back, or make it anew",
    damaged: "move it away, and a new one is begun",
    locked: "Another program holds it",
    a_folder_in_its_place: "Give yourself the right to write it",
}


@pytest.mark.parametrize("fault", FAULTS)
async def test_a_run_goes_on_without_its_history_says_so_and_is_stored_whole_when_it_can_be(
    make: Make, history: History, kept: OwnedHistory, history_path: Path, fault: Callable[[Path], Iterator[None]]
) -> None:
    steps = TwoSteps()
    run = make(steps).start(QUESTION, COUNCIL)
    reader = asyncio.create_task(read(run))
    await within(steps.first.wait())
    with fault(history_path):
        steps.goes_on.set()
        await within(run.ended())
        assert run.transcript.status == "complete"
        assert FAULTS[fault] in str(run.transcript.unkept)
    await until(lambda: not run.transcript.unkept)
    assert types(await within(reader)).count("history_failed") == 1
    stored = kept.transcript(run.id)
    assert (stored.status, [speech.text for speech in stored.speeches.values()]) == ("complete", [LONG, LONG])
    assert not kept.is_being_written(run.id)


async def test_a_run_that_begins_without_a_history_is_stored_from_its_beginning(
    make: Make, kept: OwnedHistory, history_path: Path
) -> None:
    with locked(history_path):
        run = make(complete).start(QUESTION, COUNCIL)
        events = await within(read(run))
    assert types(events)[:2] == ["deliberation_started", "history_failed"]
    assert run.transcript.status == "complete"
    await until(lambda: not run.transcript.unkept)
    assert types(kept.events(run.id)) == [kind for kind in types(events) if not kind.startswith("history_")]


async def test_a_file_that_was_removed_loses_no_run_of_this_program(
    make: Make, kept: OwnedHistory, history_path: Path
) -> None:
    steps = TwoSteps()
    run = make(steps).start(QUESTION, COUNCIL)
    await within(steps.first.wait())
    os.unlink(history_path)
    steps.goes_on.set()
    await within(run.ended())
    assert not run.transcript.unkept
    assert (kept.transcript(run.id).status, len(kept.transcript(run.id).speeches)) == ("complete", 2)


async def test_another_history_in_the_place_of_the_file_is_used_from_then_on(
    make: Make, kept: OwnedHistory, history_path: Path, tmp_path: Path
) -> None:
    steps = TwoSteps()
    run = make(steps).start(QUESTION, COUNCIL)
    await within(steps.first.wait())
    other = History(tmp_path / "other" / "history.db")
    other.of(LOCAL).append("r1", started("r1"))
    other.close()
    (tmp_path / "other" / "history.db").replace(history_path)
    steps.goes_on.set()
    await within(run.ended())
    assert {entry.id for entry in kept.entries()} == {"r1", run.id}
    assert len(kept.transcript(run.id).speeches) == 2


async def test_a_full_disk_ends_no_run_and_what_it_refused_is_stored_when_there_is_room(
    make: Make, history: History, kept: OwnedHistory
) -> None:
    steps = TwoSteps()
    run = make(steps).start(QUESTION, COUNCIL)
    await within(steps.first.wait())
    with history._file.transaction() as db:
        (pages,) = db.execute("PRAGMA page_count").fetchone()
    db.execute(f"PRAGMA max_page_count = {pages}")
    steps.goes_on.set()
    await within(run.ended())
    assert run.transcript.status == "complete" and "The disk is full: make room" in str(run.transcript.unkept)
    assert kept.transcript(run.id).status == "running", "as much as there was room for"
    db.execute("PRAGMA max_page_count = 1000000")
    await until(lambda: not run.transcript.unkept)
    assert kept.transcript(run.id).status == "complete"


async def test_without_the_right_to_write_runs_are_carried_out_in_memory(tmp_path: Path) -> None:
    folder = tmp_path / "data"
    folder.mkdir()
    with without_permission(folder):
        history = History(folder / "history.db", needs_file=False)
        runs = Runs(backend=ScriptedBackend(), history=history, pipeline=complete)
        run = runs.of(LOCAL).start(QUESTION, COUNCIL)
        await within(run.ended())
        assert (run.transcript.status, bool(run.transcript.unkept)) == ("complete", True)
        assert runs.of(LOCAL).transcript(run.id) is run.transcript, "it can be followed up and exported"
        await within(runs.of(LOCAL).delete(run.id))
        assert runs.of(LOCAL).get(run.id) is None
        left = runs.of(LOCAL).start(QUESTION, COUNCIL)
        await within(left.ended())
    await within(runs.close())
    assert [entry.id for entry in history.of(LOCAL).entries()] == [left.id], "the last moment is used, too"
    history.close()


async def test_a_run_that_was_deleted_elsewhere_goes_on_unkept(make: Make, kept: OwnedHistory) -> None:
    steps = TwoSteps()
    run = make(steps).start(QUESTION, COUNCIL)
    await within(steps.first.wait())
    kept.delete(run.id)
    steps.goes_on.set()
    await within(run.ended())
    assert run.transcript.status == "complete" and f"There is no run '{run.id}'" in str(run.transcript.unkept)


async def test_a_history_that_was_closed_is_not_opened_again(make: Make, history: History, history_path: Path) -> None:
    runs = make(complete)
    history.close()
    run = runs.start(QUESTION, COUNCIL)
    await within(run.ended())
    assert "it is closed" in str(run.transcript.unkept)
    assert not list(history_path.parent.glob("*-wal"))


def test_page_terminal_and_json_say_that_a_run_is_not_kept() -> None:
    events = [started("r1"), ev.HistoryFailed(reason="The disk is full."), ev.DeliberationFinished(status="complete")]
    transcript, told = Transcript(), list[str]()
    narrator = Narrator(progress=told.append, answer=io.StringIO(), is_live=False, words=translator("en"))
    for event in events:
        transcript.apply(event)
        narrator.tell(event)
    narrator.sum_up()
    sentence = "This run is not kept: The disk is full."
    assert sentence in render(transcript, translator("en"), 1.0).progress
    assert any(line.startswith(sentence) for line in told) and "not kept" in told[-1]
    assert to_json(transcript, "en")["unkept"] == "The disk is full."
    transcript.apply(ev.HistoryRecovered())
    assert "not kept" not in render(transcript, translator("en"), 1.0).progress
