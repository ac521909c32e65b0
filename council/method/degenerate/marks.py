"""Tells marks in a text that belong to no answer: those of chat templates, and the codes of the prompt's fences."""

import re

from council.errors import Degeneration
from council.method.degenerate.asked import Asked
from council.method.degenerate.code import Code

CODE_LETTERS = 8
"""So much of a fence's code is a copy of it; nobody writes that by chance."""
_KEPT = 64
_CONTROL = re.compile(
    r"(?:<\|/?[\w ]{2,40}\|>"
    r"|<｜[^｜\n]{1,40}｜>"
    r"|\[/?(?:INST|SYSTEM_PROMPT|TOOL_CALLS|TOOL_RESULTS|AVAILABLE_TOOLS|gMASK)\]"
    r"|<</?SYS>>"
    r"|</?(?:bos|eos|pad|unk|sop|eop|turn|(?:start|end|begin)_of_\w{1,20}|(?:im|eot|eos|eom)_(?:start|end|id))>"
    r"|</s>)\Z",
    re.IGNORECASE,
)


class MarkWatch:
    """Reads a text as it grows. What stands in code is a quotation, and what the user asked about is an answer."""

    def __init__(self, asked: Asked) -> None:
        self._asked = asked
        self._codes = asked.codes
        self._code = Code()
        self._tail = ""
        self._is_struck = False

    def push(self, text: str) -> Degeneration | None:
        """Take new text; returns what is wrong with it."""
        for character in text:
            self._tail = (self._tail + character)[-_KEPT:]
            if self._codes and self._ends_in_code():
                return "fence"
            if character in ">]" and self._ends_in_control():
                return "control"
            if character == "\n" and self._is_heading_of_the_prompt():
                return "example"
            self._code.push(character)
        return None

    def _is_heading_of_the_prompt(self) -> bool:
        line = self._tail[:-1].rpartition("\n")[2].strip()
        return not self._code.is_fenced and line.lower() in self._asked.headings

    def _ends_in_code(self) -> bool:
        last = self._tail[-CODE_LETTERS:].lower()
        return len(last) == CODE_LETTERS and any(last in code for code in self._codes)

    def _ends_in_control(self) -> bool:
        self._is_struck |= self._tail.endswith("<s>")  # HTML's own, for text that is struck through
        mark = _CONTROL.search(self._tail)
        if mark is None or self._code.is_quoted or mark[0].lower() in self._asked.mentioned:
            return False
        return not (mark[0] == "</s>" and self._is_struck)
