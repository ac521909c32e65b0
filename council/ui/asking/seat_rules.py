"""From what stands in the seats editor to a council, and back; refusals say what to change and where."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import cast

from council.domain import MAX_SEATS, Council, Mode, Policy, Seat
from council.errors import ConfigurationError
from council.seats import PERSONAS, check_seats, choose_chairman, choose_seats, parse_seats
from council.settings import Settings
from council.ui.words.texts import Texts
from models.base import ModelCard

DEFAULT_TEMPERATURE = 0.7
MOST_PERSONA_CHARACTERS = 2000
RULE_FIELDS = 6
"""How many fields `Rules` has, the mode first."""


@dataclass(frozen=True)
class Row:
    """One line of the editor."""

    model: str = ""
    persona: str = ""
    temperature: float = DEFAULT_TEMPERATURE


@dataclass(frozen=True)
class Rules:
    """What stands in the editor beside the seats."""

    mode: Mode = "council"
    chairman: str = ""
    second_look: Policy = "auto"
    debate: Policy = "auto"
    rounds: int = 1
    answer_tokens: int = 1024


def default_rows(cards: Sequence[ModelCard], settings: Settings) -> list[Row]:
    """The seats of the settings, else those chosen from what is installed; none where nothing is."""
    try:
        seats = parse_seats(settings.seats) if settings.seats else choose_seats(cards)
    except ConfigurationError:
        return []
    return [Row(seat.model, seat.persona, seat.temperature) for seat in seats]


def build_council(
    rows: Sequence[Row], rules: Rules, cards: Sequence[ModelCard], settings: Settings, texts: Texts
) -> Council:
    """Make the council that a user put together; raises ConfigurationError in the user's language where it can."""
    if not rows:
        raise ConfigurationError(texts.no_seats)
    if len(rows) > MAX_SEATS:
        raise ConfigurationError(texts.too_many_seats.format(most=MAX_SEATS))
    for number, row in enumerate(rows, 1):
        if not row.model.strip():
            raise ConfigurationError(texts.seat_without_model.format(number=number))
        if len(row.persona) > MOST_PERSONA_CHARACTERS:
            raise ConfigurationError(texts.long_persona.format(number=number, most=MOST_PERSONA_CHARACTERS))
    speaking = rows[:1] if rules.mode == "quick" else rows
    seats = tuple(_seat(number, row) for number, row in enumerate(speaking, 1))
    chairman = choose_chairman(seats, cards, "" if rules.mode == "quick" else rules.chairman)
    check_seats([seat for seat in (*seats, chairman) if seat.model not in settings.stand_ins], cards)
    return Council(
        seats=seats,
        chairman=chairman,
        mode=rules.mode,
        second_look=rules.second_look,
        debate=rules.debate,
        rounds=rules.rounds,
        answer_tokens=rules.answer_tokens,
    )


def _seat(number: int, row: Row) -> Seat:
    persona = row.persona.strip()
    name = persona.casefold() if persona.casefold() in PERSONAS else persona
    return Seat(id=f"seat-{number}", model=row.model.strip()[:300], persona=name, temperature=row.temperature)


def read_rows(count: int, values: Sequence[object]) -> list[Row]:
    """The first `count` rows from the editor's values, which come row by row; an empty field has its default."""
    rows = []
    for start in range(0, min(3 * count, 3 * MAX_SEATS, len(values)), 3):
        model, persona, temperature = values[start : start + 3]
        number = float(temperature) if isinstance(temperature, int | float) else DEFAULT_TEMPERATURE
        rows.append(Row(str(model or ""), str(persona or ""), min(max(number, 0.0), 2.0)))
    return rows


def read_rules(values: Sequence[object]) -> Rules:
    """The rules from the editor's values, in the order of the fields of Rules."""
    mode, chairman, second_look, debate, rounds, answer_tokens = values
    return Rules(
        mode=cast(Mode, mode),
        chairman=str(chairman or ""),
        second_look=cast(Policy, second_look),
        debate=cast(Policy, debate),
        rounds=min(max(int(rounds), 1), 3) if isinstance(rounds, int | float) else 1,
        answer_tokens=min(max(int(answer_tokens), 16), 32_768) if isinstance(answer_tokens, int | float) else 1024,
    )
