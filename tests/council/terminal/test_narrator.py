"""A run on a terminal: streaming, text that would steer it, Ctrl-C; the last with a real process on real weights."""

import io
import signal
import subprocess
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from council import events as ev
from council.domain import Ballot, Council, Question, Seat, Standing, Standings, Synthesis, Turn
from council.runs.history import History
from council.runs.owners import LOCAL
from council.terminal.narrator import Narrator
from council.translation import translator
from models.base import Usage
from tests.programs import environment

ASKED = "Where is the capital of Australia?"


SEAT = Seat(id="seat-1", model="alpha:1b")
STARTED = ev.DeliberationStarted(
    id="r1",
    question=Question(text=ASKED),
    council=Council(seats=(SEAT,), chairman=SEAT),
    seed=1,
    nonce_seed="n",
)


def narrated(events: Sequence[ev.Event]) -> tuple[str, list[str]]:
    answer, progress = io.StringIO(), []
    narrator = Narrator(progress=progress.append, answer=answer, is_live=True, words=translator("en"))
    for event in [STARTED, *events]:
        narrator.tell(event)
    return answer.getvalue(), progress


TURN = Turn(kind="synthesis", seat=SEAT)
FINAL = ev.SynthesisWritten(synthesis=Synthesis(seat="seat-1", text="In Canberra."))


def test_on_a_terminal_the_final_answer_is_streamed_once() -> None:
    shown, _ = narrated(
        [
            ev.TurnStarted(turn=TURN),
            ev.TurnDelta(turn=TURN, text="In "),
            ev.TurnDelta(turn=TURN, thinking="hm"),
            ev.TurnDelta(turn=TURN, text="Canberra."),
            ev.TurnFinished(turn=TURN, text="In Canberra.", backend="b", model="m", usage=Usage()),
            FINAL,
        ]
    )
    assert shown == "\nIn Canberra.\n"


def test_an_answer_that_starts_again_is_not_spliced() -> None:
    shown, progress = narrated(
        [
            ev.TurnStarted(turn=TURN),
            ev.TurnDelta(turn=TURN, text="In Syd"),
            ev.TurnRestarted(turn=TURN, reason="The server died."),
            ev.TurnDelta(turn=TURN, text="In Canberra."),
            FINAL,
        ]
    )
    assert shown == "\nIn Syd\n[…]\n\nIn Canberra.\n"
    assert progress[-1] == "  seat-1 (alpha:1b): Started again: The server died."


def test_a_second_look_that_turned_the_order_round_is_shown_with_the_weight_it_costs() -> None:
    ballot = Ballot(voter="seat-1", labels={}, order=("seat-1", "seat-2"), second_order=("seat-2", "seat-1"))
    places = tuple(Standing(seat=f"seat-{n}", place=1, score=0.5, first_places=0) for n in (1, 2))
    standings = Standings(order=places, weights={"seat-1": 0.0, "seat-2": 1.0})
    _, progress = narrated([ev.BallotCast(ballot=ballot), ev.StandingsComputed(standings=standings)])
    assert progress[-2].endswith("votes: seat-1 > seat-2 (asked again in reverse: seat-2 > seat-1)")
    assert progress[-1].endswith("no clear winner; votes weigh by how far both looks agree: seat-1 0.00")


def test_a_revision_that_the_vote_undoes_is_told() -> None:
    _, progress = narrated([ev.RevisionUndone(seat="seat-1", round=1, before=0.6, after=0.2)])
    told = "it won 0.20 of its pairs, the text before it 0.60; that one stands."
    assert progress[-1] == f"  The vote undid the revision of seat-1 (alpha:1b): {told}"


def test_an_answer_that_was_cut_at_its_token_limit_says_so() -> None:
    cut = ev.TurnFinished(turn=TURN, text="In Canberra.", backend="b", model="m", usage=Usage(truncated=True))
    shown, _ = narrated([cut, FINAL])
    assert shown == "\nIn Canberra.\n[The answer stops at its token limit.]\n"


def test_a_model_cannot_steer_the_terminal() -> None:
    shown, progress = narrated(
        [
            ev.TurnStarted(turn=TURN),
            ev.TurnDelta(turn=TURN, text="\x1b]0;owned\x07In\x9b2J Canberra.\r"),
            ev.TurnFailed(turn=TURN, reason="\x1b[31mred\nalert"),
        ]
    )
    assert "\x1b" not in shown + progress[-1] and "\x9b" not in shown and "\r" not in shown
    assert progress[-1].endswith("failed: [31mred alert")


@pytest.fixture
def asked(tmp_path: Path, tiny_gguf: Path) -> Callable[..., "subprocess.Popen[str]"]:
    """Starts a real `python -m council ask` on real weights."""

    def start(*arguments: str, tokens: int = 8192) -> "subprocess.Popen[str]":
        settings = {"backends": "llama_cpp", "weights": str(tiny_gguf), "answer_tokens": str(tokens)}
        return subprocess.Popen(
            [sys.executable, "-m", "council", "ask", ASKED, *arguments],
            cwd=tmp_path,
            env=environment(tmp_path, **settings),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    return start


@pytest.mark.parametrize(
    ("sent", "code", "status"), [(signal.SIGINT, 130, "stopped"), (signal.SIGTERM, 1, "interrupted")]
)
def test_ctrl_c_stops_a_real_run_and_the_history_says_so(
    asked: Callable[..., "subprocess.Popen[str]"], tmp_path: Path, sent: signal.Signals, code: int, status: str
) -> None:
    with asked() as process:
        assert process.stderr is not None and process.stdout is not None
        while "Answers" not in process.stderr.readline():
            assert process.poll() is None
        process.send_signal(sent)
        err = process.stderr.read()
        assert process.wait(30) == code
    assert "Traceback" not in err and "python -m council resume" in err
    history = History(tmp_path / "data" / "history.db")
    runs = history.of(LOCAL)
    assert [entry.status for entry in runs.entries()] == [status]
    assert "Resume it" in str(runs.transcript(runs.entries()[0].id).reason)
    history.close()


def test_a_reader_that_goes_away_ends_the_program_quietly(asked: Callable[..., "subprocess.Popen[str]"]) -> None:
    with asked("--mode", "quick", tokens=16) as process:
        assert process.stderr is not None and process.stdout is not None
        process.stdout.close()
        assert process.wait(60) == 1
        assert "Traceback" not in process.stderr.read()
