"""The Ollama backend: what it sends, what it reads, and which command its errors name."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest

from models.base import Chunk, GenerationConfig, Message
from models.errors import (
    BackendError,
    BackendOverloadedError,
    BackendTimeoutError,
    BackendUnavailableError,
    BadResponseError,
    ModelNotFoundError,
    OutOfMemoryError,
    RequestRejectedError,
)
from models.http import Timeouts
from models.ollama import OllamaBackend, open_ollama
from models.ollama_pull import PullProgress
from models.ollama_wire import server_url
from tests.models.scripts import (
    OLLAMA_DONE,
    QUICK,
    Speaks,
    falls_silent_after,
    ollama_line,
    ollama_server,
    refuses,
    says,
)
from tests.models.wire_server import Wire, WireServer, serve
from tests.ollama_server import OllamaServer

pytestmark = pytest.mark.anyio

HELLO = says(ollama_line("Hello"), OLLAMA_DONE)
QUESTION = [Message("system", "Be brief."), Message("user", "Hello?")]
SHARED = [Message("system", "Read this. " * 100), Message("user", "Hello?")]
CONFIG = GenerationConfig(temperature=0.3, max_tokens=64, context_tokens=2048, seed=5)


@asynccontextmanager
async def ollama(
    speak: Speaks = HELLO,
    timeouts: Timeouts | None = None,
    parallel: int = 0,
    keep_alive: str = "30m",
    **routes: Speaks,
) -> AsyncIterator[tuple[OllamaBackend, WireServer]]:
    async with serve(ollama_server(speak, **routes)) as server:
        backend = open_ollama(server.url, timeouts=timeouts, parallel=parallel, keep_alive=keep_alive)
        yield backend, server
        await backend.close()


async def listen(
    backend: OllamaBackend, model: str = "tiny", config: GenerationConfig = CONFIG, messages: list[Message] = QUESTION
) -> list[Chunk]:
    async with backend.stream(model, messages, config) as chunks:
        return [chunk async for chunk in chunks]


def lists(*models: str, size_vram: int = 0) -> Speaks:
    """What /api/ps says when these are loaded."""
    row = {"size": 1000, "size_vram": size_vram, "expires_at": "2099-01-01T00:00:00.123456789Z"}

    async def speak(wire: Wire) -> None:
        await wire.json({"models": [{"name": f"{model}:latest", **row} for model in models]})

    return speak


@pytest.mark.parametrize(
    ("host", "url"),
    [
        ("127.0.0.1:11434", "http://127.0.0.1:11434"),
        ("http://10.0.0.7:11434", "http://10.0.0.7:11434"),
        ("http://10.0.0.7:11434/", "http://10.0.0.7:11434"),
        ("https://box.example", "https://box.example:443"),
        ("http://box.example", "http://box.example:80"),
        ("0.0.0.0", "http://127.0.0.1:11434"),  # noqa: S104 - nothing is bound
        ("0.0.0.0:8080", "http://127.0.0.1:8080"),
        (":11500", "http://127.0.0.1:11500"),
        ("", "http://127.0.0.1:11434"),
        ("box", "http://box:11434"),
        ("localhost", "http://localhost:11434"),
        ("::1", "http://[::1]:11434"),
        ("[::1]", "http://[::1]:11434"),
        ("[::1]:11500", "http://[::1]:11500"),
        ("[::]:11500", "http://[::1]:11500"),
        ("fe80::1", "http://[fe80::1]:11434"),
        (' "box:11500" ', "http://box:11500"),
        ("box:11500/ollama", "http://box:11500/ollama"),
        ("HTTP://Box:11500", "http://box:11500"),
    ],
)
def test_every_form_of_ollama_host_is_read(host: str, url: str) -> None:
    address = server_url(host)
    explicit = f"{address.scheme}://[{address.host}]" if ":" in address.host else f"{address.scheme}://{address.host}"
    port = address.port or {"http": 80, "https": 443}[address.scheme]
    assert f"{explicit}:{port}{address.path.rstrip('/')}" == url


@pytest.mark.parametrize("host", ["ftp://box", "box:port", "box:99999", "two words", "http://", "box?x=1", "http://:x"])
def test_an_address_that_cannot_be_meant_is_refused_with_an_example(host: str) -> None:
    with pytest.raises(ValueError, match=r"no address of an Ollama server\. Write for example"):
        open_ollama(host)


async def test_every_field_of_the_configuration_reaches_the_server() -> None:
    schema = {"type": "object"}
    config = GenerationConfig(
        temperature=0.3, max_tokens=64, context_tokens=2048, seed=5, stop=("END",), json_schema=schema, think=False
    )
    async with ollama(keep_alive="5m") as (backend, server):
        await listen(backend, "thinker", config)
    load, chat = server.bodies("/api/chat")
    assert chat == {
        "model": "thinker",
        "messages": [{"role": "system", "content": "Be brief."}, {"role": "user", "content": "Hello?"}],
        "stream": True,
        "keep_alive": "5m",
        "options": {"num_ctx": 2048, "num_predict": 64, "temperature": 0.3, "seed": 5, "stop": ["END"]},
        "format": schema,
        "think": False,
    }
    assert load["messages"] == []
    assert (load["options"]["num_ctx"], load["keep_alive"]) == (2048, "5m")


@pytest.mark.parametrize("think", [True, False, None])
async def test_only_a_thinking_model_is_told_whether_to_think(think: bool | None) -> None:
    async with ollama() as (backend, server):
        await listen(backend, "tiny", GenerationConfig(think=think))
        await listen(backend, "thinker", GenerationConfig(think=think))
    asked = {body["model"]: body for body in server.bodies("/api/chat") if body["messages"]}
    assert "think" not in asked["tiny"]
    assert asked["thinker"].get("think") is think


async def test_what_a_model_can_do_is_asked_once() -> None:
    async with ollama() as (backend, server):
        for _ in range(3):
            await listen(backend)
        await backend.list_models()
    assert len(server.bodies("/api/show")) == 1


async def test_a_model_that_was_replaced_is_described_anew() -> None:
    digests = iter(["old", "old", "new"])

    async def tags(wire: Wire) -> None:
        await wire.json({"models": [{"name": "tiny:latest", "digest": next(digests)}]})

    async with ollama(tags=tags) as (backend, server):
        for shows in (1, 1, 2):
            await backend.list_models()
            assert len(server.bodies("/api/show")) == shows


@pytest.mark.parametrize(("keep_alive", "sent"), [("30m", "30m"), ("-1", -1), ("0", 0), (" 2h ", "2h")])
async def test_a_bare_number_to_keep_alive_is_sent_as_a_number(keep_alive: str, sent: str | int) -> None:
    async with ollama(keep_alive=keep_alive) as (backend, server):
        await listen(backend)
    assert {body["keep_alive"] for body in server.bodies("/api/chat")} == {sent}


async def test_the_counters_of_the_server_are_in_seconds() -> None:
    last = ollama_line(
        done=True,
        done_reason="length",
        load_duration=2_000_000_000,
        prompt_eval_count=30,
        prompt_eval_duration=500_000_000,
        eval_count=7,
        eval_duration=250_000_000,
    )
    async with ollama(says(ollama_line("Hello"), last)) as (backend, _):
        completion = (await listen(backend))[-1].completion
    assert completion is not None
    assert (completion.prompt_tokens, completion.completion_tokens, completion.finish_reason) == (30, 7, "length")
    assert (completion.load_seconds, completion.prompt_seconds, completion.completion_seconds) == (2.0, 0.5, 0.25)
    assert completion.cached_tokens is None


async def test_thinking_is_kept_apart_from_the_answer() -> None:
    thought = ollama_line(message={"role": "assistant", "content": "", "thinking": "Hmm. "})
    async with ollama(says(thought, ollama_line("Yes"), OLLAMA_DONE)) as (backend, _):
        chunks = await listen(backend, "thinker")
    assert "".join(chunk.thinking for chunk in chunks) == "Hmm. "
    assert "".join(chunk.text for chunk in chunks) == "Yes"


async def test_a_prompt_that_the_server_cut_is_an_error_not_an_answer() -> None:
    last = ollama_line(done=True, done_reason="stop", prompt_eval_count=2048, eval_count=3)
    async with ollama(says(ollama_line("Hello"), last)) as (backend, _):
        with pytest.raises(RequestRejectedError, match="more than 2048 tokens"):
            await listen(backend)


async def test_a_model_that_loads_slowly_says_so_and_has_its_own_clock() -> None:
    loaded = asyncio.Event()

    async def load(wire: Wire) -> None:
        await loaded.wait()
        await wire.json({"done": True, "done_reason": "load"})

    timeouts = Timeouts(load_seconds=30, first_token_seconds=0.4, stall_seconds=0.4)
    async with ollama(HELLO, timeouts, load=load) as (backend, _), backend.stream("tiny", QUESTION, CONFIG) as chunks:
        assert (await anext(chunks)).notice == "loading 'tiny'"
        asyncio.get_running_loop().call_later(0.6, loaded.set)
        assert (await anext(chunks)).text == "Hello"


async def test_a_model_that_never_loads_is_a_timeout_of_its_own() -> None:
    async with ollama(load=falls_silent_after(), timeouts=QUICK) as (backend, _):
        with pytest.raises(BackendTimeoutError, match=r"silent for 0\.3 s while loading 'tiny'"):
            await listen(backend)


async def test_leaving_while_the_model_loads_hangs_up_and_frees_the_slot() -> None:
    async with ollama(load=falls_silent_after(), parallel=1) as (backend, server):
        for _ in range(2):
            server.hung_up.clear()
            async with backend.stream("tiny", QUESTION, CONFIG) as chunks:
                assert (await anext(chunks)).notice == "loading 'tiny'"
            await asyncio.wait_for(server.hung_up.wait(), 10)


async def test_waiting_in_line_is_told_and_is_no_timeout() -> None:
    may_end = asyncio.Event()

    async def slow(wire: Wire) -> None:
        await wire.begin()
        await wire.piece(ollama_line("Hello"))
        while not may_end.is_set():
            await asyncio.sleep(0.05)
            await wire.piece(ollama_line("."))
        await wire.piece(OLLAMA_DONE)
        await wire.end()

    async with ollama(slow, QUICK, parallel=1) as (backend, _):
        first = asyncio.create_task(listen(backend))
        async with backend.stream("tiny", QUESTION, CONFIG) as chunks:
            await asyncio.sleep(0)
            assert (await anext(chunks)).notice == "waiting for 'tiny': 1 before it in line"
            asyncio.get_running_loop().call_later(0.8, may_end.set)
            assert (await anext(chunks)).text == "Hello"
        await first


async def test_on_a_cpu_prompts_that_begin_alike_are_sent_one_after_the_other() -> None:
    speaking = most = 0

    async def speak(wire: Wire) -> None:
        nonlocal speaking, most
        speaking += 1
        most = max(most, speaking)
        await asyncio.sleep(0.02)
        speaking -= 1
        await HELLO(wire)

    async with ollama(speak, ps=lists("tiny")) as (backend, _):
        await asyncio.gather(*(listen(backend, messages=SHARED) for _ in range(4)))
        assert most == 1
        most = 0
        await asyncio.gather(*(listen(backend, messages=QUESTION) for _ in range(4)))
        assert most > 1
    most = 0
    async with ollama(speak, ps=lists("tiny", size_vram=1000)) as (backend, _):
        await asyncio.gather(*(listen(backend, messages=SHARED) for _ in range(4)))
        assert most > 1


async def test_the_next_model_is_loaded_while_the_last_one_writes() -> None:
    loads = 0
    next_loads = asyncio.Event()

    async def load(wire: Wire) -> None:
        nonlocal loads
        loads += 1
        if loads == 2:
            next_loads.set()
        await wire.json({"done": True, "done_reason": "load"})

    async def speak(wire: Wire) -> None:
        await wire.begin()
        await wire.piece(ollama_line("Hello"))
        await asyncio.wait_for(next_loads.wait(), 10)
        await wire.piece(OLLAMA_DONE)
        await wire.end()

    async with ollama(speak, parallel=1, load=load, ps=lists("tiny")) as (backend, server):
        await asyncio.gather(listen(backend, "tiny"), listen(backend, "thinker"))
    asked = [(body["model"], bool(body["messages"])) for body in server.bodies("/api/chat")]
    assert asked[:3] == [("tiny", False), ("tiny", True), ("thinker", False)]
    assert asked[-1] == ("thinker", True)


async def test_pulling_tells_its_progress_over_all_files() -> None:
    lines = [
        {"status": "pulling manifest"},
        {"status": "pulling a", "digest": "a", "total": 100, "completed": 40},
        {"status": "pulling a", "digest": "a", "total": 100, "completed": 100},
        {"status": "pulling b", "digest": "b", "total": 10},
        {"status": "success"},
    ]
    pull = says(*(json.dumps(line).encode() + b"\n" for line in lines))
    async with ollama(pull=pull) as (backend, server):
        steps = [step async for step in backend.pull("llama3.2")]
    assert server.bodies("/api/pull") == [{"model": "llama3.2", "stream": True}]
    assert steps == [
        PullProgress("pulling manifest"),
        PullProgress("pulling a", 40, 100),
        PullProgress("pulling a", 100, 100),
        PullProgress("pulling b", 100, 110),
        PullProgress("success", 100, 110),
    ]


@pytest.mark.parametrize(
    ("line", "error", "advice"),
    [
        ({"error": "pull model manifest: file does not exist"}, ModelNotFoundError, "ollama list"),
        ({"error": "dial tcp: lookup library: no such host"}, BackendUnavailableError, "Connect this machine"),
        ({"error": "no space left on device"}, BadResponseError, "no space left on device"),
        ({"status": "verifying"}, BadResponseError, "before it was complete"),
    ],
)
async def test_a_pull_that_fails_says_why(line: dict[str, Any], error: type[BackendError], advice: str) -> None:
    async with ollama(pull=says(json.dumps(line).encode() + b"\n")) as (backend, _):
        with pytest.raises(error, match=advice):
            async for _ in backend.pull("x"):
                pass


@pytest.mark.parametrize(
    ("status", "reason", "error", "advice"),
    [
        (404, "model 'tiny' not found, try pulling it first", ModelNotFoundError, "`ollama pull tiny`"),
        (404, "404 page not found", BadResponseError, "`ollama --version`"),
        (400, '"tiny" does not support chat', RequestRejectedError, "does not support chat"),
        (500, "model requires more system memory (9 GiB) than is available", OutOfMemoryError, "`ollama stop MODEL`"),
        (500, "cudaMalloc failed: out of memory", OutOfMemoryError, "`ollama ps`"),
        (500, "llama runner process has terminated", BadResponseError, "`ollama serve`"),
        (503, "server busy, please try again", BackendOverloadedError, "fewer requests"),
        (429, "slow down", BackendOverloadedError, "fewer requests"),
        (504, "", BackendTimeoutError, "`ollama ps`"),
        (401, "unauthorized", BackendUnavailableError, "key"),
        (302, "", BadResponseError, "HTTP 302"),
    ],
)
async def test_an_error_names_the_command_that_mends_it(
    status: int, reason: str, error: type[BackendError], advice: str
) -> None:
    async with ollama(refuses(status, {"error": reason})) as (backend, server):
        with pytest.raises(error) as caught:
            await listen(backend)
    assert advice in str(caught.value)
    assert server.url in str(caught.value)


async def test_a_busy_server_says_when_to_come_back() -> None:
    async with ollama(refuses(503, {"error": "busy"}, retry_after="7")) as (backend, _):
        with pytest.raises(BackendOverloadedError) as caught:
            await listen(backend)
    assert caught.value.retry_after == 7.0


async def test_a_schema_that_the_server_cannot_use_is_rejected_everywhere() -> None:
    async with ollama(says(b'{"error": "invalid JSON schema in format"}\n')) as (backend, _):
        with pytest.raises(RequestRejectedError, match="invalid JSON schema"):
            await listen(backend)


async def test_a_model_that_only_embeds_is_marked() -> None:
    async with ollama(show=refuses(200, {"capabilities": ["embedding"]})) as (backend, _):
        (card,) = await backend.list_models()
    assert card.capabilities == ("embedding",)


async def test_one_model_that_cannot_be_shown_does_not_hide_the_others() -> None:
    async with ollama(show=refuses(500, {"error": "broken"})) as (backend, _):
        (card,) = await backend.list_models()
        health = await backend.health()
    assert (card.name, card.family, card.size_bytes) == ("tiny:latest", "llama", 7)
    assert health.ok and health.models == (card,)


async def test_a_server_without_models_says_how_to_get_one() -> None:
    async with ollama(tags=refuses(200, {"models": None})) as (backend, _):
        health = await backend.health()
    assert health.ok and "`ollama pull" in health.detail


@pytest.mark.parametrize("body", [[], {"models": [{}]}, {"models": 3}, "hello"])
async def test_a_health_check_survives_garbage(body: object) -> None:
    async with ollama(tags=refuses(200, body)) as (backend, _):
        health = await backend.health()
    assert not health.ok and "usual JSON" in health.detail


async def test_embedding_returns_one_vector_per_text() -> None:
    async with ollama(embed=refuses(200, {"embeddings": [[1.0, 0.0], [0.0, 1.0]]})) as (backend, server):
        assert await backend.embed("tiny", ["a", "b"]) == [[1.0, 0.0], [0.0, 1.0]]
        with pytest.raises(BadResponseError, match="2 vectors for 1 texts"):
            await backend.embed("tiny", ["a"])
    assert server.bodies("/api/embed")[0]["truncate"] is False


async def test_token_counts_are_learned_from_the_server() -> None:
    text = "word " * 100
    last = ollama_line(done=True, done_reason="stop", prompt_eval_count=300, eval_count=3)
    async with ollama(says(ollama_line("Hello"), last)) as (backend, _):
        before = await backend.count_tokens("tiny", text)
        await listen(backend, messages=[Message("user", text)])
        after = await backend.count_tokens("tiny", text)
    assert before < 300 < after


@pytest.mark.ollama
async def test_a_real_server_never_counts_more_tokens_than_estimated(ollama_server: OllamaServer) -> None:
    backend = open_ollama(ollama_server.url)
    text = "Où est la bibliothèque ? def f(x): return x**2 # 12345 🎉\n" * 20
    estimate = await backend.count_tokens("tiny", text)
    completion = (await listen(backend, messages=[Message("user", text)]))[-1].completion
    await backend.close()
    assert completion is not None
    assert completion.prompt_tokens <= estimate + 30  # the chat template's own


@pytest.mark.ollama
async def test_a_real_server_keeps_to_a_schema_and_repeats_itself_with_a_seed(ollama_server: OllamaServer) -> None:
    backend = open_ollama(ollama_server.url)
    schema = {"type": "object", "properties": {"order": {"enum": ["ABC", "BCA"]}}, "required": ["order"]}
    config = GenerationConfig(max_tokens=64, context_tokens=2048, seed=5, json_schema=schema, think=False)
    texts = ["".join(chunk.text for chunk in await listen(backend, config=config)) for _ in range(2)]
    await backend.close()
    assert json.loads(texts[0])["order"] in ("ABC", "BCA")
    assert texts[0] == texts[1]


@pytest.mark.ollama
async def test_a_real_server_that_cuts_a_prompt_is_found_out(ollama_server: OllamaServer) -> None:
    backend = open_ollama(ollama_server.url)
    with pytest.raises(RequestRejectedError, match="more than 2048 tokens"):
        await listen(backend, messages=[Message("user", "x" * 5000)])
    await backend.close()


@pytest.mark.ollama
async def test_a_real_server_embeds(ollama_server: OllamaServer) -> None:
    backend = open_ollama(ollama_server.url)
    first, second = await backend.embed("tiny", ["one", "two"])
    assert len(first) == len(second) > 0 and first != second
    await backend.close()
