"""What goes over the wire to and from an OpenAI-compatible server: requests, the pieces of its replies, addresses."""

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

import httpx
from pydantic import AliasChoices, BaseModel, Field

from models.base import GenerationConfig, Message, ModelCard
from models.http.errors import AddressError
from models.http.server import Written
from models.text import lazy_gettext as _

BACKEND = "openai"


class Delta(BaseModel):
    content: Written | None = None
    reasoning: Written | None = Field(None, validation_alias=AliasChoices("reasoning_content", "reasoning"))


class Choice(BaseModel):
    delta: Delta | None = None
    finish_reason: str | None = None


class Cached(BaseModel):
    cached_tokens: int | None = None


class Tokens(BaseModel):
    prompt_tokens: int = 0
    completion_tokens: int = 0
    prompt_tokens_details: Cached | None = None


class Piece(BaseModel):
    """One event of a streamed completion; the one with the counters may have no choices."""

    error: Any = None
    choices: list[Choice] | None = None
    usage: Tokens | None = None


class Model(BaseModel):
    """One offered model; the context's length is called differently by vLLM and OpenRouter."""

    id: str
    context: int | None = Field(None, validation_alias=AliasChoices("max_model_len", "context_length"))

    def card(self) -> ModelCard:
        """Put it as every backend does."""
        return ModelCard(name=self.id, backend=BACKEND, context_tokens=self.context or 0)


class Models(BaseModel):
    data: list[Model]


class Vector(BaseModel):
    index: int
    embedding: list[float]


class Embeddings(BaseModel):
    data: list[Vector]


def endpoint_url(url: str) -> httpx.URL:
    """Read a server's address; an address without a path gets the usual /v1. Raises AddressError."""
    try:
        parsed = httpx.URL(url.strip().rstrip("/"))
    except httpx.InvalidURL:
        parsed = httpx.URL()
    if parsed.scheme not in ("http", "https") or not parsed.host:
        raise AddressError(
            _("{url!r} is no address of a server.", url=url),
            advice=_("Write for example {example!r}.", example="http://127.0.0.1:8000/v1"),
        )
    return parsed.copy_with(path="/v1") if parsed.path in ("", "/") else parsed


def chat_payload(model: str, messages: Sequence[Message], config: GenerationConfig) -> dict[str, Any]:
    """Build a request for chat/completions.

    Whether a model thinks is no part of that API; vLLM, SGLang and llama-server hand the wish to the chat template.
    """
    payload: dict[str, Any] = {
        "model": model,
        "messages": [asdict(message) for message in messages],
        "stream": True,
        "stream_options": {"include_usage": True},
        "max_tokens": config.max_tokens,
        "temperature": config.temperature,
        "seed": config.seed,
    }
    if config.stop:
        payload["stop"] = list(config.stop)
    if config.json_schema is not None:
        schema = {"name": "answer", "strict": True, "schema": config.json_schema}
        payload["response_format"] = {"type": "json_schema", "json_schema": schema}
    if config.think is not None:
        payload["chat_template_kwargs"] = {"enable_thinking": config.think}
    return payload
