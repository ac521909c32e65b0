"""From what stands in the seats editor to a request, and back; whether it can be fulfilled, the core decides."""

from collections.abc import Sequence
from typing import Any, cast

from council.asking import CouncilRequest, usual_seats
from council.domain import MAX_SEATS, Council, Mode, Policy, Seat, Value
from council.errors import ConfigurationError
from council.seats import SeatWish
from council.settings import Settings
from models.base import ModelCard

RULE_FIELDS = 6
"""How many fields of the editor are rules, the mode first; those of the seats come after them."""


def default_rows(cards: Sequence[ModelCard], settings: Settings) -> list[SeatWish]:
    """The seats of the settings, else those chosen from what is installed; none where nothing is."""
    try:
        seats = usual_seats(cards, settings)
    except ConfigurationError:
        return []
    return [SeatWish(seat.model, seat.persona, seat.temperature) for seat in seats]


def read_request(count: int, values: Sequence[object]) -> CouncilRequest:
    """The request that the editor's values make: the rules, then `count` seats."""
    mode, chairman, second_look, debate, rounds, answer_tokens = values[:RULE_FIELDS]
    return CouncilRequest(
        seats=tuple(read_rows(count, values[RULE_FIELDS:])),
        chairman=str(chairman or ""),
        mode=cast(Mode, mode),
        second_look=cast(Policy, second_look),
        debate=cast(Policy, debate),
        rounds=int(_within(Council, "rounds", rounds)),
        answer_tokens=int(_within(Council, "answer_tokens", answer_tokens)),
    )


def read_rows(count: int, values: Sequence[object]) -> list[SeatWish]:
    """The first `count` seats from the editor's values, which come row by row; an empty field has its default."""
    rows = []
    for start in range(0, min(3 * count, 3 * MAX_SEATS, len(values)), 3):
        model, persona, temperature = values[start : start + 3]
        rows.append(SeatWish(str(model or ""), str(persona or ""), _within(Seat, "temperature", temperature)))
    return rows


def _within(of: type[Value], field: str, number: object) -> Any:
    """The number in a field, moved within its bounds; its default where there is none."""
    least, most = of.bounds(field)
    return min(max(number, least), most) if isinstance(number, int | float) else of.model_fields[field].default
