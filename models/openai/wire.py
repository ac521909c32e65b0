"""What goes over the wire to and from an OpenAI-compatible server: requests, the pieces of its replies, addresses."""

from collections.abc import Sequence
from dataclasses import asdict
from typing import Annotated, Any

import httpx
from pydantic import AliasChoices, BaseModel, Field, model_validator

from models.base import GenerationConfig, Message, ModelCard, Thinking
from models.http.errors import AddressError, without_password
from models.http.reading.content import Content, SomeContent
from models.http.reading.json_values import Count, Name, Words, Written, or_else
from models.names import takes_levels
from models.text import lazy_gettext as _

BACKEND = "openai"
STRONG_PENALTY = 0.8
"""Of the 2 that the API allows; with more, a text runs out of ordinary words."""


class Delta(BaseModel):
    content: SomeContent = Content()
    reasoning: Written | None = Field(None, validation_alias=AliasChoices("reasoning_content", "reasoning"))


class Choice(BaseModel):
    delta: Delta | None = None
    message: Delta | None = None
    finish_reason: Words = ""


class Cached(BaseModel):
    cached_tokens: Annotated[int | None, or_else(lambda: None)] = None


class Tokens(BaseModel):
    prompt_tokens: Count = 0
    completion_tokens: Count = 0
    prompt_tokens_details: Annotated[Cached, or_else(Cached)] = Cached()


class Piece(BaseModel):
    """One event of a streamed completion, or the whole of it; the one with the counters may have no choices."""

    error: Any = None
    object: Any = None
    detail: Any = None
    choices: list[Choice] | None = None
    usage: Annotated[Tokens | None, or_else(lambda: None)] = None

    @property
    def is_error(self) -> bool:
        """Tell whether it reports a failure, in one of the usual shapes."""
        return bool(self.error) or self.object == "error" or bool(self.detail and self.choices is None)


class Fault(BaseModel):
    """A piece that reports a failure, of any shape."""

    error: Any = None
    message: Any = None
    detail: Any = None
    code: Any = None

    @property
    def told(self) -> Any:
        """What it says: an object of its own where there is one, with its code."""
        return self.error if isinstance(self.error, dict) else self.model_dump(exclude_none=True)


class Model(BaseModel):
    """One offered model; the context's length is called differently by vLLM, OpenRouter and Groq."""

    id: Name
    max_model_len: Count = 0
    context_length: Count = 0
    context_window: Count = 0

    def card(self) -> ModelCard:
        """Put it as every backend does."""
        context_tokens = self.max_model_len or self.context_length or self.context_window
        return ModelCard(name=self.id, backend=BACKEND, context_tokens=context_tokens)


class Listed(BaseModel):
    """What /models sends: records that are read one by one; some servers send them bare."""

    data: list[Any] | None

    @model_validator(mode="before")
    @classmethod
    def _wrap(cls, value: Any) -> Any:
        return {"data": value} if isinstance(value, list) else value


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
            _("{url!r} is no address of a server.", url=without_password(url)),
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
    if config.avoid_repetition:
        payload["frequency_penalty"] = STRONG_PENALTY
    if config.stop:
        payload["stop"] = list(config.stop)
    if config.json_schema is not None:
        schema = {"name": "answer", "strict": True, "schema": config.json_schema}
        payload["response_format"] = {"type": "json_schema", "json_schema": schema}
    if config.think is not None:
        payload |= thinking_fields(model, config.think)
    return payload


def thinking_fields(model: str, think: Thinking) -> dict[str, Any]:
    """Return the fields that ask for thinking: the template's switch, or a level where the model takes one.

    Models that take levels alone cannot be kept from thinking, and are asked for little.
    """
    level = "" if think is True else think or "low"
    if takes_levels(model):
        return {"reasoning_effort": level} if level else {}
    switch: dict[str, Any] = {"chat_template_kwargs": {"enable_thinking": bool(think)}}
    return switch | ({"reasoning_effort": level} if think and level else {})
