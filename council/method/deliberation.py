"""What one question's run needs, handed from stage to stage; nothing here speaks to a model."""

import asyncio
import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from council.domain import Council, Question, SeatId, Turn
from council.events import Event
from council.method.wordings.wording import TODAY, WORDINGS, Wording
from council.seats import family_of
from council.transcript import Transcript
from models.base import Backend, ModelCard


@dataclass(frozen=True)
class Controls:
    """What a reader can ask of a run that is under way.

    `synthesise_now` ends the present stage and concludes from what is there. `retries` holds ids of seats whose
    failed answer is to be asked again; they are heard while the answers stage runs.
    """

    synthesise_now: asyncio.Event = field(default_factory=asyncio.Event)
    retries: asyncio.Queue[str] = field(default_factory=asyncio.Queue)


@dataclass(frozen=True, kw_only=True)
class Deliberation:
    """One run: the question, who sits, the backend, and where events go.

    `past` is the transcript of a run that is resumed, and `wording` the version of the prompts that it began with.
    `max_context` bounds every window, in tokens.
    """

    question: Question
    council: Council
    seed: int
    nonce_seed: str
    backend: Backend
    emit: Callable[[Event], None]
    controls: Controls = field(default_factory=Controls)
    past: Transcript | None = None
    max_context: int = 16_384
    wording: Wording = WORDINGS[TODAY]

    @property
    def is_hurried(self) -> bool:
        """Whether the user asked to conclude from what is there."""
        return self.controls.synthesise_now.is_set()

    def nonce(self, turn: Turn) -> str:
        """Return the code of a turn's fences: unguessable for who writes an answer, the same when a run is resumed."""
        return _digest(self.nonce_seed, turn)[:12]

    def turn_seed(self, turn: Turn) -> int:
        """Return the sampling seed of a turn."""
        return int(_digest(str(self.seed), turn)[:7], 16)


@dataclass(frozen=True)
class Head:
    """The beginning of every prompt of a run; of the earlier conversation it holds `kept` of `total` tokens."""

    text: str
    kept: int
    total: int


@dataclass(frozen=True, kw_only=True)
class Prepared(Deliberation):
    """A run with what stays the same through it: the head of its prompts, and by model the card and the window in
    tokens (Ollama's `num_ctx`). `fitting.prepare` makes it before the first turn."""

    head: Head
    cards: Mapping[str, ModelCard]
    windows: Mapping[str, int]

    @property
    def families(self) -> Mapping[SeatId, str]:
        """Each seat's model family."""
        return {seat.id: family_of(self.cards[seat.model]) for seat in self.council.seats}

    def longest_text(self, model: str) -> int:
        """Return how many tokens a free text of this model may have: half of its window stays for what it reads."""
        return min(self.council.answer_tokens, self.windows[model] // 2)


def _digest(secret: str, turn: Turn) -> str:
    return hashlib.sha256(f"{secret}/{turn.kind}/{turn.seat.id}/{turn.round}".encode()).hexdigest()
