"""A backend that answers from a function: for what cannot be provoked with a real one. Used in tests only."""

import asyncio
import hashlib
import json
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from typing import Any

from models.base import (
    Chunk,
    Completion,
    GenerationConfig,
    Health,
    Message,
    ModelCard,
    Usage,
    check_place,
    estimate_tokens,
)
from models.errors import BackendError, ModelNotFoundError

Script = Callable[[str, Sequence[Message], GenerationConfig], str | BackendError]


def smallest_instance(schema: dict[str, Any], salt: str = "") -> Any:
    """Make a value that satisfies a JSON schema; an enum's member is chosen by the salt."""
    if "enum" in schema:
        options = schema["enum"]
        return options[int(hashlib.sha256(salt.encode()).hexdigest(), 16) % len(options)]
    match schema.get("type"):
        case "object":
            return {name: smallest_instance(part, salt + name) for name, part in schema["properties"].items()}
        case "array":
            items = schema["items"]
            count = min(schema.get("maxItems", 2), 2)
            return (
                list(items["enum"])
                if "enum" in items
                else [smallest_instance(items, salt + str(n)) for n in range(count)]
            )
        case "string":
            return f"note {hashlib.sha256(salt.encode()).hexdigest()[:6]}"
        case "boolean":
            return False
        case _:
            return 0


def obedient(model: str, messages: Sequence[Message], config: GenerationConfig) -> str:
    """Answer with what was asked for: a valid JSON object where a schema constrains, else a few sentences."""
    if config.json_schema is not None:
        return json.dumps(smallest_instance(config.json_schema, model), ensure_ascii=False)
    books = int(hashlib.sha256(model.encode()).hexdigest()[:3], 16)  # no two say the very same
    return (
        f"**Canberra** is the capital of Australia, as {books} books say. It lies inland, between Sydney and "
        "Melbourne, where few people lived before. Parliament has met there since 1927, and most work for it. "
    )


def long_winded(words: int) -> str:
    """A long text that does not repeat itself."""
    return " ".join(f"word {number}" for number in range(words // 2))


def kind_of(messages: Sequence[Message], config: GenerationConfig) -> str:
    """Tell which kind of turn a request is, from what it asks for."""
    fields = set((config.json_schema or {}).get("properties", {}))
    if "decision" in fields:
        return "stance"
    if "agreed" in fields:
        return "minutes"
    if "order" in fields:
        return "ballot" if "contradiction" in fields else "second_look"
    prompt = messages[1].content
    if "You are the chairman" in prompt:
        return "synthesis"
    return "revision" if "You decided to revise" in prompt else "answer"


class ScriptedBackend:
    """Streams what its script returns, word by word; a BackendError that the script returns is raised.

    `delay` is the pause between words in seconds. `prompts` keeps every request in order. An error whose
    `after_words` attribute is set breaks off after so many words of `obedient` text. `elsewhere` holds the hosts of
    models that are run elsewhere; `prompts` then shows what was sent there.
    """

    name = "scripted"

    def __init__(
        self,
        script: Script = obedient,
        *,
        models: Sequence[str] = ("alpha:1b", "beta:1b", "gamma:1b"),
        delay: float = 0.0,
        context_tokens: int = 32_768,
    ) -> None:
        self.script = script
        self.models = list(models)
        self.delay = delay
        self.context_tokens = context_tokens
        self.elsewhere: dict[str, str] = {}
        self.prompts: list[tuple[str, tuple[Message, ...], GenerationConfig]] = []
        self.cancelled = 0

    async def health(self) -> Health:
        return Health(self.name, ok=bool(self.models), models=tuple(await self.list_models()))

    async def list_models(self) -> list[ModelCard]:
        return [self._card(model) for model in self.models]

    async def describe(self, model: str) -> ModelCard:
        if model not in self.models:
            raise ModelNotFoundError(f"{model!r} is not installed.", backend=self.name)
        return self._card(model)

    def _card(self, model: str) -> ModelCard:
        return ModelCard(
            model,
            self.name,
            family=model.partition(":")[0],
            size_bytes=1_000_000_000,
            context_tokens=self.context_tokens,
            remote_host=self.elsewhere.get(model, ""),
        )

    async def count_tokens(self, model: str, text: str) -> int:
        return estimate_tokens(text)

    @asynccontextmanager
    async def stream(
        self, model: str, messages: Sequence[Message], config: GenerationConfig
    ) -> AsyncIterator[AsyncIterator[Chunk]]:
        if model in self.models:
            check_place(self._card(model), config.remote_host)
        self.prompts.append((model, tuple(messages), config))
        chunks = self._chunks(model, messages, config)
        try:
            yield chunks
        except asyncio.CancelledError:
            self.cancelled += 1
            raise
        finally:
            await chunks.aclose()

    async def _chunks(self, model: str, messages: Sequence[Message], config: GenerationConfig) -> Any:
        await self.describe(model)
        said = self.script(model, messages, config)
        error = said if isinstance(said, BackendError) else None
        words = (obedient(model, messages, config) if isinstance(said, BackendError) else said).split(" ")
        if error is not None:
            words = words[: getattr(error, "after_words", 0)]
        for position, word in enumerate(words):
            await asyncio.sleep(self.delay)
            yield Chunk(text=word if position == 0 else " " + word)
        if error is not None:
            raise error
        yield Chunk(completion=Completion(self.name, model, Usage(prompt_tokens=100, completion_tokens=len(words))))

    async def embed(self, model: str, texts: Sequence[str]) -> list[list[float]]:
        return [[float(len(text)), 1.0] for text in texts]

    async def close(self) -> None:
        return None
