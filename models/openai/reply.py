"""Reads one streamed answer of an OpenAI-compatible server."""

from models.base import Chunk, Completion, GenerationConfig, Usage
from models.http.errors import message_of
from models.http.server import ASK_AGAIN, HttpServer, beginning_of
from models.http.streamed_reply import Reply
from models.openai import wire
from models.text import lazy_gettext as _


class OpenAIReply(Reply):
    """One answer as server-sent events; the figures may come after its last word."""

    def __init__(self, server: HttpServer, model: str, config: GenerationConfig) -> None:
        super().__init__(server, model, config)
        self._finish_reason = ""
        self._usage = wire.Tokens()

    def read(self, raw: bytes | None) -> Chunk:
        """Turn the next line into a chunk; the connection may end once the server told why the answer is over."""
        if raw is None:
            if not self._finish_reason:
                raise self._breaks_off()
            return self._finish()
        if raw.lstrip().startswith(b"{"):
            raw = b"data:" + raw  # some servers report an error as a bare object in the middle of a stream
        field, _colon, value = raw.partition(b":")
        if field.strip() != b"data":
            self._check_field(field, raw)
            return Chunk()
        if value.strip() == b"[DONE]":
            return self._finish()
        return self._read_piece(self._server.parse(wire.Piece, value))

    def _check_field(self, field: bytes, raw: bytes) -> None:
        if field.strip() not in (b"", b"event", b"id", b"retry"):
            raise self._server.bad_response(
                _("{server} sent something that is no event stream: {beginning!r}.", beginning=beginning_of(raw)),
                advice=ASK_AGAIN,
            )

    def _read_piece(self, piece: wire.Piece) -> Chunk:
        if piece.error is not None:
            reason = message_of(piece.model_dump())
            raise self._server.errors.of_words(self._server.name, reason, model=self._model)
        self._usage = piece.usage or self._usage
        if not piece.choices:
            return Chunk()
        choice = piece.choices[0]
        self._finish_reason = choice.finish_reason or self._finish_reason
        delta = choice.delta or wire.Delta()
        return self._add(delta.content or "", delta.reasoning or "")

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
