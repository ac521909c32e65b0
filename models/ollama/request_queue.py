"""In which order requests go to one Ollama server, so that it swaps models rarely and reads shared prompts once.

Three rules, each measured or seen on a real server:
- On a CPU, requests whose prompts begin alike go one after the other: the server's slot then still holds the head.
- Models that do not fit into memory together take turns; whoever wants a loaded one goes first.
- Nobody is passed over more than MOST_OVERTAKES times by requests that came later.
Knows nothing about HTTP: the backend says what is loaded, through ServerMemory.

    enqueue ──▶ waiting ──────────review: it may start──────────▶ active ──leave──▶ gone
                 │   ▲                                                               ▲
                 │   └── held back: no slot, no room, the same head is being read,   │
                 │       or a moment (SWAP_GRACE_SECONDS) before a swap              │
                 └────────────────────────leave (given up)───────────────────────────┘

Every arrival, every leave, every look at the memory and the end of a moment's grace bring a review.
"""

import asyncio
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field

from models.names import canonical
from models.ollama.server_memory import ServerMemory

MOST_OVERTAKES = 16
MOST_PARALLEL = 16
LONG_HEAD_CHARACTERS = 600
"""From about 150 tokens on, reading a head once saves more than writing several answers in one batch does."""
SWAP_GRACE_SECONDS = 0.05
"""A swap takes seconds; this long is waited for a request that still wants the loaded model."""


@dataclass(eq=False, slots=True)
class QueuedRequest:
    """One request in the queue; `name` is the model as it was asked for.

    `context_tokens` belongs to the model: with another value it is loaded anew.
    """

    name: str
    context_tokens: int
    head: str
    queued_at: float
    overtaken: int = 0
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
        self._preloading = ""
        self._last_left_at = float("-inf")
        self._grace_end: asyncio.TimerHandle | None = None

    @contextmanager
    def enqueue(self, name: str, context_tokens: int, prompt: str) -> Iterator[QueuedRequest]:
        """Join the queue; wait for `request.admitted`. Leaving gives up the place or the slot, whichever it is."""
        request = QueuedRequest(name, context_tokens, prompt[:LONG_HEAD_CHARACTERS], self._now())
        self._waiting.append(request)
        self.review()
        try:
            yield request
        finally:
            if request in self._active:
                self._active.remove(request)
                self._last_left_at = self._now()
            else:
                self._waiting.remove(request)
            self.review()

    def count_ahead(self, request: QueuedRequest) -> int:
        """Count the requests that hold this one up: those being served, and those that came before it."""
        return len(self._active) + self._waiting.index(request) if request in self._waiting else 0

    def review(self) -> None:
        """Admit every request that may start now; also to be called when the server's memory was looked at."""
        while (request := self._next()) is not None:
            position = self._waiting.index(request)
            for earlier in self._waiting[:position]:
                earlier.overtaken += 1
            self._waiting.remove(request)
            self._active.append(request)
            self._contexts[request.model] = request.context_tokens
            request.admitted.set()

    def next_to_load(self) -> QueuedRequest | None:
        """Return the first waiting request whose model may be loaded beside those at work, each of which is writing.

        Where nobody knows whether it fits, it is tried once no request waits for the models at work: the server
        never drives out a model that is writing, so the worst is that loading waits for its end.
        """
        busy = self._busy_models()
        request = next((request for request in self._candidates() if not self._is_loaded(request)), None)
        if request is None or request.model in busy:
            return None
        fits = self._memory.fits({*busy, request.model})
        is_wanted = any(other.model in busy for other in self._waiting)
        return request if fits or (fits is None and not is_wanted) else None

    @contextmanager
    def preloading(self, request: QueuedRequest) -> Iterator[None]:
        """Keep room for a model while it is loaded ahead of its request."""
        self._preloading = request.model
        try:
            yield
        finally:
            self._preloading = ""
            self.review()

    def _next(self) -> QueuedRequest | None:
        if len(self._active) >= self._limit:
            return None
        return next((request for request in self._candidates() if self._may_start(request)), None)

    def _candidates(self) -> Sequence[QueuedRequest]:
        """Order the waiting requests: those for loaded models first, else as they came.

        A request that was overtaken too often is the only candidate, until it may start.
        """
        for request in self._waiting:
            if request.overtaken >= MOST_OVERTAKES:
                return [request]
        return sorted(self._waiting, key=lambda request: not self._is_loaded(request))

    def _is_loaded(self, request: QueuedRequest) -> bool:
        context_tokens = self._contexts.get(request.model, request.context_tokens)
        return self._memory.is_loaded(request.model) and context_tokens == request.context_tokens

    def _busy_models(self) -> set[str]:
        return {request.model for request in self._active} | ({self._preloading} if self._preloading else set())

    def _may_start(self, request: QueuedRequest) -> bool:
        same_model = [other for other in self._active if other.model == request.model]
        if any(other.context_tokens != request.context_tokens for other in same_model):
            return False
        if self._memory.reads_slowly(request.model) and any(map(request.shares_head_with, same_model)):
            return False
        has_room = self._memory.fits({*self._busy_models(), request.model}) is True
        return (has_room or (bool(same_model) and not self._preloading)) and not self._is_too_soon(request)

    def _is_too_soon(self, request: QueuedRequest) -> bool:
        """Hold a request back for a moment where serving it would drive out a loaded model."""
        others = self._memory.loaded.keys() - {request.model}
        if self._active or self._is_loaded(request) or not others:
            return False
        if self._memory.fits({*others, request.model}):
            return False
        free_at = max(request.queued_at, self._last_left_at) + SWAP_GRACE_SECONDS
        if self._now() >= free_at:
            return False
        if self._grace_end is None or self._grace_end.cancelled() or self._grace_end.when() <= self._now():
            self._grace_end = asyncio.get_running_loop().call_at(free_at, self.review)
        return True

    @staticmethod
    def _now() -> float:
        return asyncio.get_running_loop().time()
