"""Tells a model's thinking from its answer, also while both are streamed, whatever family's marks stand round them.

Only what stands at the very beginning is thinking: a mark further on is a quotation. A closing mark whose opening never
came is the exception, as the chat template has opened the thinking then: all before it were thoughts.
"""

import re
from collections.abc import Callable, Sequence

from models.base import Chunk
from models.marks.families import FAMILIES, LONGEST, SPOKEN, WRAPPERS, Family, Mark
from models.text import NOTHING
from models.text import lazy_gettext as _

WAS_THINKING = _("What it had written were thoughts; its answer begins now.")

_TELLING = tuple(family for family in (*FAMILIES, *SPOKEN) if family.is_telling or family in SPOKEN)
_TELLING_MARKS = tuple(family.closing for family in _TELLING)
_TELLING_MARK = re.compile("|".join(mark.pattern.pattern for mark in _TELLING_MARKS), re.IGNORECASE)
_ENDS = (*_TELLING_MARKS, *(mark for family in FAMILIES for mark in family.answers))
_BETWEEN = tuple(mark for family in FAMILIES for mark in (family.closing, *family.between))
_BEGINNINGS = (*(mark for family in FAMILIES for mark in (family.opening, *family.answers)), *_BETWEEN)
_FENCE = re.compile(r"^[ \t]*(?:```|~~~)", re.MULTILINE)


class ThinkingSplitter:
    """Splits streamed text; however it is cut into pieces, thinking and answer are the same.

    `opened` is whose thinking the prompt ends in.
    """

    def __init__(self, opened: Family | None = None) -> None:
        self._family = opened
        self._state: Callable[[bool], bool] = self._think if opened else self._begin
        self._held = ""
        self._is_behind = False  # thoughts that have ended
        self._before: list[str] | None = (
            None if opened else []
        )  # the answer so far, while it may turn out to be thoughts
        self._endings: Sequence[Mark] = ()
        self._was_shown = False
        self._thinking = self._text = ""
        self._is_void = False

    def push(self, text: str, *, is_last: bool = False) -> Chunk:
        """Return what is certain: thinking, then answer; at the end, all that was held back.

        With `restart`, what was passed on for the answer so far was thinking, and is told again as that.
        """
        self._held += text
        self._thinking = self._text = ""
        self._is_void = False
        while self._held and self._state(is_last):
            pass
        self._was_shown = self._was_shown or bool(self._text)
        return Chunk(self._text, self._thinking, restart=WAS_THINKING if self._is_void else NOTHING)

    def finish(self) -> Chunk:
        """Return what was held back."""
        return self.push("", is_last=True)

    def trust(self) -> None:
        """Take what comes for the answer, but for thoughts at its beginning: the server tells thoughts apart itself."""
        self._before = None

    def _begin(self, is_last: bool) -> bool:
        start = self._held.lstrip()
        for family in FAMILIES:
            if found := family.opening.pattern.match(start):
                self._family, self._before = family, None
                return self._go_on(self._think, start[found.end() :])
            if found := _match(family.answers, start):
                self._endings, self._before = family.endings, None
                return self._go_on(self._trim, start[found.end() :])
        if found := _match(_BETWEEN, start):
            self._is_behind, self._before = True, None
            return self._go_on(self._begin, start[found.end() :])
        for opening, ending in WRAPPERS if self._is_behind else ():
            if found := opening.pattern.match(start):
                self._endings = (*self._endings, ending)
                return self._go_on(self._trim, start[found.end() :])
        marks = (*_BEGINNINGS, *(opening for opening, _ending in WRAPPERS if self._is_behind))
        if not is_last and (not start or any(mark.may_become(start) for mark in marks)):
            return False
        return self._go_on(self._answer, start if self._is_behind else self._held)

    def _think(self, is_last: bool) -> bool:
        assert self._family is not None
        marks = (self._family.closing, *self._family.answers)
        found = min(filter(None, (mark.pattern.search(self._held) for mark in marks)), key=re.Match.start, default=None)
        if found is None:
            self._thinking += self._take(len(self._held) if is_last else _certain(self._held, marks))
            return False
        self._thinking += self._take(found.start())
        is_closed = found.re is self._family.closing.pattern
        self._is_behind, self._endings = True, self._family.endings
        return self._go_on(self._begin, self._held[len(found[0]) :] if is_closed else self._held)

    def _trim(self, is_last: bool) -> bool:
        self._held = self._held.lstrip()
        return bool(self._held) and self._go_on(self._answer, self._held)

    def _answer(self, is_last: bool) -> bool:
        if self._before is not None:
            return self._doubt(is_last, self._before)
        end = len(self._held) if is_last else _certain(self._held, self._endings)
        if self._endings:
            ends = "|".join(mark.pattern.pattern for mark in self._endings)
            if found := re.search(rf"(?:(?:{ends})\s*)+\Z", self._held[:end], re.IGNORECASE):
                end = found.start()
        self._text += self._take(end)
        if is_last:
            self._held = ""
        return False

    def _doubt(self, is_last: bool, before: list[str]) -> bool:
        """Pass the answer on as long as no closing mark tells that it was thoughts; the first one decides."""
        found = _TELLING_MARK.search(self._held)
        if found is None or (found.end() == len(self._held) and not is_last):  # what follows a mark counts, too
            end = len(self._held) if is_last else _certain(self._held, _TELLING_MARKS)
            answer = self._take(end if found is None else found.start())
            self._text += answer
            before.append(answer)
            return False
        family = next(family for family in _TELLING if family.closing.pattern.fullmatch(found[0]))
        said = "".join(before) + self._held[: found.start()]
        self._before = None
        if _is_quoted(said, self._held[found.end() :], family):
            return True
        self._is_void, self._text, self._thinking = self._was_shown, "", said
        self._is_behind, self._endings = True, family.endings
        return self._go_on(self._begin, self._held[found.end() :])

    def _go_on(self, state: Callable[[bool], bool], rest: str) -> bool:
        self._state, self._held = state, rest
        return True

    def _take(self, end: int) -> str:
        taken, self._held = self._held[:end], self._held[end:]
        return taken


def opened_thinking(prompt: str) -> Family | None:
    """Return whose thinking a rendered prompt ends in, if it does: the model's first words are thoughts then."""
    end = prompt[-2 * LONGEST :].rstrip() + "\n"  # Gemma's mark holds the end of its line
    return next((family for family in (*FAMILIES, *SPOKEN[:-1]) if _ends_with(end, family.opening)), None)


def skip_thinking(prompt: str) -> str:
    """Return a rendered prompt behind which the answer begins at once, as far as the prompt's end tells how."""
    family = opened_thinking(prompt)
    if family is None:
        waiting = (one for one in FAMILIES if one.skipped and one.between and prompt.endswith(one.between[0].text))
        return prompt + next((one.skipped.rpartition(one.between[0].text)[2] for one in waiting), "")
    if family.closing.text.startswith("</"):
        return f"{prompt.rstrip()}\n\n{family.closing.text}\n\n"
    return prompt + (family.skipped or family.closing.text)


def without_thinking(text: str) -> str:
    """Return a whole text without thoughts, wherever they stand: to the last closing mark, from an unclosed opening."""
    closed = [found.end() for mark in _ENDS for found in mark.pattern.finditer(text)]
    spoken = text[max(closed) :] if closed else ThinkingSplitter().push(text, is_last=True).text
    opened = [found.start() for family in FAMILIES if (found := family.opening.pattern.search(spoken))]
    return spoken[: min(opened, default=len(spoken))]


def _match(marks: Sequence[Mark], text: str) -> re.Match[str] | None:
    return next(filter(None, (mark.pattern.match(text) for mark in marks)), None)


def _ends_with(text: str, mark: Mark) -> bool:
    return any(not text[found.end() :].strip() for found in mark.pattern.finditer(text))


def _certain(text: str, marks: Sequence[Mark]) -> int:
    """Return how much of a text can be no part of a mark that is still coming."""
    starts = range(max(0, len(text) - LONGEST), len(text))
    return next((at for at in starts if any(mark.may_become(text[at:]) for mark in marks)), len(text))


def _is_quoted(before: str, behind: str, family: Family) -> bool:
    """Whether a closing mark without an opening is spoken of rather than used."""
    if family in SPOKEN:
        return not (family.is_telling or family.opening.pattern.match(before.lstrip()))
    line = before.rpartition("\n")[2]
    is_mentioned = bool(re.search(r"[\"'`“„«‘(\[{]\Z", line))
    is_in_a_sentence = line.endswith((" ", "\t")) and bool(line.strip()) and not behind.startswith(("\n", "\r"))
    is_in_code = len(_FENCE.findall(before)) % 2 == 1 or line.count("`") % 2 == 1
    is_json = before.lstrip().startswith("{")
    was_opened = family.opening.pattern.search(before) is not None
    return is_mentioned or (is_in_a_sentence and bool(behind)) or is_in_code or is_json or was_opened
