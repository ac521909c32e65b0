"""What a seat was asked, as far as an answer may be found to be a copy of it."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property

from council.method.deliberation import Prepared
from council.method.prompt import Prompt
from council.method.prompts import QUESTION

RUN_OF_WORDS = 4
"""So many words in a row are a copy; fewer anybody may use."""

_WORD = re.compile(r"[^\W_]+")
_HEADING = re.compile(r"^# [^{}\n]+$", re.MULTILINE)
_CODE = re.compile(r"<<<(\w{6,})\n|\n(\w{6,})>>>")


def words_of(text: str) -> tuple[str, ...]:
    """Return the words of a text without its marks, for comparison."""
    return tuple(_WORD.findall(text.casefold()))


@dataclass(frozen=True)
class Asked:
    """`question` is what is asked now, `before` the conversation up to it; `instruction` is the program's own words,
    and `sent` the whole prompt."""

    question: str = ""
    before: str = ""
    instruction: str = ""
    sent: str = ""

    @classmethod
    def by(cls, prompt: Prompt, deliberation: Prepared) -> "Asked":
        """Tell what a prompt asks in this run."""
        question = deliberation.question
        return cls(
            question=question.text,
            before="\n".join(f"{exchange.question}\n{exchange.answer}" for exchange in question.earlier),
            instruction=f"{deliberation.wording.system}\n{prompt.instruction}",
            sent=deliberation.head.text + prompt.text,
        )

    @cached_property
    def mentioned(self) -> str:
        """What the user speaks of, so that an answer may as well; in lower case."""
        return f"{self.question}\n{self.before}".lower()

    @cached_property
    def codes(self) -> frozenset[str]:
        """The codes of the fences in what was sent, but for those that the user wrote."""
        found = {code.lower() for pair in _CODE.findall(self.sent) for code in pair if code}
        return frozenset(code for code in found if code not in self.mentioned)

    @cached_property
    def headings(self) -> frozenset[str]:
        """The prompt's own headings, in lower case: who writes one goes on with the prompt and does not answer it."""
        return frozenset(line for line in self._all_headings - {"# the final answer"} if line not in self.mentioned)

    @cached_property
    def titles(self) -> frozenset[tuple[str, ...]]:
        """The words of each heading; a note that consists of them is a copy."""
        return frozenset(map(words_of, self._all_headings))

    @cached_property
    def _all_headings(self) -> frozenset[str]:
        return frozenset(line.lower() for line in _HEADING.findall(f"{QUESTION}\n{self.instruction}"))

    @cached_property
    def runs(self) -> frozenset[tuple[str, ...]]:
        """Every few words in a row of the instruction."""
        return frozenset(_runs(words_of(self.instruction)))

    @cached_property
    def asked_words(self) -> tuple[str, ...]:
        """The words of the question."""
        return words_of(self.question)

    def copied_share(self, words: tuple[str, ...]) -> float:
        """Return how much of a text consists of the instruction's own words, in their order: 0 to 1."""
        copied: set[int] = set()
        for place, run in enumerate(_runs(words)):
            if run in self.runs:
                copied.update(range(place, place + RUN_OF_WORDS))
        return len(copied) / len(words) if words else 0.0


def _runs(words: tuple[str, ...]) -> Iterable[tuple[str, ...]]:
    return zip(*(words[start:] for start in range(RUN_OF_WORDS)), strict=False)
