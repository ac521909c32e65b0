"""Tells of a text that has ended whether it says anything: free text, and the texts within a form."""

import re
import unicodedata
from collections.abc import Iterator, Sequence
from typing import Any

from pydantic_core import from_json

from council.errors import Degeneration
from council.method.degenerate.asked import Asked, words_of
from council.method.degenerate.loops import is_mostly_one_passage
from council.method.degenerate.marks import MarkWatch

COPIED = 0.7
"""A text of which so much is the instruction's own words is a copy of it."""
LEAST_ALIKE = 4
"""So many texts of a form, strengths and flaws among them, that are all the same judge nothing."""
SHORT_WORDS, LONG_WORDS = 20, 120
"""Of fewer words nothing can be told by how often they come back; so many may hold a table or a refrain."""
_HEADING = re.compile(r"\s{0,3}#{1,6}(?:\s.*)?|.*:|[-=*_]{2,}")
_UNDERLINE = re.compile(r"=+|-{2,}")
_PLACEHOLDERS = """
strength, flaw, main strength, main flaw, contradiction, order, reason, decision, agreed, disputed, said by one, answer,
point, follows, text, string, note, letter, label, a letter, a letter or none, a few words, in a few words,
a short sentence, keep, revise, concede, keep revise or concede, keep revise concede, strength flaw,
une lettre, une lettre ou aucune, quelques mots, en quelques mots, point fort, point faible, raison,
garder réviser ou concéder, ein buchstabe, ein buchstabe oder keiner, wenige worte, in wenigen worten, stärke, schwäche,
grund, behalten überarbeiten oder aufgeben
"""
"""What stands in a form or its description in the place of a text, in the languages in which models write it."""
_FIELDS = frozenset(" ".join(name.split()) for name in _PLACEHOLDERS.split(","))


def judge_text(text: str, asked: Asked) -> Degeneration | None:
    """Return why a free text is no answer, None if it is one."""
    if not any(map(_says_something, text)):
        return "marks"
    words = words_of(text)
    if asked.copied_share(words) >= COPIED:
        return "example"
    if _is_heading([line.strip(" \t*_") for line in text.splitlines() if line.strip()]):
        return "heading"
    if _goes_round(words):
        return "loop"
    return "question" if _is_question(words, asked) else None


def judge_form(text: str, schema: dict[str, Any], asked: Asked) -> Degeneration | None:
    """Return why a form says nothing although something is written in it; None where it says something or is empty."""
    try:
        value = from_json(text[text.index("{") : text.rindex("}") + 1])
    except ValueError:
        return None  # whoever reads it says what is wrong
    told = [part for part in _free_texts(schema, value) if part.strip()]
    faults = [judge_entry(part, asked) for part in told]
    if faults and all(faults):
        return faults[0]
    is_all_the_same = len(told) >= LEAST_ALIKE and len(set(map(words_of, told))) == 1
    return "loop" if is_all_the_same else None


def judge_entry(text: str, asked: Asked) -> Degeneration | None:
    """Return why a short text in a form says nothing, None if it says something."""
    words = words_of(text)
    if not words or (len("".join(words)) == 1 and words[0].isascii()):
        return "marks"
    if " ".join(words) in _FIELDS or all(len(word) == 1 and word.isascii() and word.isalpha() for word in words):
        return "example"
    if words in asked.titles or asked.copied_share(words) >= COPIED:
        return "example"
    if _is_question(words, asked):
        return "question"
    if len(words) >= 6 and 2 * len(set(words)) <= len(words):
        return "loop"
    if is_mostly_one_passage(text):
        return "loop"
    return MarkWatch(asked).push(text)


def said(text: str, asked: Asked) -> str:
    """Return a short text of a form, "" where it says nothing."""
    return "" if judge_entry(text, asked) else text


def _says_something(character: str) -> bool:
    """Letters, figures, and signs that can be an answer of their own: a plus, a check mark, a face."""
    is_sign = unicodedata.category(character)[0] == "S" and character not in "`^|~<>=$"
    return character.isalnum() or is_sign


def _is_heading(lines: Sequence[str]) -> bool:
    """Tell whether all lines are headings: marked as one, underlined by the next, or ending where something follows."""
    following = [*lines[1:], ""]
    return all(
        not line or _HEADING.fullmatch(line) or _UNDERLINE.fullmatch(below)
        for line, below in zip(lines, following, strict=True)
    )


def _goes_round(words: tuple[str, ...]) -> bool:
    """Tell whether a text says hardly anything new: too few of its groups of three words are others than before.

    A long one may repeat more: it has tables, code and refrains.
    """
    groups = list(zip(words, words[1:], words[2:], strict=False))
    share = 0.5 if len(words) < LONG_WORDS else 0.3
    return len(words) >= SHORT_WORDS and len(set(groups)) < share * len(groups)


def _is_question(words: tuple[str, ...], asked: Asked) -> bool:
    """Tell whether a text is the question and nothing else, once or over and over."""
    question = asked.asked_words
    times = len(words) // len(question) if len(question) > 2 else 0
    return times > 0 and words == question * times


def _free_texts(schema: dict[str, Any], value: Any) -> Iterator[str]:
    """Yield the texts of a form that are no choice among given ones."""
    match value:
        case str() if schema.get("type") == "string" and "enum" not in schema:
            yield value
        case list():
            for part in value:
                yield from _free_texts(schema.get("items", {}), part)
        case dict():
            for name, part in value.items():
                yield from _free_texts(schema.get("properties", {}).get(name, {}), part)
