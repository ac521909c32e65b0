"""Which seats say the very same: no vote can add to that, and no rewording better it."""

import re
import unicodedata
from collections.abc import Mapping, Sequence

from council.domain import SeatId, Verdict

_EMPHASIS = re.compile(r"(?<!\w)(\*\*|__|\*|_|`)(?=\S)(.+?)(?<=\S)\1(?!\w)")


def groups(answers: Mapping[SeatId, str]) -> list[tuple[SeatId, ...]]:
    """Return the seats by what they say, the largest group first.

    Spaces, emphasis, a last full stop and the case of the first letter do not count; all else may: 4 is not 4!, and
    5 mW is not 5 MW.
    """
    same: dict[str, list[SeatId]] = {}
    for seat_id, text in answers.items():
        same.setdefault(_essence(text), []).append(seat_id)
    return sorted((tuple(seats) for seats in same.values()), key=len, reverse=True)


def majority(answers: Mapping[SeatId, str]) -> Sequence[SeatId]:
    """Return the seats that say the very same, where they are two or more and more than half of all; else none."""
    largest = groups(answers)[0] if answers else ()
    return largest if len(largest) > max(1, len(answers) / 2) else ()


def undisputed(answers: Mapping[SeatId, str], verdict: Verdict | None) -> Sequence[SeatId]:
    """Return the majority that says the very same; none where the vote clearly prefers what another seat says."""
    same = majority(answers)
    winner = verdict.standings.winner if verdict else None
    return same if winner is None or winner in same else ()


def _essence(text: str) -> str:
    plain = " ".join(_EMPHASIS.sub(r"\2", unicodedata.normalize("NFC", text)).split()).rstrip(" .")
    return plain[:1].lower() + plain[1:]
