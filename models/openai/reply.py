"""Reads one streamed answer of an OpenAI-compatible server."""

from models.base import Chunk, Completion, GenerationConfig, Usage
from models.http.reading.json_values import is_json
from models.http.server import ASK_AGAIN, HttpServer
from models.http.streamed_reply import Reply
from models.openai import wire
from models.text import lazy_gettext as _

MOST_DATA_LINES = 500
"""Of one event."""
BYTE_ORDER_MARK = b"\xef\xbb\xbf"


class OpenAIReply(Reply):
    """One answer as server-sent events; the figures may come after its last word."""

    def __init__(self, server: HttpServer, model: str, config: GenerationConfig) -> None:
        super().__init__(server, model, config)
        self._finish_reason = ""
        self._has_ended = False
        self._is_error = False
        self._held = b""
        self._usage = wire.Tokens()

    def read(self, raw: bytes | None) -> Chunk:
        """Turn the next line into a chunk; the connection may end once the server told why the answer is over."""
        if raw is None:
            if not self._has_ended:
                raise self._breaks_off()
            return self._finish()
        if raw.lstrip().startswith(b"{"):
            return self._read_json(raw)  # a whole answer, or an error in the middle of a stream, as a bare object
        field, _colon, value = raw.removeprefix(BYTE_ORDER_MARK).partition(b":")
        if field.strip() != b"data":
            self._check_field(field.strip(), value.strip(), raw)
            return Chunk()
        if value.strip() == b"[DONE]":
            return self._finish()
        return self._read_data(value.strip())

    def _check_field(self, field: bytes, value: bytes, raw: bytes) -> None:
        self._is_error = field == b"event" and value == b"error"
        if field not in (b"", b"event", b"id", b"retry"):
            beginning = self._server.beginning_of(raw)
            raise self._server.bad_response(
                _("{server} sent something that is no event stream: {beginning!r}.", beginning=beginning),
                advice=ASK_AGAIN,
            )

    def _read_data(self, value: bytes) -> Chunk:
        """Read the data of one event; one that is spread over several lines is held until it is whole."""
        is_spread = bool(self._held)
        value = self._held + value
        if value in (b"", b"null"):
            return Chunk()
        is_whole = is_json(value) if is_spread else value.endswith(b"}")
        if value.startswith(b"{") and not is_whole and value.count(b"\n") < MOST_DATA_LINES:
            self._held = value + b"\n"
            return Chunk()
        self._held = b""
        return self._read_json(value)

    def _read_json(self, value: bytes) -> Chunk:
        piece = self._server.parse(wire.Piece, value)
        if self._is_error or piece.is_error:
            raise self._server.failed(self._server.parse(wire.Fault, value).told, model=self._model)
        self._usage = piece.usage or self._usage
        if not piece.choices:
            self._has_ended = self._has_ended or piece.usage is not None  # the counters come last
            return Chunk()
        choice = piece.choices[0]
        self._finish_reason = choice.finish_reason or self._finish_reason
        self._has_ended = self._has_ended or bool(choice.finish_reason)
        delta = choice.message or choice.delta or wire.Delta()
        thinking = delta.content.thinking + (delta.reasoning or "")
        return self._add(delta.content.text, thinking, is_last=choice.message is not None)

    def completion(self, *, prompt_seconds: float, completion_seconds: float) -> Completion:
        """Close the answer; raises NoAnswerError when there is none."""
        self._require_text()
        usage = Usage(
            prompt_tokens=self._usage.prompt_tokens,
            cached_tokens=self._usage.prompt_tokens_details.cached_tokens,
            completion_tokens=self._usage.completion_tokens,
            prompt_seconds=prompt_seconds,
            completion_seconds=completion_seconds,
            truncated=self._finish_reason == "length",
        )
        return Completion(wire.BACKEND, self._model, usage)
