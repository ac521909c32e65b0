"""What a request can do without: where a server refuses a parameter, it is asked again without it, and so from then on.

Knows no particular API; each backend says what it can do without, the least essential first.
"""

import logging
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

logger = logging.getLogger(__name__)

Payload = Mapping[str, Any]

_REFUSED = frozenset({400, 415, 422, 500, 501})
_REFUSED_WITHOUT_A_NAME = frozenset({400, 422, 501})
_NOT_A_PARAMETER = re.compile(
    r"context|too (long|large|many)|token|exceed|length|policy|filter|safety|moderation|credit|quota|balance|"
    r"does not exist|not found|unknown model|does not support chat",
    re.IGNORECASE,
)
"""A refusal that speaks of one of these is about the question or the model, and no parameter is to blame."""


@dataclass(frozen=True, slots=True)
class Concession:
    """One thing less to ask for. `without` makes the smaller request, None where there is nothing to leave out.

    `named` finds it in the words of a refusal; one that is `only_named` is never left out on suspicion.
    """

    name: str
    named: re.Pattern[str]
    without: Callable[[Payload], Payload | None]
    only_named: bool = False


def leave_out(key: str, *, only_named: bool = False) -> Concession:
    """Do without a parameter at the top of a request."""

    def without(payload: Payload) -> Payload | None:
        return {name: value for name, value in payload.items() if name != key} if key in payload else None

    return Concession(key, re.compile(rf"(?<!\w){re.escape(key)}(?!\w)", re.IGNORECASE), without, only_named)


@dataclass(slots=True)
class Concessions:
    """What one server was found not to take, by model. `known` is in order, the least essential first.

    A parameter that is not known here and not `essential` is left out where a refusal names it.
    """

    known: Sequence[Concession]
    essential: frozenset[str]
    _made: dict[str, list[Concession]] = field(default_factory=dict)

    def begin(self, model: str, payload: Payload) -> "Negotiation":
        """Begin a request, without what the server is known to refuse."""
        for concession in self._made.get(model, ()):
            payload = concession.without(payload) or payload
        return Negotiation(self, model, payload)

    def remember(self, model: str, made: Sequence[Concession]) -> None:
        """Ask this model without these from now on."""
        known = self._made.setdefault(model, [])
        new = [concession for concession in made if concession.name not in {other.name for other in known}]
        known += new
        if new:  # several seats may find it out at the same time
            names = ", ".join(concession.name for concession in new)
            logger.warning("%r is asked without %s from now on: its server refuses that", model, names)


@dataclass(slots=True)
class Negotiation:
    """One request, and what it was asked without; `payload` is what is sent next."""

    concessions: Concessions
    model: str
    payload: Payload
    _made: list[Concession] = field(default_factory=list)

    def concede(self, status: int, words: str) -> bool:
        """Leave out what a refusal names, else the least essential of what is left; False where that cannot help."""
        if status not in _REFUSED:
            return False
        made = {concession.name for concession in self._made}
        left = [concession for concession in self._all() if concession.name not in made]
        chosen = next((concession for concession in left if concession.named.search(words)), None)
        is_about_something_else = _NOT_A_PARAMETER.search(words) is not None
        if chosen is None and status in _REFUSED_WITHOUT_A_NAME and not is_about_something_else:
            chosen = next((concession for concession in left if not concession.only_named), None)
        smaller = chosen.without(self.payload) if chosen else None
        if chosen is None or smaller is None:
            return False
        self.payload = smaller
        self._made.append(chosen)
        return True

    def accepted(self) -> None:
        """Note that the server took the request as it was sent last."""
        if self._made:
            self.concessions.remember(self.model, self._made)

    def _all(self) -> list[Concession]:
        """List what can be left out of the request as it is now."""
        known = {concession.name for concession in self.concessions.known}
        others = [
            leave_out(key, only_named=True)
            for key in self.payload
            if key not in known and key not in self.concessions.essential
        ]
        return [
            concession
            for concession in (*self.concessions.known, *others)
            if concession.without(self.payload) is not None
        ]
