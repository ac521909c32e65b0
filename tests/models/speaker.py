"""A backend that says its own name, so that it shows who spoke, and breaks off where a test wants it."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

from models.base import Chunk, Completion, GenerationConfig, Health, Message, ModelCard
from models.errors import BackendError, ModelNotFoundError
from models.selector import BackendSelector
from models.text import verbatim

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
            return Health(self.name, ok=False, detail=verbatim(f"{self.name} does not answer. Start it."))
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
