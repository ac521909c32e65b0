"""The store of runs: real SQLite files, real processes, real kills."""

import os
import signal
import sqlite3
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from council import events as ev
from council.domain import Ballot, Council, Exchange, Question, Seat, Synthesis, Turn, Usage
from council.errors import HistoryError
from council.history import History
from council.history_schema import MIGRATIONS

OLD_SCHEMA = Path(__file__).parents[1] / "fixtures" / "history_1.sql"
ROOT = Path(__file__).parents[2]

ANA, BEN = Seat(id="s1", model="alpha:1b"), Seat(id="s2", model="beta:1b", persona="sceptic")
COUNCIL = Council(seats=(ANA, BEN), chairman=ANA)


def started(run_id: str, text: str = "Where is Canberra?", *, at: float = 1.0, council: Council = COUNCIL) -> ev.Event:
    question = Question(text=text, language="en")
    return ev.DeliberationStarted(id=run_id, question=question, council=council, seed=1, nonce_seed="n", at=at)


def answered(seat: Seat, text: str) -> ev.Event:
    turn = Turn(kind="answer", seat=seat)
    return ev.TurnFinished(turn=turn, text=text, backend="scripted", model=seat.model, usage=Usage())


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "data" / "history.db"


@pytest.fixture
def history(path: Path) -> Iterator[History]:
    store = History(path, lock_seconds=0.2)
    yield store
    store.close()


def test_a_run_reads_back_as_it_happened(history: History, path: Path) -> None:
    ballot = Ballot(voter="s1", labels={"A": "s2", "B": "s1"}, order=("s2", "s1"), raw="B is better")
    told = [
        started("r1"),
        ev.StageStarted(stage="answers", turns=2),
        ev.TurnStarted(turn=Turn(kind="answer", seat=ANA)),
        answered(ANA, "In Australia."),
        ev.BallotCast(ballot=ballot),
        ev.DeliberationFinished(status="complete"),
    ]
    for event in told:
        history.append("r1", event)
    history.close()
    reopened = History(path)
    assert reopened.events("r1") == told
    transcript = reopened.transcript("r1")
    assert (transcript.status, transcript.ballots["s1", 0].labels) == ("complete", {"A": "s2", "B": "s1"})
    reopened.close()


def test_deltas_are_not_stored(history: History) -> None:
    history.append("r1", started("r1"))
    history.append("r1", ev.TurnDelta(turn=Turn(kind="answer", seat=ANA), text="In"))
    assert [event.type for event in history.events("r1")] == ["deliberation_started"]


@pytest.mark.parametrize("crafted", ["../x", "", "a/b", "r1\n", ".hidden", "r" * 65, "r1' OR '1'='1"])
def test_a_crafted_id_is_refused_by_every_method(history: History, crafted: str) -> None:
    history.append("r1", started("r1"))
    for use in (history.events, history.transcript, history.delete, history.is_being_written):
        with pytest.raises(HistoryError, match="is not the name of a run"):
            use(crafted)
    with pytest.raises(HistoryError, match="is not the name of a run"):
        history.append(crafted, started(crafted))
    assert [entry.id for entry in history.entries()] == ["r1"]


def test_one_user_never_meets_the_runs_of_another(history: History) -> None:
    history.append("r1", started("r1"), owner="ada")
    history.append("r1", ev.DeliberationFinished(status="complete"), owner="ada")
    for use in (history.events, history.transcript, history.delete):
        with pytest.raises(HistoryError, match="There is no run 'r1'"):
            use("r1", owner="alan")
    with pytest.raises(HistoryError, match="There is no run 'r1'"):
        history.append("r1", ev.DeliberationResumed(), owner="alan")
    with pytest.raises(HistoryError, match="There is a run 'r1' already"):
        history.append("r1", started("r1"), owner="alan")
    assert history.entries(owner="alan") == history.entries(search="Canberra", owner="alan") == []
    assert history.find_same(Question(text="Where is Canberra?"), COUNCIL, owner="alan") is None
    assert [entry.id for entry in history.entries(owner="ada")] == ["r1"]


def test_entries_are_listed_newest_first_with_their_state(history: History) -> None:
    for number in range(4):
        history.append(f"r{number}", started(f"r{number}", f"Question {number}", at=float(number)))
    history.append("r2", ev.DeliberationEnded(status="stopped", reason="You stopped the run."))
    history.append("r1", ev.DeliberationFinished(status="partial"))
    found = [(entry.id, entry.question, entry.status) for entry in history.entries(limit=3)]
    assert found == [
        ("r3", "Question 3", "running"),
        ("r2", "Question 2", "stopped"),
        ("r1", "Question 1", "partial"),
    ]


@pytest.mark.parametrize("search", ["evenement", "ÉVÉNEMENT", "eclipse événe", "100%", "conclusion du conseil"])
def test_a_search_finds_questions_and_answers_whatever_case_and_accents(history: History, search: str) -> None:
    history.append("r1", started("r1", "Quel événement a eu lieu ?"))
    history.append("r1", answered(ANA, "Une éclipse, à 100% sûre."))
    history.append("r1", ev.SynthesisWritten(synthesis=Synthesis(seat="s1", text="La conclusion du conseil.")))
    history.append("r2", started("r2", "Quelle heure est-il ? 1000"))
    assert [entry.id for entry in history.entries(search=search)] == ["r1"]


def test_what_is_not_there_is_not_found(history: History) -> None:
    history.append("r1", started("r1"))
    assert history.entries(search="Sydney") == history.entries(search="%") == history.entries(search="C_nberra") == []


def test_the_same_question_to_the_same_council_is_found_once_it_is_complete(history: History) -> None:
    question = Question(text="Where is Canberra?")
    history.append("r1", started("r1"))
    assert history.find_same(question, COUNCIL) is None
    history.append("r1", ev.DeliberationFinished(status="complete"))
    assert history.find_same(question, COUNCIL) == "r1"
    history.append("r2", started("r2", at=2.0))
    history.append("r2", ev.DeliberationFinished(status="complete"))
    assert history.find_same(question, COUNCIL) == "r2"


@pytest.mark.parametrize(
    ("question", "council"),
    [
        (Question(text="Where is Sydney?"), COUNCIL),
        (Question(text="Where is Canberra?", earlier=(Exchange(question="?", answer="!"),)), COUNCIL),
        (Question(text="Where is Canberra?"), COUNCIL.model_copy(update={"mode": "full"})),
        (Question(text="Where is Canberra?"), COUNCIL.model_copy(update={"chairman": BEN})),
        (Question(text="Where is Canberra?"), COUNCIL.model_copy(update={"seats": (ANA,)})),
        (Question(text="Where is Canberra?"), COUNCIL.model_copy(update={"seats": (ANA, ANA)})),
    ],
)
def test_another_question_or_council_is_not_the_same(history: History, question: Question, council: Council) -> None:
    history.append("r1", started("r1"))
    history.append("r1", ev.DeliberationFinished(status="complete"))
    assert history.find_same(question, council) is None


def test_a_deleted_run_leaves_nothing_in_the_file(history: History, path: Path) -> None:
    history.append("r1", started("r1", "A secret question"))
    history.append("r1", answered(ANA, "A secret answer"))
    history.delete("r1")
    assert history.entries() == []
    with pytest.raises(HistoryError, match="There is no run"):
        history.events("r1")
    history.close()
    assert b"secret" not in b"".join(file.read_bytes() for file in path.parent.iterdir() if file.is_file())


def test_an_event_of_a_newer_version_breaks_neither_the_list_nor_the_run(history: History, path: Path) -> None:
    history.append("r1", started("r1"))
    with sqlite3.connect(path) as newer:
        newer.execute("INSERT INTO events VALUES ('r1', 2, 'song_sung', 2.0, '{\"type\": \"song_sung\", \"song\": 1}')")
        newer.execute("INSERT INTO events VALUES ('r1', 3, 'stage_started', 2.0, 'torn')")
    newer.close()
    history.append("r1", ev.DeliberationFinished(status="complete"))
    assert [entry.status for entry in history.entries()] == ["complete"]
    assert [event.type for event in history.events("r1")] == ["deliberation_started", "deliberation_finished"]
    assert history.transcript("r1").status == "complete"


def test_a_file_of_the_first_version_is_brought_up_to_date(path: Path) -> None:
    path.parent.mkdir()
    with sqlite3.connect(path) as old:
        old.executescript(OLD_SCHEMA.read_text())
    old.close()
    history = History(path)
    assert [(entry.id, entry.status) for entry in history.entries()] == [("new", "running"), ("old", "complete")]
    assert [entry.id for entry in history.entries(search="kangaroos")] == ["old"]
    transcript = history.transcript("old")
    assert transcript.question is not None and transcript.council is not None
    assert history.find_same(transcript.question, transcript.council) == "old"
    history.mark_interrupted_runs()
    assert history.transcript("new").status == "interrupted"
    history.close()
    with sqlite3.connect(path) as now:
        assert now.execute("PRAGMA user_version").fetchone() == (len(MIGRATIONS),)
    now.close()


def test_a_file_of_a_newer_version_is_refused_and_left_as_it_is(path: Path) -> None:
    History(path).close()
    with sqlite3.connect(path) as newer:
        newer.execute(f"PRAGMA user_version = {len(MIGRATIONS) + 1}")
    newer.close()
    with pytest.raises(HistoryError, match="newer version of the program"):
        History(path)


def test_a_file_that_is_no_history_is_explained(path: Path) -> None:
    path.parent.mkdir()
    path.write_bytes(b"GGUF" * 1000)
    with pytest.raises(HistoryError, match=r"history\.db' cannot be used: .*not a database.* move it away"):
        History(path)


def test_a_folder_in_the_place_of_the_file_is_explained(path: Path) -> None:
    path.mkdir(parents=True)
    with pytest.raises(HistoryError, match="set COUNCIL_DATA_DIR to another folder"):
        History(path)


def test_a_file_in_the_place_of_the_folder_is_explained(tmp_path: Path) -> None:
    (tmp_path / "data").write_text("")
    with pytest.raises(HistoryError, match=r"data' cannot be made: .* Set COUNCIL_DATA_DIR to another one"):
        History(tmp_path / "data" / "history.db")


def test_a_file_held_by_another_program_is_explained_and_usable_afterwards(history: History, path: Path) -> None:
    other = sqlite3.connect(path, isolation_level=None)
    other.execute("BEGIN EXCLUSIVE")
    with pytest.raises(HistoryError, match="Another program holds it"):
        history.append("r1", started("r1"))
    other.execute("ROLLBACK")
    other.close()
    history.append("r1", started("r1"))
    assert [entry.id for entry in history.entries()] == ["r1"]


def test_a_full_disk_is_explained_and_what_was_stored_is_kept(history: History) -> None:
    history.append("r1", started("r1"))
    (pages,) = history._db.execute("PRAGMA page_count").fetchone()
    history._db.execute(f"PRAGMA max_page_count = {pages}")
    with pytest.raises(HistoryError, match="The disk is full: make room and resume the run"):
        history.append("r1", answered(ANA, "long " * 10_000))
    history._db.execute("PRAGMA max_page_count = 1000000")
    history.append("r1", ev.DeliberationEnded(status="failed", reason="full"))
    assert [event.type for event in history.events("r1")] == ["deliberation_started", "deliberation_ended"]


def test_several_threads_may_write_at_once(history: History) -> None:
    history.append("r1", started("r1"))

    def write(thread: int) -> None:
        for number in range(25):
            history.append("r1", answered(ANA, f"{thread}/{number}"))

    threads = [threading.Thread(target=write, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=30)
    said = [event.text for event in history.events("r1") if isinstance(event, ev.TurnFinished)]
    assert sorted(said) == sorted(f"{thread}/{number}" for thread in range(4) for number in range(25))
    assert [text for text in said if text.startswith("0/")] == [f"0/{number}" for number in range(25)]


WRITE_UNTIL_KILLED = """
import sys
from pathlib import Path
from council.history import History
from tests.council.test_history import ANA, answered, started
history = History(Path(sys.argv[1]))
history.append("r1", started("r1"))
number = 0
while True:
    history.append("r1", answered(ANA, str(number)))
    print(number, flush=True)
    number += 1
"""


def test_what_was_told_before_a_kill_survives_and_the_run_is_marked_interrupted(path: Path) -> None:
    with subprocess.Popen(
        [sys.executable, "-c", WRITE_UNTIL_KILLED, str(path)], cwd=ROOT, stdout=subprocess.PIPE, text=True
    ) as writer:
        assert writer.stdout is not None
        told = [int(writer.stdout.readline()) for _ in range(200)]
        meanwhile = History(path)
        meanwhile.mark_interrupted_runs()
        assert [entry.status for entry in meanwhile.entries()] == ["running"], "its process is still alive"
        os.kill(writer.pid, signal.SIGKILL)
        told += [int(line) for line in writer.stdout if line.endswith("\n")]
    meanwhile.mark_interrupted_runs()
    transcript = meanwhile.transcript("r1")
    said = [int(event.text) for event in meanwhile.events("r1") if isinstance(event, ev.TurnFinished)]
    meanwhile.close()
    assert said[: len(told)] == told
    assert len(said) - len(told) <= 1, "stored, but killed before it could say so"
    assert (transcript.status, "Resume it" in transcript.reason) == ("interrupted", True)
    with sqlite3.connect(path) as db:
        assert db.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    db.close()


def test_a_run_of_this_process_is_not_marked_interrupted_by_another_window(history: History, path: Path) -> None:
    history.append("r1", started("r1"))
    second = History(path)
    second.mark_interrupted_runs()
    assert second.is_being_written("r1")
    history.close()
    second.mark_interrupted_runs()
    assert second.transcript("r1").status == "interrupted"
    second.close()
