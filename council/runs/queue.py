"""Which runs are at work: a few at once, and where more are asked for they wait, and their owners take turns.

    join ──there is room──► at work ──leave──► gone
      │                        ▲                ▲
      ├──there is none──► waiting ────leave─────┘
      │
      └──too many wait──► BusyError

Each owner who has runs waiting gives one to every round; one who comes anew goes behind those who wait already, so
that nobody waits for ever. Knows nothing of what a run is.
"""

import asyncio
import statistics
import time
from collections import deque
from collections.abc import AsyncGenerator, Callable, Iterator
from itertools import zip_longest

from council.errors import BusyError
from council.runs.pace import Pace
from models.text import Text, lazy_ngettext
from models.text import lazy_gettext as _

AT_ONCE = 2
WAITING_OF_ONE = 4
WAITING = 50
A_MINUTE = 30
REMEMBERED = 20
GUESSED_SECONDS = 60.0
"""How long a run takes, as long as none has ended."""


class Place:
    """One run's place: `before` is how many are to begin before it, None as soon as it may work."""

    def __init__(self, owner: str) -> None:
        self.owner = owner
        self.before: int | None = None
        self._moved = asyncio.Event()

    def move(self, before: int | None) -> None:
        """Put the run elsewhere."""
        if before != self.before:
            self.before = before
            self._moved.set()

    async def moves(self) -> AsyncGenerator[int, None]:
        """Tell how many are before it, at once and after each change, until it may work."""
        while self.before is not None:
            self._moved.clear()
            yield self.before
            await self._moved.wait()


class RunQueue:
    """Gives out places. Lives in one event loop; a place is taken at once where there is room."""

    def __init__(
        self,
        *,
        at_once: int = AT_ONCE,
        waiting_of_one: int = WAITING_OF_ONE,
        waiting: int = WAITING,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._most_at_once, self._most_of_one, self._most_waiting = at_once, waiting_of_one, waiting
        self._clock = clock
        self._pace = Pace(at_once=A_MINUTE, a_minute=A_MINUTE, clock=clock)
        self._at_work: dict[Place, float] = {}
        self._waiting: dict[str, deque[Place]] = {}
        """By owner, in the order in which they come next."""
        self._lasted: deque[float] = deque(maxlen=REMEMBERED)

    def join(self, owner: str) -> Place:
        """Take a place, at work or in line; raises BusyError where too many are in line, or come one after another."""
        has_room = len(self._at_work) < self._most_at_once
        if not has_room:
            self._refuse_too_many(owner)
        if seconds := self._pace.wait(owner):
            message = _("You have begun many runs within a minute.")
            raise BusyError(message, advice=_again(seconds), retry_after_seconds=seconds)
        place = Place(owner)
        if has_room:
            self._at_work[place] = self._clock()
        else:
            self._waiting.setdefault(owner, deque()).append(place)
            self._tell()
        return place

    def leave(self, place: Place) -> None:
        """Give a place up, whatever it was, and let others move up; a second time changes nothing."""
        if place in self._at_work:
            self._lasted.append(self._clock() - self._at_work.pop(place))
        elif place in (mine := self._waiting.get(place.owner, deque())):
            mine.remove(place)
            if not mine:
                del self._waiting[place.owner]
        while self._waiting and len(self._at_work) < self._most_at_once:
            self._admit()
        self._tell()

    def _admit(self) -> None:
        """Let the next one in, and put its owner behind the others."""
        owner = next(iter(self._waiting))
        theirs = self._waiting.pop(owner)
        place = theirs.popleft()
        if theirs:
            self._waiting[owner] = theirs
        self._at_work[place] = self._clock()
        place.move(None)

    def _in_order(self) -> Iterator[Place]:
        """Those in line as they would begin if nobody else came."""
        for one_of_each in zip_longest(*self._waiting.values()):
            yield from filter(None, one_of_each)

    def _tell(self) -> None:
        for before, place in enumerate(self._in_order()):
            place.move(before)

    def _refuse_too_many(self, owner: str) -> None:
        line = list(self._in_order())
        mine = [position for position, place in enumerate(line) if place.owner == owner]
        if len(mine) >= self._most_of_one:
            seconds = self._seconds_until(mine[0] + 1)
            message = lazy_ngettext("{n} run of yours waits already.", "{n} runs of yours wait already.", len(mine))
            raise BusyError(message, advice=_again(seconds), retry_after_seconds=seconds)
        if len(line) >= self._most_waiting:
            seconds = self._seconds_until(1)
            message = lazy_ngettext("{n} run waits already.", "{n} runs wait already.", len(line))
            raise BusyError(message, advice=_again(seconds), retry_after_seconds=seconds)

    def _seconds_until(self, begun: int) -> float:
        """Estimate how long it takes until so many more have begun."""
        typical = statistics.median(self._lasted) if self._lasted else GUESSED_SECONDS
        return typical * begun / self._most_at_once


def _again(seconds: float) -> Text:
    minutes = max(1, -int(-seconds // 60))
    return lazy_ngettext("Try again in about {n} minute.", "Try again in about {n} minutes.", minutes)
