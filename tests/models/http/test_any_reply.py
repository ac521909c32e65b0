"""Whatever JSON of whatever shape a server sends to whatever it is asked, the answer is a value or a typed error."""

import asyncio
import json
from collections.abc import Awaitable, Callable
from typing import Any

import httpx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models.base import Backend, GenerationConfig
from models.errors import BackendError
from models.http.server import Timeouts
from models.ollama.backend import OllamaBackend
from models.openai.backend import OpenAICompatibleBackend
from tests.models.speaker import QUESTION

NAMES = [
    *("models", "data", "name", "id", "model", "size", "digest", "details", "family", "capabilities", "model_info"),
    *("llama.context_length", "llama.vocab_size", "expires_at", "size_vram", "remote_host", "max_model_len"),
    *("message", "content", "thinking", "done", "done_reason", "eval_count", "error", "embeddings", "embedding"),
    *(
        "index",
        "choices",
        "delta",
        "finish_reason",
        "usage",
        "prompt_tokens",
        "type",
        "text",
        "status",
        "total",
        "code",
    ),
]
ODD = [0, -1, 1.5, 10**30, 1e308, True, None, "", "tiny", "7 GB", "completion", "\ud83d", "\0", "success", "2025-01-01"]
VALUES = st.recursive(
    st.sampled_from(ODD) | st.text(max_size=4),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(NAMES), inner, max_size=4),
    max_leaves=12,
)
BODIES = st.lists(VALUES.map(lambda value: json.dumps(value).encode()), min_size=1, max_size=3).map(b"\n".join)
QUICK = Timeouts(connect_seconds=5.0, load_seconds=5.0, first_token_seconds=5.0, stall_seconds=5.0)
Ask = Callable[[Backend], Awaitable[Any]]


async def speak(backend: Backend) -> None:
    async with backend.stream("tiny", QUESTION, GenerationConfig(json_schema={"type": "object"}, think=True)) as chunks:
        async for chunk in chunks:
            (chunk.text + chunk.thinking).encode()


async def list_models(backend: Backend) -> None:
    for card in await backend.list_models():
        assert card.name and card.size_bytes >= 0 and card.context_tokens >= 0
        card.name.encode()


async def check(backend: Backend) -> None:
    str((await backend.health()).detail).encode()


async def pull(backend: Backend) -> None:
    if isinstance(backend, OllamaBackend):
        async for step in backend.pull("tiny"):
            assert step.completed >= 0


ASKED: list[Ask] = [
    speak,
    list_models,
    check,
    pull,
    lambda backend: backend.describe("tiny"),
    lambda backend: backend.embed("tiny", ["a"]),
    lambda backend: backend.count_tokens("tiny", "a"),
]


def opened(kind: str, transport: httpx.MockTransport) -> Backend:
    client = httpx.AsyncClient(base_url="http://box/v1/", transport=transport)
    return (OllamaBackend if kind == "ollama" else OpenAICompatibleBackend)(client, timeouts=QUICK)


@pytest.mark.parametrize("kind", ["ollama", "openai"])
@settings(max_examples=150)
@given(
    replies=st.lists(st.tuples(BODIES, st.sampled_from([200, 200, 200, 200, 307, 400, 404, 429, 500])), min_size=1),
    sse=st.booleans(),
)
def test_a_reply_of_any_shape_is_a_value_or_a_typed_error(
    kind: str, replies: list[tuple[bytes, int]], sse: bool
) -> None:
    left = list(replies)

    def answer(request: httpx.Request) -> httpx.Response:
        body, status = left.pop(0) if len(left) > 1 else left[0]
        lines = b"".join(b"data: " + line + b"\n\n" for line in body.split(b"\n")) if sse else body
        return httpx.Response(status, content=lines, headers={"Retry-After": "1", "Location": "/again"})

    async def ask_everything() -> None:
        for ask in ASKED:
            backend = opened(kind, httpx.MockTransport(answer))
            try:
                await ask(backend)
            except BackendError as error:
                str(error).encode()
            finally:
                await backend.close()

    asyncio.run(ask_everything())
