"""The text of a ballot: the form that is asked for, and the strict reading of what came back.

Knows letters only; which seat a letter stands for is kept with the ballot.
"""

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import permutations
from typing import Any

from council.domain import Label, Note
from council.errors import BallotError
from models.characters import well_formed
from models.marks.thinking import without_thinking
from models.text import lazy_gettext as _

ENUM_UP_TO = 5
"""With more answers the possible orders are too many to be listed in a schema."""
NOTE_CHARACTERS = 100

# What stands before the order, at the beginning of a line, in a ballot that is not JSON.
_MARKER = re.compile(
    r"\b(?:FINAL[ \t]+(?:RANKING|ORDER)|(?:CLASSEMENT|ORDRE)[ \t]+FINAL)\b|(?P<broken>\"order\"\s*:)", re.IGNORECASE
)
_LINE_START = re.compile(r"(?:^|\n)[^\w\n]*\Z")
_AFTER_MARKER = re.compile(r"[ \t*_`]*:?[ \t*_`]*")
_NAMED = r"(?:(?:response|answer|option|candidate|r[ée]ponse)[ \t]+)?"
_WRAP = r"[*_`\"'\[\](){}«»“”]*"
_LABEL = rf"{_WRAP}[ \t]*{_NAMED}{_WRAP}(?P<label>[A-Za-z])(?!\w){_WRAP}"
_ONE_LABEL = re.compile(rf"\s*{_LABEL}[ \t]*[.,;]?\s*\Z", re.IGNORECASE)
_ITEM = re.compile(rf"\s*(?:[-*•][ \t]+)?(?P<number>\d{{1,2}})[ \t]*[.):][ \t]*{_LABEL}(?P<rest>.*)\Z", re.IGNORECASE)
_BULLET = re.compile(r"\s*(?:[-*•][ \t]+)?\d{1,2}[ \t]*[.):]")
_REMARK = re.compile(r"[ \t]*(?:[.,;]?[ \t]*\Z|[-–—:(][ \t]*(?P<text>.*)\Z)")
_SEPARATOR = re.compile(r"\s*(>+|→|->|≻|,|;)\s*")
_NOTHING = frozenset(
    """
none, no, nothing, null, false, na, n/a, empty, empty string, no contradiction, no contradictions, none found,
there is no contradiction, there are no contradictions, they do not contradict each other,
aucune, aucun, non, rien, néant, vide, aucune contradiction, pas de contradiction, il n'y a pas de contradiction
""".strip()
    .replace("\n", " ")
    .split(", ")
)
_DECODER = json.JSONDecoder(strict=False)


@dataclass(frozen=True, slots=True)
class ParsedBallot:
    """What a ballot's text says, in the voter's own letters; `order` is best first and complete."""

    order: tuple[Label, ...]
    notes: dict[Label, Note] = field(default_factory=dict)
    contradiction: str = ""


def ballot_schema(labels: Sequence[Label], *, notes: bool) -> dict[str, Any]:
    """Return the JSON schema of a ballot, its properties in the order in which they are to be written.

    Reasons come before the order, as that is where they help. With `notes=False` the bare order is asked for.
    """
    text = {"type": "string", "maxLength": NOTE_CHARACTERS}
    properties: dict[str, Any] = {}
    if notes:
        for label in labels:
            properties[label] = _object({"strength": text, "flaw": text})
        properties["contradiction"] = text
    properties["order"] = _order_schema(labels)
    return _object(properties)


def ballot_tokens(answers: int, *, notes: bool) -> int:
    """Return a bound for a ballot's length that its schema cannot exceed in any common language.

    For every note two tokens a character (scripts of Asia take one to two); for what stands around the notes of an
    answer 80, for the rest of the ballot 200. A place in a bare order takes 8 at most, what stands around them 64.
    """
    if not notes:
        return answers * 8 + 64
    texts = 2 * answers + 1  # a strength and a flaw of each, and the contradiction
    return texts * NOTE_CHARACTERS * 2 + answers * 80 + 200


def parse_ballot(text: str, labels: Sequence[Label]) -> ParsedBallot:
    """Read a voter's final order: JSON, or a marker with the order behind it; the last one outside thinking counts.

    Raises BallotError unless that one names every label exactly once, with a sentence that names the fault and can
    be told to the voter. Nothing is guessed from prose, as that would invent votes.
    """
    ballot = _whole_json(text)
    if ballot is None:
        spoken = without_thinking(text)
        if not spoken.strip():
            raise BallotError(
                _("There is thinking, but no ballot after it.") if text.strip() else _("The text is empty.")
            )
        ballot, end = _last_json(spoken)
        marker = _last_marker(spoken, end)
        if marker is not None:
            return ParsedBallot(_marked_order(spoken, marker, labels))
    if ballot is None:
        raise BallotError(
            _("There is no order in the text; it must name each of {letters} once, best first.", letters=_list(labels))
        )
    return ParsedBallot(_json_order(ballot["order"], labels), _notes(ballot, labels), _contradiction(ballot))


def _object(properties: dict[str, Any]) -> dict[str, Any]:
    return {
        "type": "object",
        "properties": properties,
        "required": list(properties),
        "additionalProperties": False,
    }


def _order_schema(labels: Sequence[Label]) -> dict[str, Any]:
    if len(labels) <= ENUM_UP_TO:
        return {"type": "string", "enum": [" > ".join(order) for order in permutations(labels)]}
    items = {"type": "string", "enum": list(labels)}
    return {"type": "array", "items": items, "minItems": len(labels), "maxItems": len(labels), "uniqueItems": True}


def _whole_json(text: str) -> dict[str, Any] | None:
    """Read a text that is one JSON object and nothing else, as constrained ballots are; tags inside it mean nothing."""
    try:
        value = _DECODER.decode(text.strip())
    except (ValueError, RecursionError):
        return None
    return value if isinstance(value, dict) and "order" in value else None


def _last_json(text: str) -> tuple[dict[str, Any] | None, int]:
    """Find the last JSON object with an order in it, and where it ends."""
    found, end, at = None, 0, text.find("{")
    while at >= 0:
        try:
            value, stop = _DECODER.raw_decode(text, at)
        except (ValueError, RecursionError):
            value, stop = None, at + 1
        if isinstance(value, dict) and isinstance(value.get("order"), str | list):
            found, end = value, stop
            at = text.find("{", stop)
        else:
            at = text.find("{", at + 1)
    return found, end


def _last_marker(text: str, start: int) -> re.Match[str] | None:
    """Find the last marker, even if it is only mentioned; a ballot is void rather than read from an earlier one."""
    markers = list(_MARKER.finditer(text, start))
    return markers[-1] if markers else None


def _marked_order(text: str, marker: re.Match[str], labels: Sequence[Label]) -> tuple[Label, ...]:
    if marker["broken"]:
        raise BallotError(_("The JSON is broken or cut off; write it once more, whole and shorter."))
    if not _LINE_START.search(text[max(0, marker.start() - 200) : marker.start()]):
        raise BallotError(_("The last line must begin with the marker, and only the order may follow it."))
    after = text[marker.end() :]
    skipped = _AFTER_MARKER.match(after)
    lines = [line.strip() for line in after[skipped.end() if skipped else 0 :].splitlines()]
    lines = [line for line in lines if line.strip(" *_`#>-")]
    if not lines:
        raise BallotError(
            _("No order follows the marker; name each of {letters} once, best first.", letters=_list(labels))
        )
    if _BULLET.match(lines[0]):
        return _listed_order(lines, labels)
    return _line_order(lines[0], labels)


def _listed_order(lines: Sequence[str], labels: Sequence[Label]) -> tuple[Label, ...]:
    """Read "1. Answer B", "2. Answer A" …, each with a remark after a dash, colon or bracket at most."""
    named: list[str] = []
    for line in lines:
        if not _BULLET.match(line):
            break
        item = _ITEM.match(line)
        remark = _REMARK.match(item["rest"]) if item else None
        if item is None or remark is None or _ONE_LABEL.match(remark["text"] or ""):
            raise BallotError(
                _("The line {line!r} must name one answer by its letter alone; ties are not allowed.", line=line[:60])
            )
        if int(item["number"]) != len(named) + 1:
            raise BallotError(
                _(
                    "The places must be numbered 1 to {last}, each once; {line!r} is not in turn.",
                    last=len(labels),
                    line=line[:60],
                )
            )
        named.append(item["label"])
    return _permutation(named, labels)


def _line_order(line: str, labels: Sequence[Label]) -> tuple[Label, ...]:
    """Read "B > A > C" or "B, A, C"; mixed separators would be ties."""
    parts = _SEPARATOR.split(line)
    separators = {"," if separator in ",;" else ">" for separator in parts[1::2]}
    if len(separators) > 1 or re.search(r"[=≈~&/]|\b(?:and|et|tie[ds]?|ex [æa]e?quo)\b", line, re.IGNORECASE):
        raise BallotError(_("{line!r} holds a tie; every answer needs a place of its own.", line=line[:60]))
    return _permutation(parts[::2], labels)


def _json_order(order: object, labels: Sequence[Label]) -> tuple[Label, ...]:
    if isinstance(order, str):
        return _line_order(order, labels)
    if isinstance(order, list) and all(isinstance(item, str) for item in order):
        return _permutation(order, labels)
    raise BallotError(
        _("'order' must be text like {example!r}; ties and nested lists are not allowed.", example=" > ".join(labels))
    )


def _permutation(named: Sequence[str], labels: Sequence[Label]) -> tuple[Label, ...]:
    """Map what was named to labels; a full permutation or nothing."""
    order = []
    for text in named:
        match = _ONE_LABEL.match(text)
        if match is None:
            raise BallotError(
                _(
                    "{text!r} is not the letter of an answer; the letters are {letters}.",
                    text=text.strip()[:60],
                    letters=_list(labels),
                )
            )
        order.append(Label(match["label"].upper()))
    unknown = [label for label in order if label not in labels]
    twice = sorted({label for label in order if order.count(label) > 1})
    missing = [label for label in labels if label not in order]
    if unknown:
        raise BallotError(
            _("The order names {letter!r}, but the answers are {letters}.", letter=unknown[0], letters=_list(labels))
        )
    if twice:
        raise BallotError(
            _(
                "The order names {twice} more than once; name each of {letters} once.",
                twice=_list(twice),
                letters=_list(labels),
            )
        )
    if missing:
        raise BallotError(
            _(
                "The order leaves out {missing}; name each of {letters} once.",
                missing=_list(missing),
                letters=_list(labels),
            )
        )
    return tuple(order)


def _list(labels: Sequence[Label]) -> str:
    return ", ".join(labels)


def _notes(ballot: dict[str, Any], labels: Sequence[Label]) -> dict[Label, Note]:
    notes = {}
    for label in labels:
        note = ballot.get(label)
        if isinstance(note, dict):
            notes[label] = Note(strength=_line(note.get("strength")), flaw=_line(note.get("flaw")))
    return notes


def _contradiction(ballot: dict[str, Any]) -> str:
    """What the answers contradict each other on; a model's ways to say "on nothing" are nothing."""
    said = _line(ballot.get("contradiction"))
    return "" if said.casefold().strip(" .!-–—\"'()[]«»") in _NOTHING | {""} else said


def _line(value: object) -> str:
    """A text on one line; half of a character, which JSON can write, could not be stored."""
    return " ".join(well_formed(value).split()) if isinstance(value, str) else ""
