"""Answers in the forms that servers give them, whatever was asked for: each is read, or refused by a typed error."""

import asyncio
import gzip
import json
import zlib
from collections.abc import Sequence

import pytest

from models.base import Backend, GenerationConfig
from models.errors import BackendError, BackendOverloadedError, BadResponseError, NoAnswerError
from models.ollama.backend import open_ollama
from models.openai.backend import open_openai_compatible
from tests.models.http.wire_server import Wire, serve
from tests.models.scripts import (
    OLLAMA_DONE,
    OPENAI_DONE,
    Speaks,
    ollama_line,
    ollama_server,
    openai_piece,
    openai_server,
    says,
    sse,
)
from tests.models.speaker import QUESTION, final_text

pytestmark = pytest.mark.anyio

TEXT = "Grüße, 😀!"
USAGE = {"prompt_tokens": 20, "completion_tokens": 3}


async def hear(backend: Backend) -> tuple[str, str]:
    async with asyncio.timeout(30), backend.stream("tiny", QUESTION, GenerationConfig()) as chunks:
        heard = [chunk async for chunk in chunks]
    assert heard[-1].completion is not None
    return final_text(heard), "".join(chunk.thinking for chunk in heard)


async def hear_openai(speak: Speaks) -> tuple[str, str]:
    async with serve(openai_server(speak)) as server:
        backend = open_openai_compatible(server.url)
        try:
            return await hear(backend)
        finally:
            await backend.close()


async def hear_ollama(speak: Speaks) -> tuple[str, str]:
    async with serve(ollama_server(speak)) as server:
        backend = open_ollama(server.url)
        try:
            return await hear(backend)
        finally:
            await backend.close()


def sends(*pieces: bytes, **headers: str) -> Speaks:
    async def speak(wire: Wire) -> None:
        await wire.begin(**headers)
        for piece in pieces:
            await wire.piece(piece)
        await wire.end()

    return speak


def whole(content: object, **message: object) -> dict[str, object]:
    said = {"role": "assistant", "content": content} | message
    return {"object": "chat.completion", "choices": [{"message": said, "finish_reason": "stop"}], "usage": USAGE}


@pytest.mark.parametrize("indent", [None, 2])
@pytest.mark.parametrize("kind", ["application/json", "application/json; charset=utf-8", "text/plain"])
async def test_a_whole_answer_where_a_stream_was_asked_for_is_read(kind: str, indent: int | None) -> None:
    body = json.dumps(whole(TEXT, reasoning_content="Hm"), indent=indent, ensure_ascii=False).encode()
    assert await hear_openai(sends(body, content_type=kind)) == (TEXT, "Hm")
    body = json.dumps({"message": {"content": TEXT, "thinking": "Hm"}, "done": True}, indent=indent).encode()
    assert await hear_ollama(sends(body, content_type=kind)) == (TEXT, "Hm")


async def test_a_whole_answer_without_a_reason_for_its_end_is_whole() -> None:
    body = {"choices": [{"message": {"content": TEXT}, "finish_reason": None}]}
    assert (await hear_openai(sends(json.dumps(body).encode())))[0] == TEXT


async def test_an_event_stream_under_another_name_is_read() -> None:
    assert (await hear_openai(sends(openai_piece(TEXT), OPENAI_DONE, content_type="application/json")))[0] == TEXT


PARTS: Sequence[tuple[object, tuple[str, str]]] = [
    ([{"type": "text", "text": "Yes"}, {"type": "text", "text": "!"}], ("Yes!", "")),
    (["Yes", "!"], ("Yes!", "")),
    ([{"type": "text", "text": {"value": "Yes"}}], ("Yes", "")),
    ([{"type": "thinking", "thinking": [{"type": "text", "text": "Hm"}]}, "Yes"], ("Yes", "Hm")),
    ([{"type": "reasoning", "text": "Hm"}, {"type": "text", "text": "Yes"}], ("Yes", "Hm")),
    ([{"type": "image_url", "image_url": {"url": "x"}}, {"type": "text", "text": "Yes"}], ("Yes", "")),
    ([{"type": "text", "text": None}, None, {"type": "text", "text": "Yes"}], ("Yes", "")),
]


@pytest.mark.parametrize(("parts", "heard"), PARTS)
async def test_the_parts_of_a_content_are_joined_and_thoughts_told_apart(parts: object, heard: tuple[str, str]) -> None:
    piece = sse({"choices": [{"delta": {"content": parts}}]})
    assert await hear_openai(sends(piece, OPENAI_DONE)) == heard
    assert await hear_openai(sends(json.dumps(whole(parts)).encode())) == heard
    line = json.dumps({"message": {"content": parts}, "done": False}).encode() + b"\n"
    assert await hear_ollama(sends(line, OLLAMA_DONE)) == heard


NOISE = [
    b": a comment\n\n",
    b":\n\n",
    b"event: message\nid: 7\nretry: 100\n",
    sse({"choices": []}),
    sse({"choices": None}),
    sse({"choices": [{"delta": None}]}),
    sse({"choices": [{"delta": {}}]}),
    sse({"choices": [{"delta": {"content": None, "role": "assistant"}, "finish_reason": None}]}),
    sse({"choices": [], "usage": None}),
    sse({"error": None, "choices": []}),
    sse(b"null"),
    b"data:\n\n",
    b"data\n\n",
]


@pytest.mark.parametrize("noise", NOISE, ids=repr)
async def test_what_says_nothing_changes_nothing(noise: bytes) -> None:
    speak = sends(noise, openai_piece("Ye"), noise, openai_piece("s"), noise, OPENAI_DONE)
    assert await hear_openai(speak) == ("Yes", "")


@pytest.mark.parametrize("end", [b"\r\n", b"\r", b"\n"])
async def test_lines_may_end_in_each_of_the_ways_that_event_streams_allow(end: bytes) -> None:
    stream = (openai_piece(TEXT) + OPENAI_DONE).replace(b"\n", end)
    assert (await hear_openai(sends(stream)))[0] == TEXT
    lines = (ollama_line(TEXT) + OLLAMA_DONE).replace(b"\n", end)
    assert (await hear_ollama(sends(lines)))[0] == TEXT


async def test_pieces_may_end_inside_a_character_and_anywhere_else() -> None:
    spoken = json.dumps({"choices": [{"delta": {"content": TEXT}}]}, ensure_ascii=False).encode()
    stream = b"\xef\xbb\xbf" + sse(spoken) + OPENAI_DONE
    assert (await hear_openai(sends(*(stream[at : at + 1] for at in range(len(stream))))))[0] == TEXT


async def test_the_last_piece_needs_no_line_end() -> None:
    assert (await hear_openai(sends((openai_piece("Yes") + sse(b"[DONE]")).rstrip())))[0] == "Yes"
    assert (await hear_ollama(sends(ollama_line("Yes"), OLLAMA_DONE.rstrip())))[0] == "Yes"


async def test_the_data_of_an_event_may_stand_on_several_lines() -> None:
    event = json.dumps({"choices": [{"delta": {"content": "Yes"}}]}, indent=1)
    spread = "".join(f"data: {line}\n" for line in event.splitlines()).encode() + b"\n"
    assert (await hear_openai(sends(spread, OPENAI_DONE)))[0] == "Yes"


@pytest.mark.parametrize("end", [sse(b"[DONE]"), sse({"choices": [], "usage": USAGE})], ids=["mark", "counters"])
async def test_an_answer_may_end_without_a_reason(end: bytes) -> None:
    assert (await hear_openai(sends(openai_piece("Yes", finish_reason=None), end)))[0] == "Yes"


def packed(kind: str, data: bytes) -> bytes:
    if kind in ("gzip", "x-gzip"):
        return gzip.compress(data)
    raw = zlib.compressobj(wbits=zlib.MAX_WBITS)
    return raw.compress(data) + raw.flush()


@pytest.mark.parametrize("kind", ["gzip", "x-gzip", "deflate", "identity"])
async def test_a_packed_answer_is_unpacked(kind: str) -> None:
    data = openai_piece(TEXT) + OPENAI_DONE
    data = data if kind == "identity" else packed(kind, data)
    pieces = [data[at : at + 7] for at in range(0, len(data), 7)]
    assert (await hear_openai(sends(*pieces, content_encoding=kind)))[0] == TEXT


async def test_a_packed_answer_is_read_as_it_comes() -> None:
    packer = zlib.compressobj(wbits=16 + zlib.MAX_WBITS)
    first = packer.compress(openai_piece("Yes")) + packer.flush(zlib.Z_SYNC_FLUSH)

    async def speak(wire: Wire) -> None:
        await wire.begin(content_encoding="gzip")
        await wire.piece(first)
        await wire.silence()

    async with serve(openai_server(speak)) as server:
        backend = open_openai_compatible(server.url)
        async with asyncio.timeout(30), backend.stream("tiny", QUESTION, GenerationConfig()) as chunks:
            assert (await anext(chunks)).text == "Yes"
        await backend.close()


@pytest.mark.parametrize(
    ("kind", "data"), [("br", b"\x0b\x02\x80"), ("gzip", b"no gzip"), ("gzip", gzip.compress(b"data: x" * 99)[:-9])]
)
async def test_what_cannot_be_unpacked_is_a_bad_response(kind: str, data: bytes) -> None:
    with pytest.raises(BadResponseError):
        await hear_openai(sends(data, content_encoding=kind))


@pytest.mark.parametrize(
    "failure",
    [
        sse({"error": {"message": "engine died"}}),
        sse({"error": "engine died"}),
        sse({"object": "error", "message": "engine died", "code": 500}),
        sse({"detail": "engine died"}),
        b'event: error\ndata: {"message": "engine died"}\n\n',
        b'{"error": {"message": "engine died"}}\n',
        json.dumps({"error": {"message": "engine died"}}, indent=2).encode(),
    ],
    ids=repr,
)
async def test_a_failure_in_the_stream_is_told_in_each_of_its_shapes(failure: bytes) -> None:
    with pytest.raises(BadResponseError, match="engine died"):
        await hear_openai(sends(openai_piece("Ye"), failure))
    with pytest.raises(BadResponseError, match="engine died"):
        await hear_openai(sends(failure))


async def test_a_failure_in_the_stream_counts_by_its_code() -> None:
    with pytest.raises(BackendOverloadedError):
        await hear_openai(sends(sse({"error": {"code": 429, "message": "Rate limit"}, "choices": []})))


async def test_a_failure_of_ollama_may_be_an_object() -> None:
    with pytest.raises(BadResponseError, match="engine died"):
        await hear_ollama(sends(b'{"error": {"message": "engine died"}}\n'))


@pytest.mark.parametrize("content", [None, "", [], [{"type": "image_url"}]], ids=repr)
async def test_a_whole_answer_without_words_is_empty(content: object) -> None:
    with pytest.raises(NoAnswerError):
        await hear_openai(sends(json.dumps(whole(content)).encode()))


async def test_a_key_is_not_taken_out_of_an_answer() -> None:
    async with serve(openai_server(says(openai_piece("Use ollama."), OPENAI_DONE))) as server:
        backend = open_openai_compatible(server.url, api_key="ollama")
        try:
            assert (await hear(backend))[0] == "Use ollama."
        finally:
            await backend.close()


@pytest.mark.parametrize("content", [3, {"a": 1}, True], ids=repr)
async def test_a_content_of_another_kind_is_a_bad_response(content: object) -> None:
    with pytest.raises(BackendError):
        await hear_openai(sends(sse({"choices": [{"delta": {"content": content}}]}), OPENAI_DONE))
