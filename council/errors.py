"""What can go wrong in the council itself; every message tells a user what to do next."""

import difflib
from collections.abc import Iterable, Mapping, Sequence
from typing import Literal

from models.errors import ExplainedError
from models.text import Text
from models.text import lazy_gettext as _

Degeneration = Literal["loop", "fence", "example", "control", "heading", "marks", "question"]
"""How a text is no answer: it goes round in circles, holds the code of a fence, is a copy of the instruction or of its
example, holds marks of a chat template, or is but a heading, but punctuation, but the question."""

_TOLD: Mapping[Degeneration, Text] = {
    "loop": _("{model!r} repeated itself without an end."),
    "fence": _("{model!r} copied the marks that enclose what it was shown."),
    "example": _("{model!r} copied what it was told to do and did not do it."),
    "control": _("{model!r} wrote the marks of its chat template into its text."),
    "heading": _("{model!r} wrote a heading and nothing under it."),
    "marks": _("{model!r} wrote punctuation and no words."),
    "question": _("{model!r} only repeated the question."),
}


class CouncilError(ExplainedError):
    """An expected failure of the council."""


class ConfigurationError(CouncilError):
    """A setting or an argument is wrong; the message names it and a right value."""


class RemoteSeatsError(ConfigurationError):
    """Seats would send the question to `hosts` elsewhere, which nobody has agreed to yet."""

    def __init__(self, message: Text, *, hosts: Sequence[str], advice: Text) -> None:
        super().__init__(message, advice=advice)
        self.hosts = tuple(hosts)


class MissingModelError(ConfigurationError):
    """No model that is known now can take a seat; one may come with a backend that is still away."""


class QuorumError(CouncilError):
    """Too few answers stand to go on."""


class BallotError(CouncilError):
    """A voter's text holds no valid order; the ballot is void and the run goes on."""


class BusyError(CouncilError):
    """Too many runs wait already; `retry_after_seconds` is about when there may be room."""

    def __init__(self, message: Text, *, advice: Text, retry_after_seconds: float) -> None:
        super().__init__(message, advice=advice)
        self.retry_after_seconds = retry_after_seconds


class DegenerateTextError(CouncilError):
    """What a model wrote is no answer, whatever its form."""

    def __init__(self, model: str, kind: Degeneration) -> None:
        self.kind = kind
        damaged = _("Choose another file or version of it: its vocabulary or its template may be wrong.")
        larger = _("Ask it again, or choose a larger model: small ones do this now and then.")
        super().__init__(_TOLD[kind].fill(model=model), advice=damaged if kind == "control" else larger)


class HistoryError(CouncilError):
    """The store cannot be read or written, or does not hold what was asked for."""


def did_you_mean(name: str, known: Iterable[str], *, prefix: str = "") -> Text | None:
    """Return the advice that proposes the known name nearest to a misspelt one; None if none is near."""
    near = difflib.get_close_matches(name, list(known), n=1)
    return _("Did you mean {name!r}?", name=prefix + near[0]) if near else None
