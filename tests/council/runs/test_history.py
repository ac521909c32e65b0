"""The store of runs: what is kept, told apart and deleted, in real SQLite files."""

import sqlite3
from pathlib import Path

import pytest

from council import events as ev
from council.domain import Ballot, Council, Exchange, Question, Turn
from council.errors import HistoryError
from council.runs.history import History, OwnedHistory
from council.runs.owners import LOCAL
from tests.council.runs.stored import ANA, BEN, COUNCIL, answered, started


def test_a_run_reads_back_as_it_happened(history: History, kept: OwnedHistory, history_path: Path) -> None:
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
        kept.append("r1", event)
    history.close()
    reopened = History(history_path)
    assert reopened.of(LOCAL).events("r1") == told
    transcript = reopened.of(LOCAL).transcript("r1")
    assert (transcript.status, transcript.ballots["s1", 0].labels) == ("complete", {"A": "s2", "B": "s1"})
    reopened.close()


def test_deltas_are_not_stored(kept: OwnedHistory) -> None:
    kept.append("r1", started("r1"))
    kept.append("r1", ev.TurnDelta(turn=Turn(kind="answer", seat=ANA), text="In"))
    assert [event.type for event in kept.events("r1")] == ["deliberation_started"]


@pytest.mark.parametrize("crafted", ["../x", "", "a/b", "r1\n", ".hidden", "r" * 65, "r1' OR '1'='1"])
def test_a_crafted_id_is_refused_by_every_method(kept: OwnedHistory, crafted: str) -> None:
    kept.append("r1", started("r1"))
    for use in (kept.events, kept.transcript, kept.delete, kept.is_being_written):
        with pytest.raises(HistoryError, match="is not the name of a run"):
            use(crafted)
    with pytest.raises(HistoryError, match="is not the name of a run"):
        kept.append(crafted, started(crafted))
    assert [entry.id for entry in kept.entries()] == ["r1"]


def test_one_user_never_meets_the_runs_of_another(history: History) -> None:
    ada, alan = history.of("ada"), history.of("alan")
    ada.append("r1", started("r1"))
    ada.append("r1", ev.DeliberationFinished(status="complete"))
    for use in (alan.events, alan.transcript, alan.delete, alan.is_being_written):
        with pytest.raises(HistoryError, match="There is no run 'r1'"):
            use("r1")
    with pytest.raises(HistoryError, match="There is no run 'r1'"):
        alan.append("r1", ev.DeliberationResumed())
    with pytest.raises(HistoryError, match="There is a run 'r1' already"):
        alan.append("r1", started("r1"))
    assert alan.entries() == alan.entries(search="Canberra") == []
    assert alan.find_same(Question(text="Where is Canberra?"), COUNCIL) is None
    assert [entry.id for entry in ada.entries()] == ["r1"]


def test_entries_are_listed_newest_first_with_their_state(kept: OwnedHistory) -> None:
    for number in range(4):
        kept.append(f"r{number}", started(f"r{number}", f"Question {number}", at=float(number)))
    kept.append("r2", ev.DeliberationEnded(status="stopped", reason="You stopped the run."))
    kept.append("r1", ev.DeliberationFinished(status="partial"))
    found = [(entry.id, entry.question, entry.status) for entry in kept.entries(limit=3)]
    assert found == [
        ("r3", "Question 3", "running"),
        ("r2", "Question 2", "stopped"),
        ("r1", "Question 1", "partial"),
    ]


def test_the_same_question_to_the_same_council_is_found_once_it_is_complete(kept: OwnedHistory) -> None:
    question = Question(text="Where is Canberra?")
    kept.append("r1", started("r1"))
    assert kept.find_same(question, COUNCIL) is None
    kept.append("r1", ev.DeliberationFinished(status="complete"))
    assert kept.find_same(question, COUNCIL) == "r1"
    kept.append("r2", started("r2", at=2.0))
    kept.append("r2", ev.DeliberationFinished(status="complete"))
    assert kept.find_same(question, COUNCIL) == "r2"


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
def test_another_question_or_council_is_not_the_same(kept: OwnedHistory, question: Question, council: Council) -> None:
    kept.append("r1", started("r1"))
    kept.append("r1", ev.DeliberationFinished(status="complete"))
    assert kept.find_same(question, council) is None


def test_a_deleted_run_leaves_nothing_in_the_file(history: History, kept: OwnedHistory, history_path: Path) -> None:
    kept.append("r1", started("r1", "A secret question"))
    kept.append("r1", answered(ANA, "A secret answer"))
    kept.delete("r1")
    assert kept.entries() == []
    with pytest.raises(HistoryError, match="There is no run"):
        kept.events("r1")
    history.close()
    assert b"secret" not in b"".join(file.read_bytes() for file in history_path.parent.iterdir() if file.is_file())


def test_an_event_of_a_newer_version_breaks_neither_list_nor_run(kept: OwnedHistory, history_path: Path) -> None:
    kept.append("r1", started("r1"))
    with sqlite3.connect(history_path) as newer:
        newer.execute("INSERT INTO events VALUES ('r1', 2, 'song_sung', 2.0, '{\"type\": \"song_sung\", \"song\": 1}')")
        newer.execute("INSERT INTO events VALUES ('r1', 3, 'stage_started', 2.0, 'torn')")
    newer.close()
    kept.append("r1", ev.DeliberationFinished(status="complete"))
    assert [entry.status for entry in kept.entries()] == ["complete"]
    assert [event.type for event in kept.events("r1")] == ["deliberation_started", "deliberation_finished"]
    assert kept.transcript("r1").status == "complete"
