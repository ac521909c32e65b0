"""A server that sends too much, or for ever, is given up in bounded memory and time, with an error that names it."""

import asyncio
import gc
import gzip
import json
import tracemalloc
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager

import pytest

from models.base import Backend, GenerationConfig
from models.errors import BackendError, BackendTimeoutError, BackendUnavailableError, BadResponseError
from models.http.server import Timeouts
from tests.models.http.wire_server import Wire
from tests.models.scripts import QUICK, ScriptedOllama, ScriptedOpenAI, Speaks, openai_piece, sse
from tests.models.speaker import QUESTION

pytestmark = pytest.mark.anyio
Scripted = ScriptedOllama | ScriptedOpenAI
MEGABYTE = 1024 * 1024
SLOW = Timeouts(connect_seconds=5.0, load_seconds=60.0, first_token_seconds=60.0, stall_seconds=60.0)


@pytest.fixture(params=[ScriptedOllama(), ScriptedOpenAI()], ids=lambda scripted: scripted.name)
def scripted(request: pytest.FixtureRequest) -> Scripted:
    assert isinstance(request.param, ScriptedOllama | ScriptedOpenAI)
    return request.param


@contextmanager
def at_most(megabytes: int) -> Iterator[None]:
    gc.collect()
    tracemalloc.start()
    try:
        yield
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak < megabytes * MEGABYTE, f"{peak / MEGABYTE:.0f} MB"


async def answers(backend: Backend) -> AsyncIterator[str]:
    async with asyncio.timeout(120), backend.stream("tiny", QUESTION, GenerationConfig()) as chunks:
        async for chunk in chunks:
            yield chunk.text


async def fails(backend: Backend, error: type[BackendError], match: str = ".") -> None:
    with pytest.raises(error, match=match):
        async for _text in answers(backend):
            pass


def forever(piece: bytes, **headers: str) -> Speaks:
    async def speak(wire: Wire) -> None:
        await wire.begin(**headers)
        while True:
            await wire.piece(piece)
            await asyncio.sleep(0)  # the client lives in the same loop

    return speak


async def test_a_line_without_an_end(scripted: Scripted) -> None:
    async with scripted.open(forever(b'{"x' * MEGABYTE), SLOW) as (backend, _):
        with at_most(120):
            await fails(backend, BadResponseError, "without an end")


async def test_lines_that_never_become_a_document(scripted: Scripted) -> None:
    async with scripted.open(forever(b'{"a":\n' * 100_000), SLOW) as (backend, _):
        with at_most(200):
            await fails(backend, BadResponseError, "without an end")


@pytest.mark.parametrize("blank", [b"\n", b"\r\n" * 10_000, b" " * 4000 + b"\n"])
async def test_blank_lines_without_an_end_are_silence(scripted: Scripted, blank: bytes) -> None:
    async with scripted.open(forever(blank), QUICK) as (backend, _):
        await fails(backend, BackendTimeoutError)


@pytest.mark.parametrize("kind", ["comments", "no choices", "empty text"])
async def test_pieces_without_text_are_no_answer(kind: str) -> None:
    piece = {"comments": b": ping\n\n", "no choices": sse({"choices": []}), "empty text": openai_piece("")}[kind]
    async with ScriptedOpenAI().open(forever(piece), QUICK) as (backend, _):
        await fails(backend, BackendTimeoutError)


async def test_lines_of_ollama_without_text_are_no_answer() -> None:
    async with ScriptedOllama().open(forever(b'{"done": false}\n' * 50), QUICK) as (backend, _):
        await fails(backend, BackendTimeoutError)


async def test_pieces_without_text_end_also_where_time_is_long(scripted: Scripted) -> None:
    piece = b'{"done": false}\n' if scripted.name == "ollama" else b": ping\n"
    async with scripted.open(forever(piece * 1000), SLOW) as (backend, _):
        await fails(backend, BadResponseError, "pieces without text")


async def test_headers_without_an_end(scripted: Scripted) -> None:
    async def speak(wire: Wire) -> None:
        await wire.bytes(b"HTTP/1.1 200 OK\r\n")
        while True:
            await wire.bytes(b"x-more: " + b"y" * 60_000 + b"\r\n")
            await asyncio.sleep(0)

    async with scripted.open(speak, SLOW) as (backend, _):
        with at_most(20):
            await fails(backend, BackendUnavailableError)


async def test_an_error_page_without_an_end(scripted: Scripted) -> None:
    async def speak(wire: Wire) -> None:
        await wire.bytes(b"HTTP/1.1 500 Oh\r\ntransfer-encoding: chunked\r\n\r\n")
        while True:
            await wire.piece(b"no " * 20_000)
            await asyncio.sleep(0)

    async with scripted.open(speak, SLOW) as (backend, _):
        with at_most(20):
            await fails(backend, BadResponseError, "no no")


async def test_a_little_that_unpacks_to_very_much(scripted: Scripted) -> None:
    bomb = gzip.compress(b"x" * (400 * MEGABYTE), compresslevel=1)

    async def speak(wire: Wire) -> None:
        await wire.begin(content_encoding="gzip")
        await wire.piece(bomb)
        await wire.end()

    async with scripted.open(speak, SLOW) as (backend, _):
        with at_most(120):
            await fails(backend, BadResponseError, "line without an end")


@pytest.mark.parametrize("opening", [b"[", b'{"a":', b'{"message":', b'{"choices":[', b'{"error":{"message":'])
@pytest.mark.parametrize("status", [200, 400, 500])
async def test_json_that_is_nested_deeply(scripted: Scripted, opening: bytes, status: int) -> None:
    async def speak(wire: Wire) -> None:
        await wire.raw(opening * 300_000, status=status)

    async with scripted.open(speak, SLOW) as (backend, _):
        await fails(backend, BackendError)


@pytest.mark.parametrize("depth", [150, 990, 5000])
async def test_an_error_wrapped_in_errors(scripted: Scripted, depth: int) -> None:
    async def speak(wire: Wire) -> None:
        await wire.raw(b'{"error":' * depth + b'"no"' + b"}" * depth, status=500)

    async with scripted.open(speak, SLOW) as (backend, _):
        await fails(backend, BadResponseError)


async def test_a_text_without_an_end_stops_when_the_reader_leaves(scripted: Scripted) -> None:
    async with scripted.open(forever(scripted.hello("x" * 1000)), SLOW) as (backend, _):
        with at_most(60):
            length = 0
            async for text in answers(backend):
                length += len(text)
                if length > 2 * MEGABYTE:
                    break


@pytest.mark.parametrize("body", [b"x" * 100_000, b'"' + b"\\" * 99_999, json.dumps("\x1b[31m" * 9999).encode()])
async def test_the_words_of_an_error_are_cut(scripted: Scripted, body: bytes) -> None:
    async def speak(wire: Wire) -> None:
        await wire.raw(body, status=500)

    async with scripted.open(speak, SLOW) as (backend, _):
        with pytest.raises(BadResponseError) as caught:
            async for _text in answers(backend):
                pass
    assert len(str(caught.value)) < 3000
