"""Whether a text that is being written stands in code, where other rules hold than in prose."""


class Code:
    """Follows a text by its characters: `is_fenced` between lines of three backticks."""

    def __init__(self) -> None:
        self.is_fenced = False
        self._line_start = ""
        self._ticks = 0

    @property
    def is_quoted(self) -> bool:
        """Whether the next character stands in fenced code, or in backticks within its line."""
        return self.is_fenced or self._ticks % 2 == 1

    def push(self, character: str) -> None:
        """Take the next character."""
        if character == "\n":
            self._line_start, self._ticks = "", 0
            return
        self._ticks += character == "`"
        if len(self._line_start) < 3:
            self._line_start = (self._line_start + character).lstrip()
            if self._line_start == "```":
                self.is_fenced = not self.is_fenced
