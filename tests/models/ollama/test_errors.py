"""What an Ollama server's failures become, and which command each message names."""

import json
from typing import Any

import pytest

from models.base import Message
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
from models.ollama.pull import PullProgress
from tests.models.ollama.ollama_script import listen, ollama
from tests.models.scripts import ollama_line, refuses, says

pytestmark = pytest.mark.anyio


@pytest.mark.parametrize("counted", [2048, 1026], ids=["the whole window", "half of it"])
async def test_a_prompt_that_the_server_cut_is_an_error_not_an_answer(counted: int) -> None:
    last = ollama_line(done=True, done_reason="stop", prompt_eval_count=counted, eval_count=3)
    async with ollama(says(ollama_line("Hello"), last)) as (backend, _):
        with pytest.raises(RequestRejectedError, match="more than 2,048 tokens"):
            await listen(backend, messages=[Message("user", "many words " * 1000)])


async def test_a_long_prompt_of_long_words_is_not_taken_for_a_cut_one() -> None:
    last = ollama_line(done=True, done_reason="stop", prompt_eval_count=1500, eval_count=3)
    async with ollama(says(ollama_line("Hello"), last)) as (backend, _):
        assert (await listen(backend, messages=[Message("user", "many words " * 1000)]))[-1].completion is not None


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


async def test_one_model_that_cannot_be_shown_does_not_hide_the_others() -> None:
    async with ollama(show=refuses(500, {"error": "broken"})) as (backend, _):
        (card,) = await backend.list_models()
        health = await backend.health()
    assert (card.name, card.family, card.size_bytes) == ("tiny:latest", "llama", 7)
    assert health.ok and health.models == (card,)


async def test_a_server_without_models_says_how_to_get_one() -> None:
    async with ollama(tags=refuses(200, {"models": None})) as (backend, _):
        health = await backend.health()
    assert health.ok and "`ollama pull" in str(health.detail)


@pytest.mark.parametrize("body", [[], {"models": [{}]}, {"models": 3}, "hello"])
async def test_a_health_check_survives_garbage(body: object) -> None:
    async with ollama(tags=refuses(200, body)) as (backend, _):
        health = await backend.health()
    assert not health.ok and "usual JSON" in str(health.detail)
