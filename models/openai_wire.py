"""What goes over the wire to and from an OpenAI-compatible server: requests, streamed replies, and its errors.

Servers differ: the same error comes as {"error": {"message": …}}, {"error": "…"}, {"message": …} or {"detail": …}.
"""

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any, Literal

import httpx
from pydantic import AliasChoices, BaseModel, Field

from models.base import Chunk, Completion, GenerationConfig, Message, ModelCard
from models.errors import (
    BackendError,
    BackendOverloadedError,
    BackendTimeoutError,
    BackendUnavailableError,
    BadResponseError,
    ModelNotFoundError,
    NoAnswerError,
    OutOfMemoryError,
    RequestRejectedError,
)
from models.http import HttpServer, retry_after

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


class Reply:
    """Reads one streamed answer, and refuses to take half an answer for a whole one."""

    def __init__(self, server: HttpServer, model: str, config: GenerationConfig) -> None:
        self.is_over = False
        self.has_begun = False
        self._server = server
        self._model = model
        self._config = config
        self._has_text = False
        self._has_thinking = False
        self._finish_reason = ""
        self._usage = Tokens()

    def read(self, raw: bytes | None) -> Chunk | None:
        """Turn the next line into a chunk, None where it holds no text; `raw` None is the end of the connection."""
        if raw is None:
            if not self._finish_reason:
                raise self._server.bad_response(f"ended the answer of {self._model!r} in the middle. Ask again.")
            self.is_over = True
            return None
        if raw.lstrip().startswith(b"{"):
            raw = b"data:" + raw  # some servers report an error as a bare object in the middle of a stream
        field, _, value = raw.partition(b":")
        if field.strip() != b"data":
            self._check_field(field, raw)
            return None
        if value.strip() == b"[DONE]":
            self.is_over = True
            return None
        return self._read_piece(self._server.parse(Piece, value))

    def _check_field(self, field: bytes, raw: bytes) -> None:
        if field.strip() not in (b"", b"event", b"id", b"retry"):
            raise self._server.bad_response(
                f"sent something that is no event stream: {raw[:80].decode(errors='replace')!r}"
            )

    def _read_piece(self, piece: Piece) -> Chunk | None:
        if piece.error is not None:
            raise error_for_text(self._server.name, message_of(piece.model_dump()), model=self._model)
        self._usage = piece.usage or self._usage
        if not piece.choices:
            return None
        choice = piece.choices[0]
        self._finish_reason = choice.finish_reason or self._finish_reason
        delta = choice.delta or Delta()
        text, thinking = delta.content or "", delta.reasoning or ""
        self._has_text = self._has_text or bool(text.strip())
        self._has_thinking = self._has_thinking or bool(thinking.strip())
        self.has_begun = self._has_text or self._has_thinking
        return Chunk(text=text, thinking=thinking) if text or thinking else None

    def completion(self) -> Completion:
        """Close the answer; raises NoAnswerError when there is none, BadResponseError when it has no end."""
        if not self._finish_reason and not self._has_text:
            raise self._server.bad_response(f"ended the answer of {self._model!r} before it began. Ask again.")
        if not self._has_text:
            raise NoAnswerError(self._why_empty(), backend=BACKEND, has_thinking=self._has_thinking)
        finish_reason: Literal["stop", "length"] = "length" if self._finish_reason == "length" else "stop"
        details = self._usage.prompt_tokens_details
        return Completion(
            backend=BACKEND,
            model=self._model,
            finish_reason=finish_reason,
            prompt_tokens=self._usage.prompt_tokens,
            cached_tokens=details.cached_tokens if details else None,
            completion_tokens=self._usage.completion_tokens,
        )

    def _why_empty(self) -> str:
        who = f"{self._model!r} at {self._server.name}"
        if self._has_thinking:
            limit = f"within {self._config.max_tokens} tokens"
            return f"{who} only thought and gave no answer {limit}. Allow more tokens, or switch its thinking off."
        return f"{who} gave an empty answer. Ask again, or choose another model."


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
