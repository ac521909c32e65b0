"""A server that asks for time gets it, within bounds, and whoever listens is told; with real servers."""

import asyncio
import time
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest

from models.attempts import LEAST_SECONDS, MOST_SECONDS, MOST_WAITS, Patience
from models.base import Chunk
from models.errors import AllBackendsFailedError, BackendError, BackendOverloadedError, BackendUnavailableError
from models.selector import BackendSelector
from models.text import verbatim
from tests.models.http.wire_server import Wire
from tests.models.scripts import ScriptedOllama, ScriptedOpenAI, Speaks, refuses, says
from tests.models.speaker import CONFIG, QUESTION, Speaker, final_text, hear, speaker_of

pytestmark = pytest.mark.anyio
Scripted = ScriptedOllama | ScriptedOpenAI


@pytest.fixture(params=[ScriptedOllama(), ScriptedOpenAI()], ids=lambda scripted: scripted.name)
def scripted(request: pytest.FixtureRequest) -> Scripted:
    assert isinstance(request.param, ScriptedOllama | ScriptedOpenAI)
    return request.param


def later(scripted: Scripted, *refusals: Speaks) -> Speaks:
    """Refuse so often, then answer."""
    left = list(refusals)

    async def speak(wire: Wire) -> None:
        await (left.pop(0) if left else says(scripted.hello("Hello"), scripted.done))(wire)

    return speak


def busy(retry_after: str, status: int = 429) -> Speaks:
    return refuses(status, {"error": {"message": "slow down"}}, retry_after=retry_after)


@pytest.mark.parametrize("status", [429, 503])
async def test_a_server_that_asks_to_wait_is_asked_again_after_that_time_and_says_so(
    scripted: Scripted, status: int
) -> None:
    async with scripted.open(later(scripted, busy("1", status))) as (backend, _):
        began = time.monotonic()
        chunks = await hear(BackendSelector([backend]), "tiny")
        assert time.monotonic() - began >= 1
    assert final_text(chunks) == "Hello" and not any(chunk.restart for chunk in chunks)
    (notice,) = [str(chunk.notice) for chunk in chunks if "wait" in str(chunk.notice)]
    assert "slow down" in notice and "asks to wait 1 s, and is asked again then" in notice


async def test_a_date_is_waited_for_by_the_servers_own_clock(scripted: Scripted) -> None:
    here = datetime(2001, 1, 1, tzinfo=UTC)  # the server's clock is wrong by years
    then, now = (format_datetime(moment, usegmt=True) for moment in (here + timedelta(seconds=1), here))
    refusal = refuses(429, {}, retry_after=then, date=now)
    async with scripted.open(later(scripted, refusal)) as (backend, _):
        began = time.monotonic()
        chunks = await hear(BackendSelector([backend]), "tiny")
        assert time.monotonic() - began >= 1
    assert final_text(chunks) == "Hello"


async def test_several_waits_are_granted(scripted: Scripted) -> None:
    async with scripted.open(later(scripted, busy("0"), busy("0"), busy("0.1"))) as (backend, _):
        chunks = await hear(BackendSelector([backend]), "tiny")
    assert final_text(chunks) == "Hello"
    assert len([chunk for chunk in chunks if "wait" in str(chunk.notice)]) == 3


async def test_a_server_that_asks_for_too_much_is_given_up_for_the_next(scripted: Scripted) -> None:
    async with scripted.open(busy("86400")) as (backend, _):
        chunks = await hear(BackendSelector([backend, Speaker("second", ["tiny"])]), "tiny")
        assert speaker_of(chunks) == ("second", "tiny")
        with pytest.raises(AllBackendsFailedError, match="It asks to wait 86,400 s"):
            await hear(BackendSelector([backend]), "tiny")


async def test_a_server_that_is_always_busy_is_given_up_after_a_few_times(scripted: Scripted) -> None:
    async with scripted.open(busy("0")) as (backend, server):
        with pytest.raises(AllBackendsFailedError, match="too busy"):
            await hear(BackendSelector([backend]), "tiny")
        asked = [call for call in server.calls if call.body.get("messages")]
    assert len(asked) == MOST_WAITS + 1


async def test_who_waits_can_be_cancelled_at_once(scripted: Scripted) -> None:
    waits = asyncio.Event()

    async def listen(selector: BackendSelector) -> None:
        async with selector.stream("tiny", QUESTION, CONFIG) as chunks:
            async for chunk in chunks:
                if "wait" in str(chunk.notice):
                    waits.set()

    async with scripted.open(busy("50")) as (backend, _):
        task = asyncio.create_task(listen(BackendSelector([backend])))
        async with asyncio.timeout(20):
            await waits.wait()
        began = time.monotonic()
        task.cancel()
        await asyncio.wait([task])
        assert task.cancelled() and time.monotonic() - began < 20


async def test_a_text_that_was_broken_off_is_void_though_the_server_then_asks_for_time() -> None:
    class Breaking(Speaker):
        """Speaks two words, then is busy, then answers."""

        async def _chunks(self, model: str):  # type: ignore[no-untyped-def]
            self.failure = [BackendOverloadedError("Busy.", retry_after=0.0), None][min(len(self.asked), 1)]
            self.words_first = 2
            async for chunk in super()._chunks(model):
                yield chunk

    chunks: list[Chunk] = await hear(BackendSelector([Breaking("first", ["a:1b"])]), "a:1b")
    assert final_text(chunks) == "first: one two three"
    assert [str(chunk.restart) for chunk in chunks if chunk.restart] == [
        "Busy. 'a:1b' on first begins the answer anew."
    ]


async def test_a_busy_server_is_not_away(scripted: Scripted) -> None:
    refused = False

    async def list_models(wire: Wire) -> None:
        if refused:
            await busy("9")(wire)
        elif scripted.name == "ollama":
            await wire.json({"models": [{"name": "tiny:latest"}]})
        else:
            await wire.json({"data": [{"id": "tiny"}]})

    async with scripted.open(later(scripted), tags=list_models, models=list_models) as (backend, _):
        selector = BackendSelector([backend])
        assert [card.name.removesuffix(":latest") for card in await selector.list_models()] == ["tiny"]
        refused = True
        (health,) = await selector.healths(anew=True)
        assert health.ok and "too busy" in str(health.detail)
        assert [card.name.removesuffix(":latest") for card in await selector.list_models()] == ["tiny"]
        assert final_text(await hear(selector, "tiny")) == "Hello"


async def test_what_is_asked_before_a_question_waits_too() -> None:
    class Busy(Speaker):
        """Is busy once."""

        async def count_tokens(self, model: str, text: str) -> int:
            self.checks += 1
            if self.checks == 2:  # the first is that of its health
                raise BackendOverloadedError(verbatim("Busy."), retry_after=0.0)
            return 42

    assert await BackendSelector([Busy("first", ["a:1b"])]).count_tokens("a:1b", "x") == 42


@pytest.mark.parametrize(
    ("error", "seconds"),
    [
        (BackendOverloadedError("x", retry_after=2.0), 2.0),
        (BackendOverloadedError("x", retry_after=0.0), LEAST_SECONDS),
        (BackendOverloadedError("x"), 0.0),
        (BackendOverloadedError("x", retry_after=MOST_SECONDS + 1), 0.0),
        (BackendUnavailableError("x"), 0.0),
    ],
)
def test_patience_is_for_those_who_ask_for_a_bearable_time(error: BackendError, seconds: float) -> None:
    assert Patience().grant(error) == seconds


def test_patience_ends() -> None:
    patience, granted = Patience(), 0.0
    while seconds := patience.grant(BackendOverloadedError("x", retry_after=25.0)):
        granted += seconds
    assert granted == 50.0
