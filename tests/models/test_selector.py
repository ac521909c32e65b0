"""The selector against backends that break at chosen moments; each answers with its own name, to show who spoke."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

import pytest

from models.base import Backend, Chunk, Completion, GenerationConfig, Health, Message, ModelCard
from models.errors import (
    AllBackendsFailedError,
    BackendError,
    BackendOverloadedError,
    BackendTimeoutError,
    BackendUnavailableError,
    BadResponseError,
    ModelNotFoundError,
    OutOfMemoryError,
    RequestRejectedError,
    WeightsError,
)
from models.selector import BackendSelector

pytestmark = pytest.mark.anyio

QUESTION = [Message("user", "Why is the sky blue?")]
CONFIG = GenerationConfig()
WORDS = ("one ", "two ", "three")


class Speaker:
    """Says its name and three words; `failure` breaks the answer off after `words_first` of them."""

    def __init__(
        self, name: str, models: Sequence[str], *, failure: BackendError | None = None, words_first: int = 0
    ) -> None:
        self.name = name
        self.models = list(models)
        self.failure = failure
        self.words_first = words_first
        self.is_up = True
        self.sizes: dict[str, int] = {}
        self.checks = 0
        self.asked: list[str] = []
        self.open_streams = 0
        self.is_closed = False
        self.check_has_begun = asyncio.Event()
        self.check_may_end = asyncio.Event()
        self.check_may_end.set()
        self.may_speak = asyncio.Event()
        self.may_speak.set()

    async def health(self) -> Health:
        self.checks += 1
        self.check_has_begun.set()
        await self.check_may_end.wait()
        if not self.is_up:
            return Health(self.name, ok=False, detail=f"{self.name} does not answer. Start it.")
        return Health(self.name, ok=True, models=tuple(await self.list_models()))

    async def list_models(self) -> list[ModelCard]:
        return [ModelCard(model, self.name, size_bytes=self.sizes.get(model, 0)) for model in self.models]

    async def describe(self, model: str) -> ModelCard:
        self._require(model)
        return ModelCard(model, self.name, context_tokens=4096)

    async def count_tokens(self, model: str, text: str) -> int:
        self._require(model)
        return 42

    async def embed(self, model: str, texts: Sequence[str]) -> list[list[float]]:
        self._require(model)
        return [[1.0] for _ in texts]

    @asynccontextmanager
    async def stream(
        self, model: str, messages: Sequence[Message], config: GenerationConfig
    ) -> AsyncIterator[AsyncIterator[Chunk]]:
        self.open_streams += 1
        try:
            yield self._chunks(model)
        finally:
            await asyncio.sleep(0)  # closing a stream takes a turn of the loop, as it does on a socket
            self.open_streams -= 1

    async def close(self) -> None:
        self.is_closed = True

    async def _chunks(self, model: str) -> AsyncIterator[Chunk]:
        self.asked.append(model)
        self._require(model)
        for position, word in enumerate((f"{self.name}: ", *WORDS)):
            if self.failure is not None and position >= self.words_first:
                raise self.failure
            await self.may_speak.wait()
            yield Chunk(text=word)
        yield Chunk(completion=Completion(self.name, model))

    def _require(self, model: str) -> None:
        if self.failure is not None and self.words_first == 0:
            raise self.failure
        if model not in self.models:
            raise ModelNotFoundError(f"{self.name} has no {model!r}. Install it.", backend=self.name)


async def hear(selector: BackendSelector, model: str) -> list[Chunk]:
    async with asyncio.timeout(10), selector.stream(model, QUESTION, CONFIG) as chunks:
        return [chunk async for chunk in chunks]


def final_text(chunks: Sequence[Chunk]) -> str:
    text = ""
    for chunk in chunks:
        text = ("" if chunk.restart else text) + chunk.text
    return text


def speaker_of(chunks: Sequence[Chunk]) -> tuple[str, str]:
    completion = chunks[-1].completion
    assert completion is not None
    return completion.backend, completion.model


async def test_a_selector_is_itself_a_backend() -> None:
    backend: Backend = BackendSelector([Speaker("first", ["a:1b"])])
    async with backend.stream("a:1b", QUESTION, CONFIG) as chunks:
        assert final_text([chunk async for chunk in chunks]) == "first: one two three"


async def test_the_first_backend_in_order_answers() -> None:
    first, second = Speaker("first", ["a:1b"]), Speaker("second", ["a:1b"])
    chunks = await hear(BackendSelector([first, second]), "a:1b")
    assert speaker_of(chunks) == ("first", "a:1b")
    assert second.asked == []
    assert not any(chunk.restart or chunk.notice for chunk in chunks)


@pytest.mark.parametrize("words_first", [0, 2], ids=["before", "in the middle of"])
@pytest.mark.parametrize(
    "kind",
    [
        BackendUnavailableError,
        BackendTimeoutError,
        BackendOverloadedError,
        BadResponseError,
        OutOfMemoryError,
        WeightsError,
        AllBackendsFailedError,
    ],
)
async def test_an_answer_that_fails_begins_again_on_the_next_backend(
    kind: type[BackendError], words_first: int
) -> None:
    first = Speaker("first", ["a:1b"], failure=kind("The first one broke."), words_first=words_first)
    chunks = await hear(BackendSelector([first, Speaker("second", ["a:1b"])]), "a:1b")
    assert final_text(chunks) == "second: one two three"
    assert speaker_of(chunks) == ("second", "a:1b")
    restarts = [chunk.restart for chunk in chunks if chunk.restart]
    assert restarts == ["The first one broke. 'a:1b' on second begins the answer anew."]
    assert first.open_streams == 0


async def test_a_request_that_is_wrong_everywhere_stops_at_once() -> None:
    first = Speaker("first", ["a:1b"], failure=RequestRejectedError("The prompt is too long."))
    second = Speaker("second", ["a:1b"])
    with pytest.raises(RequestRejectedError, match="too long"):
        await hear(BackendSelector([first, second]), "a:1b")
    assert second.asked == []


async def test_a_bug_in_a_backend_is_not_taken_for_a_failure() -> None:
    class Buggy(Speaker):
        def _require(self, model: str) -> None:
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await hear(BackendSelector([Buggy("first", ["a:1b"]), Speaker("second", ["a:1b"])]), "a:1b")


async def test_a_model_that_only_the_second_backend_has_needs_no_restart() -> None:
    chunks = await hear(BackendSelector([Speaker("first", ["a:1b"]), Speaker("second", ["b:1b"])]), "b:1b")
    assert speaker_of(chunks) == ("second", "b:1b")
    assert not any(chunk.restart for chunk in chunks)


async def test_a_stream_that_ends_without_a_completion_is_a_failure() -> None:
    class Abrupt(Speaker):
        async def _chunks(self, model: str) -> AsyncIterator[Chunk]:
            yield Chunk(text="half an ans")

    chunks = await hear(BackendSelector([Abrupt("first", ["a:1b"]), Speaker("second", ["a:1b"])]), "a:1b")
    assert final_text(chunks) == "second: one two three"


async def test_when_all_fail_the_error_names_each_cause_and_what_to_do() -> None:
    first = Speaker("first", ["a:1b"])
    first.is_up = False
    second = Speaker("second", ["a:1b"], failure=BadResponseError("Nonsense came back. Ask again."), words_first=1)
    with pytest.raises(AllBackendsFailedError) as caught:
        await hear(BackendSelector([first, second, Speaker("third", [])]), "a:1b")
    message = str(caught.value)
    assert "first: first does not answer. Start it." in message
    assert "second: Nonsense came back. Ask again." in message
    assert "third: third has no 'a:1b'. Install it." in message
    assert {error.backend for error in caught.value.errors} == {"first", "second", "third"}


async def test_without_any_backend_the_error_names_the_setting() -> None:
    with pytest.raises(AllBackendsFailedError, match="COUNCIL_BACKENDS"):
        await hear(BackendSelector([]), "a:1b")


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
    assert health.detail == "first: first does not answer. Start it."
    assert [card.name for card in health.models] == ["b:1b"]


@pytest.mark.parametrize("kind", [OutOfMemoryError, BackendUnavailableError, ModelNotFoundError])
async def test_a_stand_in_answers_after_every_backend_failed_for_the_model(kind: type[BackendError]) -> None:
    class TooSmall(Speaker):
        def _require(self, model: str) -> None:
            if model == "LLaMA3:70b":
                raise kind(f"{self.name} cannot run it.")

    first, second = TooSmall("first", ["llama3:8b"]), TooSmall("second", ["llama3:8b"])
    selector = BackendSelector([first, second], stand_ins={"llama3:70b": "llama3:8b"})
    chunks = await hear(selector, "LLaMA3:70b")
    assert (first.asked, second.asked) == (["LLaMA3:70b", "llama3:8b"], ["LLaMA3:70b"])
    assert speaker_of(chunks)[1] == "llama3:8b"
    assert final_text(chunks).endswith("one two three")
    told = "".join(chunk.restart + chunk.notice for chunk in chunks)
    assert "'llama3:8b'" in told
    assert "stands in for 'LLaMA3:70b'" in told


async def test_a_stand_in_is_not_asked_while_any_backend_runs_the_model() -> None:
    first = Speaker("first", ["big:70b", "small:8b"], failure=OutOfMemoryError("Too big."))
    selector = BackendSelector([first, Speaker("second", ["big:70b"])], stand_ins={"big:70b": "small:8b"})
    assert speaker_of(await hear(selector, "big:70b")) == ("second", "big:70b")


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


@pytest.mark.parametrize("way", ["leave", "cancel"])
async def test_leaving_an_answer_closes_the_stream_of_the_backend(way: str) -> None:
    first = Speaker("first", ["a:1b"])
    selector = BackendSelector([first])
    has_begun = asyncio.Event()

    async def listen() -> None:
        async with selector.stream("a:1b", QUESTION, CONFIG) as chunks:
            async for _ in chunks:
                first.may_speak.clear()
                has_begun.set()
                if way == "leave":
                    break

    task = asyncio.create_task(listen())
    async with asyncio.timeout(10):
        await has_begun.wait()
        if way == "cancel":
            assert first.open_streams == 1
            task.cancel()
        await asyncio.wait([task])
    assert task.cancelled() is (way == "cancel")
    assert first.open_streams == 0


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
