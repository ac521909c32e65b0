"""Tells a model's thinking from its answer while both are streamed."""

import re

MARKERS = (("<think>", "</think>"), ("<thinking>", "</thinking>"), ("[THINK]", "[/THINK]"))
_OPEN_END = re.compile(r"(?:<think>|<thinking>|\[THINK\])\s*$")


def opens_thinking(prompt: str) -> bool:
    """Whether a rendered prompt ends inside a thinking block, so that the model's first words are thoughts."""
    return _OPEN_END.search(prompt) is not None


class ThinkingSplitter:
    """Splits streamed text; only a block at the very beginning is thinking, a marker further on is a quotation."""

    def __init__(self, *, is_thinking: bool = False) -> None:
        self._closing = MARKERS[0][1] if is_thinking else ""
        self._is_beginning = not is_thinking
        self._after_thinking = False
        self._held = ""

    def push(self, text: str) -> tuple[str, str]:
        """Return (thinking, answer) as far as they are certain."""
        text = self._held + text
        self._held = ""
        if self._is_beginning:
            start = text.lstrip()
            marker = next((pair for pair in MARKERS if start.startswith(pair[0])), None)
            if marker is not None:
                self._is_beginning, self._closing = False, marker[1]
                text = start[len(marker[0]) :]
            elif any(opening.startswith(start) for opening, _ in MARKERS):
                self._held = text
                return "", ""
            else:
                self._is_beginning = False
        return self._think(text) if self._closing else ("", self._answer(text))

    def finish(self) -> tuple[str, str]:
        """Return what was held back."""
        rest, self._held = self._held, ""
        return (rest, "") if self._closing else ("", rest)

    def _think(self, text: str) -> tuple[str, str]:
        thinking, closing, answer = text.partition(self._closing)
        if closing:
            self._closing, self._after_thinking = "", True
            return thinking, self._answer(answer)
        keep = next((n for n in range(len(self._closing) - 1, 0, -1) if text.endswith(self._closing[:n])), 0)
        self._held = text[len(text) - keep :]
        return text[: len(text) - keep], ""

    def _answer(self, text: str) -> str:
        if self._after_thinking:
            text = text.lstrip()
            self._after_thinking = not text
        return text
