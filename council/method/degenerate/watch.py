"""Reads what a seat writes while it writes it, and says as soon as it is no answer."""

from typing import Any

from council.errors import DegenerateTextError, Degeneration
from council.method.degenerate.asked import Asked
from council.method.degenerate.loops import LoopWatch, is_repetitive
from council.method.degenerate.marks import MarkWatch
from council.method.degenerate.whole import judge_form, judge_text


class SpeechWatch:
    """What one turn has written and thought so far; with a `schema` what it writes is JSON of that form."""

    def __init__(self, model: str, asked: Asked, schema: dict[str, Any] | None = None) -> None:
        self._model = model
        self._asked = asked
        self._schema = schema
        self._loops = LoopWatch(is_form=schema is not None)
        self._thought = LoopWatch()
        self._marks = MarkWatch(asked)

    def push(self, text: str, thinking: str = "") -> None:
        """Take new text; raises DegenerateTextError once there is no use in waiting for more."""
        if self._thought.push(thinking) or self._loops.push(text):
            self._refuse("loop")
        self._refuse(self._marks.push(text))

    def finish(self, text: str, *, was_cut_off: bool) -> None:
        """Judge the whole text; raises DegenerateTextError. `was_cut_off`: it came to its limit, not to its end."""
        is_prose = self._schema is None
        if was_cut_off and (self._loops.is_looping_at_limit() or (is_prose and is_repetitive(text))):
            self._refuse("loop")
        judged = judge_text(text, self._asked) if self._schema is None else judge_form(text, self._schema, self._asked)
        self._refuse(judged)

    def _refuse(self, kind: Degeneration | None) -> None:
        if kind is not None:
            raise DegenerateTextError(self._model, kind)
