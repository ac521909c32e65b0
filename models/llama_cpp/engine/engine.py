"""One thread and one context per loaded model: requests join and leave a common batch between two steps.

What goes into a step is decided in batching.py. Knows nothing about chat, files or asyncio.
"""

import threading
from collections import deque
from collections.abc import Callable
from concurrent.futures import Future
from typing import Any, TypeVar

from models.base import LLAMA_CPP
from models.errors import BackendError, BackendUnavailableError
from models.llama_cpp.engine.batching import ContinuousBatch
from models.llama_cpp.engine.context import AnyContext
from models.llama_cpp.engine.fair_lock import FairLock
from models.llama_cpp.engine.generation import Counters, Generation, Piece
from models.llama_cpp.runtime import Runtime
from models.llama_cpp.vocabulary import UNLOADED, Vocabulary
from models.text import lazy_gettext as _

Result = TypeVar("Result")


class Engine:
    """Runs generations on one model; its public methods may be used from any thread.

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
        self._open_context = open_context
        self._turnstile = fair_lock
        self._batch = ContinuousBatch(
            runtime, vocabulary, open_window=self._open_window, parallel=parallel, can_share=can_share
        )
        self._context: AnyContext | None = None
        self._changed = threading.Condition()
        self._inbox: deque[Generation] = deque()
        self._calls: deque[tuple[Callable[[], Any], Future[Any]]] = deque()
        self._reading: list[Generation] = []
        self._is_closing = False
        self._thread = threading.Thread(target=self._run, name=f"llama.cpp {name}", daemon=True)
        self._thread.start()

    @property
    def counters(self) -> Counters:
        """What has been done so far."""
        return self._batch.counters

    @property
    def cells(self) -> int:
        """How many tokens all sequences together can hold now."""
        context = self._context
        return context.shape.cells if context is not None else 0

    @property
    def is_closed(self) -> bool:
        """Whether it takes no more requests."""
        return self._is_closing

    def submit(self, generation: Generation) -> None:
        """Queue a request; raises BackendUnavailableError once the engine is closed."""
        with self._changed:
            self._check_open()
            self._inbox.append(generation)
            self._changed.notify()

    def cancel(self, generation: Generation) -> None:
        """End a request without another word; a prompt that is being read for it stops in the middle."""
        with self._changed:
            generation.is_cancelled = True
            if generation in self._reading and self._context is not None:
                self._context.abort()
            self._changed.notify()

    def call(self, function: Callable[[], Result]) -> Future[Result]:
        """Run a function on the engine's thread, between two steps."""
        future: Future[Result] = Future()
        with self._changed:
            self._check_open()
            self._calls.append((function, future))
            self._changed.notify()
        return future

    def prepare(self, window: int) -> Future[None]:
        """Make the context now rather than at the first request."""
        return self.call(lambda: self._open_window(window))

    def close(self) -> None:
        """End every request, free the context and join the thread."""
        with self._changed:
            self._is_closing = True
            if self._context is not None:
                self._context.abort()
            self._changed.notify()
        self._thread.join()

    def _run(self) -> None:
        try:
            while self._wait_for_work():
                self._answer_calls()
                self._batch.drop_cancelled()
                self._batch.admit()
                self._batch.share_heads()
                if plan := self._batch.plan():
                    self._batch.digest(plan, self._decode(plan))
        finally:
            self._stop()

    def _wait_for_work(self) -> bool:
        batch = self._batch
        with self._changed:
            while not (self._is_closing or self._inbox or self._calls or batch.waiting or batch.running):
                self._changed.wait()
            batch.waiting.extend(self._inbox)
            self._inbox.clear()
            return not self._is_closing

    def _answer_calls(self) -> None:
        while self._calls:
            function, future = self._calls.popleft()
            if not future.set_running_or_notify_cancel():
                continue
            try:
                future.set_result(function())
            except BaseException as error:  # the caller gets it, whatever it is
                future.set_exception(error)

    def _decode(self, plan: list[Piece]) -> int:
        assert self._context is not None
        with self._turnstile.turn():
            with self._changed:
                self._reading = [piece.generation for piece in plan if piece.count > 1]
                is_void = self._is_closing or any(generation.is_cancelled for generation in self._reading)
                self._context.abort(is_void)
            status = self._batch.decode(plan)
            with self._changed:
                self._reading = []
        return status

    def _open_window(self, window: int) -> None:
        """Replace the context by a larger one; the old size comes back where that fails."""
        smaller = self._batch.window
        if window <= smaller:
            return
        self._close_context()
        try:
            self._use(self._open_context(window), window)
        except BackendError:
            if smaller:
                self._use(self._open_context(smaller), smaller)
            raise

    def _use(self, context: AnyContext, window: int) -> None:
        with self._changed:
            self._context = context
        self._batch.use(context, window)

    def _close_context(self) -> None:
        with self._changed:
            context, self._context = self._context, None
        self._batch.use(None, 0)
        if context is not None:
            context.close()

    def _stop(self) -> None:
        with self._changed:
            self._is_closing = True
            left = [*self._batch.running, *self._batch.waiting, *self._inbox]
            calls = [future for _, future in self._calls]
        for generation in left:
            generation.release()
            if not generation.is_cancelled:
                generation.emit(_closed())
        for future in calls:
            future.cancel()
        self._close_context()

    def _check_open(self) -> None:
        if self._is_closing:
            raise _closed()


def _closed() -> BackendUnavailableError:
    return BackendUnavailableError(UNLOADED, advice=_("Ask again."), backend=LLAMA_CPP)
