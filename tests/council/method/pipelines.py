"""Small pipelines that stand in for the real one, and what tests of runs share."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import TypeVar

from council import events as ev
from council.domain import Council, Question, Seat, Turn
from council.method.deliberation import Deliberation
from council.runs.registry import OwnedRuns
from council.runs.run import Run
from models.base import Usage

ANA, BEN = Seat(id="s1", model="alpha:1b"), Seat(id="s2", model="beta:1b")
COUNCIL = Council(seats=(ANA, BEN), chairman=ANA)
QUESTION = Question(text="Where is Canberra?", language="en")
PATIENCE_SECONDS = 10.0

T = TypeVar("T")
Make = Callable[..., OwnedRuns]


def say(deliberation: Deliberation, seat: Seat, text: str) -> None:
    """One seat answers, unless it did so before."""
    turn = Turn(kind="answer", seat=seat)
    past = deliberation.past
    if past and (*turn.key, "") in past.earlier_speeches:
        deliberation.emit(ev.TurnReused(turn=turn))
        return
    deliberation.emit(ev.TurnStarted(turn=turn))
    deliberation.emit(ev.TurnDelta(turn=turn, text=text))
    deliberation.emit(ev.TurnFinished(turn=turn, text=text, backend="b", model=seat.model, usage=Usage()))


def fail(deliberation: Deliberation, seat: Seat) -> None:
    turn = Turn(kind="answer", seat=seat)
    deliberation.emit(ev.TurnStarted(turn=turn))
    deliberation.emit(ev.TurnFailed(turn=turn, reason="It fell over."))


async def complete(deliberation: Deliberation) -> None:
    deliberation.emit(ev.StageStarted(stage="answers", turns=2))
    say(deliberation, ANA, "In Australia.")
    await asyncio.sleep(0)
    say(deliberation, BEN, "Far away.")
    deliberation.emit(ev.DeliberationFinished(status="complete"))


class Waiting:
    """A pipeline whose first seat answers and whose second never does; it remembers that it was cancelled."""

    def __init__(self) -> None:
        self.is_cancelled = False
        self.speaks = asyncio.Event()

    async def __call__(self, deliberation: Deliberation) -> None:
        deliberation.emit(ev.StageStarted(stage="answers", turns=2))
        say(deliberation, ANA, "In Australia.")
        deliberation.emit(ev.TurnStarted(turn=Turn(kind="answer", seat=BEN)))
        self.speaks.set()
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            self.is_cancelled = True
            raise


async def within(coroutine: Awaitable[T]) -> T:
    """Wait, but not for ever."""
    return await asyncio.wait_for(coroutine, PATIENCE_SECONDS)


async def read(run: Run) -> list[ev.Event]:
    return [event async for event in run.follow()]


def types(events: list[ev.Event]) -> list[str]:
    return [event.type for event in events if not isinstance(event, ev.TurnDelta)]


class FailsOnce:
    """A pipeline whose second seat fails the first time; it then waits in the ballots, or ends partial."""

    def __init__(self, *, waits: bool) -> None:
        self.waits = waits
        self.passes = 0

    async def __call__(self, deliberation: Deliberation) -> None:
        self.passes += 1
        if self.passes > 1:
            await complete(deliberation)
            return
        deliberation.emit(ev.StageStarted(stage="answers", turns=2))
        say(deliberation, ANA, "In Australia.")
        fail(deliberation, BEN)
        deliberation.emit(ev.StageStarted(stage="ballots", turns=2))
        await (asyncio.Event().wait() if self.waits else asyncio.sleep(0))
        deliberation.emit(ev.DeliberationFinished(status="partial"))
