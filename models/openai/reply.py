"""Reads one streamed answer of an OpenAI-compatible server, and refuses to take half an answer for a whole one."""

from models.base import Chunk, Completion, GenerationConfig, Usage
from models.errors import NoAnswerError
from models.http.server import HttpServer
from models.http.streamed_reply import ReplyText
from models.openai import wire as wire


class Reply:
    """Reads one streamed answer, and refuses to take half an answer for a whole one."""

    def __init__(self, server: HttpServer, model: str, config: GenerationConfig) -> None:
        self.is_over = False
        self._server = server
        self._model = model
        self._config = config
        self._words = ReplyText()
        self._finish_reason = ""
        self._usage = wire.Tokens()

    @property
    def has_begun(self) -> bool:
        """Tell whether anything was written yet."""
        return self._words.has_text or self._words.has_thinking

    def read(self, raw: bytes | None) -> Chunk:
        """Turn the next line into a chunk; None is the end of the connection."""
        if raw is None:
            if not self._finish_reason:
                raise self._server.bad_response(f"ended the answer of {self._model!r} in the middle. Ask again.")
            return self._end()
        if raw.lstrip().startswith(b"{"):
            raw = b"data:" + raw  # some servers report an error as a bare object in the middle of a stream
        field, _, value = raw.partition(b":")
        if field.strip() != b"data":
            self._check_field(field, raw)
            return Chunk()
        if value.strip() == b"[DONE]":
            return self._end()
        return self._read_piece(self._server.parse(wire.Piece, value))

    def _check_field(self, field: bytes, raw: bytes) -> None:
        if field.strip() not in (b"", b"event", b"id", b"retry"):
            raise self._server.bad_response(
                f"sent something that is no event stream: {raw[:80].decode(errors='replace')!r}"
            )

    def _end(self) -> Chunk:
        self.is_over = True
        return self._words.finish()

    def _read_piece(self, piece: wire.Piece) -> Chunk:
        if piece.error is not None:
            raise wire.error_for_text(self._server.name, wire.message_of(piece.model_dump()), model=self._model)
        self._usage = piece.usage or self._usage
        if not piece.choices:
            return Chunk()
        choice = piece.choices[0]
        self._finish_reason = choice.finish_reason or self._finish_reason
        delta = choice.delta or wire.Delta()
        return self._words.add(delta.content or "", delta.reasoning or "")

    def completion(self) -> Completion:
        """Close the answer; raises NoAnswerError when there is none, BadResponseError when it has no end."""
        if not self._finish_reason and not self._words.has_text:
            raise self._server.bad_response(f"ended the answer of {self._model!r} before it began. Ask again.")
        if not self._words.has_text:
            raise NoAnswerError(self._why_empty(), backend=wire.BACKEND, has_thinking=self._words.has_thinking)
        details = self._usage.prompt_tokens_details
        return Completion(
            backend=wire.BACKEND,
            model=self._model,
            usage=Usage(
                prompt_tokens=self._usage.prompt_tokens,
                cached_tokens=details.cached_tokens if details else None,
                completion_tokens=self._usage.completion_tokens,
                truncated=self._finish_reason == "length",
            ),
        )

    def _why_empty(self) -> str:
        who = f"{self._model!r} at {self._server.name}"
        if self._words.has_thinking:
            limit = f"within {self._config.max_tokens} tokens"
            return f"{who} only thought and gave no answer {limit}. Allow more tokens, or switch its thinking off."
        return f"{who} gave an empty answer. Ask again, or choose another model."
