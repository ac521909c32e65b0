"""The bytes of a response: decompressed, cut into lines, and never more of them in memory than is allowed."""

import asyncio
import re
import zlib
from collections.abc import AsyncGenerator, AsyncIterable
from contextlib import aclosing

import httpx

ACCEPTED = {"accept-encoding": "gzip"}
"""The only packing that is asked for: it can be undone in small steps, so that little cannot become very much."""
MAX_LINE_BYTES = 16 * 1024 * 1024
UNPACKED_AT_ONCE = 256 * 1024
PIECES_AT_ONCE = 50

_LINE_END = re.compile(rb"[\r\n]")
_GZIP_OR_ZLIB = 32 + zlib.MAX_WBITS


class LineTooLongError(Exception):
    """A line does not end."""


async def read_pieces(response: httpx.Response) -> AsyncGenerator[bytes, None]:
    """Yield the body as it comes, unpacked; raises httpx.DecodingError for a packing that was not asked for."""
    packing = response.headers.get("content-encoding", "").strip().lower()
    assert isinstance(response.stream, httpx.AsyncByteStream)
    stream = _politely(response.stream)
    if packing in ("", "identity"):
        async for piece in stream:
            yield piece
    elif packing in ("gzip", "x-gzip", "deflate"):
        async with aclosing(_unpacked(stream)) as unpacked:
            async for piece in unpacked:
                yield piece
    else:
        raise httpx.DecodingError(f"content-encoding {packing[:40]!r} was not asked for")


async def read_beginning(response: httpx.Response, length: int) -> bytes:
    """Read a body whole, or one piece beyond this length."""
    body = bytearray()
    async with aclosing(read_pieces(response)) as pieces:
        async for piece in pieces:
            body += piece
            if len(body) > length:
                break
    return bytes(body)


async def read_lines(response: httpx.Response) -> AsyncGenerator[bytes, None]:
    r"""Yield the lines that are not blank, split at \n and \r alone; raises LineTooLongError.

    httpx's own splitter also breaks at U+0085 and U+2028, which may stand inside a JSON string.
    """
    rest = bytearray()
    async with aclosing(read_pieces(response)) as pieces:
        async for piece in pieces:
            head, *tail = _LINE_END.split(piece)
            rest += head
            if len(rest) > MAX_LINE_BYTES:
                raise LineTooLongError
            for following in tail:
                if rest.strip():
                    yield bytes(rest)
                rest = bytearray(following)
    if rest.strip():
        yield bytes(rest)


async def _politely(stream: AsyncIterable[bytes]) -> AsyncGenerator[bytes, None]:
    """Let others run now and then: thousands of tiny pieces may lie in one buffer, and reading them never waits."""
    number = 0
    async for piece in stream:
        yield piece
        number += 1
        if number % PIECES_AT_ONCE == 0:
            await asyncio.sleep(0)


async def _unpacked(raw: AsyncIterable[bytes]) -> AsyncGenerator[bytes, None]:
    unpacker = zlib.decompressobj(_GZIP_OR_ZLIB)
    try:
        async for piece in raw:
            while piece and not unpacker.eof:
                yield unpacker.decompress(piece, UNPACKED_AT_ONCE)
                piece = unpacker.unconsumed_tail
        yield unpacker.flush()
    except zlib.error as error:
        raise httpx.DecodingError(str(error)) from error
    if not unpacker.eof:
        raise httpx.DecodingError("cut off")
