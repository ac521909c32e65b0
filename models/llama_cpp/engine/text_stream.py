"""Turns token bytes into text while they arrive: whole characters only, and nothing after a stop string."""

import codecs
from collections.abc import Sequence


class TextStream:
    """Decodes UTF-8 as it comes and holds back what may still become a stop string.

    Bytes that are no UTF-8 become U+FFFD: a model may write anything.
    """

    def __init__(self, stop: Sequence[str] = ()) -> None:
        self._decoder = codecs.getincrementaldecoder("utf-8")(errors="replace")
        self._stops = tuple(text for text in stop if text)
        self._held = ""
        self.is_stopped = False

    def push(self, piece: bytes) -> str:
        """Return the text that is certain now; sets `is_stopped` when a stop string is complete."""
        if self.is_stopped:
            return ""
        return self._release(self._held + self._decoder.decode(piece))

    def finish(self) -> str:
        """Return what was held back, half characters as U+FFFD."""
        if self.is_stopped:
            return ""
        text = self._release(self._held + self._decoder.decode(b"", final=True))
        rest, self._held = self._held, ""
        return text + rest

    def _release(self, text: str) -> str:
        if not self._stops:
            return text
        ends = [position for stop in self._stops if (position := text.find(stop)) >= 0]
        if ends:
            self.is_stopped, self._held = True, ""
            return text[: min(ends)]
        keep = max(_overlap(text, stop) for stop in self._stops)
        self._held = text[len(text) - keep :]
        return text[: len(text) - keep]


def _overlap(text: str, stop: str) -> int:
    """Return the length of the longest end of the text that is a beginning of the stop string."""
    longest = min(len(text), len(stop) - 1)
    return next((size for size in range(longest, 0, -1) if stop.startswith(text[-size:])), 0)
