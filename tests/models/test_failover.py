"""A real Ollama server is killed in the middle of an answer: the same weights answer in this process."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from models.base import Chunk, GenerationConfig, Message
from models.llama_cpp.backend import LlamaCppBackend
from models.ollama.backend import open_ollama
from models.selector import BackendSelector
from models.weights.finder import WeightsFinder
from tests.ollama_server import OllamaServer

pytestmark = [pytest.mark.anyio, pytest.mark.ollama]

QUESTION = [Message("user", "Say hello to the world, at length.")]
LONG = GenerationConfig(max_tokens=1500, context_tokens=2048, seed=3)
SHORT = GenerationConfig(max_tokens=16, context_tokens=2048, seed=3)


@asynccontextmanager
async def open_selector(server: OllamaServer) -> AsyncIterator[BackendSelector]:
    """The backends as the program orders them; the second one knows the model from the first one's store only."""
    finder = WeightsFinder([], ollama_stores=[server.models_dir], download_dir=Path("nowhere"))
    selector = BackendSelector([open_ollama(server.url), LlamaCppBackend(finder, gpu_layers=0)])
    try:
        yield selector
    finally:
        await selector.close()


async def test_seats_whose_server_is_killed_answer_from_its_own_weights(doomed_ollama: OllamaServer) -> None:
    speaking = 0
    all_speak = asyncio.Event()

    async def listen(selector: BackendSelector, seat: int) -> list[Chunk]:
        nonlocal speaking
        heard: list[Chunk] = []
        async with selector.stream("tiny", [*QUESTION, Message("user", f"Seat {seat}.")], LONG) as chunks:
            async for chunk in chunks:
                if chunk.text and not any(earlier.text for earlier in heard):
                    speaking += 1
                    if speaking == 2:
                        all_speak.set()
                heard.append(chunk)
        return heard

    async with asyncio.timeout(120), open_selector(doomed_ollama) as selector:
        seats = [asyncio.create_task(listen(selector, seat)) for seat in range(2)]
        await all_speak.wait()
        await asyncio.to_thread(doomed_ollama.kill)
        for heard in await asyncio.gather(*seats):
            restarts = [position for position, chunk in enumerate(heard) if chunk.restart]
            assert len(restarts) == 1
            assert "'tiny' on llama_cpp begins the answer anew" in str(heard[restarts[0]].restart)
            completion = heard[-1].completion
            assert completion is not None
            assert (completion.backend, completion.model) == ("llama_cpp", "tiny:latest")
            assert "".join(chunk.text for chunk in heard[restarts[0] :])
        assert [health.ok for health in await selector.healths()] == [False, True]


async def test_one_model_in_both_backends_is_listed_once_and_goes_on_after_the_server_is_gone(
    doomed_ollama: OllamaServer,
) -> None:
    async with asyncio.timeout(120), open_selector(doomed_ollama) as selector:
        assert [(card.name, card.backend) for card in await selector.list_models()] == [("tiny:latest", "ollama")]
        await asyncio.to_thread(doomed_ollama.kill)
        await selector.healths(anew=True)
        assert [(card.name, card.backend) for card in await selector.list_models()] == [("tiny:latest", "llama_cpp")]
        assert (await selector.describe("tiny")).backend == "llama_cpp"
        async with selector.stream("tiny", QUESTION, SHORT) as chunks:
            heard = [chunk async for chunk in chunks]
        assert not any(chunk.restart for chunk in heard)
        await asyncio.to_thread(doomed_ollama.start)
        await selector.healths(anew=True)
        assert (await selector.describe("tiny")).backend == "ollama"
