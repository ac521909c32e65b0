"""One thread and one context per loaded model: requests join and leave a common batch between two steps.

Requests wait in one line, first come, first served. What goes into a step is decided in batching.py. Knows nothing
about chat, files or asyncio.
"""

import threading
from collections import deque
from collections.abc import Callable
from concurrent.futures import Future
from typing import Any, TypeVar

from models.errors import BackendError, BackendUnavailableError
from models.llama_cpp.engine.batching import ContinuousBatch
from models.llama_cpp.engine.context import AnyContext
from models.llama_cpp.engine.fair_lock import FairLock
from models.llama_cpp.engine.generation import Counters, Generation, Request
from models.llama_cpp.engine.schedule import Pace
from models.llama_cpp.runtime import Runtime
from models.llama_cpp.vocabulary import UNLOADED, Vocabulary
from models.text import lazy_gettext as _

Result = TypeVar("Result")


class Engine:
    """Answers requests with one model; its public methods may be used from any thread.

    `open_context(window)` makes a context in which a request of that length surely fits; it raises BackendError.
    """

    def __init__(
        self,
        runtime: Runtime,
        vocabulary: Vocabulary,
        *,
        open_context: Callable[[int], AnyContext],
        fair_lock: FairLock,
        parallel: int = 4,
        can_share: bool = True,
        name: str = "model",
    ) -> None:
        self.counters = Counters()
        self._runtime = runtime
        self._vocabulary = vocabulary
        self._open_context = open_context
        self._fair_lock = fair_lock
        self._parallel = parallel
        self._can_share = can_share
        self._pace = Pace()
        self._batch: ContinuousBatch | None = None
        self._changed = threading.Condition()
        self._inbox: deque[Generation] = deque()
        self._calls: deque[tuple[Callable[[], Any], Future[Any]]] = deque()
        self._waiting: deque[Generation] = deque()
        self._reading: list[Generation] = []
        self._is_closing = False
        self._thread = threading.Thread(target=self._run, name=f"llama.cpp {name}", daemon=True)
        self._thread.start()

    @property
    def cells(self) -> int:
        """How many tokens all sequences together can hold now."""
        batch = self._batch
        return batch.context.shape.cells if batch is not None else 0

    @property
    def is_closed(self) -> bool:
        """Whether it takes no more requests."""
        return self._is_closing

    def submit(self, request: Request) -> Generation:
        """Queue a request; raises BackendUnavailableError once the engine is closed."""
        generation = Generation(request)
        with self._changed:
            self._check_open()
            self._inbox.append(generation)
            self._changed.notify()
        return generation

    def cancel(self, generation: Generation) -> None:
        """End a request without another word; a prompt that is being read for it stops in the middle."""
        with self._changed:
            generation.is_cancelled = True
            if generation in self._reading:
                self._abort()
            self._changed.notify()

    def call(self, function: Callable[[], Result]) -> Future[Result]:
        """Run a function on the engine's thread, between two steps."""
        future: Future[Result] = Future()
        with self._changed:
            self._check_open()
            self._calls.append((function, future))
            self._changed.notify()
        return future

    def prepare(self, window: int) -> Future[ContinuousBatch]:
        """Make the context now rather than at the first request."""
        return self.call(lambda: self._batch_for(window))

    def close(self) -> None:
        """End every request, free the context and join the thread."""
        with self._changed:
            self._is_closing = True
            self._abort()
            self._changed.notify()
        self._thread.join()

    def _run(self) -> None:
        try:
            while self._wait_for_work():
                self._answer_calls()
                self._drop_cancelled()
                self._admit()
                if self._batch is not None:
                    self._step(self._batch)
        finally:
            self._stop()

    def _wait_for_work(self) -> bool:
        with self._changed:
            while not (self._is_closing or self._inbox or self._calls or self._waiting or self._is_busy()):
                self._changed.wait()
            self._waiting.extend(self._inbox)
            self._inbox.clear()
            return not self._is_closing

    def _is_busy(self) -> bool:
        return self._batch is not None and bool(self._batch.running)

    def _answer_calls(self) -> None:
        while self._calls:
            function, future = self._calls.popleft()
            if not future.set_running_or_notify_cancel():
                continue
            try:
                future.set_result(function())
            except BaseException as error:  # the caller gets it, whatever it is
                future.set_exception(error)

    def _drop_cancelled(self) -> None:
        for generation in [generation for generation in self._waiting if generation.is_cancelled]:
            self._waiting.remove(generation)
            generation.release()
        if self._batch is not None:
            self._batch.drop_cancelled()

    def _admit(self) -> None:
        """Start requests from the head of the line while there are places and cells for them."""
        while self._waiting and self._can_admit(self._waiting[0]):
            generation = self._waiting.popleft()
            try:
                self._batch_for(generation.request.window).begin(generation)
            except BackendError as error:
                generation.end(error)

    def _can_admit(self, generation: Generation) -> bool:
        """For a larger context, too, those that run have to finish first."""
        batch = self._batch
        if batch is None or not batch.running:
            return True
        return generation.request.window <= batch.window and batch.can_take(generation)

    def _step(self, batch: ContinuousBatch) -> None:
        batch.share_heads()
        plan = batch.plan()
        if not plan:
            return
        with self._fair_lock.turn():
            with self._changed:
                self._reading = [piece.running.generation for piece in plan if piece.count > 1]
                is_void = self._is_closing or any(generation.is_cancelled for generation in self._reading)
                batch.context.abort(is_void)
            status = batch.decode(plan)
            with self._changed:
                self._reading = []
        if displaced := batch.digest(plan, status):
            self._waiting.appendleft(displaced)

    def _batch_for(self, window: int) -> ContinuousBatch:
        """Return a batch for requests of that length; one with a smaller context, in which nothing runs, is replaced.

        Where the larger context cannot be made, the old size comes back.
        """
        batch = self._batch
        if batch is not None and window <= batch.window:
            return batch
        self._close_batch()
        try:
            return self._open_batch(window)
        except BackendError:
            if batch is not None:
                self._open_batch(batch.window)
            raise

    def _open_batch(self, window: int) -> ContinuousBatch:
        batch = ContinuousBatch(
            self._runtime,
            self._vocabulary,
            self._open_context(window),
            window=window,
            parallel=self._parallel,
            can_share=self._can_share,
            pace=self._pace,
            counters=self.counters,
        )
        with self._changed:
            self._batch = batch
        return batch

    def _close_batch(self) -> None:
        with self._changed:
            batch, self._batch = self._batch, None
        if batch is not None:
            batch.context.close()

    def _abort(self) -> None:
        if self._batch is not None:
            self._batch.context.abort()

    def _stop(self) -> None:
        with self._changed:
            self._is_closing = True
            running = [running.generation for running in self._batch.running] if self._batch is not None else []
            left = [*running, *self._waiting, *self._inbox]
            calls = [future for _function, future in self._calls]
        for generation in left:
            generation.end(_closed())
        for future in calls:
            future.cancel()
        self._close_batch()

    def _check_open(self) -> None:
        if self._is_closing:
            raise _closed()


def _closed() -> BackendUnavailableError:
    return BackendUnavailableError(UNLOADED, advice=_("Ask again."))
