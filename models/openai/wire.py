"""What goes over the wire to and from an OpenAI-compatible server: requests, the pieces of its replies, and its errors.

Servers differ: the same error comes as {"error": {"message": …}}, {"error": "…"}, {"message": …} or {"detail": …}.
"""

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

import httpx
from pydantic import AliasChoices, BaseModel, Field

from models.base import GenerationConfig, Message, ModelCard
from models.errors import (
    BackendError,
    BackendOverloadedError,
    BackendTimeoutError,
    BackendUnavailableError,
    BadResponseError,
    ModelNotFoundError,
    OutOfMemoryError,
    RequestRejectedError,
)
from models.http.server import retry_after

BACKEND = "openai"

_NO_MODEL = re.compile(r"model.*(not found|does not exist|not exist|unknown)|unknown model|no such model", re.I | re.S)
_NO_MEMORY = re.compile(r"out of memory|insufficient memory", re.I)


class Delta(BaseModel):
    content: str | None = None
    reasoning: str | None = Field(None, validation_alias=AliasChoices("reasoning_content", "reasoning"))


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
    """Read a server's address; an address without a path gets the usual /v1. Raises ValueError."""
    try:
        parsed = httpx.URL(url.strip().rstrip("/"))
    except httpx.InvalidURL:
        parsed = httpx.URL()
    if parsed.scheme not in ("http", "https") or not parsed.host:
        raise ValueError(f"{url!r} is no address of a server. Write for example 'http://127.0.0.1:8000/v1'.")
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


def error_for_status(server: str, status: int, text: str, headers: Mapping[str, str], *, model: str) -> BackendError:
    """Make the error for a response that is not a success."""
    reason = message_of(text)
    if status in (429, 503):
        message = f"{server} is too busy{_quoted(reason)}. Wait a moment and ask again."
        return BackendOverloadedError(message, backend=BACKEND, retry_after=retry_after(headers))
    if status in (401, 402, 403):
        # What the server says is not repeated: it may hold the key.
        message = f"{server} refuses us (HTTP {status}). Check the key in the settings."
        return BackendUnavailableError(message, backend=BACKEND)
    if status in (408, 504):
        return BackendTimeoutError(f"{server} gave up waiting (HTTP {status}). Ask again later.", backend=BACKEND)
    if model and (status == 404 or _NO_MODEL.search(reason)):
        message = (
            f"{server} does not serve {model!r}{_quoted(reason)}. Choose a model that it lists, or check its address."
        )
        return ModelNotFoundError(message, backend=BACKEND)
    if status in (400, 413, 422):
        message = f"{server} rejects the request for {model!r}{_quoted(reason)}. Shorten it or change the settings."
        return RequestRejectedError(message, backend=BACKEND)
    if status < 500:
        message = f"{server} does not know this request (HTTP {status}). Check that its address ends in /v1."
        return BadResponseError(message, backend=BACKEND)
    return error_for_text(server, reason or f"HTTP {status}", model=model)


def error_for_text(server: str, reason: str, *, model: str) -> BackendError:
    """Make the error for a failure that is told in words only."""
    if _NO_MEMORY.search(reason):
        message = f"{server} has not enough memory for {model!r}{_quoted(reason)}. Choose a smaller model."
        return OutOfMemoryError(message, backend=BACKEND)
    return BadResponseError(
        f"{server} failed with {model!r}{_quoted(reason)}. Ask again, or look at its log.", backend=BACKEND
    )


def message_of(body: Any) -> str:
    """Find the sentence in an error of any of the usual shapes; text that is no JSON is the sentence itself."""
    if isinstance(body, str):
        try:
            return message_of(json.loads(body)) or body
        except ValueError:
            return body
    if isinstance(body, dict):
        return next((message_of(body[key]) for key in ("error", "message", "detail") if body.get(key)), "")
    return str(body) if body is not None else ""


def _quoted(reason: str) -> str:
    return f" ({' '.join(reason.split())[:300]!r})" if reason.strip() else ""
