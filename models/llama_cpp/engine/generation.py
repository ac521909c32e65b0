"""One request to an engine: what is asked, what comes back, and how far it has got."""

import time
from collections.abc import Callable
from dataclasses import dataclass, field

from models.base import Usage
from models.errors import BackendError
from models.llama_cpp.engine.context import Row
from models.llama_cpp.engine.sampling import Sampler, Sampling
from models.llama_cpp.engine.sequences import Sequence
from models.llama_cpp.engine.text_stream import TextStream


@dataclass(frozen=True, slots=True)
class Delta:
    """New text."""

    text: str


Emit = Callable[[Delta | Usage | BackendError], None]


@dataclass(eq=False)
class Generation:
    """A request and its state; the engine's thread alone changes it, but for `is_cancelled`.

    `window` is the largest count of tokens, prompt and answer together, that this request may need. `emit` is called
    on the engine's thread: deltas, then its usage or one error; nothing more once cancelled.
    """

    prompt: list[int]
    window: int
    max_tokens: int
    sampling: Sampling
    emit: Emit
    stop: tuple[str, ...] = ()
    ignore_end: bool = False
    is_cancelled: bool = False
    sequence: Sequence | None = None
    sampler: Sampler | None = None
    text: TextStream = field(init=False)
    written: list[int] = field(default_factory=list)
    is_settled: bool = False
    cached_tokens: int = 0
    reserved: int = 0
    began: float = 0.0
    first_token: float = 0.0

    def __post_init__(self) -> None:
        self.text = TextStream(self.stop)

    def release(self) -> None:
        """Let go of the sequence and free the sampler."""
        self.sequence = None
        if self.sampler is not None:
            self.sampler.close()
            self.sampler = None

    @property
    def tokens(self) -> list[int]:
        """All that has to lie in the cells before the next token can be written."""
        return self.prompt + self.written

    @property
    def need(self) -> int:
        """How many cells this request can come to fill."""
        return min(self.window, len(self.prompt) + self.max_tokens)

    def usage(self, *, truncated: bool) -> Usage:
        """Sum up a generation that has ended."""
        now = time.monotonic()
        first = self.first_token or now
        return Usage(
            prompt_tokens=len(self.prompt),
            cached_tokens=self.cached_tokens,
            completion_tokens=len(self.written),
            prompt_seconds=first - self.began,
            completion_seconds=now - first,
            truncated=truncated,
        )


@dataclass(frozen=True, slots=True)
class Piece:
    """What one step takes of one generation: its next `count` pending tokens."""

    generation: Generation
    sequence: Sequence
    count: int

    @property
    def is_last(self) -> bool:
        """Whether nothing is left to read after it, so that the next token can be chosen."""
        return self.count == self.sequence.pending

    @property
    def row(self) -> Row:
        """Say it in the context's terms."""
        start = self.sequence.cached
        return self.sequence.number, start, self.sequence.tokens[start : start + self.count]


@dataclass(slots=True)
class Counters:
    """What an engine has done so far."""

    prompt_tokens_read: int = 0
    prompt_tokens_shared: int = 0
    tokens_written: int = 0
    steps: int = 0
