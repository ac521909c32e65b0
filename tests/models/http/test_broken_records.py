"""One model that a server describes badly hides none of the others, and is itself used as far as it is known."""

import json
import logging
from collections.abc import Callable
from typing import Any

import pytest

from models.base import Backend
from models.http.reading.records import MOST_RECORDS
from models.ollama.server_memory import LoadedModel
from models.openai.backend import open_openai_compatible
from models.selector import BackendSelector
from tests.models.http.wire_server import Wire, serve
from tests.models.ollama.ollama_script import HELLO, listen, ollama
from tests.models.scripts import Speaks, openai_server, refuses

pytestmark = pytest.mark.anyio

GOOD: dict[str, Any] = {"name": "good:1b", "size": 7, "digest": "d", "details": {"family": "llama"}}
WRONG_FIELDS: list[dict[str, Any]] = [
    {"size": None},
    {"size": "7.4 GB"},
    {"size": -1},
    {"size": 10**60},
    {"size": 1.5},
    {"digest": None},
    {"details": None},
    {"details": []},
    {"details": {"family": None, "parameter_size": 8, "quantization_level": ["Q4"]}},
    {"remote_host": None},
    {"modified_at": None},
]
HOPELESS: list[Any] = [None, 3, "tiny", [], {}, {"name": None}, {"name": ""}, {"name": 7}, {"name": "x" * 5000}]


def everything(body: object) -> Speaks:
    return refuses(200, body)


@pytest.mark.parametrize("wrong", WRONG_FIELDS, ids=repr)
async def test_a_field_of_another_kind_leaves_the_model_and_its_neighbours_usable(wrong: dict[str, Any]) -> None:
    async with ollama(tags=everything({"models": [GOOD | {"name": "tiny"} | wrong, GOOD]})) as (backend, _):
        health = await backend.health()
        assert health.ok and {card.name for card in health.models} == {"tiny", "good:1b"}
        assert (await listen(backend))[-1].completion is not None


@pytest.mark.parametrize("hopeless", HOPELESS, ids=lambda value: repr(value)[:30])
async def test_a_record_without_a_name_is_left_out_and_told_once(
    hopeless: object, caplog: pytest.LogCaptureFixture
) -> None:
    async with ollama(tags=everything({"models": [hopeless, GOOD]})) as (backend, _):
        with caplog.at_level(logging.WARNING):
            health = await backend.health()
            await backend.health()
    assert health.ok and [card.name for card in health.models] == ["good:1b"]
    assert "lists 1 model in a form that cannot be read" in str(health.detail)
    assert len([record for record in caplog.records if "cannot be read" in record.message]) == 1


@pytest.mark.parametrize(
    "show",
    [
        {"details": None, "model_info": None, "capabilities": None},
        {"details": 3, "model_info": [], "capabilities": {}},
        {"model_info": {"llama.context_length": "many", "llama.vocab_size": None}, "capabilities": [None, 3]},
        {"model_info": {"llama.context_length": -4096}},
        [],
        None,
        "hello",
    ],
    ids=repr,
)
async def test_a_model_that_is_shown_badly_speaks(show: object) -> None:
    async with ollama(show=everything(show)) as (backend, _):
        health = await backend.health()
        assert [card.name for card in health.models] == ["tiny:latest"]
        assert (await backend.describe("tiny")).context_tokens == 0
        assert (await listen(backend))[-1].completion is not None


async def test_a_context_that_is_written_as_text_or_with_a_point_is_read() -> None:
    for written in ("4096", 4096.0):
        async with ollama(show=everything({"model_info": {"llama.context_length": written}})) as (backend, _):
            assert (await backend.describe("tiny")).context_tokens == 4096


@pytest.mark.parametrize(
    "date", [None, "soon", [], "0001-01-01T00:00:00", 1e300, "2318-08-09T01:02:03+99:99"], ids=repr
)
async def test_a_loaded_model_with_a_strange_date_hides_no_other(date: object) -> None:
    loaded = [{"name": "odd", "size": 5, "expires_at": date}, {"name": "tiny", "size": 9, "size_vram": 9}, None]
    async with ollama(ps=everything({"models": loaded})) as (backend, _):
        await listen(backend)
        assert backend._memory.loaded["tiny:latest"] == LoadedModel(9, 9)


@pytest.mark.parametrize("nothing", [None, []])
async def test_no_list_is_an_empty_list(nothing: object) -> None:
    async with ollama(tags=everything({"models": nothing}), ps=everything({"models": nothing})) as (backend, _):
        assert (await backend.health()).ok
    for body in ({"data": nothing}, [] if nothing is not None else {"data": None, "object": None}):
        async with serve(openai_server(HELLO, models=everything(body))) as server:
            endpoint = open_openai_compatible(server.url)
            health = await endpoint.health()
            await endpoint.close()
        assert health.ok and not health.models


@pytest.mark.parametrize(
    "odd",
    [
        {"id": "odd", "max_model_len": None},
        {"id": "odd", "max_model_len": "long"},
        {"id": "odd", "context_length": -1},
        {"id": "odd", "created": None, "owned_by": 3},
        {"id": None},
        {"name": "odd"},
        None,
        7,
    ],
    ids=repr,
)
async def test_a_broken_model_of_an_endpoint_hides_no_other(odd: dict[str, Any]) -> None:
    good = {"id": "tiny", "max_model_len": None, "context_length": "4096"}
    async with serve(openai_server(HELLO, models=everything({"data": [odd, good]}))) as server:
        endpoint = open_openai_compatible(server.url)
        health = await endpoint.health()
        described = await endpoint.describe("tiny")
        await endpoint.close()
    assert health.ok and described.context_tokens == 4096
    assert ("cannot be read" in str(health.detail)) == ("odd" not in {card.name for card in health.models})


@pytest.mark.parametrize("name", [rb"\ud83d", b"\xff\xfe", "\u2028".encode()], ids=repr)
async def test_half_a_character_in_one_name_hides_no_other(name: bytes) -> None:
    async def tags(wire: Wire) -> None:
        await wire.raw(b'\xef\xbb\xbf{"models": [{"name": "odd' + name + b'"}, ' + json.dumps(GOOD).encode() + b"]}")

    async with ollama(tags=tags) as (backend, _):
        health = await backend.health()
    assert "good:1b" in {card.name for card in health.models}
    for card in health.models:
        card.name.encode()


async def test_a_list_of_a_hundred_thousand_models_is_cut_and_told() -> None:
    def many(write: Callable[[int], dict[str, Any]]) -> list[dict[str, Any]]:
        return [write(number) | {"description": "x" * 60} for number in range(100_000)]

    async with serve(openai_server(HELLO, models=everything({"data": many(lambda n: {"id": f"m{n}"})}))) as server:
        backends: list[Backend] = [open_openai_compatible(server.url)]
        selector = BackendSelector(backends)
        (health,) = await selector.healths()
        assert len(await selector.list_models()) == len(health.models) == MOST_RECORDS
        await selector.close()
    assert "98,000 models more than can be shown" in str(health.detail)


async def test_half_a_character_at_a_time_becomes_a_whole_one() -> None:
    async def halves(wire: Wire) -> None:
        await wire.begin()
        for text in (r"a\ud83d", r"\ude00b", r"\ud83d"):
            await wire.piece(b'{"message": {"content": "' + text.encode() + b'"}, "done": false}\n')
        await wire.piece(b'{"done": true}\n')
        await wire.end()

    async with ollama(halves) as (backend, _):
        heard = await listen(backend)
    assert "".join(chunk.text for chunk in heard) == "a😀b\ufffd"


@pytest.mark.parametrize("host", [5, ["box"], {"a": 1}, True], ids=repr)
async def test_a_place_that_cannot_be_read_is_not_taken_for_this_machine(host: object) -> None:
    async with ollama(tags=everything({"models": [GOOD | {"remote_host": host}]})) as (backend, _):
        (card,) = (await backend.health()).models
    assert card.remote_host
