"""Continuous batching: who is in the next step, who shares whose head, and what happens when cells run out.

    waiting ── begin ──► settling ── share_heads ──► reading ── all but the last token ──► writing ──► ended
       ▲                    │                           │                                     │
       └────────────────────┴──── cells run out: the youngest gives up its place ─────────────┘

A newcomer settles once no other one is still reading a head that it could share. From everywhere a cancelled request
leaves, and one that fails ends with an error. The waiting ones stand in the engine's line.
"""

import time
from itertools import accumulate

from models.errors import BackendError, BackendUnavailableError, OutOfMemoryError
from models.llama_cpp.engine.context import ABORTED, DECODED, NO_ROOM, AnyContext
from models.llama_cpp.engine.generation import Counters, Delta, Generation, Piece, Running
from models.llama_cpp.engine.schedule import Pace, plan_step
from models.llama_cpp.engine.sequences import WORTH_SHARING, Sequences
from models.llama_cpp.engine.thread_choice import ThreadChoice
from models.llama_cpp.runtime import Runtime
from models.llama_cpp.vocabulary import Vocabulary
from models.text import lazy_gettext as _


class ContinuousBatch:
    """The requests that run in one context, which takes those of up to `window` tokens; belongs to the engine's thread.

    A finished request leaves its cells behind for prompts that begin alike.
    """

    def __init__(
        self,
        runtime: Runtime,
        vocabulary: Vocabulary,
        context: AnyContext,
        *,
        window: int,
        parallel: int,
        can_share: bool,
        pace: Pace,
        counters: Counters,
    ) -> None:
        self.context = context
        self.window = window
        self.running: list[Running] = []
        self._runtime = runtime
        self._vocabulary = vocabulary
        self._parallel = parallel
        self._pace = pace
        self._counters = counters
        self._sequences = Sequences(context, can_share=can_share)
        self._threads = ThreadChoice(context.shape.threads)

    def can_take(self, generation: Generation) -> bool:
        """Whether there is a place, and cells beside those promised to the running ones; a shared head counts once."""
        if not self.running:
            return True
        promised = sum(running.reserved for running in self.running)
        return len(self.running) < self._parallel and promised + self._reserve(generation) <= self.context.shape.cells

    def begin(self, generation: Generation) -> None:
        """Give a request its place; raises RequestRejectedError for a grammar that cannot be used."""
        sampler = generation.begin(self._runtime, self._vocabulary)
        reserved = self._reserve(generation)
        sequence = self._sequences.take(generation.tokens)
        self.running.append(Running(generation, sampler, sequence, reserved))

    def drop_cancelled(self) -> None:
        """Let those go that nobody waits for any more."""
        for running in [running for running in self.running if running.generation.is_cancelled]:
            self._leave(running)
            running.generation.release()

    def share_heads(self) -> None:
        """Give every newcomer the longest head that lies in the cells; one that is just being read is waited for."""
        for running in self.running:
            if running.is_settled:
                continue
            mine, generation = running.sequence, running.generation
            donor, length = self._sequences.find_donor(mine.tokens, mine)
            if donor is not None and donor.cached < length and length - mine.cached >= WORTH_SHARING:
                continue
            running.is_settled = True
            if donor is not None and min(length, donor.cached) - mine.cached >= WORTH_SHARING:
                self._sequences.share(donor, mine, min(length, donor.cached))
            if not generation.written:
                generation.cached_tokens = mine.cached
            self._counters.prompt_tokens_shared += mine.cached

    def plan(self) -> list[Piece]:
        """Choose what the next step takes of each request; nothing when there is nothing to do."""
        ready = [running for running in self.running if running.is_settled]
        pending = [running.sequence.pending for running in ready]
        counts = plan_step(pending, batch=self.context.shape.batch, step=self._pace.step)
        return [Piece(running, count) for running, count in zip(ready, counts, strict=True) if count]

    def decode(self, plan: list[Piece]) -> int:
        """Compute one step; returns the context's status, for `digest`."""
        ends = accumulate(piece.count for piece in plan)
        outputs = [end - 1 for piece, end in zip(plan, ends, strict=True) if piece.is_last]
        is_writing = all(piece.count == 1 for piece in plan)
        threads = self._threads.pick() if is_writing else self.context.shape.threads
        self.context.set_threads(threads)
        began = time.monotonic()
        status = self.context.decode([piece.row for piece in plan], outputs)
        seconds = time.monotonic() - began
        if is_writing:
            self._threads.learn(threads, seconds / len(plan))
        else:
            self._pace.learn(sum(piece.count for piece in plan), seconds)
        return status

    def digest(self, plan: list[Piece], status: int) -> Generation | None:
        """Take in the result of a step: choose tokens and send their text on, or make up for what went wrong.

        Returns the request that gave up its place, if one did: it has to be begun again.
        """
        if status == NO_ROOM:
            return self._make_room()
        if status == DECODED:
            self._advance(plan)
        elif status == ABORTED:
            for piece in plan:
                self._sequences.shorten(piece.running.sequence, piece.running.sequence.cached)
        else:
            self._fail(plan)
        return None

    def _reserve(self, generation: Generation) -> int:
        shared = 0 if generation.written else self._sequences.find_donor(generation.request.prompt)[1]
        return generation.request.need - shared

    def _advance(self, plan: list[Piece]) -> None:
        self._counters.steps += 1
        writers = []
        for piece, end in zip(plan, accumulate(piece.count for piece in plan), strict=True):
            if piece.is_last:
                writers.append((piece.running, end - 1))
            piece.running.sequence.cached += piece.count
            if not piece.running.generation.written:
                self._counters.prompt_tokens_read += piece.count
        for running, place in writers:
            self._write(running, place)

    def _write(self, running: Running, place: int) -> None:
        generation, request = running.generation, running.generation.request
        if generation.is_cancelled:
            return
        try:
            token = running.sampler.sample(self.context, place)
        except BackendError as error:
            self._leave(running)
            generation.end(error)
            return
        generation.first_token = generation.first_token or time.monotonic()
        if self._vocabulary.is_end(token) and not request.ignore_end:
            self._finish(running)
            return
        generation.written.append(token)
        running.sequence.tokens.append(token)
        self._counters.tokens_written += 1
        if text := generation.text.push(self._vocabulary.piece(token)):
            request.emit(Delta(text))
        if generation.text.is_stopped:
            self._finish(running)
        elif len(generation.written) >= request.max_tokens or len(running.sequence.tokens) >= request.window:
            self._finish(running, truncated=True)

    def _finish(self, running: Running, *, truncated: bool = False) -> None:
        generation = running.generation
        if rest := generation.text.finish():
            generation.request.emit(Delta(rest))
        self._leave(running)
        generation.end(generation.usage(truncated=truncated))

    def _leave(self, running: Running) -> None:
        self.running.remove(running)
        # An answer is often the beginning of the next prompt; one under a grammar is read by a program.
        request = running.generation.request
        keep = len(request.prompt) if request.sampling.grammar else len(running.sequence.tokens)
        self._sequences.finish(running.sequence, keep)

    def _make_room(self) -> Generation | None:
        """Empty finished sequences first; then the youngest request gives up its place."""
        if self._sequences.give_way():
            return None
        youngest = self.running[-1]
        if len(self.running) == 1:
            self._leave(youngest)
            full = OutOfMemoryError(_("The context is full."), advice=_("Ask for a larger one."))
            youngest.generation.end(full)
            return None
        self.running.remove(youngest)
        self._sequences.drop(youngest.sequence)
        return youngest.generation

    def _fail(self, plan: list[Piece]) -> None:
        """After a step that broke its requests fail, and the others read again."""
        said = self._runtime.take_complaints() or _("no reason given")
        failure = BackendUnavailableError(
            _("llama.cpp failed while computing ({said}).", said=said), advice=_("Ask again.")
        )
        self._sequences.forget_all()
        for piece in plan:
            self._leave(piece.running)
            piece.running.generation.end(failure)
