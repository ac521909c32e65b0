"""Reads one streamed answer of an Ollama server line by line, and refuses to take half an answer for a whole one."""

from collections.abc import Sequence

from models.base import Chunk, Completion, GenerationConfig, Message, ModelCard, Usage
from models.errors import NoAnswerError, RequestRejectedError
from models.http.server import HttpServer
from models.http.streamed_reply import ReplyText
from models.ollama import wire as wire
from models.ollama.errors import error_for_line

NANOSECONDS = 1e9


class Reply:
    """What one answer has been so far."""

    def __init__(
        self, server: HttpServer, card: ModelCard, model: str, messages: Sequence[Message], config: GenerationConfig
    ) -> None:
        self.prompt_bytes = sum(len(message.content.encode()) for message in messages)
        self._server = server
        self._model = model
        self._config = config
        self._window = min(config.context_tokens, card.context_tokens or config.context_tokens)
        self._words = ReplyText()
        self.is_over = False

    @property
    def has_begun(self) -> bool:
        """Tell whether anything was written yet."""
        return self._words.has_text or self._words.has_thinking

    def read(self, raw: bytes | None) -> Chunk:
        """Turn the next line into a chunk; None is the end of the connection, which must not come before `done`."""
        if raw is None:
            raise self._server.bad_response(f"ended the answer of {self._model!r} in the middle. Ask again.")
        line = self._server.parse(wire.ChatLine, raw)
        if line.error is not None:
            raise error_for_line(self._server.name, line.error, model=self._model)
        message = line.message or wire.ChatMessage()
        chunk = self._words.add(message.content or "", message.thinking or "")
        if not line.done:
            return chunk
        self.is_over = True
        rest = self._words.finish()
        return Chunk(chunk.text + rest.text, chunk.thinking + rest.thinking, completion=self._complete(line))

    def _complete(self, line: wire.ChatLine) -> Completion:
        server, model = self._server.name, self._model
        if self._is_cut(line.prompt_eval_count):
            message = (
                f"{server} cut the prompt for {model!r}: it has more than {self._window} tokens. "
                "Shorten the question or allow a longer context."
            )
            raise RequestRejectedError(message, backend=wire.BACKEND)
        if not self._words.has_text:
            raise NoAnswerError(self._why_empty(), backend=wire.BACKEND, has_thinking=self._words.has_thinking)
        return Completion(
            backend=wire.BACKEND,
            model=model,
            usage=Usage(
                prompt_tokens=line.prompt_eval_count,
                completion_tokens=line.eval_count,
                load_seconds=line.load_duration / NANOSECONDS,
                prompt_seconds=line.prompt_eval_duration / NANOSECONDS,
                completion_seconds=line.eval_duration / NANOSECONDS,
                truncated=line.done_reason == "length",
            ),
        )

    def _is_cut(self, tokens: int) -> bool:
        """Tell whether the server read less than it was sent: it fills the window then, or in some versions half of it.

        Nine bytes a token is twice what prose needs, so a whole prompt is never taken for a cut one.
        """
        is_implausible = 0 < tokens < self.prompt_bytes / 9 and self.prompt_bytes / 3 > self._window
        return tokens >= self._window or is_implausible

    def _why_empty(self) -> str:
        if self._words.has_thinking:
            return (
                f"{self._model!r} at {self._server.name} only thought and gave no answer within "
                f"{self._config.max_tokens} tokens. Allow more tokens, or switch its thinking off."
            )
        command = f"ollama run {self._model}"
        return f"{self._model!r} at {self._server.name} gave an empty answer. Ask again, or try it with `{command}`."
