"""The selector hands an answer from one backend to the next: when, when not, and what it says of it."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace

import pytest

from models.base import Backend, Chunk, GenerationConfig, Message
from models.errors import (
    AllBackendsFailedError,
    BackendError,
    BackendOverloadedError,
    BackendTimeoutError,
    BackendUnavailableError,
    BadResponseError,
    ModelNotFoundError,
    NoAnswerError,
    OutOfMemoryError,
    RequestRejectedError,
    WeightsError,
)
from models.selector import BackendSelector
from tests.models.speaker import CONFIG, QUESTION, Speaker, final_text, hear, speaker_of

pytestmark = pytest.mark.anyio


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
    restarts = [str(chunk.restart) for chunk in chunks if chunk.restart]
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


async def test_a_model_that_only_thought_is_asked_again_without_thinking() -> None:
    class Thinker(Speaker):
        @asynccontextmanager
        async def stream(
            self, model: str, messages: Sequence[Message], config: GenerationConfig
        ) -> AsyncIterator[AsyncIterator[Chunk]]:
            yield self._chunks(model) if config.think is False else self._think()

        async def _think(self) -> AsyncIterator[Chunk]:
            yield Chunk(thinking="Let me see ")
            raise NoAnswerError("It only thought.", has_thinking=True)

    chunks = await hear(BackendSelector([Thinker("first", ["a:1b"]), Speaker("second", ["a:1b"])]), "a:1b")
    assert [str(chunk.restart) for chunk in chunks if chunk.restart] == [
        "It only thought. 'a:1b' on first begins the answer anew, without thinking."
    ]
    assert final_text(chunks) == "first: one two three"


async def test_a_model_that_gives_no_answer_without_thinking_either_is_asked_once() -> None:
    first = Speaker("first", ["a:1b"], failure=NoAnswerError("It only thought.", has_thinking=True), words_first=1)
    selector = BackendSelector([first, Speaker("second", ["a:1b"])])
    async with asyncio.timeout(10), selector.stream("a:1b", QUESTION, replace(CONFIG, think=False)) as chunks:
        assert final_text([chunk async for chunk in chunks]) == "second: one two three"
    assert first.asked == ["a:1b"]


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


async def test_without_any_backend_the_error_says_so() -> None:
    with pytest.raises(AllBackendsFailedError, match="no backend is set") as caught:
        await hear(BackendSelector([]), "a:1b")
    assert caught.value.cause == "no_backend"


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
    told = "".join(f"{chunk.restart}{chunk.notice}" for chunk in chunks)
    assert "'llama3:8b'" in told
    assert "stands in for 'LLaMA3:70b'" in told


async def test_a_stand_in_is_not_asked_while_any_backend_runs_the_model() -> None:
    first = Speaker("first", ["big:70b", "small:8b"], failure=OutOfMemoryError("Too big."))
    selector = BackendSelector([first, Speaker("second", ["big:70b"])], stand_ins={"big:70b": "small:8b"})
    assert speaker_of(await hear(selector, "big:70b")) == ("second", "big:70b")


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
