"""A question in the first seconds waits for a backend that is starting, in terminal and page, and says so."""

import asyncio
import time
from pathlib import Path

import pytest

from council import asking
from council.asking import CouncilRequest, may_come, seat_when_ready
from council.errors import ConfigurationError, MissingModelError
from council.seats import SeatWish
from council.settings import Settings
from council.terminal.cli import main
from models.base import Health, ModelCard
from models.selector import BackendSelector
from tests.council.applications import scripted
from tests.council.ui.visitors import OpenPage
from tests.fakes import ScriptedBackend

pytestmark = pytest.mark.anyio
WAITING = "No model for this council is here yet"


class Starting(ScriptedBackend):
    """A backend that is there from its third check on."""

    checks = 0

    async def health(self) -> Health:
        self.checks += 1
        return await super().health() if self.checks > 2 else Health(self.name, ok=False)


def test_the_terminal_waits_and_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    assert main(["ask", "Why?", "--mode", "compare"], opened=scripted(Starting())) == 0
    assert capsys.readouterr().err.count(WAITING) == 1


async def test_the_page_waits_and_says_so(settings: Settings) -> None:
    async with scripted(Starting())(settings) as application:
        visitor = OpenPage(application).visitor(None)
        await visitor.fire(visitor.page.blocks, "load")
        assert await visitor.ask("Why?")
        assert visitor.transcript.status == "complete"
    assert any(WAITING in text for text in visitor.seen)
    assert WAITING not in visitor.said(visitor.page.composer.message)


async def test_rows_that_could_not_be_filled_yet_are_no_wish_for_an_empty_council(settings: Settings) -> None:
    backend = Starting()
    async with scripted(backend)(settings) as application:
        visitor = OpenPage(application).visitor(None)
        await visitor.fire(visitor.page.blocks, "load")
        await visitor.fire(visitor.page.models, "change")
        assert visitor.fields[visitor.page.seats.count] == 0
        assert await visitor.ask("Why?")


async def test_a_model_that_nobody_will_bring_is_refused_at_once(settings: Settings) -> None:
    async with scripted(ScriptedBackend())(settings) as application:
        visitor = OpenPage(application).visitor(None)
        await visitor.arrive()
        visitor.seat(SeatWish("nobody:1b"))
        assert not await visitor.ask("Why?")
        assert "not installed" in visitor.said(visitor.page.composer.message)
    assert not any(WAITING in text for text in visitor.seen)


async def test_the_wait_ends(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(asking, "SEATING_SECONDS", 0.2)
    monkeypatch.setattr(asking, "LOOK_SECONDS", 0.05)
    began = time.monotonic()
    with pytest.raises(MissingModelError, match="No installed model can answer"):
        await seat_when_ready(CouncilRequest(), BackendSelector([ScriptedBackend(models=[])]), settings)
    assert 0.1 < time.monotonic() - began < 20


async def test_a_wish_that_no_model_can_mend_is_refused_at_once(settings: Settings) -> None:
    request = CouncilRequest(seats=(SeatWish("alpha:1b", "poet"),))
    async with asyncio.timeout(asking.SEATING_SECONDS / 2):
        with pytest.raises(ConfigurationError, match="unknown persona"):
            await seat_when_ready(request, BackendSelector([ScriptedBackend()]), settings)


@pytest.mark.parametrize(
    ("health", "expected"),
    [
        (Health("ollama", ok=False), True),
        (Health("ollama", ok=True), False),
        (Health("ollama", ok=True, models=(ModelCard("a:1b", "ollama"),)), False),
        (Health("llama_cpp", ok=False, lacks_weights=True), False),
    ],
)
def test_only_who_is_away_may_bring_a_model(health: Health, expected: bool) -> None:
    assert may_come([health]) is expected
