"""A server that accepts a connection and then says nothing holds nobody up for long, and is told as silent."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

import pytest

from models.base import Backend
from models.ollama.backend import open_ollama
from models.openai.backend import open_openai_compatible
from models.selector import BackendSelector
from tests.models.http.wire_server import Call, Wire, WireServer, serve
from tests.models.speaker import Speaker, hear, speaker_of

pytestmark = pytest.mark.anyio
Open = Callable[[str], Backend]
PATIENCE = 0.2


@pytest.fixture(params=[open_ollama, open_openai_compatible], ids=["ollama", "openai"])
def opened(request: pytest.FixtureRequest) -> Open:
    function: Open = request.param
    return function


@asynccontextmanager
async def silent_server() -> AsyncIterator[WireServer]:
    async def accept(call: Call, wire: Wire) -> None:
        await wire.silence()

    async with serve(accept) as server:
        yield server


async def test_a_silent_server_is_waited_for_once_and_told(opened: Open) -> None:
    async with silent_server() as server:
        selector = BackendSelector([opened(server.url), Speaker("second", ["a:1b"])], patience_seconds=PATIENCE)
        began = time.monotonic()
        silent, other = await selector.healths()
        assert PATIENCE <= time.monotonic() - began < 8  # the check itself may take ten
        assert not silent.ok and "has not answered within 0.2 s" in str(silent.detail) and other.ok
        for _ in range(20):
            assert [card.name for card in await selector.list_models()] == ["a:1b"]
            assert speaker_of(await hear(selector, "a:1b")) == ("second", "a:1b")
        await selector.close()
        assert len(server.calls) == 1


async def test_the_next_ones_do_not_wait_for_a_check_that_goes_on_behind() -> None:
    now = 0.0
    first = Speaker("first", ["b:1b"])
    first.check_may_end.clear()
    selector = BackendSelector([first], patience_seconds=PATIENCE, health_seconds=5.0, clock=lambda: now)
    assert not (await selector.health()).ok
    now = 6.0  # what is known is no longer fresh
    async with asyncio.timeout(PATIENCE / 2):
        assert not (await selector.health()).ok
    first.check_may_end.set()
    (found,) = await selector.healths(anew=True)
    assert found.ok and (await selector.health()).ok
    assert first.checks <= 2
    await selector.close()


async def test_a_server_that_was_only_slow_is_found_when_it_has_answered() -> None:
    first = Speaker("first", ["a:1b"])
    first.check_may_end.clear()
    selector = BackendSelector([first], patience_seconds=PATIENCE)
    assert await selector.list_models() == []
    first.check_may_end.set()
    assert await selector.healths(anew=True)
    assert [card.name for card in await selector.list_models()] == ["a:1b"]
    await selector.close()


async def test_a_model_that_only_the_slow_server_has_is_waited_for() -> None:
    first, second = Speaker("first", ["a:1b"]), Speaker("second", ["b:1b"])
    first.check_may_end.clear()
    selector = BackendSelector([first, second], patience_seconds=PATIENCE)
    asking = asyncio.create_task(hear(selector, "a:1b"))
    await first.check_has_begun.wait()
    await asyncio.sleep(PATIENCE * 2)
    first.check_may_end.set()
    assert speaker_of(await asking) == ("first", "a:1b")
    await selector.close()
