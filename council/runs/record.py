"""One run's way into the history: at once, or, while that cannot be written, as soon as it can.

A run never ends for want of a history: what could not be stored stays in memory.
"""

import asyncio
import logging
import threading
from collections.abc import Callable, Sequence
from contextlib import suppress

from council import events as ev
from council.advice import explain
from council.errors import HistoryError
from council.runs.history import OwnedHistory

logger = logging.getLogger(__name__)

RETRY_SECONDS = 2.0


class Record:
    """What is stored of a run and what waits to be; `changed` is told when that fails, and when it works again.

    A run of one event is new; of a longer one all is stored. Records that wait try again one at a time, while they
    hold `turn`.
    """

    def __init__(
        self,
        history: OwnedHistory,
        events: Sequence[ev.Event],
        *,
        changed: Callable[[ev.HistoryFailed | ev.HistoryRecovered], None],
        turn: asyncio.Lock,
    ) -> None:
        assert isinstance(events[0], ev.DeliberationStarted)
        self._run_id = events[0].id
        self._history = history
        self._events = [event for event in events if not isinstance(event, ev.Fleeting)]
        self._stored = len(self._events) if len(self._events) > 1 else 0
        self._generation = history.generation
        self._changed = changed
        self._turn = turn
        self._writing = threading.Lock()
        self._recovery: asyncio.Task[None] | None = None

    @property
    def is_behind(self) -> bool:
        """Whether something waits to be stored."""
        return self._stored < len(self._events)

    @property
    def is_blank(self) -> bool:
        """Whether the history has nothing of the run."""
        return not self._stored

    def append(self, event: ev.Event) -> None:
        """Store an event, or keep it until it can be stored."""
        if isinstance(event, ev.Fleeting):
            return
        self._events.append(event)
        self.write()

    def write(self) -> None:
        """Store what there is, unless that is being tried again by itself."""
        if self._recovery is not None:
            return
        try:
            self._store()
        except HistoryError as fault:
            reason = explain(fault)
            logger.warning("run %s is not kept: %s", self._run_id, reason)
            self._recovery = asyncio.ensure_future(self._recover())
            self._changed(ev.HistoryFailed(reason=reason))

    async def close(self) -> None:
        """Try a last time to store what waits."""
        await self.forget()
        if self.is_behind:
            with suppress(HistoryError):  # which was told when it began
                await asyncio.to_thread(self._store)

    def give_up(self) -> None:
        """Store nothing any more."""
        if self._recovery is not None:
            self._recovery.cancel()

    async def forget(self) -> None:
        """Store nothing any more, and wait until nothing is being stored."""
        if self._recovery is not None:
            self._recovery.cancel()
            await asyncio.wait([self._recovery])
            await asyncio.to_thread(self._writing.acquire)
            self._writing.release()

    async def _recover(self) -> None:
        while self.is_behind:
            await asyncio.sleep(RETRY_SECONDS)
            async with self._turn:
                with suppress(HistoryError):
                    await asyncio.to_thread(self._store)  # it may wait for another program
        self._recovery = None
        logger.warning("run %s is kept again", self._run_id)
        self._changed(ev.HistoryRecovered())

    def _store(self) -> None:
        with self._writing:
            self._stored, self._generation = self._history.store(
                self._run_id, self._events, self._stored, self._generation
            )
