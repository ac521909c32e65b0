"""One thread and one context per loaded model: many requests are read and written in the same steps.

Requests join and leave between steps. A step holds the next token of every writer and pieces of the prompts that are
still to be read. Heads that lie in the cells of another sequence are shared, not read again. Knows nothing about chat,
files or asyncio.
"""

import threading
import time
from collections import deque
from collections.abc import Callable
from concurrent.futures import Future
from itertools import accumulate
from typing import Any, Literal, TypeVar

from models.errors import BackendError, BackendUnavailableError, OutOfMemoryError
from models.llama_cpp.context import ABORTED, DECODED, NO_ROOM, Context
from models.llama_cpp.generation import Counters, Delta, Generation, Piece
from models.llama_cpp.runtime import BACKEND, Runtime
from models.llama_cpp.sampling import Sampler
from models.llama_cpp.schedule import Pace, plan_step
from models.llama_cpp.sequences import Sequence, Sequences
from models.llama_cpp.turnstile import Turnstile
from models.llama_cpp.vocabulary import Vocabulary

Result = TypeVar("Result")

WORTH_WAITING = 32  # tokens of a head that another request is about to read


class Engine:
    """Runs generations on one model; `submit`, `cancel`, `call` and `close` may be used from any thread.

    `open_context(window)` makes a context in which one request of that length surely fits; it raises BackendError.
    """

    def __init__(
        self,
        runtime: Runtime,
        vocabulary: Vocabulary,
        *,
        open_context: Callable[[int], Context],
        turnstile: Turnstile,
        parallel: int = 4,
        can_share: bool = True,
        name: str = "model",
    ) -> None:
        self.counters = Counters()
        self.window = 0
        self._runtime = runtime
        self._vocabulary = vocabulary
        self._open_context = open_context
        self._turnstile = turnstile
        self._parallel = parallel
        self._can_share = can_share
        self._context: Context | None = None
        self._sequences: Sequences | None = None
        self._changed = threading.Condition()
        self._inbox: deque[Generation] = deque()
        self._calls: deque[tuple[Callable[[], Any], Future[Any]]] = deque()
        self._queue: deque[Generation] = deque()
        self._active: list[Generation] = []
        self._reading: list[Generation] = []
        self._is_closing = False
        self._pace = Pace()
        self._thread = threading.Thread(target=self._run, name=f"llama.cpp {name}", daemon=True)
        self._thread.start()

    @property
    def cells(self) -> int:
        """How many tokens all sequences together can hold now."""
        context = self._context
        return context.shape.cells if context is not None else 0

    def submit(self, generation: Generation) -> None:
        """Queue a request; raises BackendUnavailableError once the engine is closed."""
        with self._changed:
            if self._is_closing:
                raise _closed()
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
            if self._is_closing:
                raise _closed()
            self._calls.append((function, future))
            self._changed.notify()
        return future

    def open(self, window: int) -> None:
        """Make the context now rather than at the first request; to be run through `call`."""
        if self._context is not None and window <= self.window:
            return
        smaller = self.window
        self._close_context()
        try:
            self._use(self._open_context(window), window)
        except BackendError:
            if smaller:
                self._use(self._open_context(smaller), smaller)
            raise

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
                self._drop_cancelled()
                self._admit()
                self._share_heads()
                if plan := self._plan():
                    self._step(plan)
        finally:
            self._stop()

    def _wait_for_work(self) -> bool:
        with self._changed:
            while not (self._is_closing or self._inbox or self._calls or self._queue or self._active):
                self._changed.wait()
            self._queue.extend(self._inbox)
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

    def _drop_cancelled(self) -> None:
        self._queue = deque(generation for generation in self._queue if not generation.is_cancelled)
        for generation in [generation for generation in self._active if generation.is_cancelled]:
            self._leave(generation)

    def _admit(self) -> None:
        while self._queue and len(self._active) < self._parallel:
            generation = self._queue[0]
            try:
                if self._sequences is None or generation.window > self.window:
                    if self._active:
                        return  # a larger context takes the place of this one, so those that run finish first
                    self.open(generation.window)
                if not self._has_room_for(generation):
                    return
                self._queue.popleft()
                self._begin(generation)
            except BackendError as error:
                if self._queue and self._queue[0] is generation:
                    self._queue.popleft()
                generation.emit(error)

    def _has_room_for(self, generation: Generation) -> bool:
        """Whether its cells and those promised to the running ones fit; shared heads count once."""
        assert self._sequences is not None and self._context is not None
        shared = 0 if generation.written else self._sequences.find_donor(generation.prompt)[1]
        generation.reserved = generation.need - shared
        taken = sum(other.reserved for other in self._active)
        return not self._active or taken + generation.reserved <= self._context.shape.cells

    def _begin(self, generation: Generation) -> None:
        assert self._sequences is not None
        if generation.sampler is None:
            generation.sampler = Sampler(self._runtime, self._vocabulary, generation.sampling)
            generation.began = time.monotonic()
        generation.sequence = self._sequences.take(generation.tokens)
        generation.is_settled = False
        self._active.append(generation)

    def _share_heads(self) -> None:
        """Give every newcomer the longest head that lies in the cells; one that is just being read is waited for."""
        assert self._sequences is not None or not self._active
        for generation in self._active:
            mine = generation.sequence
            if generation.is_settled or mine is None or self._sequences is None:
                continue
            donor, length = self._sequences.find_donor(mine.tokens, mine)
            if donor is not None and donor.cached < length and length - mine.cached >= WORTH_WAITING:
                continue
            generation.is_settled = True
            if donor is not None and min(length, donor.cached) > mine.cached:
                self._sequences.share(donor, mine, min(length, donor.cached))
            if not generation.written:
                generation.cached_tokens = mine.cached
            self.counters.prompt_tokens_shared += mine.cached

    def _plan(self) -> list[Piece]:
        if self._context is None:
            return []
        ready = [(g, g.sequence) for g in self._active if g.is_settled and g.sequence is not None]
        pending = [sequence.pending for _, sequence in ready]
        counts = plan_step(pending, batch=self._context.shape.batch, piece=self._pace.piece)
        return [Piece(g, sequence, count) for (g, sequence), count in zip(ready, counts, strict=True) if count]

    def _step(self, plan: list[Piece]) -> None:
        ends = list(accumulate(piece.count for piece in plan))
        outputs = [end - 1 for piece, end in zip(plan, ends, strict=True) if piece.count == piece.sequence.pending]
        status = self._decode(plan, outputs)
        if status == NO_ROOM:
            self._make_room()
        elif status != DECODED:
            self._go_back(plan, is_broken=status != ABORTED)
        else:
            self.counters.steps += 1
            for piece, end in zip(plan, ends, strict=True):
                piece.sequence.cached += piece.count
                if not piece.generation.written:
                    self.counters.prompt_tokens_read += piece.count
                if not piece.sequence.pending:
                    self._write(piece.generation, piece.sequence, end - 1)

    def _decode(self, plan: list[Piece], outputs: list[int]) -> int:
        assert self._context is not None
        with self._turnstile.turn():
            with self._changed:
                self._reading = [piece.generation for piece in plan if piece.count > 1]
                is_void = self._is_closing or any(generation.is_cancelled for generation in self._reading)
                self._context.abort(is_void)
            began = time.monotonic()
            status = self._context.decode([piece.row for piece in plan], outputs)
            self._pace.learn(sum(piece.count for piece in plan), time.monotonic() - began)
            with self._changed:
                self._reading = []
        return status

    def _write(self, generation: Generation, mine: Sequence, index: int) -> None:
        """Choose a generation's next token and send its text on."""
        assert generation.sampler is not None and self._context is not None
        if generation.is_cancelled:
            return
        try:
            token = generation.sampler.sample(self._context, index)
        except BackendError as error:
            self._fail(generation, error)
            return
        generation.first_token = generation.first_token or time.monotonic()
        if self._vocabulary.is_end(token) and not generation.ignore_end:
            self._finish(generation, "stop")
            return
        generation.written.append(token)
        mine.tokens.append(token)
        self.counters.tokens_written += 1
        if text := generation.text.push(self._vocabulary.piece(token)):
            generation.emit(Delta(text))
        if generation.text.is_stopped:
            self._finish(generation, "stop")
        elif len(generation.written) >= generation.max_tokens or len(mine.tokens) >= generation.window:
            self._finish(generation, "length")

    def _finish(self, generation: Generation, reason: Literal["stop", "length"]) -> None:
        if rest := generation.text.finish():
            generation.emit(Delta(rest))
        self._leave(generation)
        generation.emit(generation.finished(reason))

    def _fail(self, generation: Generation, error: BackendError) -> None:
        self._leave(generation)
        generation.emit(error)

    def _leave(self, generation: Generation) -> None:
        self._active.remove(generation)
        if generation.sequence is not None and self._sequences is not None:
            self._sequences.finish(generation.sequence)
        generation.release()

    def _make_room(self) -> None:
        """Empty finished sequences first; then the youngest request goes back into the queue and is read again."""
        assert self._sequences is not None
        if self._sequences.give_way():
            return
        youngest = self._active[-1]
        if len(self._active) == 1:
            self._fail(youngest, OutOfMemoryError("The context is full. Ask for a larger one.", backend=BACKEND))
            return
        self._active.remove(youngest)
        if youngest.sequence is not None:
            self._sequences.drop(youngest.sequence)
        youngest.sequence = None
        self._queue.appendleft(youngest)

    def _go_back(self, plan: list[Piece], *, is_broken: bool) -> None:
        """Undo a step that was stopped; after one that broke, its requests fail and the others read again."""
        assert self._sequences is not None
        if not is_broken:
            for piece in plan:
                self._sequences.shorten(piece.sequence, piece.sequence.cached)
            return
        reason = self._runtime.take_complaints() or "no reason given"
        self._sequences.forget_all()
        for piece in plan:
            self._fail(
                piece.generation,
                BackendUnavailableError(f"llama.cpp failed while computing ({reason}). Ask again.", backend=BACKEND),
            )

    def _use(self, context: Context, window: int) -> None:
        sequences = Sequences(context, can_share=self._can_share)
        with self._changed:
            self._context, self._sequences, self.window = context, sequences, window

    def _close_context(self) -> None:
        with self._changed:
            context, self._context, self._sequences, self.window = self._context, None, None, 0
        if context is not None:
            context.close()

    def _stop(self) -> None:
        with self._changed:
            self._is_closing = True
            waiting = [*self._active, *self._queue, *self._inbox]
            calls = list(self._calls)
            for queue in (self._active, self._queue, self._inbox, self._calls):
                queue.clear()
        for generation in waiting:
            generation.release()
            if not generation.is_cancelled:
                generation.emit(_closed())
        for _, future in calls:
            future.cancel()
        self._close_context()


def _closed() -> BackendUnavailableError:
    return BackendUnavailableError("The model was unloaded while it was asked. Ask again.", backend=BACKEND)
