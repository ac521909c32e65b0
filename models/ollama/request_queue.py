"""In which order requests go to one Ollama server, so that it swaps models rarely and reads shared prompts once.

Three rules, each measured or seen on a real server:
- On a CPU, requests whose prompts begin alike go one after the other: the server's slot then still holds the head.
- Models that do not fit into memory together take turns; whoever wants the loaded one goes first.
- Nobody is passed over more than PATIENCE times by requests that came later.
Knows nothing about HTTP: the backend says what is loaded, through ServerMemory.
"""

import asyncio
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field

from models.names import canonical
from models.ollama.server_memory import ServerMemory

PATIENCE = 16
MOST_PARALLEL = 16
LONG_HEAD_CHARACTERS = 600
"""From about 150 tokens on, reading a head once saves more than writing several answers in one batch does."""
SWAP_GRACE_SECONDS = 0.05
"""A swap takes seconds; this long is waited for a request that still wants the loaded model."""


@dataclass(eq=False, slots=True)
class QueuedRequest:
    """One request's place in line; `name` is the model as it was asked for.

    `context_tokens` belongs to the model: with another value it is loaded anew.
    """

    name: str
    context_tokens: int
    head: str
    joined_at: float
    passed_over: int = 0
    admitted: asyncio.Event = field(default_factory=asyncio.Event)

    @property
    def model(self) -> str:
        """The model's name in the form that ServerMemory uses."""
        return canonical(self.name)

    def shares_head_with(self, other: "QueuedRequest") -> bool:
        """Tell whether both prompts begin with the same long text."""
        return len(self.head) == LONG_HEAD_CHARACTERS and self.head == other.head


class RequestQueue:
    """The requests that wait for one server, and those it works on; `parallel=0` lets the rules alone decide."""

    def __init__(self, memory: ServerMemory, *, parallel: int = 0) -> None:
        self._memory = memory
        self._limit = parallel or MOST_PARALLEL
        self._waiting: list[QueuedRequest] = []
        self._active: list[QueuedRequest] = []
        self._contexts: dict[str, int] = {}
        self._ahead = ""
        self._last_left_at = float("-inf")
        self._alarm: asyncio.TimerHandle | None = None

    @contextmanager
    def place(self, name: str, context_tokens: int, prompt: str) -> Iterator[QueuedRequest]:
        """Take a place in line; wait for `ticket.admitted`. Leaving gives up the place or the slot, whichever it is."""
        ticket = QueuedRequest(name, context_tokens, prompt[:LONG_HEAD_CHARACTERS], self._now())
        self._waiting.append(ticket)
        self.review()
        try:
            yield ticket
        finally:
            if ticket in self._active:
                self._active.remove(ticket)
                self._last_left_at = self._now()
            else:
                self._waiting.remove(ticket)
            self.review()

    def ahead_of(self, ticket: QueuedRequest) -> int:
        """Count the requests that hold this one up: those being served, and those that came before it."""
        return len(self._active) + self._waiting.index(ticket) if ticket in self._waiting else 0

    def review(self) -> None:
        """Admit everyone who may go now; also to be called when the server's memory was looked at."""
        while (ticket := self._next()) is not None:
            position = self._waiting.index(ticket)
            for earlier in self._waiting[:position]:
                earlier.passed_over += 1
            self._waiting.remove(ticket)
            self._active.append(ticket)
            self._contexts[ticket.model] = ticket.context_tokens
            ticket.admitted.set()

    def next_to_load(self) -> QueuedRequest | None:
        """Return the first waiting request whose model may be loaded beside those at work, each of which is writing.

        Where nobody knows whether it fits, it is tried once no request waits for the models at work: the server
        never drives out a model that is writing, so the worst is that loading waits for its end.
        """
        busy = self._busy_models()
        ticket = next((ticket for ticket in self._by_preference() if not self._is_loaded(ticket)), None)
        if ticket is None or ticket.model in busy:
            return None
        fits = self._memory.fits({*busy, ticket.model})
        is_wanted = any(other.model in busy for other in self._waiting)
        return ticket if fits or (fits is None and not is_wanted) else None

    @contextmanager
    def loading_ahead(self, ticket: QueuedRequest) -> Iterator[None]:
        """Keep room for a model while it is loaded ahead of its request."""
        self._ahead = ticket.model
        try:
            yield
        finally:
            self._ahead = ""
            self.review()

    def _next(self) -> QueuedRequest | None:
        if len(self._active) >= self._limit:
            return None
        return next((ticket for ticket in self._by_preference() if self._may_start(ticket)), None)

    def _by_preference(self) -> Sequence[QueuedRequest]:
        """Order those who wait: the loaded models first, else as they came. Who waited too long stands alone."""
        for ticket in self._waiting:
            if ticket.passed_over >= PATIENCE:
                return [ticket]
        return sorted(self._waiting, key=lambda ticket: not self._is_loaded(ticket))

    def _is_loaded(self, ticket: QueuedRequest) -> bool:
        context_tokens = self._contexts.get(ticket.model, ticket.context_tokens)
        return self._memory.is_loaded(ticket.model) and context_tokens == ticket.context_tokens

    def _busy_models(self) -> set[str]:
        return {ticket.model for ticket in self._active} | ({self._ahead} if self._ahead else set())

    def _may_start(self, ticket: QueuedRequest) -> bool:
        same_model = [other for other in self._active if other.model == ticket.model]
        if any(other.context_tokens != ticket.context_tokens for other in same_model):
            return False
        if self._memory.reads_slowly(ticket.model) and any(map(ticket.shares_head_with, same_model)):
            return False
        has_room = self._memory.fits({*self._busy_models(), ticket.model}) is True
        return (has_room or (bool(same_model) and not self._ahead)) and not self._is_too_soon(ticket)

    def _is_too_soon(self, ticket: QueuedRequest) -> bool:
        """Hold a request back for a moment where serving it would drive out a loaded model."""
        others = self._memory.residents.keys() - {ticket.model}
        if self._active or self._is_loaded(ticket) or not others:
            return False
        if self._memory.fits({*others, ticket.model}):
            return False
        free_at = max(ticket.joined_at, self._last_left_at) + SWAP_GRACE_SECONDS
        if self._now() >= free_at:
            return False
        if self._alarm is None or self._alarm.cancelled() or self._alarm.when() <= self._now():
            self._alarm = asyncio.get_running_loop().call_at(free_at, self.review)
        return True

    @staticmethod
    def _now() -> float:
        return asyncio.get_running_loop().time()
