"""One request to an engine: what is asked, how far the answer has got, and its place in the batch while it has one."""

import time
from collections.abc import Callable
from dataclasses import dataclass, field

from models.base import Usage
from models.errors import BackendError
from models.llama_cpp.engine.context import Row
from models.llama_cpp.engine.sampling import Sampler, Sampling
from models.llama_cpp.engine.sequences import TokenSequence
from models.llama_cpp.engine.text_stream import TextStream
from models.llama_cpp.runtime import Runtime
from models.llama_cpp.vocabulary import Vocabulary


@dataclass(frozen=True, slots=True)
class Delta:
    """New text."""

    text: str


Emit = Callable[[Delta | Usage | BackendError], None]


@dataclass(frozen=True, slots=True)
class Request:
    """What is asked of an engine.

    `window` is the largest count of tokens, prompt and answer together, that it may need. `emit` is called on the
    engine's thread: deltas, then what the answer cost or one error; nothing more once cancelled.
    """

    prompt: list[int]
    window: int
    max_tokens: int
    sampling: Sampling
    emit: Emit
    stop: tuple[str, ...] = ()
    ignore_end: bool = False

    @property
    def need(self) -> int:
        """How many cells it can come to fill."""
        return min(self.window, len(self.prompt) + self.max_tokens)


@dataclass(eq=False)
class Generation:
    """A request and its answer so far; the engine's thread alone changes it, but for `is_cancelled`."""

    request: Request
    is_cancelled: bool = False
    written: list[int] = field(default_factory=list)
    text: TextStream = field(init=False)
    cached_tokens: int = 0
    began: float = 0.0
    first_token: float = 0.0
    sampler: Sampler | None = field(default=None, init=False)

    def __post_init__(self) -> None:
        self.text = TextStream(self.request.stop)

    def begin(self, runtime: Runtime, vocabulary: Vocabulary) -> Sampler:
        """Return its sampler, which outlasts a place in the batch; the first call starts the clock.

        Raises RequestRejectedError for a grammar that cannot be used.
        """
        if self.sampler is None:
            self.sampler = Sampler(runtime, vocabulary, self.request.sampling)
            self.began = time.monotonic()
        return self.sampler

    def release(self) -> None:
        """Free the sampler."""
        if self.sampler is not None:
            self.sampler.close()
            self.sampler = None

    def end(self, outcome: Usage | BackendError) -> None:
        """Free the sampler and say how it ended, if anybody still listens."""
        self.release()
        if not self.is_cancelled:
            self.request.emit(outcome)

    @property
    def tokens(self) -> list[int]:
        """All that has to lie in the cells before the next token can be written."""
        return self.request.prompt + self.written

    def usage(self, *, truncated: bool) -> Usage:
        """Sum up an answer that has ended."""
        now = time.monotonic()
        first = self.first_token or now
        return Usage(
            prompt_tokens=len(self.request.prompt),
            cached_tokens=self.cached_tokens,
            completion_tokens=len(self.written),
            prompt_seconds=first - self.began,
            completion_seconds=now - first,
            truncated=truncated,
        )


@dataclass(eq=False, slots=True)
class Running:
    """A generation that has a place in the batch: its sequence there, and the cells that were promised to it.

    It `is_settled` once its head has been shared with it, or nobody has one that is worth it.
    """

    generation: Generation
    sampler: Sampler
    sequence: TokenSequence
    reserved: int
    is_settled: bool = False


@dataclass(frozen=True, slots=True)
class Piece:
    """What one step takes of one generation: its next `count` pending tokens."""

    running: Running
    count: int

    @property
    def is_last(self) -> bool:
        """Whether nothing is left to read after it, so that the next token can be chosen."""
        return self.count == self.running.sequence.pending

    @property
    def row(self) -> Row:
        """Say it in the context's terms."""
        sequence = self.running.sequence
        start = sequence.cached
        return sequence.number, start, sequence.tokens[start : start + self.count]


@dataclass(slots=True)
class Counters:
    """What an engine has done so far."""

    prompt_tokens_read: int = 0
    prompt_tokens_shared: int = 0
    tokens_written: int = 0
    steps: int = 0
