"""What a GGUF file says of itself, by key: each value is of the kind that belongs there, or the file is damaged."""

from collections.abc import Mapping

from models.text import lazy_gettext as _
from models.weights.gguf_reader import DamagedError, MetadataValue, Passed

MOST = 2**31 - 1
"""llama.cpp counts in 32 bits, so nothing that it can run is larger."""
MAX_NAME = 200
MAX_SHOWN = 40


class Metadata:
    """The key-value pairs of a header. Each method raises DamagedError for a value of the wrong kind or size."""

    def __init__(self, values: Mapping[str, MetadataValue]) -> None:
        self._values = values

    def number(self, key: str, *, default: int = 0, least: int = 0, most: int = MOST) -> int:
        """Return a whole number within bounds; `default` where it is not said."""
        return _whole(key, self._values[key], least, most) if key in self._values else default

    def numbers(self, key: str) -> tuple[int, ...]:
        """Return whole numbers, of which some files give one for all layers; none where they are not said."""
        value = self._values.get(key, ())
        return tuple(_whole(key, number, 0, MOST) for number in (value if isinstance(value, tuple) else (value,)))

    def count(self, key: str) -> int:
        """Return the length of an array."""
        value = self._values.get(key, ())
        if isinstance(value, Passed):
            return value.count
        if isinstance(value, tuple):
            return len(value)
        raise DamagedError(_("{key!r} is {value} where a list belongs", key=key, value=_shown(value)))

    def flag(self, key: str) -> bool | None:
        """Return a yes or no; None where it is not said."""
        value = self._values.get(key)
        if value is None or isinstance(value, bool):
            return value
        raise DamagedError(_("{key!r} is {value} where a yes or no belongs", key=key, value=_shown(value)))

    def name(self, key: str) -> str:
        """Return a short text; "" where it is not said."""
        value = self._values.get(key, "")
        if isinstance(value, str) and len(value) <= MAX_NAME and value.isprintable():
            return value
        raise DamagedError(_("{key!r} is {value} where a name belongs", key=key, value=_shown(value)))

    def has(self, key: str) -> bool:
        """Whether anything is said under a key."""
        return bool(self._values.get(key))


def _whole(key: str, value: MetadataValue, least: int, most: int) -> int:
    if isinstance(value, int) and not isinstance(value, bool) and least <= value <= most:
        return value
    raise DamagedError(
        _(
            "{key!r} is {value} where a whole number from {least} to {most} belongs",
            key=key,
            value=_shown(value),
            least=least,
            most=most,
        )
    )


def _shown(value: MetadataValue) -> str:
    shown = f"a list of {value.count}" if isinstance(value, Passed) else repr(value)
    return shown if len(shown) <= MAX_SHOWN else shown[:MAX_SHOWN] + "…"
