"""The in-process backend on real, tiny files: streaming, counting, embedding, and how it refuses."""

import asyncio
import json
import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import aclosing
from pathlib import Path

import pytest

from models.base import GenerationConfig, Message
from models.errors import (
    BadResponseError,
    NoAnswerError,
    RequestRejectedError,
)
from tests.models.speaker import speaker_of
from tests.models.weights.weights_home import SCHEMA, Home, end_of, notices_of, text_of

pytestmark = pytest.mark.anyio


@pytest.fixture
async def home(tmp_path: Path) -> AsyncIterator[Home]:
    made = Home(tmp_path / "weights")
    made.add("tiny")
    yield made
    await made.backend.close()


async def test_an_answer_streams_after_a_notice_about_the_load_and_ends_with_what_it_cost(home: Home) -> None:
    chunks = await home.ask()
    assert str(chunks[0].notice).startswith("Loading 'tiny'")
    assert sum(1 for chunk in chunks if chunk.text) > 5
    assert speaker_of(chunks) == ("llama_cpp", "tiny")
    end = end_of(chunks)
    assert (end.truncated, end.completion_tokens) == (True, 12)
    assert end.load_seconds > 0 and end.prompt_tokens > 400


async def test_a_loaded_model_answers_without_another_notice(home: Home) -> None:
    await home.ask()
    assert notices_of(await home.ask()) == ""


async def test_four_seats_at_once_read_their_common_prompt_once(home: Home) -> None:
    answers = await asyncio.gather(*(home.ask(question=f"Seat {number}?", seed=number) for number in range(4)))
    ends = [end_of(chunks) for chunks in answers]
    read = [end.prompt_tokens - (end.cached_tokens or 0) for end in ends]
    assert sorted(count > 100 for count in read) == [False, False, False, True]
    assert len({text_of(chunks) for chunks in answers}) == 4


async def test_the_same_seed_gives_the_same_answer(home: Home) -> None:
    await home.ask()  # the first reading of a prompt rounds a little differently from a shared one
    first, second = await home.ask(seed=3), await home.ask(seed=3)
    assert text_of(first) == text_of(second) != text_of(await home.ask(seed=4))


async def test_a_json_schema_is_kept_to(home: Home) -> None:
    chunks = await home.ask(json_schema=SCHEMA, max_tokens=200, temperature=0.0)
    assert json.loads(text_of(chunks))["order"] in ("AB", "BA")
    assert not end_of(chunks).truncated


async def test_json_that_is_cut_off_is_an_error_and_not_an_answer(home: Home) -> None:
    with pytest.raises(BadResponseError, match="did not finish its JSON"):
        await home.ask(json_schema=SCHEMA, max_tokens=4)
    assert text_of(await home.ask())


async def test_an_answer_without_text_is_an_error(home: Home) -> None:
    with pytest.raises(NoAnswerError, match="empty answer"):
        await home.ask(stop=(*map(chr, range(256)), "\ufffd"))


async def test_a_prompt_longer_than_the_context_is_refused_before_it_is_read(home: Home) -> None:
    with pytest.raises(RequestRejectedError, match=r"2,048 tokens of 'tiny'.*up to 16,384"):
        await home.ask(question="long " * 1000)
    assert text_of(await home.ask())


async def test_a_window_beyond_the_trained_one_is_cut_to_it(home: Home) -> None:
    home.add("short", context=512)
    home.backend._finder.refresh()
    chunks = await home.ask("short", context_tokens=32768, max_tokens=4000, messages=[Message("user", "Go")])
    end = end_of(chunks)
    assert end.prompt_tokens + end.completion_tokens == 512
    with pytest.raises(RequestRejectedError, match="512"):
        await home.ask("short", question="long " * 200, context_tokens=32768)


async def test_a_larger_context_asked_later_needs_no_second_load(home: Home) -> None:
    await home.ask(context_tokens=1024)
    chunks = await home.ask(question="long " * 500, context_tokens=8192)
    assert notices_of(chunks) == "" and end_of(chunks).prompt_tokens > 2048


async def test_leaving_a_stream_cancels_it_and_the_next_one_is_served(home: Home) -> None:
    config = GenerationConfig(max_tokens=8000, context_tokens=8192)
    async with home.backend.stream("tiny", [Message("user", "Endless")], config) as chunks:
        async for chunk in chunks:
            if chunk.text:
                break
    assert text_of(await home.ask())


async def test_a_task_that_is_cancelled_while_its_model_loads_leaves_the_model_to_others(home: Home) -> None:
    doomed = asyncio.create_task(home.ask())
    await asyncio.sleep(0)
    doomed.cancel()
    with pytest.raises(asyncio.CancelledError):
        await doomed
    assert text_of(await home.ask())


async def test_counting_is_exact_and_the_same_whether_or_not_the_model_is_loaded(home: Home) -> None:
    text = "Où est passé l’été ? <|im_end|>"
    before = await home.backend.count_tokens("tiny", text)
    assert not home.backend._models.loaded()
    await home.ask()
    assert before == await home.backend.count_tokens("tiny", text) == len(text.encode())


async def test_embeddings_are_unit_vectors_in_order_and_alike_for_like_texts(home: Home) -> None:
    home.add("vectors", embeddings=True)
    home.backend._finder.refresh()
    texts = ["a fair question", "something else entirely", "a fair question", "x" * 3000]
    first, second, third, _ = vectors = await home.backend.embed("vectors", texts)
    assert all(abs(sum(value * value for value in vector) - 1) < 1e-6 for vector in vectors)
    likeness = sum(a * b for a, b in zip(first, third, strict=True))
    assert likeness > 0.999 > sum(a * b for a, b in zip(first, second, strict=True))
    assert await home.backend.embed("vectors", []) == []


async def test_embedding_and_writing_models_are_not_mixed_up(home: Home) -> None:
    home.add("vectors", embeddings=True)
    home.backend._finder.refresh()
    with pytest.raises(RequestRejectedError, match="not made for embedding"):
        await home.backend.embed("tiny", ["text"])
    with pytest.raises(RequestRejectedError, match="writes no text"):
        await home.ask("vectors")
    with pytest.raises(RequestRejectedError, match="Split the text"):
        await home.backend.embed("vectors", ["x" * 20000])


async def test_health_lists_what_is_there_and_says_where_there_are_no_weights(home: Home, tmp_path: Path) -> None:
    health = await home.backend.health()
    assert health.ok and [card.name for card in health.models] == ["tiny"]
    assert not health.lacks_weights
    assert (await home.backend.describe("tiny")).context_tokens == 16384
    empty = Home(tmp_path / "nothing")
    lacking = await empty.backend.health()
    assert (lacking.ok, lacking.lacks_weights) == (False, True)
    assert "No usable GGUF weights" in str(lacking.detail)


def test_without_the_package_the_backend_is_unhealthy_and_says_how_to_install_it(tmp_path: Path) -> None:
    program = f"""
import asyncio, sys
from pathlib import Path
sys.modules["llama_cpp"] = None
from models.llama_cpp.backend import LlamaCppBackend
from models.weights.finder import WeightsFinder
backend = LlamaCppBackend(WeightsFinder([], download_dir=Path({str(tmp_path)!r})))
print(asyncio.run(backend.health()).detail)
"""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=60, check=True)
    assert "pip install llama-cpp-python" in done.stdout


async def test_llama_cpp_keeps_its_log_to_itself(home: Home, capfd: pytest.CaptureFixture[str]) -> None:
    await home.ask()
    assert capfd.readouterr() == ("", "")


async def test_thoughts_are_kept_apart_and_can_be_turned_off(home: Home) -> None:
    template = (
        "{% for m in messages %}<|im_start|>{{ m.role }}\n{{ m.content }}<|im_end|>\n{% endfor %}"
        "<|im_start|>assistant\n<think>\n"
    )
    home.add("thinker", chat_template=template)
    home.backend._finder.refresh()
    with pytest.raises(NoAnswerError, match="thought for 12 tokens") as caught:
        await home.ask("thinker")
    assert caught.value.has_thinking
    assert text_of(await home.ask("thinker", think=False))


async def test_a_stream_can_be_closed_before_it_is_read(home: Home) -> None:
    config = GenerationConfig(max_tokens=10, context_tokens=1024)
    async with home.backend.stream("tiny", [Message("user", "Hm")], config) as chunks, aclosing(chunks):  # type: ignore[type-var]
        pass
    assert text_of(await home.ask())
