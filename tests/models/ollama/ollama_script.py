"""An Ollama backend before a scripted server, and what is asked of it."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from models.base import Chunk, GenerationConfig, Message
from models.http.server import Timeouts
from models.ollama.backend import OllamaBackend, open_ollama
from tests.models.http.wire_server import Wire, WireServer, serve
from tests.models.scripts import OLLAMA_DONE, Speaks, ollama_line, ollama_server, says

HELLO = says(ollama_line("Hello"), OLLAMA_DONE)
QUESTION = [Message("system", "Be brief."), Message("user", "Hello?")]
SHARED = [Message("system", "Read this. " * 100), Message("user", "Hello?")]
CONFIG = GenerationConfig(temperature=0.3, max_tokens=64, context_tokens=2048, seed=5)


@asynccontextmanager
async def ollama(
    speak: Speaks = HELLO,
    timeouts: Timeouts | None = None,
    parallel: int = 0,
    keep_alive: str = "30m",
    **routes: Speaks,
) -> AsyncIterator[tuple[OllamaBackend, WireServer]]:
    async with serve(ollama_server(speak, **routes)) as server:
        backend = open_ollama(server.url, timeouts=timeouts, parallel=parallel, keep_alive=keep_alive)
        yield backend, server
        await backend.close()


async def listen(
    backend: OllamaBackend, model: str = "tiny", config: GenerationConfig = CONFIG, messages: list[Message] = QUESTION
) -> list[Chunk]:
    async with backend.stream(model, messages, config) as chunks:
        return [chunk async for chunk in chunks]


def lists(*models: str, size_vram: int = 0) -> Speaks:
    """What /api/ps says when these are loaded."""
    row = {"size": 1000, "size_vram": size_vram, "expires_at": "2099-01-01T00:00:00.123456789Z"}

    async def speak(wire: Wire) -> None:
        await wire.json({"models": [{"name": f"{model}:latest", **row} for model in models]})

    return speak
