"""What can go wrong in the council itself; every message tells a user what to do next."""

import difflib
from collections.abc import Iterable, Sequence

from models.errors import ExplainedError
from models.text import Text
from models.text import lazy_gettext as _


class CouncilError(ExplainedError):
    """An expected failure of the council."""


class ConfigurationError(CouncilError):
    """A setting or an argument is wrong; the message names it and a right value."""


class RemoteSeatsError(ConfigurationError):
    """Seats would send the question to `hosts` elsewhere, which nobody has agreed to yet."""

    def __init__(self, message: Text, *, hosts: Sequence[str], advice: Text) -> None:
        super().__init__(message, advice=advice)
        self.hosts = tuple(hosts)


class QuorumError(CouncilError):
    """Too few answers stand to go on."""


class BallotError(CouncilError):
    """A voter's text holds no valid order; the ballot is void and the run goes on."""


class BusyError(CouncilError):
    """Too many runs wait already; `retry_after_seconds` is about when there may be room."""

    def __init__(self, message: Text, *, advice: Text, retry_after_seconds: float) -> None:
        super().__init__(message, advice=advice)
        self.retry_after_seconds = retry_after_seconds


class HistoryError(CouncilError):
    """The store cannot be read or written, or does not hold what was asked for."""


def did_you_mean(name: str, known: Iterable[str], *, prefix: str = "") -> Text | None:
    """Return the advice that proposes the known name nearest to a misspelt one; None if none is near."""
    near = difflib.get_close_matches(name, list(known), n=1)
    return _("Did you mean {name!r}?", name=prefix + near[0]) if near else None
