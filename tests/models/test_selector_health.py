"""What the selector knows of its backends: who is up, who has which model, under which name."""

import asyncio

import pytest

from models.base import Health
from models.errors import (
    BackendTimeoutError,
    BackendUnavailableError,
    ModelNotFoundError,
)
from models.selector import BackendSelector
from tests.models.speaker import Speaker, hear, speaker_of

pytestmark = pytest.mark.anyio


async def test_a_backend_that_just_went_away_is_not_asked_by_the_other_seats() -> None:
    first = Speaker("first", ["a:1b"], failure=BackendUnavailableError("It died."))
    selector = BackendSelector([first, Speaker("second", ["a:1b"])])
    await hear(selector, "a:1b")
    later = await asyncio.gather(*(hear(selector, "a:1b") for _ in range(3)))
    assert first.asked == ["a:1b"]
    assert [speaker_of(chunks) for chunks in later] == [("second", "a:1b")] * 3
    assert [health.ok for health in await selector.healths()] == [False, True]


async def test_a_timeout_alone_does_not_mark_a_backend_as_down() -> None:
    first = Speaker("first", ["a:1b"], failure=BackendTimeoutError("It was slow."))
    selector = BackendSelector([first, Speaker("second", ["a:1b"])])
    await hear(selector, "a:1b")
    assert [health.ok for health in await selector.healths()] == [True, True]


async def test_a_backend_that_came_back_is_found_before_giving_up() -> None:
    first = Speaker("first", ["a:1b"])
    first.is_up = False
    selector = BackendSelector([first], health_seconds=1000)
    assert not (await selector.health()).ok
    first.is_up = True
    assert speaker_of(await hear(selector, "a:1b")) == ("first", "a:1b")


async def test_health_is_remembered_for_a_few_seconds() -> None:
    now = 0.0
    first = Speaker("first", ["a:1b"])
    selector = BackendSelector([first], health_seconds=5.0, clock=lambda: now)
    await selector.healths()
    now = 4.9
    await selector.healths()
    assert first.checks == 1
    now = 5.1
    first.is_up = False
    assert [health.ok for health in await selector.healths()] == [False]
    assert first.checks == 2


async def test_callers_at_the_same_time_share_one_check_and_one_of_them_may_leave() -> None:
    first = Speaker("first", ["a:1b"])
    first.check_may_end.clear()
    selector = BackendSelector([first])
    callers = [asyncio.create_task(selector.health()) for _ in range(4)]
    await asyncio.sleep(0)
    callers[0].cancel()
    await asyncio.sleep(0)
    first.check_may_end.set()
    healths = await asyncio.gather(*callers, return_exceptions=True)
    assert isinstance(healths[0], asyncio.CancelledError)
    assert [health.ok for health in healths[1:] if isinstance(health, Health)] == [True] * 3
    assert first.checks == 1


async def test_the_detail_of_health_tells_what_is_wrong_while_another_backend_is_well() -> None:
    first = Speaker("first", ["a:1b"])
    first.is_up = False
    health = await BackendSelector([first, Speaker("second", ["b:1b"])]).health()
    assert health.ok
    assert str(health.detail) == "first: first does not answer. Start it."
    assert [card.name for card in health.models] == ["b:1b"]


async def test_the_models_of_all_backends_are_listed_once_under_the_first_that_serves_them() -> None:
    first, second = Speaker("first", ["tiny:latest", "b:1b"]), Speaker("second", ["TINY", "b:1b", "c:1b"])
    cards = await BackendSelector([first, second]).list_models()
    assert [(card.name, card.backend) for card in cards] == [
        ("tiny:latest", "first"),
        ("b:1b", "first"),
        ("c:1b", "second"),
    ]


async def test_a_second_tag_of_the_same_blob_is_not_a_second_model() -> None:
    first = Speaker("first", ["llama3.2:3b", "llama3.2:latest", "llama3.2:1b"])
    first.sizes = {"llama3.2:3b": 2_000, "llama3.2:latest": 2_000, "llama3.2:1b": 1_000}
    cards = await BackendSelector([first]).list_models()
    assert [card.name for card in cards] == ["llama3.2:3b", "llama3.2:1b"]


async def test_a_model_is_found_in_another_backend_under_its_other_name() -> None:
    first = Speaker("first", ["llama3.2:3b"], failure=BackendUnavailableError("It died."), words_first=1)
    second = Speaker("second", ["Llama-3.2-3B-Instruct-Q4_K_M"])
    chunks = await hear(BackendSelector([first, second]), "llama3.2:3b")
    assert speaker_of(chunks) == ("second", "Llama-3.2-3B-Instruct-Q4_K_M")


async def test_a_file_that_was_named_is_preferred_to_the_same_model_in_the_first_backend() -> None:
    first, second = Speaker("first", ["llama3.2:3b"]), Speaker("second", ["Llama-3.2-3B-Instruct-Q8_0"])
    chunks = await hear(BackendSelector([first, second]), "Llama-3.2-3B-Instruct-Q8_0")
    assert speaker_of(chunks) == ("second", "Llama-3.2-3B-Instruct-Q8_0")


async def test_describing_counting_and_embedding_go_to_the_first_that_works() -> None:
    first = Speaker("first", ["a:1b"], failure=BackendUnavailableError("It died."))
    selector = BackendSelector([first, Speaker("second", ["a:1b"])])
    assert (await selector.describe("a:1b")).backend == "second"
    assert await selector.count_tokens("a:1b", "text") == 42
    assert await selector.embed("a:1b", ["x", "y"]) == [[1.0], [1.0]]


async def test_a_model_that_is_nowhere_is_not_found_and_still_gets_an_estimate_of_its_tokens() -> None:
    selector = BackendSelector([Speaker("first", ["a:1b"]), Speaker("second", [])])
    with pytest.raises(ModelNotFoundError, match=r"first has no 'zzz'.*second has no 'zzz'"):
        await selector.describe("zzz")
    assert await selector.count_tokens("zzz", "x" * 300) >= 100


async def test_closing_closes_every_backend_and_gives_up_a_check_under_way() -> None:
    first, second = Speaker("first", []), Speaker("second", [])
    first.check_may_end.clear()
    selector = BackendSelector([first, second])
    check = asyncio.create_task(selector.health())
    async with asyncio.timeout(10):
        await first.check_has_begun.wait()
    await selector.close()
    assert (first.is_closed, second.is_closed) == (True, True)
    with pytest.raises(asyncio.CancelledError):
        await check
