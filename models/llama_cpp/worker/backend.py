"""llama.cpp in a process of its own, as a backend like any other: it is started when it is needed, and again."""

import asyncio
from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing
from typing import Any

from models.base import LLAMA_CPP, Chunk, GenerationConfig, Health, Message, ModelCard, closing_stream
from models.errors import BackendError
from models.llama_cpp.worker.connection import COMMAND, Worker, WorkerDiedError
from models.llama_cpp.worker.setup import Setup
from models.text import NOTHING, sentences
from models.text import lazy_gettext as _


class WorkerBackend:
    """Does what LlamaCppBackend does, elsewhere. A request whose worker dies begins once more in a new one.

    All requests under way die with a worker, whichever it died of; a second death is then an error of each.
    """

    name = LLAMA_CPP

    def __init__(self, setup: Setup, *, command: Sequence[str] = COMMAND) -> None:
        self._setup = setup
        self._command = tuple(command)
        self._worker: Worker | None = None
        self._starting = asyncio.Lock()

    async def health(self) -> Health:
        """Say what the worker says of itself."""
        try:
            health: Health = await self._call("health")
        except BackendError as error:
            return Health(self.name, ok=False, detail=error.text)
        return health

    async def list_models(self) -> list[ModelCard]:
        """Return a card for every usable file."""
        return list(await self._call("list_models"))

    async def describe(self, model: str) -> ModelCard:
        """Return what a file's header says; raises ModelNotFoundError or WeightsError."""
        card: ModelCard = await self._call("describe", model)
        return card

    async def count_tokens(self, model: str, text: str) -> int:
        """Count exactly, with the model's own vocabulary."""
        return int(await self._call("count_tokens", model, text))

    async def embed(self, model: str, texts: Sequence[str]) -> list[list[float]]:
        """Return one vector of length 1 per text."""
        return [list(vector) for vector in await self._call("embed", model, texts)]

    @closing_stream
    async def stream(
        self, model: str, messages: Sequence[Message], config: GenerationConfig
    ) -> AsyncGenerator[Chunk, None]:
        """Generate in the worker; leaving the context cancels there, too."""
        has_begun, lost = False, NOTHING
        for is_last in (False, True):
            worker = await self._living_worker()
            try:
                async with aclosing(worker.stream("stream", model, messages, config)) as chunks:
                    async for chunk in chunks:
                        if lost:
                            yield Chunk(restart=lost)
                            lost = NOTHING
                        has_begun = True
                        yield chunk
                return
            except WorkerDiedError as death:
                if is_last:
                    raise
                anew = _("{model!r} begins the answer anew in a new one.", model=model)
                lost = sentences([death.message, anew]) if has_begun else NOTHING

    async def close(self) -> None:
        """End the worker; what it had loaded is free with it."""
        async with self._starting:
            worker, self._worker = self._worker, None
        if worker is not None:
            await worker.close()

    async def _call(self, do: str, *arguments: Any) -> Any:
        worker = await self._living_worker()
        try:
            return await worker.call(do, *arguments)
        except WorkerDiedError:
            worker = await self._living_worker()
            return await worker.call(do, *arguments)

    async def _living_worker(self) -> Worker:
        """Return the worker, a new one where it is dead or was never started."""
        async with self._starting:
            if self._worker is None or self._worker.is_dead:
                old, self._worker = self._worker, await Worker.start(self._setup, self._command)
                if old is not None:
                    await old.close()
            return self._worker
