"""One streamed answer over HTTP: which clock runs while it is awaited, whatever language its lines speak."""

from collections.abc import AsyncGenerator
from contextlib import AsyncExitStack, aclosing
from typing import Protocol

from models.base import Chunk
from models.http.server import HttpServer, Request
from models.thinking import ThinkingSplitter


class ReplyText:
    """What a model has written so far, its thoughts told from its answer also where the server leaves that to us."""

    def __init__(self) -> None:
        self.has_text = False
        self.has_thinking = False
        self._splitter = ThinkingSplitter()

    def add(self, text: str, thinking: str) -> Chunk:
        """Take what came with one line; what may be the beginning of a marker is held back."""
        inline, text = self._splitter.push(text)
        return self._note(text, thinking + inline)

    def finish(self) -> Chunk:
        """Return what was held back."""
        thinking, text = self._splitter.finish()
        return self._note(text, thinking)

    def _note(self, text: str, thinking: str) -> Chunk:
        self.has_text = self.has_text or bool(text.strip())
        self.has_thinking = self.has_thinking or bool(thinking.strip())
        return Chunk(text=text, thinking=thinking)


class Reply(Protocol):
    """Turns the lines of one answer into chunks, and raises a BackendError for what is not an answer."""

    @property
    def has_begun(self) -> bool:
        """Tell whether anything was written yet, thoughts included."""
        ...

    @property
    def is_over(self) -> bool:
        """Tell whether the answer came to its end."""
        ...

    def read(self, raw: bytes | None) -> Chunk:
        """Read the next line, None for the end of the connection; the chunk is empty where there is nothing to tell."""
        ...


async def read_reply(server: HttpServer, request: Request, reply: Reply, model: str) -> AsyncGenerator[Chunk, None]:
    """Send the request and yield chunks until the reply is over; leaving closes the connection.

    Until something is written the limit for the first token holds, then the one for a stall.
    """
    first = server.timeouts.first_token_seconds, f"reading the prompt for {model!r}"
    later = server.timeouts.stall_seconds, f"writing with {model!r}"
    async with AsyncExitStack() as stack:
        async with server.limit(*first):
            response = await stack.enter_async_context(server.open(request))
        lines = await stack.enter_async_context(aclosing(server.lines(response)))
        while not reply.is_over:
            async with server.limit(*(later if reply.has_begun else first)):
                raw = await anext(lines, None)
            chunk = reply.read(raw)
            for part in _apart(chunk):
                yield part


def _apart(chunk: Chunk) -> list[Chunk]:
    """One line may bring thoughts, text and the end at once; a chunk has one field set, or none and is left out."""
    parts = (Chunk(thinking=chunk.thinking), Chunk(text=chunk.text), Chunk(completion=chunk.completion))
    return [part for part in parts if part != Chunk()]
