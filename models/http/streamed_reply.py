"""One streamed answer over HTTP: which clock runs while it is awaited, whatever language its lines speak."""

from abc import ABC, abstractmethod
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import AsyncExitStack, aclosing
from dataclasses import replace

import httpx

from models.base import Chunk, GenerationConfig, Heard, apart
from models.errors import BadResponseError, NoAnswerError
from models.http.reading.body import MAX_LINE_BYTES
from models.http.reading.json_values import is_json
from models.http.server import ASK_AGAIN, HttpServer, Request
from models.marks.families import Family
from models.marks.thinking import ThinkingSplitter
from models.text import lazy_gettext as _

MOST_EMPTY_PIECES = 100_000
MOST_LINES = 100_000


class Reply(ABC):
    """Turns the lines of one answer into chunks, and refuses to take half an answer for a whole one.

    Thoughts are told from the answer also where the server leaves that to us; `opened` is whose the prompt ends in.
    """

    def __init__(self, server: HttpServer, model: str, config: GenerationConfig, opened: Family | None = None) -> None:
        self.is_over = False
        self._server = server
        self._model = model
        self._config = config
        self._splitter = ThinkingSplitter(opened)
        self._heard = Heard()

    @property
    def has_begun(self) -> bool:
        """Tell whether anything was written yet, thoughts included."""
        return self._heard.text or self._heard.thinking

    @abstractmethod
    def read(self, raw: bytes | None) -> Chunk:
        """Read the next line, None for the end of the connection; raises BackendError where it is no answer."""

    def _add(self, text: str, thinking: str, *, is_last: bool = False) -> Chunk:
        """Take what came with one line; what may be the beginning of a mark is held back until the last one."""
        if thinking:
            self._splitter.trust()
        self.is_over = is_last
        chunk = self._splitter.push(text, is_last=is_last)
        return self._heard.note(replace(chunk, thinking=thinking + chunk.thinking))

    def _finish(self) -> Chunk:
        """Return what was held back."""
        return self._add("", "", is_last=True)

    def _breaks_off(self) -> BadResponseError:
        """Make the error for an answer without its end."""
        message = _("{server} ended the answer of {model!r} in the middle.", model=self._model)
        return self._server.bad_response(message, advice=ASK_AGAIN)

    def _require_text(self) -> None:
        """Raise NoAnswerError where nothing was written, or nothing but thoughts."""
        if self._heard.text:
            return
        message = _("{server} sent an empty answer from {model!r}.")
        advice = _("Ask again, or choose another model.")
        if self._heard.thinking:
            message = _("{server} sent only thoughts of {model!r} and no answer within {tokens} tokens.")
            advice = _("Allow more tokens, or switch its thinking off.")
        raise NoAnswerError(
            message.fill(server=self._server.name, model=self._model, tokens=self._config.max_tokens),
            advice=advice,
            backend=self._server.errors.backend,
            has_thinking=self._heard.thinking,
        )


async def read_reply(server: HttpServer, request: Request, reply: Reply) -> AsyncGenerator[Chunk, None]:
    """Send the request and yield chunks until the reply is over; leaving closes the connection.

    Until something is written the limit for the first token holds, then the one for a stall.
    """
    reading = _("{server} was silent for {seconds:g} s while reading the prompt for {model!r}.", model=request.model)
    writing = _("{server} was silent for {seconds:g} s while writing with {model!r}.", model=request.model)
    first = server.timeouts.first_token_seconds, reading
    later = server.timeouts.stall_seconds, writing
    async with AsyncExitStack() as stack:
        async with server.limit(*first):
            response = await stack.enter_async_context(server.open(request))
        documents = await stack.enter_async_context(aclosing(_documents(server, response)))
        while not reply.is_over:
            async with server.limit(*(later if reply.has_begun else first)):
                chunk = await _next_chunk(server, documents, reply)
            server.activity.heard()
            for part in apart(chunk):
                yield part


async def _next_chunk(server: HttpServer, documents: AsyncIterator[bytes], reply: Reply) -> Chunk:
    """Read on to the next piece with something in it: those without say that the connection lives, and no more."""
    for _piece in range(MOST_EMPTY_PIECES):
        chunk = reply.read(await anext(documents, None))
        if chunk != Chunk() or reply.is_over:
            return chunk
    raise server.bad_response(_("{server} sends pieces without text, and no end."), advice=ASK_AGAIN)


async def _documents(server: HttpServer, response: httpx.Response) -> AsyncGenerator[bytes, None]:
    """Yield the lines of an answer; a JSON document that is spread over several lines is put together.

    So a server that answers as a whole where a stream was asked for is understood, however it breaks its lines.
    """
    async with aclosing(server.lines(response)) as lines:
        is_first = True
        async for line in lines:
            if line.lstrip()[:1] == b"{" and (not is_json(line) if is_first else not line.rstrip().endswith(b"}")):
                yield await _gather(server, line, lines)
            else:
                yield line
            is_first = False


async def _gather(server: HttpServer, first: bytes, lines: AsyncIterator[bytes]) -> bytes:
    document, number = bytearray(first), 0
    async for line in lines:
        document += b"\n" + line
        number += 1
        if len(document) > MAX_LINE_BYTES or number > MOST_LINES:
            raise server.bad_response(_("{server} sent an answer without an end."), advice=ASK_AGAIN)
    return bytes(document)


def _apart(chunk: Chunk) -> list[Chunk]:
    """One line may bring thoughts, text and the end at once; a chunk has one field set, or none and is left out."""
    parts = (Chunk(thinking=chunk.thinking), Chunk(text=chunk.text), Chunk(completion=chunk.completion))
    return [part for part in parts if part != Chunk()]
