"""What a text concludes, and whether that is right; no model is asked.

A conclusion stands behind "Answer:" (Réponse, Antwort) in the last line that has one. Where a text has none, the last
number or lone letter counts, so that a seat that answers well in another form is not called wrong for its form.
"""

import re
import unicodedata
from collections.abc import Hashable

from council.domain import Language
from council.evaluation.items import LETTERS, UNKNOWN, Item

_LINE = re.compile(
    r"^[\s>*_#`-]*(?:final\s+answer|answer|réponse(?:\s+finale)?|reponse|antwort)[\s*_`]*[:：][\s*_`]*(.+?)[\s*_`]*$",
    re.IGNORECASE | re.MULTILINE,
)
_NUMBER = re.compile(r"[-+−]?(?:\d{1,3}(?:[ ,.'’\u00a0\u202f]\d{3})+(?!\d)|\d+)(?:[.,]\d+)?(?:\s*/\s*\d+)?")
_LETTER = re.compile(r"(?<![A-Za-zÀ-ÿ'’])([A-J])(?![A-Za-zÀ-ÿ'’])")
_ARTICLES = re.compile(r"^(?:the|an?|l[ea]s?|l['’]|une?|der|die|das)\s+|^l['’]", re.IGNORECASE)
_SEPARATORS = re.compile(r"\s*(?:[,;\n]|\band\b|\bet\b|\bund\b)\s*", re.IGNORECASE)

Conclusion = Hashable
"""What two texts have in common that conclude the same."""


def conclusion(item: Item, text: str) -> Conclusion | None:
    """Return what a text concludes, in a form in which equal conclusions are equal; None if it concludes nothing."""
    if lines := _LINE.findall(text):
        return canonical(item, lines[-1])
    match item.grader:
        case "numeric":
            numbers = _NUMBER.findall(text)
            return canonical(item, numbers[-1]) if numbers else None
        case "choice":
            letters = [letter for letter in _LETTER.findall(text) if letter in LETTERS[: len(item.options)]]
            return letters[-1] if letters else None
        case "exact" | "set":
            lines = [line for line in text.splitlines() if line.strip()]
            return canonical(item, lines[0]) if len(lines) == 1 and len(lines[0]) <= 80 else None


def canonical(item: Item, answer: str) -> Conclusion | None:
    """Return an answer in the form in which it is compared; None where the item's grader cannot read it."""
    if plain(answer) in {plain(word) for word in UNKNOWN.values()}:
        return "unknown"
    match item.grader:
        case "exact":
            return plain(answer) or None
        case "numeric":
            numbers = _NUMBER.findall(answer)
            return round(value, 9) if numbers and (value := number(numbers[0], item.language)) is not None else None
        case "choice":
            return _letter(item, answer)
        case "set":
            return frozenset(part for part in map(plain, _SEPARATORS.split(answer)) if part) or None


def is_right(item: Item, concluded: Conclusion | None) -> bool:
    """Tell whether a conclusion is the item's answer; none at all is wrong."""
    if concluded is None:
        return False
    if item.grader == "set":
        wanted = frozenset(plain(answer) for answer in item.answer)
        return concluded == wanted or (len(item.answer) == 1 and concluded == canonical(item, item.answer[0]))
    known = {canonical(item, answer) for answer in item.answer}
    if item.grader == "numeric" and isinstance(concluded, float):
        return any(isinstance(right, float) and abs(right - concluded) <= item.tolerance + 1e-9 for right in known)
    return concluded in known


def plain(text: str) -> str:
    """Return a text without case, accents, articles, and marks at its ends."""
    decomposed = unicodedata.normalize("NFKD", text.casefold())
    letters = "".join(letter for letter in decomposed if not unicodedata.combining(letter))
    words = " ".join(letters.split()).strip(" .,;:!?\"'`*_()[]«»“”„’")
    return _ARTICLES.sub("", words).strip()


def number(text: str, language: Language) -> float | None:
    """Read a number as a language writes it: 1,234.5 in English, 1 234,5 in French, 1.234,5 in German; and 3/4."""
    digits = re.sub(r"[\s'’\u00a0\u202f]", "", text).replace("−", "-")
    above, _, below = digits.partition("/")
    if below:
        return float(above) / float(below) if above.lstrip("+-").isdigit() and float(below) else None
    grouping, point = (",", ".") if language in ("en", "other") else (".", ",")
    if grouping in digits and point not in digits and not re.fullmatch(rf"[-+]?\d{{1,3}}(\{grouping}\d{{3}})+", digits):
        grouping, point = point, grouping  # written as in the other language
    try:
        return float(digits.replace(grouping, "").replace(point, "."))
    except ValueError:
        return None


def _letter(item: Item, answer: str) -> str | None:
    letters = LETTERS[: len(item.options)]
    if found := [letter for letter in _LETTER.findall(answer.strip().upper()[:3]) if letter in letters]:
        return str(found[0])
    same = [letter for letter, option in zip(letters, item.options, strict=True) if plain(option) == plain(answer)]
    return same[0] if len(same) == 1 else None
