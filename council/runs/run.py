"""One run: how it begins, is followed by any number of readers, stopped, taken up again and abandoned.

    new ──start, resume──► running ──the pipeline ends──► ended
                            │   ▲                         ▲   │
                    end(…)  │   ├────────resume───────────┼───┘
                            ▼   │                         │
                        an Ending ──the pipeline has let go

A run is new when it is made of its first event, or of all that the history holds of it. While its state is an Ending,
its pipeline has been cancelled and is letting go; the first Ending given is the one that is told, but `RETRIED`,
after which the run goes on at once, gives way to any other. A running run may have to wait its turn before its
pipeline begins: it holds a place in the queue from its start to its end.

What happens in a run is the pipeline's business; where runs are found is that of `registry.py`.
"""

import asyncio
import copy
import logging
from collections.abc import AsyncGenerator, Awaitable, Callable, Iterator, Sequence
from contextlib import aclosing, contextmanager, suppress
from dataclasses import dataclass, field
from typing import Literal

from council import events as ev
from council.advice import explain
from council.errors import CouncilError
from council.method.deliberation import Controls, Deliberation
from council.method.wordings.wording import WORDINGS
from council.runs.ending import CLOSED, CRASHED, RETRIED, STOPPED, Ending, abandoned
from council.runs.history import OwnedHistory
from council.runs.patience import Patience
from council.runs.queue import Place, RunQueue
from council.runs.record import Record
from council.transcript import Transcript
from models.base import Backend
from models.errors import BackendError

logger = logging.getLogger(__name__)

SLOW_HEART = 5
Pipeline = Callable[[Deliberation], Awaitable[None]]


State = Literal["new", "running", "ended"] | Ending


@dataclass(frozen=True)
class Means:
    """What a run is carried out with; `max_context` bounds every window, in tokens.

    Runs that could not be stored try again one at a time, while they hold `recovering`.
    """

    backend: Backend
    pipeline: Pipeline
    max_context: int
    queue: RunQueue
    recovering: asyncio.Lock = field(default_factory=asyncio.Lock)


class Run:
    """One question's run, under way or ended, with everything that happened in it so far.

    Lives in one event loop. A run that nobody reads for as long as it still needs, `abandon_seconds` at
    least, is interrupted.
    """

    def __init__(
        self, events: Sequence[ev.Event], *, owner: str, history: OwnedHistory, means: Means, abandon_seconds: float
    ) -> None:
        self.transcript = Transcript()
        for event in events:
            self.transcript.apply(event)
        self.owner = owner
        self._events = list(events)
        self.record = Record(history, events, changed=self._tell, turn=means.recovering)
        self._means = means
        self._state: State = "new"
        self._controls = Controls()
        self._changed = asyncio.Event()
        self._task: asyncio.Future[None] | None = None
        self._place: Place | None = None
        self._readers = 0
        self._patience = Patience(self.transcript, abandon_seconds, lambda waited: self.end(abandoned(waited)))

    @property
    def id(self) -> str:
        """The name of the run, in the history and in addresses."""
        return self.transcript.id

    @property
    def is_running(self) -> bool:
        """Whether something may still happen."""
        return self._state not in ("new", "ended")

    @property
    def past(self) -> Sequence[ev.Event]:
        """What happened before the run was taken up again the last time; nothing, if it never was."""
        return self._events[: self._resumption()]

    async def follow(self, *, since_resumption: bool = False) -> AsyncGenerator[ev.Event, None]:
        """Tell every event from the beginning, or what is not `past`, then live, until the run ends.

        Of an ended run, deltas are not told.
        """
        position = self._resumption() if since_resumption else 0
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

        A run that waits its turn has a slow heart: pages that show one may be many, and there is little to show.
        The last one shown is the final state.
        """
        with self._reading():
            while True:
                changed, is_running = self._changed, self.is_running
                yield self.transcript
                if not is_running:
                    return
                pause = heartbeat_seconds * (SLOW_HEART if self.transcript.runs_before is not None else 1)
                await asyncio.sleep(tick_seconds)
                with suppress(TimeoutError):
                    await asyncio.wait_for(changed.wait(), max(pause - tick_seconds, 0.0))

    def start(self) -> None:
        """Begin a new run; raises BusyError, and nothing has begun, if it has no place."""
        self._take_place()
        self.record.write()
        self._work(past=None)

    def resume(self) -> None:
        """Go on with a run; raises BusyError as `start` does."""
        self._take_place()
        resumed = ev.DeliberationResumed()
        self.record.append(resumed)
        self._tell(resumed)
        self._work(past=copy.deepcopy(self.transcript))

    def stop(self) -> None:
        """End the run here; it can be resumed."""
        self.end(STOPPED)

    def synthesise_now(self) -> None:
        """Leave out what is still missing and conclude from what is there."""
        self._controls.synthesise_now.set()

    def ask_again(self, seat_id: str) -> None:
        """Ask a seat again whose answer failed: within the answers stage, or after it by going on from there."""
        if self.transcript.stage in (None, "answers"):
            self._controls.retries.put_nowait(seat_id)
        else:
            self.end(RETRIED)

    def end(self, ending: Ending) -> None:
        """Cancel the run for this reason, unless it is ending for another one."""
        if self._state == "running" and self._task is not None:
            self._state = ending
            self._task.cancel()
        elif self._state is RETRIED:
            self._state = ending

    async def ended(self) -> None:
        """Wait until the run has ended and nothing of it is left running."""
        while self.is_running:
            await self._changed.wait()

    def _take_place(self) -> None:
        """Take a place in the queue, unless the run has one."""
        self._place = self._place or self._means.queue.join(self.owner)

    def _leave_place(self) -> None:
        if self._place is not None:
            self._means.queue.leave(self._place)
            self._place = None

    def _work(self, past: Transcript | None) -> None:
        self._state, self._controls = "running", Controls()
        self._task = asyncio.ensure_future(self._carry_out(past))
        self._task.add_done_callback(self._conclude)  # also runs for a task that was cancelled before its first step
        self._watch_for_readers()

    async def _carry_out(self, past: Transcript | None) -> None:
        """Wait for the run's turn, and let the pipeline work."""
        assert self._place is not None
        if self._place.before is not None:
            async with aclosing(self._place.moves()) as moves:
                async for before in moves:
                    self._emit(ev.DeliberationWaiting(before=before))
            self._emit(ev.DeliberationAdmitted())
        await self._means.pipeline(self._deliberation(past))

    def _deliberation(self, past: Transcript | None) -> Deliberation:
        run = self.transcript
        assert run.question is not None and run.council is not None
        return Deliberation(
            question=run.question,
            council=run.council,
            seed=run.seed,
            nonce_seed=run.nonce_seed,
            backend=self._means.backend,
            emit=self._emit,
            controls=self._controls,
            past=past,
            max_context=self._means.max_context,
            wording=WORDINGS[run.wording],
        )

    def _emit(self, event: ev.Event) -> None:
        """Store an event, now or later, and show it to the readers."""
        if self.is_running:
            self.record.append(event)
            self._tell(event)

    def _conclude(self, task: "asyncio.Future[None]") -> None:
        """Give the run its end, whatever its task ended with; or go on, where a seat is to be asked again."""
        ending = self._state if isinstance(self._state, Ending) else None
        if self.transcript.status == "running":
            ending = ending or self._judge(task)
            self._emit(ev.DeliberationEnded(status=ending.status, reason=ending.text))
        if ending is RETRIED:
            self.resume()
            return
        self._state = "ended"
        self._leave_place()
        self._watch_for_readers()
        self._wake()
        self._forget_deltas()

    def _judge(self, task: "asyncio.Future[None]") -> Ending:
        """Tell why a run ended that nobody ended."""
        if task.cancelled():
            return CLOSED
        match task.exception():
            case (CouncilError() | BackendError()) as error:
                return Ending("failed", explain(error))
            case error:
                logger.error("run %s broke off", self.id, exc_info=error)
                return CRASHED

    def _tell(self, event: ev.Event) -> None:
        self.transcript.apply(event)
        self._events.append(event)
        self._wake()

    def _wake(self) -> None:
        changed, self._changed = self._changed, asyncio.Event()
        changed.set()

    def _resumption(self) -> int:
        resumptions = [n for n, event in enumerate(self._events) if isinstance(event, ev.DeliberationResumed)]
        return resumptions[-1] if resumptions else 0

    @contextmanager
    def _reading(self) -> Iterator[None]:
        self._readers += 1
        self._watch_for_readers()
        try:
            yield
        finally:
            self._readers -= 1
            self._watch_for_readers()
            self._forget_deltas()

    def _forget_deltas(self) -> None:
        """Free most of the memory of an ended run that nobody reads: its turns hold their whole texts."""
        if not self.is_running and not self._readers:
            self._events = [event for event in self._events if not isinstance(event, ev.TurnDelta)]

    def _watch_for_readers(self) -> None:
        """Let the time run out, from now on, of a run that nobody reads."""
        self._patience.end()
        if self.is_running and not self._readers:
            self._patience.begin()
