"""A few events to store, for tests of the history."""

from council import events as ev
from council.domain import Council, Question, Seat, Turn
from models.base import Usage

ANA, BEN = Seat(id="s1", model="alpha:1b"), Seat(id="s2", model="beta:1b", persona="sceptic")
COUNCIL = Council(seats=(ANA, BEN), chairman=ANA)


def started(run_id: str, text: str = "Where is Canberra?", *, at: float = 1.0, council: Council = COUNCIL) -> ev.Event:
    question = Question(text=text, language="en")
    return ev.DeliberationStarted(id=run_id, question=question, council=council, seed=1, nonce_seed="n", at=at)


def answered(seat: Seat, text: str) -> ev.Event:
    turn = Turn(kind="answer", seat=seat)
    return ev.TurnFinished(turn=turn, text=text, backend="scripted", model=seat.model, usage=Usage())
