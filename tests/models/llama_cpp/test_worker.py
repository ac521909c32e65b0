"""llama.cpp in a worker: killed in mid-answer, cancelled, closed, and what travels between the two processes."""

import asyncio
import json
import os
import signal
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from models.base import LLAMA_CPP, Chunk, Completion, GenerationConfig, Health, Message, ModelCard, Usage
from models.errors import BackendUnavailableError, ModelNotFoundError, NoAnswerError, RequestRejectedError, WeightsError
from models.llama_cpp.backend import LlamaCppBackend
from models.llama_cpp.worker.backend import WorkerBackend
from models.llama_cpp.worker.codec import pack, unpack
from models.llama_cpp.worker.connection import Worker, WorkerDiedError
from models.llama_cpp.worker.setup import Setup
from models.selector import BackendSelector
from models.text import Bytes, lazy_ngettext
from models.text import lazy_gettext as _
from models.weights.finder import WeightsFinder
from tests.tiny_gguf import make_tiny_gguf

pytestmark = pytest.mark.anyio
SHORT = GenerationConfig(max_tokens=12, context_tokens=2048, temperature=0.0)
LONG = GenerationConfig(max_tokens=600, context_tokens=2048, temperature=0.0)
QUESTION = [Message("user", "Why?")]
SCHEMA = {"type": "object", "properties": {"a": {"enum": ["x", "y"]}}, "required": ["a"], "additionalProperties": False}


@pytest.fixture
def setup(tiny_gguf: Path, tmp_path: Path) -> Setup:
    return Setup((tiny_gguf,), download_dir=tmp_path / "none", trials=tmp_path / "trials.json", threads=1, gpu_layers=0)


@pytest.fixture
async def backend(setup: Setup) -> AsyncIterator[WorkerBackend]:
    opened = WorkerBackend(setup)
    yield opened
    await opened.close()


def worker_of(backend: WorkerBackend) -> Worker:
    assert backend._worker is not None
    return backend._worker


async def kill(backend: WorkerBackend) -> None:
    worker = worker_of(backend)
    os.kill(worker.process.pid, signal.SIGKILL)
    await worker.process.wait()


async def listen(backend: WorkerBackend | BackendSelector, config: GenerationConfig = SHORT) -> list[Chunk]:
    async with backend.stream("tiny", QUESTION, config) as chunks:
        return [chunk async for chunk in chunks]


def text_of(chunks: list[Chunk]) -> str:
    """What stands after the last new beginning."""
    last = max((place for place, chunk in enumerate(chunks) if chunk.restart), default=-1)
    return "".join(chunk.text for chunk in chunks[last + 1 :])


async def test_answers_and_figures_are_those_of_the_engine_in_this_process(
    backend: WorkerBackend, setup: Setup, tiny_gguf: Path
) -> None:
    here = LlamaCppBackend(WeightsFinder([tiny_gguf], download_dir=setup.download_dir), threads=1, gpu_layers=0)
    try:
        async with here.stream("tiny", QUESTION, SHORT) as chunks:
            expected = "".join([chunk.text async for chunk in chunks])
        assert text_of(await listen(backend)) == expected
        assert await backend.list_models() == await here.list_models()
        assert await backend.describe("tiny") == await here.describe("tiny")
        assert await backend.count_tokens("tiny", "some words") == await here.count_tokens("tiny", "some words")
        assert (await backend.health()).models == (await here.health()).models
    finally:
        await here.close()


async def test_a_killed_worker_costs_every_answer_a_new_beginning_and_nothing_more(backend: WorkerBackend) -> None:
    expected = text_of(await listen(backend, LONG))
    first = worker_of(backend).process.pid
    spoken, killed = asyncio.Semaphore(0), False

    async def answer() -> list[Chunk]:
        collected = []
        async with backend.stream("tiny", QUESTION, LONG) as chunks:
            async for chunk in chunks:
                collected.append(chunk)
                if chunk.text and not killed:
                    spoken.release()
        return collected

    answers = [asyncio.create_task(answer()) for _turn in range(3)]
    for _turn in range(6):  # each has begun by then, or its neighbour is in the middle
        await spoken.acquire()
    killed = True
    await kill(backend)
    for chunks in await asyncio.gather(*answers):
        assert text_of(chunks) == expected
        assert chunks[-1].completion is not None
        restarts = [str(chunk.restart) for chunk in chunks if chunk.restart]
        assert all("ended (SIGKILL)" in restart and "begins the answer anew" in restart for restart in restarts)
    assert worker_of(backend).process.pid != first
    assert await backend.count_tokens("tiny", "word") > 0


async def test_a_run_whose_worker_dies_goes_on_behind_the_selector(backend: WorkerBackend) -> None:
    selector = BackendSelector([backend])
    expected, collected = text_of(await listen(selector, LONG)), []
    async with selector.stream("tiny", QUESTION, LONG) as chunks:
        async for chunk in chunks:
            collected.append(chunk)
            if chunk.text and len(collected) == 10:
                await kill(backend)
    assert text_of(collected) == expected and len([chunk for chunk in collected if chunk.restart]) == 1


async def test_a_worker_that_dies_again_and_again_is_an_error_and_not_a_loop(setup: Setup) -> None:
    backend = WorkerBackend(setup, command=["sh", "-c", "echo GGML_ASSERT failed >&2; exit 3"])
    for _turn in range(2):
        with pytest.raises(WorkerDiedError, match="GGML_ASSERT failed"):
            await listen(backend)
    health = await backend.health()
    assert not health.ok and "GGML_ASSERT failed" in str(health.detail)
    await backend.close()


async def test_a_worker_that_cannot_be_started_is_an_error(setup: Setup) -> None:
    backend = WorkerBackend(setup, command=["/nowhere/python"])
    with pytest.raises(BackendUnavailableError, match="cannot be started"):
        await backend.list_models()
    await backend.close()


async def test_leaving_a_stream_cancels_in_the_worker(backend: WorkerBackend) -> None:
    for _turn in range(6):  # more than may write at once: none is left over
        async with backend.stream("tiny", QUESTION, LONG) as chunks:
            async for chunk in chunks:
                if chunk.text:
                    break
    assert text_of(await listen(backend))
    assert worker_of(backend)._answers == {}


async def test_errors_arrive_as_what_they_are(backend: WorkerBackend, setup: Setup) -> None:
    with pytest.raises(ModelNotFoundError, match="'nowhere'") as missing:
        await backend.describe("nowhere")
    assert (missing.value.cause, missing.value.model) == ("no_weights", "nowhere")
    with pytest.raises(RequestRejectedError, match="not made for embedding"):
        await backend.embed("tiny", ["word"])


async def test_a_grammar_travels_with_its_request(backend: WorkerBackend) -> None:
    config = GenerationConfig(max_tokens=40, context_tokens=2048, json_schema=SCHEMA)
    assert json.loads(text_of(await listen(backend, config))) in ({"a": "x"}, {"a": "y"})


async def test_vectors_come_as_lists(tmp_path: Path) -> None:
    file = make_tiny_gguf(tmp_path / "embed.gguf", embeddings=True)
    backend = WorkerBackend(Setup((file,), download_dir=tmp_path / "none", threads=1))
    try:
        first, second = await backend.embed("embed", ["one", "two"])
        assert len(first) == len(second) == 256 and sum(x * x for x in first) == pytest.approx(1.0)
    finally:
        await backend.close()


async def test_ctrl_c_in_a_terminal_leaves_the_worker_alone(backend: WorkerBackend) -> None:
    await listen(backend)
    worker = worker_of(backend)
    os.kill(worker.process.pid, signal.SIGINT)
    await listen(backend)
    assert worker_of(backend) is worker


async def test_closing_ends_the_process_and_a_later_request_starts_another(backend: WorkerBackend) -> None:
    await listen(backend)
    process = worker_of(backend).process
    await backend.close()
    assert process.returncode == 0
    assert text_of(await listen(backend))


async def test_closing_in_mid_answer_is_an_error_of_that_answer_or_a_new_beginning(backend: WorkerBackend) -> None:
    async with backend.stream("tiny", QUESTION, LONG) as chunks:
        async for chunk in chunks:
            if chunk.text:
                break
        await backend.close()
    assert backend._worker is None


@pytest.mark.parametrize(
    "value",
    [
        None,
        Chunk(text="é\ud83d\0"),
        Chunk(notice=_("Loading {model!r} ({size}).", model="x", size=Bytes(7))),
        Chunk(restart=lazy_ngettext("{n} token", "{n} tokens", 2)),
        Chunk(completion=Completion("llama_cpp", "x", Usage(1, None, 3, 0.5, truncated=True))),
        GenerationConfig(stop=("a", "b"), json_schema={"enum": ("x",), "more": {"type": "object"}}, think=False),
        Setup((Path("/a,b"), Path("/caf\udce9")), Path("d"), hf_cache=None),
        Health(LLAMA_CPP, True, models=(ModelCard("x", LLAMA_CPP, capabilities=("completion",), remark=_("r")),)),
    ],
    ids=lambda value: type(value).__name__,
)
def test_what_travels_arrives_as_it_was(value: object) -> None:
    assert unpack(json.loads(json.dumps(pack(value)))) == value


@pytest.mark.parametrize(
    "error",
    [
        WeightsError(_("{path!r} is damaged.", path="/caf\udce9"), advice=_("Fetch it again.")),
        NoAnswerError("nothing", has_thinking=True, backend="x"),
        ModelNotFoundError("none", model="m", cause="no_weights", errors=[WeightsError("one")]),
    ],
    ids=lambda error: type(error).__name__,
)
def test_an_error_arrives_with_all_that_it_was_told(error: WeightsError) -> None:
    arrived = unpack(json.loads(json.dumps(pack(error))))
    assert type(arrived) is type(error) and str(arrived) == str(error)
    assert pack(arrived) == pack(error)


def test_nothing_else_is_made_of_what_arrives() -> None:
    with pytest.raises(KeyError):
        unpack({"<kind>": "Popen", "args": ["true"]})
