"""The page says which models are run elsewhere, and asks once before a question goes there."""

import pytest

from council.seats import SeatWish
from council.translation import translator
from council.ui.asking.seat_editor import model_choices, next_row, render_summary
from council.ui.models.backend_status import render_lamps
from models.base import Health, ModelCard
from tests.council.ui.visitors import OpenPage, Visitor
from tests.fakes import ScriptedBackend

pytestmark = pytest.mark.anyio

ENGLISH = translator("en")
HERE, CLOUD = (
    ModelCard("alpha:1b", "ollama", size_bytes=10**9),
    ModelCard("b:cloud", "ollama", remote_host="far.example"),
)


@pytest.fixture
async def remote(visitor: Visitor, backend: ScriptedBackend, open_page: OpenPage) -> Visitor:
    backend.elsewhere = {"gamma:1b": "far.example"}
    await open_page.application.backend.healths(anew=True)
    await visitor.fire(visitor.page.health_timer, "tick")
    await visitor.fire(visitor.page.models, "change")
    return visitor


def test_lists_summary_and_lamps_mark_them_and_add_proposes_none() -> None:
    choices = model_choices([CLOUD, HERE], ENGLISH)
    assert [choice.label for choice in choices] == ["b:cloud (→ far.example)", "alpha:1b (1.0 GB)"]
    assert next_row([], choices).model == "alpha:1b"
    assert next_row([], choices[:1]) == SeatWish()
    summary = render_summary([SeatWish("alpha:1b"), SeatWish("b:cloud")], choices, ENGLISH)
    assert summary.count("→ far.example") == 1 and "runs at far.example, not on this machine" in summary
    assert "not installed" not in summary
    mixed, away = Health("ollama", True, models=(HERE, CLOUD)), Health("openai", False, remote_host="api.example")
    lamps = render_lamps([mixed, away], ENGLISH)
    assert "→ far.example" in lamps and "→ api.example" in lamps
    assert "→" not in render_lamps([Health("ollama", True, models=(HERE,))], ENGLISH)


async def test_it_is_asked_once_and_nothing_leaves_before(remote: Visitor, backend: ScriptedBackend) -> None:
    asked = len(backend.prompts)
    remote.seat(SeatWish("alpha:1b"), SeatWish("gamma:1b"))
    assert not await remote.ask("Is this a secret?")
    message = remote.page.composer.message
    assert "would be sent to far.example" in remote.said(message)
    assert 'data-action="agree" data-argument="far.example"' in remote.said(message)
    assert remote.fields[remote.page.composer.question] == "Is this a secret?" and len(backend.prompts) == asked
    await remote.press(message, "decline")
    assert remote.said(message) == "" and len(backend.prompts) == asked
    assert not await remote.ask("Is this a secret?")
    await remote.press(message, "agree", "far.example")
    await remote.ended()
    assert [seat.remote_host for seat in remote.transcript.council.seats] == ["", "far.example"]  # type: ignore[union-attr]
    assert await remote.ask("And this?"), "it asks once"


async def test_the_pane_of_a_seat_that_is_asked_elsewhere_says_so(remote: Visitor) -> None:
    remote.seat(SeatWish("alpha:1b"), SeatWish("gamma:1b"))
    remote.fields[remote.page.composer.agreed] = ("far.example",)
    assert await remote.ask("Why is this?")
    drawn = [" ".join(map(str, updates.values())) async for updates in remote.follow()][-1]
    assert drawn.count("→ far.example") == 1 and "the question went to far.example" in drawn


async def test_what_was_agreed_to_for_one_host_holds_for_no_other(remote: Visitor, backend: ScriptedBackend) -> None:
    remote.seat(SeatWish("gamma:1b"))
    remote.fields[remote.page.composer.agreed] = ("other.example",)
    assert not await remote.ask("Why not?")
    assert "would be sent to far.example" in remote.said(remote.page.composer.message)
