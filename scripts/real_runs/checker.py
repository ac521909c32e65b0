"""Judges texts of finished runs after the fact: whether one that counts is a loop, a copy, a mark, or nothing.

Shares no code with the program's own detector and works by other means: how well a text compresses, how many of its
word groups are new, what the prompts themselves contain, and which control tokens the model's vocabulary has.
"""

import re
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher

from council.method import prompts
from council.method.wordings import first
from council.transcript import Transcript

LEAST_COMPRESSED = 0.33
LEAST_NEW_GROUPS = 0.5
LONG_CHARACTERS, LONG_WORDS = 200, 24
PIECE = 6


@dataclass(frozen=True)
class Fault:
    """What is wrong with which text."""

    where: str
    what: str
    text: str

    def __str__(self) -> str:
        return f"{self.where}: {self.what}: {self.text[:160]!r}"


@dataclass(frozen=True)
class Checker:
    """`sent` is all that models were sent in the run, `control` the control tokens of their vocabulary."""

    sent: Sequence[str]
    control: Sequence[str]

    def judge(self, transcript: Transcript) -> list[Fault]:
        """Return every fault in the texts that count in a run, whatever its status."""
        question = transcript.question.text if transcript.question else ""
        return [
            Fault(where, what, text)
            for where, text in texts_that_count(transcript)
            for what in self.faults(text, question, is_short=not where.startswith(("answer", "conclusion")))
        ]

    def faults(self, text: str, question: str, *, is_short: bool = False) -> Iterator[str]:
        """Yield what is wrong with one text; a short one is a note, and may be a single word."""
        compressed = len(zlib.compress(text.encode(), 9)) / max(len(text.encode()), 1)
        if len(text) >= LONG_CHARACTERS and compressed < LEAST_COMPRESSED:
            yield f"a loop: compresses to {compressed:.0%}"
        words = re.findall(r"\w+", text.lower())
        groups = [tuple(words[place : place + 3]) for place in range(len(words) - 2)]
        if len(words) >= LONG_WORDS and len(set(groups)) < LEAST_NEW_GROUPS * len(groups):
            yield f"a loop: {len(set(groups))} of {len(groups)} word groups differ"
        if is_short and len(words) >= 6 and len(set(words)) <= len(words) / 3:
            yield "a loop of words"
        if any(token in text for token in self.control if token not in question):
            yield "a control token"
        if any(piece in text.lower() for piece in self._code_pieces()):
            yield "the code of a fence"
        plain = " ".join(words)
        if not any(character.isalnum() for character in text) or (is_short and len(plain) < 2):
            yield "nothing is said"
        if plain and plain in literals(is_short=is_short):
            yield "a literal of the prompt"
        lines = [line.strip(" *_") for line in text.splitlines() if line.strip(" *_-=")]
        if not is_short and all(line.startswith("#") or line.endswith(":") for line in lines):
            yield "a heading and nothing under it"
        if question and SequenceMatcher(None, plain, " ".join(re.findall(r"\w+", question.lower()))).ratio() > 0.97:
            yield "the question again"

    def _code_pieces(self) -> set[str]:
        codes = {code for prompt in self.sent for code in re.findall(r"\b(?=[0-9a-f]*\d)[0-9a-f]{12}\b", prompt)}
        return {code[start : start + PIECE] for code in codes for start in range(len(code) - PIECE + 1)}


def literals(*, is_short: bool) -> set[str]:
    """Return every sentence of the program's own prompts, and for notes also what stands in quotation marks in them."""
    constants = [*vars(prompts).items(), *vars(first).items()]
    told = [text for name, text in constants if name.isupper() and isinstance(text, str)]
    parts = {part for text in told for part in re.split(r"(?<=[.:!?])\s|\n|[{}]", text) if len(part.split()) > 3}
    quoted = {part for text in told for part in re.findall(r'"([^"\n]{1,60})"', text) if is_short}
    return {" ".join(re.findall(r"\w+", part.lower())) for part in parts | quoted} - {"", "none"}


def texts_that_count(transcript: Transcript) -> Iterator[tuple[str, str]]:
    """Yield where each text stands that a reader is shown as somebody's answer, vote, stance, minutes or conclusion."""
    for speech in transcript.speeches.values():
        if speech.turn.kind in ("answer", "revision") and speech.state == "finished":
            yield f"answer of {speech.turn.seat.id}", speech.text
    for ballot in transcript.ballots.values():
        told = [text for note in ballot.notes.values() for text in (note.strength, note.flaw)]
        yield from ((f"ballot of {ballot.voter}", text) for text in [*told, ballot.contradiction] if text)
    for stance in transcript.stances.values():
        if stance.reason:
            yield f"stance of {stance.seat}", stance.reason
    if transcript.synthesis:
        yield "conclusion", transcript.synthesis.text
    if minutes := transcript.minutes:
        for point in (*minutes.agreed, *minutes.disputed, *(lone.point for lone in minutes.said_by_one)):
            yield "minutes", point
