"""The store of runs: what is kept, found, told apart, deleted and brought up to date, in real SQLite files."""

import sqlite3
from pathlib import Path

import pytest

from council import events as ev
from council.domain import Ballot, Council, Exchange, Question, Synthesis, Turn
from council.errors import HistoryError
from council.runs.history import History
from council.runs.history_schema import MIGRATIONS
from tests.council.runs.stored import ANA, BEN, COUNCIL, answered, started

OLD_SCHEMA = Path(__file__).parents[2] / "fixtures" / "history_1.sql"


def test_a_run_reads_back_as_it_happened(history: History, history_path: Path) -> None:
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
    reopened = History(history_path)
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


def test_a_deleted_run_leaves_nothing_in_the_file(history: History, history_path: Path) -> None:
    history.append("r1", started("r1", "A secret question"))
    history.append("r1", answered(ANA, "A secret answer"))
    history.delete("r1")
    assert history.entries() == []
    with pytest.raises(HistoryError, match="There is no run"):
        history.events("r1")
    history.close()
    assert b"secret" not in b"".join(file.read_bytes() for file in history_path.parent.iterdir() if file.is_file())


def test_an_event_of_a_newer_version_breaks_neither_the_list_nor_the_run(history: History, history_path: Path) -> None:
    history.append("r1", started("r1"))
    with sqlite3.connect(history_path) as newer:
        newer.execute("INSERT INTO events VALUES ('r1', 2, 'song_sung', 2.0, '{\"type\": \"song_sung\", \"song\": 1}')")
        newer.execute("INSERT INTO events VALUES ('r1', 3, 'stage_started', 2.0, 'torn')")
    newer.close()
    history.append("r1", ev.DeliberationFinished(status="complete"))
    assert [entry.status for entry in history.entries()] == ["complete"]
    assert [event.type for event in history.events("r1")] == ["deliberation_started", "deliberation_finished"]
    assert history.transcript("r1").status == "complete"


def test_a_file_of_the_first_version_is_brought_up_to_date(history_path: Path) -> None:
    history_path.parent.mkdir()
    with sqlite3.connect(history_path) as old:
        old.executescript(OLD_SCHEMA.read_text())
    old.close()
    history = History(history_path)
    assert [(entry.id, entry.status) for entry in history.entries()] == [("new", "running"), ("old", "complete")]
    assert [entry.id for entry in history.entries(search="kangaroos")] == ["old"]
    transcript = history.transcript("old")
    assert transcript.question is not None and transcript.council is not None
    assert history.find_same(transcript.question, transcript.council) == "old"
    history.mark_interrupted_runs()
    assert history.transcript("new").status == "interrupted"
    history.close()
    with sqlite3.connect(history_path) as now:
        assert now.execute("PRAGMA user_version").fetchone() == (len(MIGRATIONS),)
    now.close()


def test_a_whole_page_may_be_pasted_into_the_search(history: History) -> None:
    history.append("r1", started("r1", "Where is Canberra?"))
    assert [entry.id for entry in history.entries(search="canberra " * 2_000)] == ["r1"]
    assert history.entries(search="x" * 100_000) == []
