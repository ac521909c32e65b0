"""One way after the other to serve a request: which backend, when, and what is said when it begins anew."""

import math
from dataclasses import dataclass, replace

from models.base import Backend, Chunk, GenerationConfig
from models.errors import BackendError, BackendOverloadedError, NoAnswerError
from models.text import Text, sentences
from models.text import lazy_gettext as _
from models.watched import WatchedBackend

LEAST_SECONDS = 0.5
"""A server that says "at once" is given a moment all the same."""
MOST_SECONDS = 60.0
MOST_WAITS = 5


@dataclass(slots=True)
class Patience:
    """What one request may still wait, in seconds and times; a server that asks for more is given up."""

    seconds: float = MOST_SECONDS
    waits: int = MOST_WAITS

    def grant(self, error: BackendError) -> float:
        """Return the seconds to wait before the server that failed so is asked again; 0 for not at all."""
        asked = error.retry_after if isinstance(error, BackendOverloadedError) else None
        seconds = max(LEAST_SECONDS, asked) if asked is not None else 0.0
        if not seconds or seconds > self.seconds or not self.waits:
            return 0.0
        self.seconds -= seconds
        self.waits -= 1
        return seconds


def waiting_for(error: BackendError, seconds: float) -> Text:
    """Say what is waited for."""
    return _(
        "{fault} It asks to wait {seconds} s, and is asked again then.",
        fault=error.message,
        seconds=math.ceil(seconds),
    )


@dataclass(frozen=True, slots=True)
class Attempt:
    """One way to serve a request: a backend, what it calls the model, and whether that is kept from thinking.

    With `wait_seconds` it is the same way as before, at a later time that the server asked for.
    """

    watched: WatchedBackend
    model: str
    is_stand_in: bool = False
    is_unthinking: bool = False
    wait_seconds: float = 0.0

    @property
    def backend(self) -> Backend:
        return self.watched.backend


def next_attempt(attempt: Attempt, error: BackendError, config: GenerationConfig, patience: Patience) -> Attempt | None:
    """Return how a backend that failed so is asked once more: later, or without thinking; None for not at all."""
    if seconds := patience.grant(error):
        return replace(attempt, wait_seconds=seconds)
    only_thought = isinstance(error, NoAnswerError) and error.has_thinking
    if only_thought and not attempt.is_unthinking and config.think is not False:
        return replace(attempt, is_unthinking=True, wait_seconds=0.0)
    return None


def opening_of(attempt: Attempt, model: str, lost: Text) -> Chunk | None:
    """Tell that an attempt begins where another one was lost, or that a stand-in answers; else None."""
    names = {"model": attempt.model, "backend": attempt.backend.name}
    if not lost:
        notice = _("{model!r} on {backend} stands in for {wanted!r} and answers.", wanted=model, **names)
        return Chunk(notice=notice) if attempt.is_stand_in else None
    if attempt.is_stand_in:
        anew = _("{model!r} on {backend} stands in for {wanted!r} and begins the answer anew.", wanted=model, **names)
    elif attempt.is_unthinking:
        anew = _("{model!r} on {backend} begins the answer anew, without thinking.", **names)
    else:
        anew = _("{model!r} on {backend} begins the answer anew.", **names)
    return Chunk(restart=sentences([lost, anew]))
