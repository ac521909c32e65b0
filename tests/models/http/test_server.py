"""httpx's failures as errors of this project, and the clocks that bound a request."""

import asyncio
from collections.abc import AsyncIterator, Callable
from datetime import UTC, datetime

import httpx
import pytest
from pydantic import BaseModel

from models.errors import BackendError, BackendTimeoutError, BackendUnavailableError, BadResponseError
from models.http.errors import HTTPX_FAILURES, ServerErrors, map_http_errors, retry_after
from models.http.server import ActivityTimeout, HttpServer, Request, Timeouts
from models.text import Text, verbatim

pytestmark = pytest.mark.anyio


def every_subclass(cls: type[httpx.RequestError]) -> list[type[httpx.RequestError]]:
    return [cls, *(deeper for child in cls.__subclasses__() for deeper in every_subclass(child))]


ASK = Request("GET", "/")
WRITING = Text("{server} was silent for {seconds:g} s while writing.")
BOX, WAKE_IT = verbatim("The box"), verbatim("Wake it.")
HTTPX_ERRORS = [cls for cls in every_subclass(httpx.RequestError) if cls.__module__.startswith("httpx")]


class Facts(BaseModel):
    """A body of some shape."""


def make_server(handler: Callable[[httpx.Request], httpx.Response], **timeouts: float) -> HttpServer:
    client = httpx.AsyncClient(base_url="http://user:secret@box:1/", transport=httpx.MockTransport(handler))
    title = Text("The box at {address!r}")
    return HttpServer(client, title, WAKE_IT, ServerErrors("box", [], {}), Timeouts(**timeouts))


@pytest.mark.parametrize("cls", HTTPX_ERRORS)
def test_every_failure_of_httpx_is_mapped_on_purpose(cls: type[httpx.RequestError]) -> None:
    assert cls in HTTPX_FAILURES
    with (
        pytest.raises(BackendError, match=r"^The box .*\. Wake it\.$") as caught,
        map_http_errors(BOX, WAKE_IT, backend="box"),
    ):
        raise cls("all connection attempts failed")
    assert caught.value.backend == "box"
    assert isinstance(caught.value.__cause__, cls)


def test_a_failure_that_httpx_may_add_later_is_still_a_backend_error() -> None:
    class LaterError(httpx.NetworkError):
        pass

    with pytest.raises(BackendUnavailableError), map_http_errors(BOX, WAKE_IT, backend="box"):
        raise LaterError("new")


def test_an_address_that_cannot_be_read_is_a_backend_error() -> None:
    with pytest.raises(BackendUnavailableError, match="address"), map_http_errors(BOX, WAKE_IT, backend="box"):
        raise httpx.InvalidURL("no")


def test_a_key_with_a_wrong_character_is_not_repeated() -> None:
    with pytest.raises(BackendUnavailableError) as caught, map_http_errors(BOX, WAKE_IT, backend="box"):
        raise httpx.LocalProtocolError("Illegal header value b'Bearer sk-secret'")
    assert "secret" not in str(caught.value)


def test_a_bug_is_not_taken_for_a_failure_of_the_server() -> None:
    with pytest.raises(ZeroDivisionError), map_http_errors(BOX, WAKE_IT, backend="box"):
        raise ZeroDivisionError


def test_the_password_in_an_address_is_not_part_of_the_name() -> None:
    assert str(make_server(lambda request: httpx.Response(200)).name) == "The box at 'http://box:1'"


async def test_an_error_page_without_end_is_read_only_in_part() -> None:
    pieces = 0

    async def endless() -> AsyncIterator[bytes]:
        nonlocal pieces
        while True:
            pieces += 1
            yield b"x" * 10_000

    server = make_server(lambda request: httpx.Response(500, content=endless()))
    with pytest.raises(BadResponseError, match="xxx") as caught:
        async with server.open(ASK):
            raise AssertionError("an error status was taken for a success")
    assert 1 < pieces < 10
    assert len(str(caught.value)) < 1_000


async def test_a_line_without_end_is_a_bad_response() -> None:
    async def endless() -> AsyncIterator[bytes]:
        while True:
            yield b"x" * 1_000_000

    server = make_server(lambda request: httpx.Response(200, content=endless()))
    with pytest.raises(BadResponseError, match="line without an end"):
        async with server.open(ASK) as response:
            async for _ in server.lines(response):
                raise AssertionError("there is no line")


async def test_a_body_without_end_is_a_bad_response() -> None:
    async def endless() -> AsyncIterator[bytes]:
        while True:
            yield b" " * 4_000_000

    server = make_server(lambda request: httpx.Response(200, content=endless()))
    with pytest.raises(BadResponseError, match="answer without an end"):
        await server.fetch(Facts, ASK, seconds=30)


@pytest.mark.parametrize("drop", [b"{", b"\n", b" "])
async def test_bytes_that_never_become_a_line_are_no_sign_of_life(drop: bytes) -> None:
    async def dripping() -> AsyncIterator[bytes]:
        while True:
            yield drop
            await asyncio.sleep(0.005)

    server = make_server(lambda request: httpx.Response(200, content=dripping()))
    async with asyncio.timeout(30):
        with pytest.raises(BackendTimeoutError, match="while writing"):
            async with server.open(ASK) as response, server.limit(0.05, WRITING):
                async for _ in server.lines(response):
                    raise AssertionError("there is no line")


async def test_lines_are_whole_however_the_bytes_come() -> None:
    async def pieces() -> AsyncIterator[bytes]:
        for piece in (b"on", b"e\n\n", b"two\nthr", b"ee", b"\n \nfour"):
            yield piece

    server = make_server(lambda request: httpx.Response(200, content=pieces()))
    async with server.open(ASK) as response:
        assert [line async for line in server.lines(response)] == [b"one", b"two", b"three", b"four"]


async def test_a_time_limit_says_what_the_server_was_doing() -> None:
    server = make_server(lambda request: httpx.Response(200))
    with pytest.raises(BackendTimeoutError, match=r"The box at 'http://box:1' was silent for 0\.01 s while thinking"):
        async with server.limit(0.01, Text("{server} was silent for {seconds:g} s while thinking.")):
            await asyncio.Event().wait()


async def test_a_sign_of_life_extends_a_running_limit_and_silence_ends_it_in_its_time() -> None:
    ended: list[str] = []

    async def wait(name: str, activity: ActivityTimeout, *, is_alive: bool) -> None:
        with pytest.raises(TimeoutError):
            async with activity.limit(0.05):
                if is_alive:
                    activity.heard()
                await asyncio.Event().wait()
        ended.append(name)

    alive = ActivityTimeout()
    async with asyncio.TaskGroup() as group:
        group.create_task(wait("beside it", alive, is_alive=False))
        group.create_task(wait("alive", alive, is_alive=True))
        group.create_task(wait("silent", ActivityTimeout(), is_alive=False))
    assert ended[0] == "silent"


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({"Retry-After": "3"}, 3.0),
        ({"Retry-After": " 0.5 "}, 0.5),
        ({"Retry-After": "-1"}, 0.0),
        ({"Retry-After": "nan"}, None),
        ({"Retry-After": "1e999"}, None),
        ({"Retry-After": "Fri, 31 Dec"}, None),
        ({"Retry-After": ""}, None),
        ({}, None),
        ({"retry-after-ms": "1500", "Retry-After": "9"}, 1.5),
        ({"Retry-After": "Sat, 01 Jan 2000 00:00:09 GMT"}, 9.0),
        ({"Retry-After": "Sat, 01 Jan 2000 00:00:09"}, 9.0),
        ({"Retry-After": "Fri, 31 Dec 1999 00:00:00 GMT"}, 0.0),
        ({"Retry-After": "Sat, 01 Jan 2000 00:00:09 GMT", "Date": "Sat, 01 Jan 2000 00:00:07 GMT"}, 2.0),
    ],
)
def test_the_time_to_wait_is_read_as_seconds_or_a_date(headers: dict[str, str], seconds: float | None) -> None:
    assert retry_after(httpx.Headers(headers), now=datetime(2000, 1, 1, tzinfo=UTC)) == seconds
