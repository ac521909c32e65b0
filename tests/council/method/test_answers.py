"""What a seat is told by its persona."""

import pytest

from council.domain import Effort, Seat
from council.method.answers import instruction_of
from council.seats import PERSONAS, SeatWish, take_seats
from tests.deliberations import Recorded, a_council
from tests.fakes import ScriptedBackend, kind_of

pytestmark = pytest.mark.anyio

SCEPTIC = PERSONAS["sceptic"].instruction


@pytest.mark.parametrize(
    ("persona", "stored", "told"),
    [
        ("sceptic", "Doubt it.", "Doubt it."),
        ("sceptic", "", SCEPTIC),
        ("You are a pirate.", "", "You are a pirate."),
        ("", "", ""),
    ],
)
def test_a_persona_says_what_was_stored_with_the_run(persona: str, stored: str, told: str) -> None:
    assert instruction_of(Seat(id="seat-1", model="m", persona=persona, instruction=stored)) == told


async def test_a_seat_is_stored_with_what_its_persona_says_and_told_it_first() -> None:
    seats = take_seats([SeatWish("alpha:1b", "sceptic"), SeatWish("beta:1b", "You are a pirate.")])
    assert [(seat.persona, seat.instruction) for seat in seats] == [("sceptic", SCEPTIC), ("You are a pirate.", "")]
    backend = ScriptedBackend()
    await Recorded(backend, a_council(mode="compare", seats=seats)).run()
    asked = {model: messages[1].content for model, messages, _ in backend.prompts}
    assert f"# Your task\n\n{SCEPTIC} Answer the question." in asked["alpha:1b"]
    assert "# Your task\n\nYou are a pirate. Answer the question." in asked["beta:1b"]


@pytest.mark.parametrize(("effort", "think"), [("", None), ("off", False), ("low", "low"), ("high", "high")])
async def test_answers_are_thought_about_as_the_settings_say_and_ballots_not_at_all(
    effort: Effort, think: object
) -> None:
    backend = ScriptedBackend()
    await Recorded(backend, a_council(effort=effort)).run()
    asked = {kind_of(messages, config): config.think for _, messages, config in backend.prompts}
    assert asked["answer"] == think and asked["ballot"] is False
