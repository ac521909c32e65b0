"""What may stand in a text: halves of characters are joined, a lone half and a NUL are no characters at all.

A server or a browser that escapes JSON may send halves, even in two pieces; what holds one can be neither stored nor
sent. A NUL ends a text early wherever C reads it.
"""

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from models.text import Text

_BEFORE_A_TEXT = re.compile("^[\\s\ufeff]+")
_NO_CHARACTER = "\ufffd"
# Letters and signs that are drawn as nothing: Hangul fillers, empty braille.
_BLANK_LETTERS = frozenset("\u115f\u1160\u2800\u3164\uffa0")


def well_formed(text: str) -> str:
    """Return the text with halves of characters joined, and U+FFFD for what is no character."""
    if not is_unicode(text):
        text = text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    return text.replace("\0", _NO_CHARACTER)


def is_unicode(text: str) -> bool:
    """Whether a text can be stored and sent; what was decoded from other bytes than UTF-8 may hold halves of pairs."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def mended(value: Any) -> Any:
    """Make all texts of a value well-formed, in lists, tables and sentences too."""
    match value:
        case str():
            return well_formed(value)
        case list() | tuple():
            return [mended(part) for part in value]
        case Mapping():
            return {mended(name): mended(part) for name, part in value.items()}
        case Text():
            return replace(value, values=mended(value.values))
        case _:
            return value


def is_blank(text: str) -> bool:
    """Whether nothing of a text can be seen: spaces, controls, zero-width and filling characters, or nothing."""
    return not any(unicodedata.category(mark)[0] in "LNPS" and mark not in _BLANK_LETTERS for mark in text)


def typed(text: str) -> str:
    """Return what a person meant to type: without controls, and without spaces and byte-order marks before it.

    A joiner inside a word belongs to its script and stays.
    """
    kept = "".join(mark for mark in text if mark.isspace() or unicodedata.category(mark) != "Cc")
    return _BEFORE_A_TEXT.sub("", kept).rstrip()


class Joiner:
    """Makes streamed text well-formed: half a character waits for its other half."""

    def __init__(self) -> None:
        self._half = ""

    def push(self, text: str) -> str:
        """Return what is certain now."""
        text, self._half = self._half + text, ""
        if "\ud800" <= text[-1:] <= "\udbff":
            text, self._half = text[:-1], text[-1]
        return well_formed(text)

    def finish(self) -> str:
        """Return U+FFFD for a half whose other half never came."""
        rest, self._half = self._half, ""
        return well_formed(rest)
