"""Histories of older versions: brought up to date, shown, searched and resumed."""

import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest

from council.reports.as_markdown import to_markdown
from council.runs.history import History
from council.runs.history_schema import MIGRATIONS
from council.runs.owners import LOCAL
from council.runs.registry import Runs
from tests.council.method.pipelines import types, within
from tests.fakes import ScriptedBackend

FIXTURES = Path(__file__).parents[2] / "fixtures"


def open_version(version: int, path: Path) -> History:
    path.parent.mkdir()
    with sqlite3.connect(path) as old:
        old.executescript((FIXTURES / f"history_{version}.sql").read_text())
    old.close()
    return History(path)


@pytest.fixture
def old(history_path: Path) -> Iterator[History]:
    """A history of the fourth layout, as it opens today."""
    history = open_version(4, history_path)
    yield history
    history.close()


def test_a_file_of_the_first_version_is_brought_up_to_date(history_path: Path) -> None:
    history = open_version(1, history_path)
    kept = history.of(LOCAL)
    assert [(entry.id, entry.status) for entry in kept.entries()] == [("new", "running"), ("old", "complete")]
    assert [entry.id for entry in kept.entries(search="kangaroos")] == ["old"]
    transcript = kept.transcript("old")
    assert transcript.question is not None and transcript.council is not None
    assert kept.find_same(transcript.question, transcript.council) == "old"
    history.mark_interrupted_runs()
    assert kept.transcript("new").status == "interrupted"
    history.close()
    with sqlite3.connect(history_path) as now:
        assert now.execute("PRAGMA user_version").fetchone() == (len(MIGRATIONS),)
    now.close()


@pytest.mark.parametrize(
    ("search", "found"),
    [
        ("ou est ne l'evenem", ["stopped"]),
        ("canberra lies inland", ["compared", "debated"]),
        ("second thoughts", ["debated"]),
        ("nullarbor", ["killed"]),
        ("hobart", ["compared"]),
    ],
)
def test_runs_of_the_fourth_version_are_found(old: History, search: str, found: list[str]) -> None:
    assert [entry.id for entry in old.of(LOCAL).entries(search=search)] == found


def test_a_debate_of_the_fourth_version_shows_its_undone_revision_its_cut_and_its_failed_seat(old: History) -> None:
    transcript = old.of(LOCAL).transcript("debated")
    answer, failed = transcript.answer("seat-2"), transcript.speech("answer", "seat-4")
    assert answer is not None and answer.text == "first words of b" and set(transcript.undone) == {("seat-2", 1)}
    assert failed is not None and "Start it with `ollama serve`" in str(failed.reason)
    assert [cut.kept for speech in transcript.speeches.values() for cut in speech.cuts] == [380]
    document = to_markdown(transcript, "en")
    assert "Why is Canberra the capital" in document and "second thoughts of b" in document


def test_what_was_asked_of_the_fourth_version_is_known_as_asked_before(old: History) -> None:
    kept = old.of(LOCAL)
    transcript = kept.transcript("compared")
    assert transcript.question is not None and transcript.council is not None
    assert kept.find_same(transcript.question, transcript.council) == "compared"
    longer = transcript.council.model_copy(update={"answer_tokens": 1024})
    assert kept.find_same(transcript.question, longer) is None


@pytest.mark.anyio
@pytest.mark.parametrize(("run_id", "reused"), [("stopped", 5), ("killed", 1)])
async def test_a_run_of_the_fourth_version_is_resumed_and_keeps_what_was_said(
    old: History, run_id: str, reused: int
) -> None:
    old.mark_interrupted_runs()
    backend = ScriptedBackend()
    runs = Runs(backend=backend, history=old)
    run = runs.of(LOCAL).resume(run_id)
    told = [event async for event in run.follow(since_resumption=True)]
    await within(runs.close())
    assert types(told)[0] == "deliberation_resumed" and run.transcript.status == "complete"
    assert types(told).count("turn_reused") == reused
    assert run.transcript.answer("seat-1").text == "first words of a"  # type: ignore[union-attr]
    assert old.of(LOCAL).transcript(run_id).synthesis is not None
