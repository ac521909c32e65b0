"""Connections to a real server that cost it something for nothing: silent, slow, stalled and too many ones."""

import asyncio
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from typing import Any

import pytest
import uvicorn
from starlette.types import Receive, Scope, Send

from council.api.connections import BoundedConnection
from council.listening import listen

PATIENCE_SECONDS = 20.0
LONG = 50_000_000
GET = b"GET /%b HTTP/1.1\r\nHost: localhost\r\n\r\n"
Serve = Callable[..., tuple[str, int]]


async def application(scope: Scope, receive: Receive, send: Send) -> None:
    """Answers at once, after a second under /slow, and with LONG bytes under /long."""
    if scope["path"] == "/slow":
        await asyncio.sleep(1.0)
    await send({"type": "http.response.start", "status": 200, "headers": []})
    for _ in range(LONG // 100_000 if scope["path"] == "/long" else 0):
        await send({"type": "http.response.body", "body": b"x" * 100_000, "more_body": True})
    await send({"type": "http.response.body", "body": b"done", "more_body": False})


@pytest.fixture
def serve() -> Iterator[Serve]:
    """Start a server whose connections have these bounds."""
    servers: list[tuple[uvicorn.Server, threading.Thread]] = []

    def start(**bounds: Any) -> tuple[str, int]:
        protocol = type("Bounded", (BoundedConnection,), bounds)
        config = uvicorn.Config(application, http=protocol, ws="none", lifespan="off", log_level="error")
        server, listener = uvicorn.Server(config), listen("127.0.0.1", 0)
        thread = threading.Thread(target=lambda: asyncio.run(server.serve(sockets=[listener])), daemon=True)
        thread.start()
        servers.append((server, thread))
        deadline = time.monotonic() + PATIENCE_SECONDS
        while not server.started:
            assert thread.is_alive() and time.monotonic() < deadline, "the server did not start"
            time.sleep(0.02)
        address: tuple[str, int] = listener.getsockname()
        return address

    yield start
    for server, thread in servers:
        server.should_exit = server.force_exit = True
        thread.join(PATIENCE_SECONDS)


def connect(address: tuple[str, int], *, first: bytes = b"") -> socket.socket:
    plug = socket.create_connection(address, timeout=PATIENCE_SECONDS)
    plug.sendall(first)
    return plug


def read_to_the_end(plug: socket.socket) -> bytes:
    """Everything until the server hangs up; a test that waits in vain ends with a TimeoutError."""
    received = b""
    with suppress(ConnectionResetError):
        while part := plug.recv(65_536):
            received += part
    return received


@pytest.mark.parametrize("first", [b"", b"GET / HT", b"GET / HTTP/1.1\r\nHost: localhost\r\nX: "])
def test_who_sends_no_whole_head_is_hung_up_on(serve: Serve, first: bytes) -> None:
    with connect(serve(head_seconds=0.2), first=first) as plug:
        assert read_to_the_end(plug) == b""


def test_a_head_that_comes_byte_by_byte_is_given_no_more_time(serve: Serve) -> None:
    with connect(serve(head_seconds=0.5), first=b"GET / HTTP/1.1\r\nX: ") as plug, pytest.raises(OSError):
        deadline = time.monotonic() + PATIENCE_SECONDS
        while time.monotonic() < deadline:
            plug.sendall(b"x")
            time.sleep(0.05)
        raise AssertionError("the server goes on listening")


def test_a_second_head_on_a_kept_connection_has_no_more_time(serve: Serve) -> None:
    with connect(serve(head_seconds=2.0), first=GET % b"") as plug:
        assert plug.recv(1000).startswith(b"HTTP/1.1 200")
        plug.sendall(b"GET / HT")
        assert b"HTTP/1.1" not in read_to_the_end(plug)


def test_a_request_under_way_has_all_the_time_it_needs(serve: Serve) -> None:
    with connect(serve(head_seconds=0.5), first=GET % b"slow") as plug:
        assert plug.recv(1000).startswith(b"HTTP/1.1 200")


def test_a_head_over_16_kilobytes_is_refused_before_it_is_whole(serve: Serve) -> None:
    with connect(serve(), first=b"GET / HTTP/1.1\r\nX: " + b"x" * 40_000) as plug:
        assert read_to_the_end(plug).startswith((b"HTTP/1.1 400", b""))


def test_who_does_not_take_the_answer_is_hung_up_on(serve: Serve) -> None:
    with connect(serve(stall_seconds=0.3), first=GET % b"long") as plug:
        time.sleep(1.0)  # takes nothing meanwhile; afterwards there is an end to what can be taken
        assert len(read_to_the_end(plug)) < LONG


def test_where_too_many_are_silent_the_oldest_makes_room_for_one_that_speaks(serve: Serve) -> None:
    address = serve(most=8, head_seconds=60.0)
    silent = [connect(address) for _ in range(12)]
    with connect(address, first=GET % b"") as plug:
        assert plug.recv(1000).startswith(b"HTTP/1.1 200")
    for plug in silent[:8]:
        assert read_to_the_end(plug) == b""
    for plug in silent:
        plug.close()


def test_one_address_has_half_of_the_connections_and_a_request_under_way_is_not_sacrificed(serve: Serve) -> None:
    address = serve(most=8, head_seconds=60.0)
    busy = [connect(address, first=GET % b"long") for _ in range(4)]
    for plug in busy:
        assert plug.recv(12).startswith(b"HTTP/1.1 200")
    with connect(address, first=GET % b"") as refused:
        assert read_to_the_end(refused) == b""
    for plug in busy:
        assert plug.recv(1000)
        plug.close()
