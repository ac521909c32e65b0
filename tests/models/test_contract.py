"""The same cases for every backend: a caller need not know which one it talks to."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import fields
from pathlib import Path

import pytest

from models.base import Backend, Chunk, GenerationConfig, Message
from models.errors import (
    BackendError,
    BackendTimeoutError,
    BackendUnavailableError,
    BadResponseError,
    ModelNotFoundError,
    NoAnswerError,
)
from models.ollama.backend import open_ollama
from tests.models.local_backends import open_local
from tests.models.scripts import QUICK, ScriptedOllama, ScriptedOpenAI, falls_silent_after, refuses, says
from tests.ollama_server import OllamaServer, free_port

pytestmark = pytest.mark.anyio

SHORT = GenerationConfig(max_tokens=16, context_tokens=2048, seed=3)
LONG = GenerationConfig(max_tokens=1500, context_tokens=2048, seed=3)
QUESTION = [Message("system", "Be brief."), Message("user", "Say hello to the world.")]
Open = Callable[[], AbstractAsyncContextManager[Backend]]
Scripted = ScriptedOllama | ScriptedOpenAI


async def listen(backend: Backend, model: str = "tiny", config: GenerationConfig = SHORT) -> list[Chunk]:
    async with backend.stream(model, QUESTION, config) as chunks:
        return [chunk async for chunk in chunks]


def values_of(chunk: Chunk) -> list[object]:
    return [getattr(chunk, field.name) for field in fields(chunk)]


@pytest.fixture(params=[ScriptedOllama(), ScriptedOpenAI()], ids=lambda scripted: scripted.name)
def scripted(request: pytest.FixtureRequest) -> Scripted:
    """A backend over HTTP whose server is scripted."""
    assert isinstance(request.param, ScriptedOllama | ScriptedOpenAI)
    return request.param


@pytest.fixture(
    params=[
        "scripted ollama",
        "scripted openai",
        pytest.param("ollama", marks=pytest.mark.ollama),
        "llama.cpp",
        "worker",
    ]
)
def open_backend(request: pytest.FixtureRequest, tmp_path: Path) -> Open:
    """Opens a backend with the model `tiny`, which goes on writing for a while."""

    @asynccontextmanager
    async def open_scripted(scripted: Scripted) -> AsyncIterator[Backend]:
        texts = [scripted.hello(text) for text in ("Hello", ", ", "world")]
        thought = scripted.hello("<think>Hm</think>He")
        async with scripted.open(says(thought, *texts, scripted.done)) as (backend, _):
            yield backend

    @asynccontextmanager
    async def open_real() -> AsyncIterator[Backend]:
        backend = open_ollama(request.getfixturevalue("ollama_server").url)
        yield backend
        await backend.close()

    def open_here(in_worker: bool) -> AbstractAsyncContextManager[Backend]:
        return open_local(request.getfixturevalue("tiny_gguf"), tmp_path / "weights", in_worker=in_worker)

    return {
        "scripted ollama": lambda: open_scripted(ScriptedOllama()),
        "scripted openai": lambda: open_scripted(ScriptedOpenAI()),
        "ollama": open_real,
        "llama.cpp": lambda: open_here(False),
        "worker": lambda: open_here(True),
    }[request.param]


async def test_an_answer_comes_in_pieces_and_ends_with_one_completion(open_backend: Open) -> None:
    async with open_backend() as backend:
        chunks = await listen(backend)
    texts = [chunk.text for chunk in chunks if chunk.text]
    assert len(texts) > 1
    assert [chunk.completion is not None for chunk in chunks] == [False] * (len(chunks) - 1) + [True]
    assert {sum(map(bool, values_of(chunk))) for chunk in chunks} == {1}
    completion = chunks[-1].completion
    assert completion is not None
    assert (completion.backend, completion.model) == (backend.name, "tiny")
    assert completion.usage.prompt_tokens > 0 and completion.usage.completion_tokens > 0


async def test_an_installed_model_is_listed_described_and_healthy(open_backend: Open) -> None:
    async with open_backend() as backend:
        health = await backend.health()
        cards = await backend.list_models()
        card = await backend.describe("tiny")
    assert health.ok and health.backend == backend.name
    assert {card.name for card in health.models} == {card.name for card in cards}
    assert "tiny" in {card.name.removesuffix(":latest") for card in cards}
    assert card.context_tokens >= 4096 and card.backend == backend.name


async def test_a_model_that_is_not_there_is_named_in_the_error(open_backend: Open) -> None:
    async with open_backend() as backend:
        with pytest.raises(ModelNotFoundError, match="'nowhere'") as caught:
            await listen(backend, "nowhere")
        with pytest.raises(ModelNotFoundError, match="'nowhere'"):
            await backend.describe("nowhere")
    assert caught.value.backend == backend.name


async def test_leaving_the_stream_early_leaves_the_backend_usable(open_backend: Open) -> None:
    async with open_backend() as backend:
        for _ in range(3):
            async with backend.stream("tiny", QUESTION, LONG) as chunks:
                async for chunk in chunks:
                    if chunk.text:
                        break
        assert (await asyncio.wait_for(listen(backend), 60))[-1].completion is not None


async def test_a_cancelled_task_leaves_the_backend_usable(open_backend: Open) -> None:
    async with open_backend() as backend:
        for turns in range(6):
            task = asyncio.create_task(listen(backend, config=LONG))
            for _ in range(turns):
                await asyncio.sleep(0)
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task
        assert (await asyncio.wait_for(listen(backend), 60))[-1].completion is not None


async def test_leaving_the_stream_hangs_up_on_the_server(scripted: Scripted) -> None:
    async with scripted.open(falls_silent_after(scripted.hello("Hel"))) as (backend, server):
        async with backend.stream("tiny", QUESTION, SHORT) as chunks:
            assert (await anext(chunks)).text == "Hel"
        await asyncio.wait_for(server.hung_up.wait(), 10)


async def test_cancelling_while_the_server_reads_the_prompt_hangs_up_on_it(scripted: Scripted) -> None:
    async with scripted.open(falls_silent_after()) as (backend, server):
        task = asyncio.create_task(listen(backend))
        await asyncio.wait_for(server.fell_silent.wait(), 10)
        task.cancel()
        await asyncio.wait({task})
        await asyncio.wait_for(server.hung_up.wait(), 10)


@pytest.mark.parametrize("text", ["", " \n"])
async def test_an_empty_answer_is_an_error(scripted: Scripted, text: str) -> None:
    async with scripted.open(says(scripted.hello(text), scripted.done)) as (backend, _):
        with pytest.raises(NoAnswerError, match="empty answer") as caught:
            await listen(backend)
    assert not caught.value.has_thinking


async def test_thoughts_without_an_answer_are_an_error_of_their_own(scripted: Scripted) -> None:
    async with scripted.open(says(scripted.only_thought)) as (backend, _):
        with pytest.raises(NoAnswerError, match="switch its thinking off") as caught:
            await listen(backend)
    assert caught.value.has_thinking


async def test_thoughts_that_the_server_leaves_in_the_text_are_told_from_the_answer(scripted: Scripted) -> None:
    pieces = [scripted.hello(text) for text in ("<th", "ink>Hm", "m</thi", "nk>\n\nHel", "lo <think>")]
    async with scripted.open(says(*pieces, scripted.done)) as (backend, _):
        chunks = await listen(backend)
    assert "".join(chunk.thinking for chunk in chunks) == "Hmm"
    assert "".join(chunk.text for chunk in chunks) == "Hello <think>"


async def test_text_that_only_begins_like_a_thought_is_not_lost(scripted: Scripted) -> None:
    async with scripted.open(says(scripted.hello("<thi"), scripted.done)) as (backend, _):
        assert "".join(chunk.text for chunk in await listen(backend)) == "<thi"


@pytest.mark.parametrize(
    ("pieces", "text"),
    [
        (["kangaroo \\ud83e", "\\udd98!"], "kangaroo 🦘!"),
        (["half \\ud83e", " and \\udd98"], "half � and �"),
        (["ends \\ud83e"], "ends �"),
        (["nul\\u0000s"], "nul�s"),
        (["\\\\ud83e stays"], "\\ud83e stays"),
    ],
)
async def test_halves_of_characters_are_joined_over_pieces_and_lone_ones_replaced(
    scripted: Scripted, pieces: list[str], text: str
) -> None:
    lines = [scripted.hello("HERE").replace(b"HERE", piece.encode()) for piece in pieces]
    async with scripted.open(says(*lines, scripted.done)) as (backend, _):
        assert "".join(chunk.text for chunk in await listen(backend)) == text


async def test_bytes_that_are_no_characters_do_not_end_an_answer(scripted: Scripted) -> None:
    line = scripted.hello("HERE").replace(b"HERE", b"caf\xc3 \xff")
    async with scripted.open(says(line, scripted.done)) as (backend, _):
        assert "".join(chunk.text for chunk in await listen(backend)) == "caf� �"


async def test_an_answer_cut_at_its_limit_says_so(scripted: Scripted) -> None:
    async with scripted.open(says(scripted.hello("Hello"), scripted.cut_short)) as (backend, _):
        completion = (await listen(backend))[-1].completion
    assert completion is not None and completion.usage.truncated


async def test_a_server_that_is_not_there_is_unavailable_for_every_request(scripted: Scripted) -> None:
    url = f"http://127.0.0.1:{free_port()}"
    backend = scripted.at(url)
    for request in (listen(backend), backend.list_models(), backend.describe("tiny"), backend.embed("tiny", ["a"])):
        with pytest.raises(BackendUnavailableError, match="does not answer") as caught:
            await request
        assert url in str(caught.value)
    health = await backend.health()
    assert not health.ok and url in str(health.detail)
    await backend.close()


async def test_silence_before_the_first_word_is_a_timeout(scripted: Scripted) -> None:
    async with scripted.open(falls_silent_after(), QUICK) as (backend, _):
        with pytest.raises(BackendTimeoutError, match=r"silent for 0\.3 s while reading the prompt"):
            await listen(backend)


async def test_silence_in_the_middle_of_an_answer_is_a_timeout(scripted: Scripted) -> None:
    async with scripted.open(falls_silent_after(scripted.hello("Hel")), QUICK) as (backend, _):
        with pytest.raises(BackendTimeoutError, match=r"silent for 0\.3 s while writing"):
            await listen(backend)


async def test_an_error_in_the_middle_of_an_answer_is_raised_after_its_text(scripted: Scripted) -> None:
    heard = []
    async with scripted.open(says(scripted.hello("Hel"), scripted.error_line)) as (backend, _):
        with pytest.raises(BadResponseError, match=r"terminated|engine died"):
            async with backend.stream("tiny", QUESTION, SHORT) as chunks:
                async for chunk in chunks:
                    heard.append(chunk.text)
    assert heard == ["Hel"]


async def test_a_server_that_dies_in_the_middle_is_unavailable(scripted: Scripted) -> None:
    async with scripted.open(says(scripted.hello("Hel"), ends=False)) as (backend, _):
        with pytest.raises(BackendUnavailableError, match="broke off"):
            await listen(backend)


async def test_an_answer_without_its_end_is_not_taken_for_a_whole_one(scripted: Scripted) -> None:
    async with scripted.open(says(scripted.hello("Hel"))) as (backend, _):
        with pytest.raises(BadResponseError, match="in the middle"):
            await listen(backend)


@pytest.mark.parametrize(
    "garbage", [b"<html>hello</html>\n", b"\xff\xfe\x00\n", b"{\n", b"[1]\n", b'{"choices": 1}\n{"done": 9}']
)
async def test_garbage_is_a_bad_response(scripted: Scripted, garbage: bytes) -> None:
    async with scripted.open(says(garbage)) as (backend, _):
        with pytest.raises(BadResponseError) as caught:
            await listen(backend)
    assert backend.name == caught.value.backend


async def test_characters_that_look_like_line_ends_stay_inside_the_text(scripted: Scripted) -> None:
    odd = "a\u2028b\u0085c\u000bd"
    whole = scripted.hello("odd").replace(b"odd", odd.replace("\u000b", "\\u000b").encode())
    async with scripted.open(says(whole[:9], whole[9:-3], whole[-3:] + scripted.done)) as (backend, _):
        assert "".join(chunk.text for chunk in await listen(backend)) == odd


@pytest.mark.parametrize("status", [400, 401, 403, 404, 408, 413, 418, 422, 429, 500, 502, 503, 504, 599])
async def test_every_error_status_is_a_backend_error_that_names_the_server(scripted: Scripted, status: int) -> None:
    async with scripted.open(refuses(status, {"error": "no"})) as (backend, server):
        with pytest.raises(BackendError) as caught:
            await listen(backend)
    assert server.url in str(caught.value)
    assert caught.value.backend == backend.name


@pytest.mark.ollama
async def test_a_real_server_killed_in_the_middle_of_an_answer_is_unavailable(doomed_ollama: OllamaServer) -> None:
    backend = open_ollama(doomed_ollama.url)
    with pytest.raises(BackendUnavailableError, match="ollama serve"):
        async with backend.stream("tiny", QUESTION, LONG) as chunks:
            async for chunk in chunks:
                if chunk.text:
                    doomed_ollama.kill()
    assert not (await backend.health()).ok
    await backend.close()
