"""What one connection may cost: whoever sends no whole head of a request, or takes no answer, is hung up on.

    connected ──head whole──► a request is under way ──answered──► kept (uvicorn's own five seconds)
        │                        │               ▲                   │
        │ head_seconds           │ stall_seconds └────head whole─────┤ head_seconds
        ▼                        ▼ without taking                    ▼ since its first byte
      closed                   closed                              closed

A head is 16 kB at most, which is what h11 takes; bodies are the business of `limits.py`.
"""

import asyncio
import resource
from collections.abc import Callable
from typing import Any

import h11
from uvicorn.protocols.http.h11_impl import H11Protocol

HANDLES, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
ACCEPTED_AT_ONCE = max(1, min(128, HANDLES // 8))
"""uvicorn's backlog: asyncio takes so many in one go before any bound is looked at, and where handles run out
meanwhile, it complains of each."""


class BoundedConnection(H11Protocol):
    """A connection with bounds, to be given to uvicorn.

    There are `most` at once, half of them from one address. Where there are too many, the one that has done nothing
    for longest makes room. Files need handles, too: connections get no more than half of those that there are.
    """

    most = min(1000, HANDLES // 2)
    head_seconds = 10.0
    stall_seconds = 60.0

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self._head = _Deadline(self.loop, self.head_seconds, self._hang_up)
        self._stall = _Deadline(self.loop, self.stall_seconds, self._hang_up)
        self._idle_since = self.loop.time()

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Wait for a head from now on."""
        super().connection_made(transport)
        self._head.start()
        if len(self.connections) > self.most // 2:
            self._make_room()

    def data_received(self, data: bytes) -> None:
        """Wait no more where a head is whole; of one that has only begun, the rest has to come in time."""
        super().data_received(data)
        if self.conn.their_state is not h11.IDLE:
            self._head.stop()
        else:
            self._head.start()

    def on_response_complete(self) -> None:
        """Be idle from now on."""
        self._idle_since = self.loop.time()
        super().on_response_complete()

    def pause_writing(self) -> None:
        """Wait for the other side to take what was sent."""
        super().pause_writing()
        self._stall.start()

    def resume_writing(self) -> None:
        """Go on."""
        super().resume_writing()
        self._stall.stop()

    def connection_lost(self, exc: Exception | None) -> None:
        """Wait for nothing more."""
        self._head.stop()
        self._stall.stop()
        super().connection_lost(exc)

    def _make_room(self) -> None:
        here = [other for other in self.connections if isinstance(other, BoundedConnection)]
        every = [other for other in here if not other.transport.is_closing()]
        near = [other for other in every if other.client and self.client and other.client[0] == self.client[0]]
        for group, most in ((near, self.most // 2), (every, self.most)):
            if len(group) > most:
                idle = [other for other in group if other.cycle is None or other.cycle.response_complete]
                min(idle, key=lambda other: other._idle_since)._hang_up()  # this one is idle, too
                return

    def _hang_up(self) -> None:
        self.transport.abort()


class _Deadline:
    """Does something when its time is over, unless it was stopped; started again, it goes on as it was."""

    def __init__(self, loop: asyncio.AbstractEventLoop, seconds: float, then: Callable[[], None]) -> None:
        self._loop, self._seconds, self._then = loop, seconds, then
        self._timer: asyncio.TimerHandle | None = None

    def start(self) -> None:
        if self._timer is None:
            self._timer = self._loop.call_later(self._seconds, self._then)

    def stop(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
