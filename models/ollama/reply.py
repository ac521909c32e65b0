"""Reads one streamed answer of an Ollama server line by line."""

from collections.abc import Sequence
from dataclasses import replace

from models.base import Chunk, Completion, GenerationConfig, Message, ModelCard, Usage
from models.errors import RequestRejectedError
from models.http.server import HttpServer
from models.http.streamed_reply import Reply
from models.marks.families import Family
from models.ollama import wire
from models.text import lazy_gettext as _

NANOSECONDS = 1e9


class OllamaReply(Reply):
    """One answer; its last line holds the figures, which betray a prompt that the server cut."""

    def __init__(
        self,
        server: HttpServer,
        card: ModelCard,
        model: str,
        messages: Sequence[Message],
        config: GenerationConfig,
        opened: Family | None = None,
    ) -> None:
        super().__init__(server, model, config, opened)
        self.prompt_bytes = sum(len(message.content.encode()) for message in messages)
        self._window = min(config.context_tokens, card.context_tokens or config.context_tokens)

    def read(self, raw: bytes | None) -> Chunk:
        """Turn the next line into a chunk; the connection must not end before `done`."""
        if raw is None:
            raise self._breaks_off()
        line = self._server.parse(wire.ChatLine, raw)
        if line.error is not None:
            raise self._server.failed(line.error, model=self._model)
        message = line.message or wire.ChatMessage()
        thinking = message.content.thinking + (message.thinking or "")
        chunk = self._add(message.content.text, thinking, is_last=line.done)
        return replace(chunk, completion=self._complete(line)) if line.done else chunk

    def _complete(self, line: wire.ChatLine) -> Completion:
        if self._is_cut(line.prompt_eval_count):
            raise RequestRejectedError(
                _(
                    "{server} cut the prompt for {model!r}: it has more than {window} tokens.",
                    server=self._server.name,
                    model=self._model,
                    window=self._window,
                ),
                advice=_("Shorten the question or allow a longer context."),
                backend=wire.BACKEND,
            )
        self._require_text()
        usage = Usage(
            prompt_tokens=line.prompt_eval_count,
            completion_tokens=line.eval_count,
            load_seconds=line.load_duration / NANOSECONDS,
            prompt_seconds=line.prompt_eval_duration / NANOSECONDS,
            completion_seconds=line.eval_duration / NANOSECONDS,
            truncated=line.done_reason == "length",
        )
        return Completion(wire.BACKEND, self._model, usage)

    def _is_cut(self, tokens: int) -> bool:
        """Tell whether the server read less than it was sent: it fills the window then, or in some versions half of it.

        Nine bytes a token is twice what prose needs, so a whole prompt is never taken for a cut one.
        """
        is_implausible = 0 < tokens < self.prompt_bytes / 9 and self.prompt_bytes / 3 > self._window
        return tokens >= self._window or is_implausible
