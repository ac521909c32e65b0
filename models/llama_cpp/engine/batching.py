"""Continuous batching: who is in the next step, who shares whose head, and what happens when cells run out.

Works on one context and belongs to the engine's thread. Requests wait in one line, first come, first served; a finished
one leaves its cells behind for prompts that begin alike.
"""

import time
from collections import deque
from collections.abc import Callable
from itertools import accumulate

from models.base import LLAMA_CPP
from models.errors import BackendError, BackendUnavailableError, OutOfMemoryError
from models.llama_cpp.engine.context import ABORTED, DECODED, NO_ROOM, AnyContext
from models.llama_cpp.engine.generation import Counters, Delta, Generation, Piece
from models.llama_cpp.engine.sampling import Sampler
from models.llama_cpp.engine.schedule import Pace, plan_step
from models.llama_cpp.engine.sequences import WORTH_SHARING, Sequence, Sequences
from models.llama_cpp.engine.thread_choice import ThreadChoice
from models.llama_cpp.runtime import Runtime
from models.llama_cpp.vocabulary import Vocabulary
from models.text import lazy_gettext as _


class ContinuousBatch:
    """The requests of one model, waiting and running; `open` is told the window that a request needs."""

    def __init__(
        self,
        runtime: Runtime,
        vocabulary: Vocabulary,
        *,
        open_window: Callable[[int], None],
        parallel: int,
        can_share: bool,
    ) -> None:
        self.counters = Counters()
        self.pace = Pace()
        self.window = 0
        self.waiting: deque[Generation] = deque()
        self.running: list[Generation] = []
        self._runtime = runtime
        self._vocabulary = vocabulary
        self._open_window = open_window
        self._parallel = parallel
        self._can_share = can_share
        self._context: AnyContext | None = None
        self._sequences: Sequences | None = None
        self._threads = ThreadChoice(1)

    def use(self, context: AnyContext | None, window: int) -> None:
        """Work on another context from now on; nothing may be running."""
        self._context, self.window = context, window
        self._sequences = None if context is None else Sequences(context, can_share=self._can_share)
        self._threads = ThreadChoice(1 if context is None else context.shape.threads)

    def drop_cancelled(self) -> None:
        """Let those go that nobody waits for any more."""
        self.waiting = deque(generation for generation in self.waiting if not generation.is_cancelled)
        for generation in [generation for generation in self.running if generation.is_cancelled]:
            self._leave(generation)

    def admit(self) -> None:
        """Start requests from the head of the line while there are places and cells for them."""
        while self.waiting and len(self.running) < self._parallel:
            generation = self.waiting[0]
            if self.running and (generation.window > self.window or not self._has_cells_for(generation)):
                return  # for a larger context, too, those that run have to finish first
            self.waiting.popleft()
            try:
                if generation.window > self.window:
                    self._open_window(generation.window)
                self._begin(generation)
            except BackendError as error:
                generation.release()
                generation.emit(error)

    def share_heads(self) -> None:
        """Give every newcomer the longest head that lies in the cells; one that is just being read is waited for."""
        for generation in self.running:
            mine = generation.sequence
            if generation.is_settled or mine is None or self._sequences is None:
                continue
            donor, length = self._sequences.find_donor(mine.tokens, mine)
            if donor is not None and donor.cached < length and length - mine.cached >= WORTH_SHARING:
                continue
            generation.is_settled = True
            if donor is not None and min(length, donor.cached) - mine.cached >= WORTH_SHARING:
                self._sequences.share(donor, mine, min(length, donor.cached))
            if not generation.written:
                generation.cached_tokens = mine.cached
            self.counters.prompt_tokens_shared += mine.cached

    def plan(self) -> list[Piece]:
        """Choose what the next step takes of each request; nothing when there is nothing to do."""
        if self._context is None:
            return []
        ready = [(g, g.sequence) for g in self.running if g.is_settled and g.sequence is not None]
        pending = [sequence.pending for _, sequence in ready]
        counts = plan_step(pending, batch=self._context.shape.batch, step=self.pace.step)
        return [Piece(g, sequence, count) for (g, sequence), count in zip(ready, counts, strict=True) if count]

    def decode(self, plan: list[Piece]) -> int:
        """Compute one step; returns the context's status, for `digest`."""
        assert self._context is not None
        ends = accumulate(piece.count for piece in plan)
        outputs = [end - 1 for piece, end in zip(plan, ends, strict=True) if piece.is_last]
        is_writing = all(piece.count == 1 for piece in plan)
        threads = self._threads.pick() if is_writing else self._context.shape.threads
        self._context.set_threads(threads)
        began = time.monotonic()
        status = self._context.decode([piece.row for piece in plan], outputs)
        seconds = time.monotonic() - began
        if is_writing:
            self._threads.learn(threads, seconds / len(plan))
        else:
            self.pace.learn(sum(piece.count for piece in plan), seconds)
        return status

    def digest(self, plan: list[Piece], status: int) -> None:
        """Take in the result of a step: choose tokens and send their text on, or make up for what went wrong."""
        if status == NO_ROOM:
            self._make_room()
        elif status != DECODED:
            self._go_back(plan, is_broken=status != ABORTED)
        else:
            self.counters.steps += 1
            writers = []
            for piece, end in zip(plan, accumulate(piece.count for piece in plan), strict=True):
                if piece.is_last:
                    writers.append((piece, end - 1))
                piece.sequence.cached += piece.count
                if not piece.generation.written:
                    self.counters.prompt_tokens_read += piece.count
            for piece, index in writers:
                self._write(piece.generation, piece.sequence, index)

    def _has_cells_for(self, generation: Generation) -> bool:
        """Whether its cells fit beside those promised to the running ones; a shared head counts once."""
        if self._sequences is None or self._context is None:
            return False
        shared = 0 if generation.written else self._sequences.find_donor(generation.prompt)[1]
        promised = sum(other.reserved for other in self.running)
        return promised + generation.need - shared <= self._context.shape.cells

    def _begin(self, generation: Generation) -> None:
        assert self._sequences is not None
        if generation.sampler is None:
            generation.sampler = Sampler(self._runtime, self._vocabulary, generation.sampling)
            generation.began = time.monotonic()
        shared = 0 if generation.written else self._sequences.find_donor(generation.prompt)[1]
        generation.reserved = generation.need - shared
        generation.sequence = self._sequences.take(generation.tokens)
        generation.is_settled = False
        self.running.append(generation)

    def _write(self, generation: Generation, mine: Sequence, index: int) -> None:
        assert generation.sampler is not None and self._context is not None
        if generation.is_cancelled:
            return
        try:
            token = generation.sampler.sample(self._context, index)
        except BackendError as error:
            self._leave(generation)
            generation.emit(error)
            return
        generation.first_token = generation.first_token or time.monotonic()
        if self._vocabulary.is_end(token) and not generation.ignore_end:
            self._finish(generation)
            return
        generation.written.append(token)
        mine.tokens.append(token)
        self.counters.tokens_written += 1
        if text := generation.text.push(self._vocabulary.piece(token)):
            generation.emit(Delta(text))
        if generation.text.is_stopped:
            self._finish(generation)
        elif len(generation.written) >= generation.max_tokens or len(mine.tokens) >= generation.window:
            self._finish(generation, truncated=True)

    def _finish(self, generation: Generation, *, truncated: bool = False) -> None:
        if rest := generation.text.finish():
            generation.emit(Delta(rest))
        self._leave(generation)
        generation.emit(generation.usage(truncated=truncated))

    def _leave(self, generation: Generation) -> None:
        self.running.remove(generation)
        if generation.sequence is not None and self._sequences is not None:
            # An answer is often the beginning of the next prompt; one under a grammar is read by a program.
            keep = len(generation.prompt) if generation.sampling.grammar else len(generation.sequence.tokens)
            self._sequences.finish(generation.sequence, keep)
        generation.release()

    def _make_room(self) -> None:
        """Empty finished sequences first; then the youngest request goes back into the line and is read again."""
        assert self._sequences is not None
        if self._sequences.give_way():
            return
        youngest = self.running[-1]
        if len(self.running) == 1:
            self._leave(youngest)
            youngest.emit(
                OutOfMemoryError(_("The context is full."), advice=_("Ask for a larger one."), backend=LLAMA_CPP)
            )
            return
        self.running.remove(youngest)
        if youngest.sequence is not None:
            self._sequences.drop(youngest.sequence)
        youngest.sequence = None
        self.waiting.appendleft(youngest)

    def _go_back(self, plan: list[Piece], *, is_broken: bool) -> None:
        """Undo a step that was stopped; after one that broke, its requests fail and the others read again."""
        assert self._sequences is not None
        if not is_broken:
            for piece in plan:
                self._sequences.shorten(piece.sequence, piece.sequence.cached)
            return
        failure = BackendUnavailableError(
            _(
                "llama.cpp failed while computing ({said}).",
                said=self._runtime.take_complaints() or _("no reason given"),
            ),
            advice=_("Ask again."),
            backend=LLAMA_CPP,
        )
        self._sequences.forget_all()
        for piece in plan:
            self._leave(piece.generation)
            piece.generation.emit(failure)
