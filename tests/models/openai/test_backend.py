"""The OpenAI-compatible backend: what it sends, and the many shapes in which servers answer."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import httpx
import pytest

from models.base import Chunk, GenerationConfig, Message
from models.errors import (
    BackendError,
    BackendOverloadedError,
    BackendUnavailableError,
    BadResponseError,
    ModelNotFoundError,
    OutOfMemoryError,
    RequestRejectedError,
)
from models.openai.backend import OpenAICompatibleBackend, open_openai_compatible
from tests.models.http.wire_server import WireServer, serve
from tests.models.scripts import OPENAI_DONE, Speaks, openai_piece, openai_server, refuses, says, sse

pytestmark = pytest.mark.anyio

HELLO = says(openai_piece("Hello"), OPENAI_DONE)
QUESTION = [Message("system", "Be brief."), Message("user", "Hello?")]


@asynccontextmanager
async def openai(
    speak: Speaks = HELLO, api_key: str = "", **routes: Speaks
) -> AsyncIterator[tuple[OpenAICompatibleBackend, WireServer]]:
    async with serve(openai_server(speak, **routes)) as server:
        backend = open_openai_compatible(server.url, api_key=api_key)
        yield backend, server
        await backend.close()


async def listen(backend: OpenAICompatibleBackend, config: GenerationConfig | None = None) -> list[Chunk]:
    async with backend.stream("tiny", QUESTION, config or GenerationConfig()) as chunks:
        return [chunk async for chunk in chunks]


def text_of(chunks: list[Chunk]) -> str:
    return "".join(chunk.text for chunk in chunks)


async def test_the_configuration_reaches_the_server() -> None:
    schema = {"type": "object"}
    config = GenerationConfig(temperature=0.3, max_tokens=64, seed=5, stop=("END",), json_schema=schema, think=False)
    async with openai() as (backend, server):
        await listen(backend, config)
    (sent,) = server.bodies("/v1/chat/completions")
    assert sent == {
        "model": "tiny",
        "messages": [{"role": "system", "content": "Be brief."}, {"role": "user", "content": "Hello?"}],
        "stream": True,
        "stream_options": {"include_usage": True},
        "max_tokens": 64,
        "temperature": 0.3,
        "seed": 5,
        "stop": ["END"],
        "response_format": {"type": "json_schema", "json_schema": {"name": "answer", "strict": True, "schema": schema}},
        "chat_template_kwargs": {"enable_thinking": False},
    }


async def test_a_wish_that_nobody_has_is_not_sent() -> None:
    async with openai() as (backend, server):
        await listen(backend)
    (sent,) = server.bodies("/v1/chat/completions")
    assert not {"stop", "response_format", "chat_template_kwargs"} & sent.keys()


@pytest.mark.parametrize(
    ("url", "base"),
    [
        ("http://box:8000", "http://box:8000/v1/"),
        ("http://box:8000/", "http://box:8000/v1/"),
        ("http://box:8000/v1/", "http://box:8000/v1/"),
        (" https://box/api/v1 ", "https://box/api/v1/"),
    ],
)
async def test_the_address_may_leave_out_the_usual_path(url: str, base: str) -> None:
    seen = []

    def answer(request: httpx.Request) -> httpx.Response:
        seen.append(str(request.url))
        return httpx.Response(200, json={"data": []})

    opened = open_openai_compatible(url)
    client = httpx.AsyncClient(base_url=opened._client.base_url, transport=httpx.MockTransport(answer))
    await OpenAICompatibleBackend(client).list_models()
    await opened.close()
    assert seen == [f"{base}models"]


@pytest.mark.parametrize("url", ["", "box:8000", "ftp://box", "http://", "http://box:port"])
def test_an_address_that_cannot_be_meant_is_refused_with_an_example(url: str) -> None:
    with pytest.raises(ValueError, match="Write for example"):
        open_openai_compatible(url)


async def test_the_key_goes_to_the_server_and_never_into_an_error() -> None:
    echo = {"error": {"message": "Incorrect API key provided: sk-secret"}}
    async with openai(refuses(401, echo), api_key="sk-secret") as (backend, server):
        with pytest.raises(BackendUnavailableError, match="key in the settings") as caught:
            await listen(backend)
    assert server.calls[0].headers["authorization"] == "Bearer sk-secret"
    assert "sk-secret" not in str(caught.value)


@pytest.mark.parametrize("status", [200, 400, 429, 500])
async def test_a_key_that_the_server_says_back_is_blotted_out(status: int) -> None:
    echo = refuses(status, {"error": {"message": "No credit for sk-secret"}})
    async with openai(echo, api_key="sk-secret") as (backend, _):
        with pytest.raises(BackendError) as caught:
            await listen(backend)
    assert "sk-secret" not in str(caught.value)


@pytest.mark.parametrize("key", ["sk-secret\n", "sk-sécret"])
def test_a_key_that_cannot_be_sent_is_refused_without_repeating_it(key: str) -> None:
    with pytest.raises(ValueError, match="Copy it anew") as caught:
        open_openai_compatible("http://box", api_key=key)
    assert "cret" not in str(caught.value)


@pytest.mark.parametrize("field", ["reasoning_content", "reasoning"])
async def test_thinking_is_kept_apart_from_the_answer(field: str) -> None:
    thought = sse({"choices": [{"delta": {"role": "assistant", "content": None, field: "Hmm. "}}]})
    async with openai(says(thought, openai_piece("Yes"), OPENAI_DONE)) as (backend, _):
        chunks = await listen(backend)
    assert "".join(chunk.thinking for chunk in chunks) == "Hmm. "
    assert text_of(chunks) == "Yes"


async def test_the_prompt_that_a_cache_spared_is_told() -> None:
    usage = {"prompt_tokens": 900, "completion_tokens": 5, "prompt_tokens_details": {"cached_tokens": 800}}
    last = openai_piece(finish_reason="stop") + sse({"choices": [], "usage": usage}) + sse(b"[DONE]")
    async with openai(says(openai_piece("Hello"), last)) as (backend, _):
        completion = (await listen(backend))[-1].completion
    assert completion is not None
    cost = completion.usage
    assert (cost.prompt_tokens, cost.cached_tokens, cost.completion_tokens) == (900, 800, 5)
    assert cost.prompt_seconds > 0 and cost.completion_seconds > 0


@pytest.mark.parametrize(
    "pieces",
    [
        [b": ping\n\n", b"event: message\nid: 7\n", openai_piece("Hello"), b"retry: 10\n\n", OPENAI_DONE],
        [openai_piece("Hello").replace(b"\n", b"\r\n"), OPENAI_DONE.replace(b"\n", b"\r\n")],
        [openai_piece("Hello").replace(b"data: ", b"data:"), OPENAI_DONE],
        [openai_piece("Hello", finish_reason="stop")],
        [openai_piece("Hello"), sse(b"[DONE]")],
        [sse({"choices": [{"delta": {"role": "assistant"}}]}), openai_piece("Hello"), OPENAI_DONE],
        [openai_piece("Hel")[:20], openai_piece("Hel")[20:] + openai_piece("lo"), OPENAI_DONE],
    ],
    ids=["comments", "crlf", "no space", "no DONE", "no finish reason", "role first", "split anywhere"],
)
async def test_every_usual_kind_of_event_stream_is_read(pieces: list[bytes]) -> None:
    async with openai(says(*pieces)) as (backend, _):
        assert text_of(await listen(backend)) == "Hello"


@pytest.mark.parametrize(
    ("status", "body", "error", "advice"),
    [
        (404, {"error": {"message": "The model `tiny` does not exist."}}, ModelNotFoundError, "that it lists"),
        (400, {"error": {"message": "Unknown model 'tiny'"}}, ModelNotFoundError, "that it lists"),
        (400, {"object": "error", "message": "maximum context length is 4096"}, RequestRejectedError, "4096"),
        (422, {"detail": [{"msg": "field required"}]}, RequestRejectedError, "field required"),
        (429, {"error": "slow down"}, BackendOverloadedError, "slow down"),
        (402, {"error": {"message": "no credit"}}, BackendUnavailableError, "HTTP 402"),
        (500, {"error": {"message": "CUDA out of memory"}}, OutOfMemoryError, "smaller model"),
        (500, "broken", BadResponseError, "look at its log"),
        (405, {}, BadResponseError, "ends in /v1"),
    ],
)
async def test_an_error_of_any_shape_says_what_to_do(
    status: int, body: object, error: type[BackendError], advice: str
) -> None:
    async with openai(refuses(status, body)) as (backend, server):
        with pytest.raises(error) as caught:
            await listen(backend)
    assert advice in str(caught.value)
    assert server.url in str(caught.value)


@pytest.mark.parametrize("line", [b'{"error": {"message": "engine died"}}\n', sse({"error": "engine died"})])
async def test_an_error_inside_the_stream_is_found_in_either_form(line: bytes) -> None:
    async with openai(says(openai_piece("Hel"), line)) as (backend, _):
        with pytest.raises(BadResponseError, match="engine died"):
            await listen(backend)


async def test_a_model_that_is_not_offered_is_answered_with_those_that_are() -> None:
    async with openai() as (backend, _):
        with pytest.raises(ModelNotFoundError, match=r"'other'.*'tiny'"):
            await backend.describe("other")


async def test_vectors_come_in_the_order_of_their_texts() -> None:
    def vectors(*indices: int) -> dict[str, Any]:
        return {"data": [{"index": index, "embedding": [float(index)]} for index in indices]}

    async with openai(embeddings=refuses(200, vectors(1, 0))) as (backend, _):
        assert await backend.embed("tiny", ["a", "b"]) == [[0.0], [1.0]]
        with pytest.raises(BadResponseError, match="2 vectors for 3 texts"):
            await backend.embed("tiny", ["a", "b", "c"])


async def test_token_counts_are_learned_from_the_server() -> None:
    usage = {"prompt_tokens": 300, "completion_tokens": 1}
    last = openai_piece(finish_reason="stop") + sse({"choices": [], "usage": usage})
    text = "word " * 100
    async with openai(says(openai_piece("Hello"), last)) as (backend, _):
        before = await backend.count_tokens("tiny", text)
        async with backend.stream("tiny", [Message("user", text)], GenerationConfig()) as chunks:
            _ = [chunk async for chunk in chunks]
        assert before < 300 < await backend.count_tokens("tiny", text)


async def test_a_wish_for_less_repetition_is_the_apis_frequency_penalty() -> None:
    async with openai() as (backend, server):
        await listen(backend, GenerationConfig(avoid_repetition=True))
    (sent,) = server.bodies("/v1/chat/completions")
    assert 0 < sent["frequency_penalty"] <= 2
