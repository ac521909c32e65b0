"""Tells a text that goes round in circles while it is written: one passage over and over, or the same few sentences.

Lists, tables, poems with a refrain, code, repeated numbers and laughter also repeat: what they may is in the bounds.
"""

import re
from collections import Counter, deque

from council.method.degenerate.code import Code
from council.method.degenerate.period import Period

# How many characters a repetition may go on: without letters (rules, figures, empty tables), in code or tables, and of
# words by the length of what is repeated. Laughter takes the first, a refrain the second, verses and paragraphs the
# others.
WITHOUT_LETTERS = 1000
IN_CODE_OR_TABLE = 1000
OF_SYLLABLES, SYLLABLES_END = 300, 20
OF_A_LINE, LINE_REPEATS, LINE_ENDS = 240, 5, 100
VERSE_REPEATS, VERSE_ENDS = 4, 400
PARAGRAPH_REPEATS = 3
LEAST = min(OF_SYLLABLES, OF_A_LINE)
# Where the limit of the answer's length cut it off, much less is enough: laughter comes to an end.
AT_THE_LIMIT, AT_THE_LIMIT_WITHOUT_LETTERS, REPEATS_AT_THE_LIMIT = 100, 300, 4

# Sentences and lines that were all written twice before: so many in a row, with so many letters together. First those
# that are the same, then those with small changes, then those that differ in their figures, where the limit cut them
# off: a song that counts down does so too, and ends.
SAME, SAME_LETTERS = 12, 300
ALIKE, ALIKE_LETTERS = 30, 1200
COUNTED, COUNTED_LETTERS = 6, 90
NEAR, COMPARED, LEAST_WORDS = 0.85, 12, 5
TIMES_BEFORE = 2
LONGEST_SENTENCE = 600
# Where the limit cut a text off: how large a share of its last words stood before, in groups.
GROUP, LAST_WORDS, ENOUGH_WORDS, REPEATED_SHARE = 5, 120, 40, 0.5
# A note or a reason: so many characters of one passage, where they are most of it.
OF_A_SHORT_TEXT = 40

_END = re.compile(r"(?<=[.!?…])\s+|\n+|(?<=[。！？])")
_FENCED = re.compile(r"^\s*```.*?(?:^\s*```|\Z)", re.DOTALL | re.MULTILINE)
_WORD = re.compile(r"[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]|[^\W_]+")
_LIST_MARK = re.compile(r"\s*(?:[-*•>#]+\s+|\(?\d{1,3}[.):]\s*)*")


class LoopWatch:
    """Reads a text as it grows; `is_looping` once nothing new is to be expected.

    With `is_form` the text is JSON, whose parts look alike without being a loop: only exact repetition counts.
    """

    def __init__(self, *, is_form: bool = False) -> None:
        self._is_form = is_form
        self._period = Period()
        self._bound = 0
        self._code = Code()
        self._sentences = _Sentences()
        self.is_looping = False

    def push(self, text: str) -> bool:
        """Take new text; returns whether it loops."""
        for character in text:
            if self.is_looping:
                break
            self._take(character)
        return self.is_looping

    def is_looping_at_limit(self) -> bool:
        """Tell whether a text that was cut off by the limit of its length was going round in circles."""
        period = self._period
        least = AT_THE_LIMIT if _has_letters(period.unit) and not self._code.is_fenced else AT_THE_LIMIT_WITHOUT_LETTERS
        is_repeating = period.span >= max(least, REPEATS_AT_THE_LIMIT * period.length)
        return self.is_looping or is_repeating or (not self._is_form and self._sentences.is_counting)

    def _take(self, character: str) -> None:
        period = self._period
        if period.push(character):
            self._bound = 0
        if period.span >= max(LEAST, PARAGRAPH_REPEATS * period.length):
            self._bound = self._bound or _longest(period.unit, is_code=self._code.is_fenced)
            self.is_looping = period.span >= self._bound
        self._code.push(character)
        if not self._is_form:
            self.is_looping |= self._sentences.push(character, is_prose=not self._code.is_fenced)


class _Sentences:
    """The sentences and lines of a text, each compared with those before it."""

    def __init__(self) -> None:
        self._open: list[str] = []
        self._told: Counter[str] = Counter()
        self._counted: Counter[str] = Counter()
        self._last: deque[Counter[str]] = deque(maxlen=COMPARED)
        self._same, self._alike, self._counting = _Run(), _Run(), _Run()

    @property
    def is_counting(self) -> bool:
        """Whether the last sentences differ in their figures alone."""
        return self._counting.has(COUNTED, COUNTED_LETTERS)

    def push(self, character: str, *, is_prose: bool) -> bool:
        """Take the next character; returns whether the sentences have been going round in circles for too long."""
        self._open.append(character)
        is_long = len(self._open) > LONGEST_SENTENCE
        is_after_mark = character.isspace() and len(self._open) > 1 and self._open[-2] in ".!?…"
        may_end = character == "\n" or (is_prose and (is_after_mark or character in "。！？"))
        if not (is_long or may_end):
            return False
        text = "".join(self._open)
        *done, rest = [text, ""] if is_long else _END.split(text)
        if done:
            self._open = list(rest)
        for sentence in done if is_prose else ():
            self._close(sentence)
        return self._same.has(SAME, SAME_LETTERS) or self._alike.has(ALIKE, ALIKE_LETTERS)

    def _close(self, sentence: str) -> None:
        if sentence.lstrip().startswith("|"):
            return  # a row of a table resembles the others
        words = _WORD.findall(_LIST_MARK.sub("", sentence, count=1).casefold())
        if not words:
            return
        told, counted = " ".join(words), " ".join("0" if word.isdigit() else word for word in words)
        letters = sum(map(str.isalpha, told))
        bag = Counter(words)
        is_same = self._told[told] >= TIMES_BEFORE
        is_alike = len(words) >= LEAST_WORDS and sum(_is_near(bag, last) for last in self._last) >= TIMES_BEFORE
        self._same.add(letters, is_again=is_same)
        self._alike.add(letters, is_again=is_same or is_alike)
        self._counting.add(letters, is_again=self._counted[counted] >= TIMES_BEFORE)
        self._told[told] += 1
        self._counted[counted] += 1
        self._last.append(bag)


class _Run:
    """Sentences in a row that say nothing new."""

    def __init__(self) -> None:
        self._count = self._letters = 0

    def add(self, letters: int, *, is_again: bool) -> None:
        self._count = self._count + 1 if is_again else 0
        self._letters = self._letters + letters if is_again else 0

    def has(self, count: int, letters: int) -> bool:
        return self._count >= count and self._letters >= letters


def _is_near(one: Counter[str], other: Counter[str]) -> bool:
    """Tell whether few words differ; another figure makes another sentence."""
    is_close = 2 * (one & other).total() >= NEAR * (one.total() + other.total())
    return is_close and not any(word.isdigit() for word in (one - other) + (other - one))


def _longest(unit: str, *, is_code: bool) -> int:
    """Return how many characters a repetition of this passage may fill."""
    length = len(unit)
    if not _has_letters(unit):
        return max(WITHOUT_LETTERS, PARAGRAPH_REPEATS * length)
    if is_code or unit.count("|") > 1:
        return max(IN_CODE_OR_TABLE, LINE_REPEATS * length)
    if length < SYLLABLES_END:
        return OF_SYLLABLES
    if length < LINE_ENDS:
        return max(OF_A_LINE, LINE_REPEATS * length)
    return (VERSE_REPEATS if length < VERSE_ENDS else PARAGRAPH_REPEATS) * length


def is_mostly_one_passage(text: str) -> bool:
    """Tell whether most of a short text is one passage over and over, wherever it stands."""
    period, longest = Period(), 0
    for character in text:
        period.push(character)
        if period.span >= REPEATS_AT_THE_LIMIT * period.length:
            longest = max(longest, period.span)
    return longest >= max(OF_A_SHORT_TEXT, len(text) / 2)


def is_repetitive(text: str) -> bool:
    """Tell whether a text said little new before it was cut off; code and tables are not looked at.

    A text that came to its end by itself may be a song or a litany.
    """
    prose = "\n".join(line for line in _FENCED.sub("", text).splitlines() if not line.lstrip().startswith("|"))
    words = _WORD.findall(prose.casefold())
    start = max(0, len(words) - LAST_WORDS)
    told: set[tuple[str, ...]] = set()
    repeated: set[int] = set()
    for place in range(len(words) - GROUP + 1):
        group = tuple(words[place : place + GROUP])
        if group in told:
            repeated.update(range(place, place + GROUP))
        told.add(group)
    share = sum(place >= start for place in repeated) / max(1, len(words) - start)
    return len(words) >= ENOUGH_WORDS and share >= REPEATED_SHARE


def _has_letters(text: str) -> bool:
    return any(character.isalpha() for character in text)
