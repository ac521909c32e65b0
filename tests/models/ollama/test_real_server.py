"""The Ollama backend against a real server."""

import json

import pytest

from models.base import GenerationConfig, Message
from models.errors import RequestRejectedError
from models.ollama.backend import open_ollama
from tests.models.ollama.ollama_script import listen
from tests.ollama_server import OllamaServer

pytestmark = pytest.mark.anyio


@pytest.mark.ollama
async def test_a_real_server_never_counts_more_tokens_than_estimated(ollama_server: OllamaServer) -> None:
    backend = open_ollama(ollama_server.url)
    text = "Où est la bibliothèque ? def f(x): return x**2 # 12345 🎉\n" * 6
    estimate = await backend.count_tokens("tiny", text)
    completion = (await listen(backend, messages=[Message("user", text)]))[-1].completion
    await backend.close()
    assert completion is not None
    assert completion.usage.prompt_tokens <= estimate + 30  # the chat template's own


@pytest.mark.ollama
async def test_a_real_server_keeps_to_a_schema_and_repeats_itself_with_a_seed(ollama_server: OllamaServer) -> None:
    backend = open_ollama(ollama_server.url)
    schema = {"type": "object", "properties": {"order": {"enum": ["ABC", "BCA"]}}, "required": ["order"]}
    config = GenerationConfig(max_tokens=64, context_tokens=2048, seed=5, json_schema=schema, think=False)
    texts = ["".join(chunk.text for chunk in await listen(backend, config=config)) for _ in range(2)]
    await backend.close()
    assert json.loads(texts[0])["order"] in ("ABC", "BCA")
    assert texts[0] == texts[1]


@pytest.mark.ollama
async def test_a_real_server_that_cuts_a_prompt_is_found_out(ollama_server: OllamaServer) -> None:
    backend = open_ollama(ollama_server.url)
    config = GenerationConfig(max_tokens=8, context_tokens=256)
    with pytest.raises(RequestRejectedError, match="more than 256 tokens"):
        await listen(backend, config=config, messages=[Message("user", "x" * 600)])
    await backend.close()


@pytest.mark.ollama
async def test_a_real_server_embeds(ollama_server: OllamaServer) -> None:
    backend = open_ollama(ollama_server.url)
    first, second = await backend.embed("tiny", ["one", "two"])
    assert len(first) == len(second) > 0 and first != second
    await backend.close()
