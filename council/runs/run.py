"""One run: how it begins, is followed by any number of readers, stopped, taken up again and abandoned.

What happens in it is the pipeline's business; where runs are found is that of `runs.py`.
"""

import asyncio
import copy
import logging
from collections.abc import AsyncGenerator, Awaitable, Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from typing import Literal

from council import events as ev
from council.advice import explain
from council.errors import CouncilError, HistoryError
from council.method.deliberation import Controls
from council.runs.history import History
from council.transcript import Transcript
from models.errors import BackendError

logger = logging.getLogger(__name__)

Ending = tuple[Literal["failed", "stopped", "interrupted"], str]

STOPPED: Ending = ("stopped", "You stopped the run. Resume it: what was said is kept.")
RETRIED: Ending = ("stopped", "The run was stopped to ask a seat again.")
ABANDONED: Ending = ("interrupted", "Nobody followed the run any more. Resume it: what was said is kept.")
CLOSED: Ending = ("interrupted", "The program was closed in the middle of the run. Resume it: what was said is kept.")
CRASHED: Ending = (
    "failed",
    "The run broke off because of an error in the program; its log says more. Resume the run: what was said is kept.",
)


class Run:
    """One question's run, under way or ended, with everything that happened in it so far.

    Lives in one event loop. A run that nobody reads for `abandon_seconds` is interrupted.
    """

    def __init__(
        self,
        transcript: Transcript,
        events: Sequence[ev.Event],
        *,
        owner: str,
        history: History,
        conduct: Callable[["Run", Transcript | None], Awaitable[None]],
        abandon_seconds: float,
    ) -> None:
        self.transcript = transcript
        self.owner = owner
        self.controls = Controls()
        self.is_running = False
        self._events = list(events)
        self._history = history
        self._conduct = conduct
        self._abandon_seconds = abandon_seconds
        self._changed = asyncio.Event()
        self._task: asyncio.Future[None] | None = None
        self._ending: Ending | None = None
        self._goes_on = False
        self._readers = 0
        self._abandonment: asyncio.TimerHandle | None = None

    @property
    def id(self) -> str:
        """The name of the run, in the history and in addresses."""
        return self.transcript.id

    async def follow(self) -> AsyncGenerator[ev.Event, None]:
        """Tell every event from the beginning, then live, until the run ends; of an ended run all but the deltas."""
        position = 0
        with self._reading():
            while True:
                changed, is_running = self._changed, self.is_running
                while position < len(self._events):
                    yield self._events[position]
                    position += 1
                if not is_running:
                    return
                await changed.wait()

    async def changes(
        self, *, tick_seconds: float = 0.1, heartbeat_seconds: float = 1.0
    ) -> AsyncGenerator[Transcript, None]:
        """Show the live transcript: at once, after changes (at most one a tick) and once a heartbeat without any.

        The last one shown is the final state.
        """
        with self._reading():
            while True:
                changed, is_running = self._changed, self.is_running
                yield self.transcript
                if not is_running:
                    return
                await asyncio.sleep(tick_seconds)
                with suppress(TimeoutError):
                    await asyncio.wait_for(changed.wait(), max(heartbeat_seconds - tick_seconds, 0.0))

    def stop(self) -> None:
        """End the run here; it can be resumed."""
        self._goes_on = False
        self.end(STOPPED)

    def synthesise_now(self) -> None:
        """Leave out what is still missing and conclude from what is there."""
        self.controls.synthesise_now.set()

    def end(self, ending: Ending) -> None:
        """Cancel the run; the first reason given is the one that is told."""
        if self._task is not None and self.is_running and self._ending is None:
            self._ending = ending
            self._task.cancel()

    def begin(self, first: ev.DeliberationStarted | ev.DeliberationResumed) -> None:
        """Start, or go on; raises HistoryError, and nothing has begun, if that cannot be stored."""
        self._history.append(
            first.id if isinstance(first, ev.DeliberationStarted) else self.id, first, owner=self.owner
        )
        self.is_running, self._ending, self._goes_on, self.controls = True, None, False, Controls()
        self._tell(first)
        past = copy.deepcopy(self.transcript) if isinstance(first, ev.DeliberationResumed) else None
        self._task = asyncio.ensure_future(self._conduct(self, past))
        self._task.add_done_callback(self._conclude)  # also runs for a task that was cancelled before its first step
        self._arm()

    def ask_again(self, seat_id: str) -> None:
        """Ask a seat again whose answer failed: within the answers stage, or after it by going on from there."""
        if self.transcript.stage in (None, "answers"):
            self.controls.retries.put_nowait(seat_id)
        elif self._ending is None:
            self._goes_on = True
            self.end(RETRIED)

    def emit(self, event: ev.Event) -> None:
        """Store an event and show it to the readers; raises HistoryError, and shows nothing that is not stored."""
        if self.is_running:
            self._history.append(self.id, event, owner=self.owner)
            self._tell(event)

    async def ended(self) -> None:
        """Wait until the run has ended and nothing of it is left running."""
        while self.is_running:
            await self._changed.wait()

    def _conclude(self, task: "asyncio.Future[None]") -> None:
        """Give the run its end, whatever its task ended with; or go on, where a seat is to be asked again."""
        error = None if task.cancelled() else task.exception()
        if self.transcript.status == "running":
            status, reason = self._ending or self._judge(error)
            end = ev.DeliberationEnded(status=status, reason=reason)
            try:
                self.emit(end)
            except HistoryError as fault:  # readers are told all the same; the history gets an end at the next start
                logger.error("run %s: %s", self.id, fault)
                self._tell(end)
        if self._goes_on:
            try:
                self.begin(ev.DeliberationResumed())
                return
            except HistoryError:
                logger.exception("run %s could not go on", self.id)
        self.is_running = False
        self._disarm()
        self._wake()
        self._forget_deltas()

    def _judge(self, error: BaseException | None) -> Ending:
        if isinstance(error, CouncilError | BackendError):
            return ("failed", str(explain(error)))
        if error is None and self._task is not None and self._task.cancelled():
            return CLOSED
        logger.error("run %s broke off", self.id, exc_info=error)
        return CRASHED

    def _tell(self, event: ev.Event) -> None:
        self.transcript.apply(event)
        self._events.append(event)
        self._wake()

    def _wake(self) -> None:
        changed, self._changed = self._changed, asyncio.Event()
        changed.set()

    @contextmanager
    def _reading(self) -> Iterator[None]:
        self._readers += 1
        self._disarm()
        try:
            yield
        finally:
            self._readers -= 1
            self._arm()
            self._forget_deltas()

    def _forget_deltas(self) -> None:
        """Free most of the memory of an ended run that nobody reads: its turns hold their whole texts."""
        if not self.is_running and not self._readers:
            self._events = [event for event in self._events if not isinstance(event, ev.TurnDelta)]

    def _arm(self) -> None:
        self._disarm()
        if self.is_running and not self._readers:
            loop = asyncio.get_running_loop()
            self._abandonment = loop.call_later(self._abandon_seconds, self.end, ABANDONED)

    def _disarm(self) -> None:
        if self._abandonment is not None:
            self._abandonment.cancel()
            self._abandonment = None
