"""A small HTTP server on 127.0.0.1 that a test scripts byte by byte: it can be silent, break off, notice a hang-up."""

import asyncio
import json
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Call:
    """One request as it came."""

    method: str
    path: str
    body: dict[str, Any]
    headers: dict[str, str]


class Wire:
    """The answering side of one request."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, server: "WireServer") -> None:
        self._reader = reader
        self._writer = writer
        self._server = server

    async def json(self, body: object, *, status: int = 200, headers: dict[str, str] | None = None) -> None:
        """Answer with one JSON document."""
        await self.raw(json.dumps(body).encode(), status=status, headers=headers)

    async def raw(self, body: bytes, *, status: int = 200, headers: dict[str, str] | None = None) -> None:
        """Answer with these bytes."""
        extra = "".join(f"{name}: {value}\r\n" for name, value in (headers or {}).items())
        head = f"HTTP/1.1 {status} X\r\ncontent-length: {len(body)}\r\n{extra}\r\n"
        self._writer.write(head.encode() + body)
        await self._writer.drain()

    async def begin(self, **headers: str) -> None:
        """Begin a streamed answer."""
        extra = "".join(f"{name.replace('_', '-')}: {value}\r\n" for name, value in headers.items())
        await self.bytes(f"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n{extra}\r\n".encode())

    async def bytes(self, raw: bytes) -> None:
        """Send these bytes and nothing around them."""
        self._writer.write(raw)
        await self._writer.drain()

    async def piece(self, data: bytes) -> None:
        """Send one piece of a streamed answer."""
        self._writer.write(f"{len(data):x}\r\n".encode() + data + b"\r\n")
        await self._writer.drain()

    async def end(self) -> None:
        """End a streamed answer as HTTP wants it."""
        self._writer.write(b"0\r\n\r\n")
        await self._writer.drain()

    def break_off(self) -> None:
        """End the connection in the middle, as a killed server does."""
        self._writer.transport.abort()

    async def silence(self) -> None:
        """Say nothing until the client hangs up, and note that it did."""
        self._server.fell_silent.set()
        await self._reader.read(1)
        self._server.hung_up.set()


Handler = Callable[[Call, Wire], Awaitable[None]]


@dataclass
class WireServer:
    """A running server: where it is, what was asked, whether it keeps a client waiting, and whether one hung up."""

    url: str = ""
    calls: list[Call] = field(default_factory=list)
    fell_silent: asyncio.Event = field(default_factory=asyncio.Event)
    hung_up: asyncio.Event = field(default_factory=asyncio.Event)

    def bodies(self, path: str) -> list[dict[str, Any]]:
        """Return what was sent to one path, in order."""
        return [call.body for call in self.calls if call.path == path]


@asynccontextmanager
async def serve(handler: Handler, *, tls: ssl.SSLContext | None = None) -> AsyncIterator[WireServer]:
    """Serve until the block is left."""
    server = WireServer()
    talks: dict[asyncio.Task[None], asyncio.StreamWriter] = {}

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        talks[task] = writer
        try:
            while (call := await _read(reader)) is not None:
                server.calls.append(call)
                await handler(call, Wire(reader, writer, server))
        except (ConnectionError, asyncio.IncompleteReadError):
            server.hung_up.set()
        finally:
            writer.close()
            del talks[task]

    listener = await asyncio.start_server(talk, "127.0.0.1", 0, ssl=tls)
    server.url = f"http{'s' if tls else ''}://127.0.0.1:{listener.sockets[0].getsockname()[1]}"
    try:
        yield server
    finally:
        listener.close()
        await listener.wait_closed()
        for writer in talks.values():
            writer.transport.abort()
        if talks:
            await asyncio.wait(list(talks), timeout=5)


async def _read(reader: asyncio.StreamReader) -> Call | None:
    head = (await reader.readuntil(b"\r\n\r\n") if not reader.at_eof() else b"").decode()
    if not head:
        return None
    first, *rest = head.strip().split("\r\n")
    method, path, _ = first.split(" ")
    headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in rest)}
    body = await reader.readexactly(int(headers.get("content-length", "0")))
    return Call(method, path, json.loads(body) if body else {}, headers)
