"""The seats editor: seats are added, removed and chosen anew, and follow the models that come and go."""

from dataclasses import replace

import pytest

from council.asking import CouncilRequest, make_council
from council.domain import Mode
from council.seats import SeatWish, read_wish
from council.ui.asking.seat_events import SeatEvents
from models.base import ModelCard
from tests.council.ui.visitors import OpenPage, Visitor
from tests.fakes import ScriptedBackend

pytestmark = pytest.mark.anyio

THREE = [SeatWish("alpha:1b"), SeatWish("beta:1b"), SeatWish("gamma:1b")]


def rows(visitor: Visitor) -> list[SeatWish]:
    return visitor.page.seats.read_rows(visitor.fields)


def seen(visitor: Visitor) -> list[bool]:
    """Which rows can be seen."""
    return [visitor.properties[row.row]["visible"] for row in visitor.page.seats.rows]


async def test_the_installed_models_sit_when_the_page_opens(visitor: Visitor) -> None:
    assert sorted(row.model for row in rows(visitor)) == ["alpha:1b", "beta:1b", "gamma:1b"]
    assert seen(visitor) == [True] * 3 + [False] * 5
    assert visitor.said(visitor.page.seats.summary).count('class="badge') == 3


async def test_a_ninth_seat_is_refused_and_those_who_sit_stay(visitor: Visitor) -> None:
    editor = visitor.page.seats
    for count in range(4, 9):
        await visitor.fire(editor.add, "click")
        assert len(rows(visitor)) == visitor.fields[editor.count] == count
    before = rows(visitor)
    await visitor.fire(editor.add, "click")
    assert "8" in visitor.said(editor.summary) and 'class="failure"' in visitor.said(editor.summary)
    assert rows(visitor) == before


async def test_an_added_seat_takes_a_model_that_does_not_sit_else_a_new_persona(visitor: Visitor) -> None:
    visitor.seat(SeatWish("alpha:1b"), SeatWish("gamma:1b"))
    await visitor.fire(visitor.page.seats.add, "click")
    assert rows(visitor)[2] == SeatWish("beta:1b")
    await visitor.fire(visitor.page.seats.add, "click")
    added = rows(visitor)[3]
    assert added.persona and added.persona not in [row.persona for row in rows(visitor)[:3]]


async def test_a_removed_seat_makes_room_for_those_below_it(visitor: Visitor) -> None:
    visitor.seat(*THREE)
    await visitor.fire(visitor.page.seats.rows[1].remove, "click")
    assert rows(visitor) == [THREE[0], THREE[2]]
    assert seen(visitor) == [True] * 2 + [False] * 6
    assert visitor.fields[visitor.page.seats.rows[2].model] is None


async def test_all_seats_are_chosen_anew_on_request_and_where_none_was_chosen(
    visitor: Visitor, open_page: OpenPage
) -> None:
    editor = visitor.page.seats
    visitor.seat(SeatWish("beta:1b", "a poet from Quimper", 0.1))
    await visitor.fire(visitor.page.models, "change")
    assert rows(visitor) == [SeatWish("beta:1b", "a poet from Quimper", 0.1)]  # a user's choice stays
    await visitor.fire(editor.refill, "click")
    assert len(rows(visitor)) == 3
    visitor.seat(SeatWish("pocket-a"))
    await visitor.fire(visitor.page.models, "change")
    assert "pocket-a" not in [row.model for row in rows(visitor)]  # demonstration models make room


async def test_the_seats_of_the_settings_come_before_what_is_installed(visitor: Visitor, open_page: OpenPage) -> None:
    settings = visitor.settings.model_copy(update={"seats": ("beta:1b=teacher",)})
    events = SeatEvents(replace(open_page.application, settings=settings), visitor.page)
    visitor.take(await events.refill(visitor.fields))
    assert rows(visitor) == [SeatWish("beta:1b", "teacher")]


async def test_nobody_sits_where_nothing_is_installed(
    visitor: Visitor, backend: ScriptedBackend, open_page: OpenPage
) -> None:
    backend.models = []
    await open_page.application.backend.healths(anew=True)
    await visitor.fire(visitor.page.seats.refill, "click")
    assert rows(visitor) == [] and seen(visitor) == [False] * 8


async def test_new_models_are_offered_to_seats_and_chair(
    visitor: Visitor, backend: ScriptedBackend, open_page: OpenPage
) -> None:
    backend.models.append("delta:1b")
    await open_page.application.backend.healths(anew=True)
    await visitor.fire(visitor.page.health_timer, "tick")
    await visitor.fire(visitor.page.models, "change")
    for field in (visitor.page.seats.rows[7].model, visitor.page.seats.chairman):
        assert "delta:1b" in [name for _, name in visitor.properties[field]["choices"]]


async def test_what_is_typed_shows_in_the_summary(visitor: Visitor) -> None:
    visitor.seat(SeatWish("alpha:1b", "sceptic"), SeatWish("alpha:1b"), SeatWish("nobody:1b"))
    await visitor.fire(visitor.page.seats.rows[0].model, "input")
    summary = visitor.said(visitor.page.seats.summary)
    assert "Sceptic" in summary and summary.count("not installed") == 1


@pytest.mark.parametrize("mode", ["quick", "full"])
async def test_page_and_terminal_make_the_same_council_of_the_same_wishes(mode: Mode, visitor: Visitor) -> None:
    """In quick mode, too: only the seat that speaks is stored, and nobody else concludes."""
    editor = visitor.page.seats
    visitor.seat(SeatWish("alpha:1b"), SeatWish("beta:1b", "Sceptic", 0.2), SeatWish("gamma:1b"))
    visitor.fields |= {editor.rows[2].persona: None, editor.rows[2].temperature: None}
    visitor.fields |= {
        editor.chairman: "gamma:1b",
        editor.debate: "always",
        editor.rounds: 2,
        editor.answer_tokens: 500,
    }
    written = tuple(read_wish(text) for text in ("alpha:1b", "beta:1b=sceptic@0.2", "gamma:1b"))
    in_terminal = CouncilRequest(
        seats=written, chairman="gamma:1b", mode=mode, debate="always", rounds=2, answer_tokens=500
    )
    cards = [ModelCard(f"{name}:1b", "ollama", family=name) for name in ("alpha", "beta", "gamma")]
    requests = (editor.read_request(visitor.fields, mode, has_models=True), in_terminal)
    councils = [make_council(request, cards, visitor.settings) for request in requests]
    assert councils[0] == councils[1]
    seats, chairman = councils[0].seats, councils[0].chairman
    assert [seat.id for seat in (*seats, chairman)] == (
        ["seat-1", "seat-1"] if mode == "quick" else ["seat-1", "seat-2", "seat-3", "seat-3"]
    )


async def test_odd_values_of_the_editor_become_sound_ones(visitor: Visitor) -> None:
    editor = visitor.page.seats
    first, second = editor.rows[:2]
    visitor.fields |= {first.model: "a", first.persona: None, first.temperature: None}
    visitor.fields |= {second.model: None, second.persona: "poet", second.temperature: 9, editor.count: 2}
    assert rows(visitor) == [SeatWish("a"), SeatWish("", "poet", 2.0)]
    visitor.fields |= {editor.count: 99}
    assert len(rows(visitor)) == 8
    visitor.fields |= {editor.count: 0, editor.chairman: None, editor.rounds: 9, editor.answer_tokens: 0}
    odd = editor.read_request(visitor.fields, "full", has_models=True)
    assert (odd.mode, odd.chairman, odd.rounds, odd.answer_tokens, odd.seats) == ("full", "", 3, 16, ())
    visitor.fields |= {editor.rounds: None, editor.answer_tokens: None}
    empty = editor.read_request(visitor.fields, "full", has_models=True)
    assert (empty.rounds, empty.answer_tokens) == (1, 1024)
