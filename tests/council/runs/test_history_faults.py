"""The store of runs when things go wrong: files that are none, locks, full disks, several writers, real kills."""

import os
import signal
import sqlite3
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from council import events as ev
from council.errors import HistoryError
from council.runs import history_search
from council.runs.history import History, OwnedHistory
from council.runs.history_schema import MIGRATIONS
from council.runs.owners import LOCAL
from tests.council.runs.stored import ANA, answered, started

ROOT = Path(__file__).parents[3]


def test_a_file_of_a_newer_version_is_refused_and_left_as_it_is(history_path: Path) -> None:
    History(history_path).close()
    with sqlite3.connect(history_path) as newer:
        newer.execute(f"PRAGMA user_version = {len(MIGRATIONS) + 1}")
    newer.close()
    with pytest.raises(HistoryError, match="newer version of the program"):
        History(history_path)


def test_a_file_that_is_no_history_is_explained(history_path: Path) -> None:
    history_path.parent.mkdir()
    history_path.write_bytes(b"GGUF" * 1000)
    with pytest.raises(HistoryError, match=r"history\.db' cannot be used: .*not a database.* move it away"):
        History(history_path)


def test_a_folder_in_the_place_of_the_file_is_explained(history_path: Path) -> None:
    history_path.mkdir(parents=True)
    with pytest.raises(HistoryError, match="set COUNCIL_DATA_DIR to another folder"):
        History(history_path)


def test_a_file_in_the_place_of_the_folder_is_explained(tmp_path: Path) -> None:
    (tmp_path / "data").write_text("")
    with pytest.raises(HistoryError, match=r"data' cannot be made: .* Set COUNCIL_DATA_DIR to another one"):
        History(tmp_path / "data" / "history.db")


def test_a_file_held_by_another_program_is_explained_and_usable_afterwards(
    kept: OwnedHistory, history_path: Path
) -> None:
    other = sqlite3.connect(history_path, isolation_level=None)
    other.execute("BEGIN EXCLUSIVE")
    with pytest.raises(HistoryError, match="Another program holds it"):
        kept.append("r1", started("r1"))
    other.execute("ROLLBACK")
    other.close()
    kept.append("r1", started("r1"))
    assert [entry.id for entry in kept.entries()] == ["r1"]


def test_what_is_stored_can_be_read_while_nothing_can_be_written(kept: OwnedHistory, history_path: Path) -> None:
    kept.append("r1", started("r1"))
    other = sqlite3.connect(history_path, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    second = History(history_path, lock_seconds=0.1)
    assert [entry.id for entry in second.of(LOCAL).entries()] == ["r1"]
    second.close()
    other.close()


def test_a_full_disk_is_explained_and_what_was_stored_is_kept(history: History, kept: OwnedHistory) -> None:
    kept.append("r1", started("r1"))
    (pages,) = history._file._db.execute("PRAGMA page_count").fetchone()
    history._file._db.execute(f"PRAGMA max_page_count = {pages}")
    with pytest.raises(HistoryError, match="The disk is full: make room; what was stored"):
        kept.append("r1", answered(ANA, "long " * 10_000))
    history._file._db.execute("PRAGMA max_page_count = 1000000")
    kept.append("r1", ev.DeliberationEnded(status="failed", reason="full"))
    assert [event.type for event in kept.events("r1")] == ["deliberation_started", "deliberation_ended"]


def test_several_threads_may_write_at_once(history: History, kept: OwnedHistory) -> None:
    kept.append("r1", started("r1"))

    def write(thread: int) -> None:
        for number in range(25):
            kept.append("r1", answered(ANA, f"{thread}/{number}"))

    threads = [threading.Thread(target=write, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=30)
    said = [event.text for event in kept.events("r1") if isinstance(event, ev.TurnFinished)]
    assert sorted(said) == sorted(f"{thread}/{number}" for thread in range(4) for number in range(25))
    assert [text for text in said if text.startswith("0/")] == [f"0/{number}" for number in range(25)]


WRITE_UNTIL_KILLED = """
import sys
from pathlib import Path
from council.runs.owners import LOCAL
from council.runs.history import History
from tests.council.runs.stored import ANA, answered, started
kept = History(Path(sys.argv[1])).of(LOCAL)
kept.append("r1", started("r1"))
number = 0
while True:
    kept.append("r1", answered(ANA, str(number)))
    print(number, flush=True)
    number += 1
"""


def test_what_was_told_before_a_kill_survives_and_the_run_is_marked_interrupted(history_path: Path) -> None:
    with subprocess.Popen(
        [sys.executable, "-c", WRITE_UNTIL_KILLED, str(history_path)], cwd=ROOT, stdout=subprocess.PIPE, text=True
    ) as writer:
        assert writer.stdout is not None
        told = [int(writer.stdout.readline()) for _ in range(200)]
        meanwhile = History(history_path)
        kept = meanwhile.of(LOCAL)
        meanwhile.mark_interrupted_runs()
        assert [entry.status for entry in kept.entries()] == ["running"], "its process is still alive"
        os.kill(writer.pid, signal.SIGKILL)
        told += [int(line) for line in writer.stdout if line.endswith("\n")]
    meanwhile.mark_interrupted_runs()
    transcript = kept.transcript("r1")
    said = [int(event.text) for event in kept.events("r1") if isinstance(event, ev.TurnFinished)]
    meanwhile.close()
    assert said[: len(told)] == told
    assert len(said) - len(told) <= 1, "stored, but killed before it could say so"
    assert (transcript.status, "Resume it" in str(transcript.reason)) == ("interrupted", True)
    with sqlite3.connect(history_path) as db:
        assert db.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    db.close()


def test_a_run_of_this_process_is_not_marked_interrupted_by_another_window(
    history: History, kept: OwnedHistory, history_path: Path
) -> None:
    kept.append("r1", started("r1"))
    second = History(history_path)
    second.mark_interrupted_runs()
    assert second.of(LOCAL).is_being_written("r1")
    history.close()
    second.mark_interrupted_runs()
    assert second.of(LOCAL).transcript("r1").status == "interrupted"
    second.close()


def test_who_writes_does_not_wait_for_who_reads(history: History, kept: OwnedHistory) -> None:
    kept.append("r1", started("r1"))
    with history._file.reading() as db:
        db.execute("BEGIN")
        assert db.execute("SELECT count(*) FROM events").fetchone() == (1,)
        kept.append("r1", answered(ANA, "In Australia."))
        assert db.execute("SELECT count(*) FROM events").fetchone() == (1,), "a search sees one moment"
    assert len(kept.events("r1")) == 2


def test_who_reads_cannot_write(history: History) -> None:
    with pytest.raises(HistoryError, match="Give yourself the right to write it"), history._file.reading() as db:
        db.execute("DELETE FROM runs")


def test_only_its_owner_can_read_a_history(history_path: Path) -> None:
    history_path.parent.mkdir(mode=0o755)
    history_path.touch(mode=0o644)  # as older versions left it
    history = History(history_path)
    history.of(LOCAL).append("r1", started("r1"))
    modes = {file.name: file.stat().st_mode & 0o777 for file in history_path.parent.iterdir() if file.is_file()}
    history.close()
    assert modes == {"history.db": 0o600, "history.db-wal": 0o600, "history.db-shm": 0o600}


def test_what_an_older_version_left_open_to_others_is_closed_to_them(history_path: Path) -> None:
    folder = history_path.parent
    folder.mkdir(mode=0o755)
    (folder / "weights").mkdir(mode=0o755)
    (folder / "trials.json").touch(mode=0o644)
    History(history_path).close()
    assert {path.stat().st_mode & 0o077 for path in (folder, *folder.iterdir())} == {0}


def test_a_folder_that_holds_other_things_and_those_are_left_as_they_are(history_path: Path) -> None:
    history_path.parent.mkdir(mode=0o755)
    (history_path.parent / "letter.txt").touch(mode=0o644)
    History(history_path).close()
    modes = [path.stat().st_mode & 0o777 for path in (history_path.parent, history_path.parent / "letter.txt")]
    assert modes == [0o755, 0o644]


def test_a_folder_that_is_made_for_a_history_is_its_owners(history: History, history_path: Path) -> None:
    assert history_path.parent.stat().st_mode & 0o777 == 0o700


def test_a_deletion_that_was_broken_off_is_completed_by_the_next(kept: OwnedHistory, history: History) -> None:
    words = ("xylophone", "zeppelin", "quokka")
    for number, word in enumerate(words):
        kept.append(f"r{number}", started(f"r{number}"))
        kept.append(f"r{number}", answered(ANA, f"a {word} " * 500))
    with history._file.transaction() as db:
        history_search.forget(db, 1)
    assert kept.entries(search=words[0]) == []
    kept.delete("r1")
    with history._file.reading() as db:
        index = b"".join(block for (block,) in db.execute("SELECT block FROM words_data"))
    assert [word for word in words if word.encode()[1:] in index] == ["quokka"]
