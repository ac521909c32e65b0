"""Which models are in memory: loading, making room, waiting for room, closing, and files that cannot be used."""

import asyncio
import threading
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from models.base import GenerationConfig, Message
from models.errors import (
    BackendUnavailableError,
    ModelNotFoundError,
    OutOfMemoryError,
    WeightsError,
)
from models.llama_cpp.loading import Model
from models.llama_cpp.runtime import runtime
from tests.models.weights.weights_home import SYSTEM, Home, end_of, notices_of, text_of

pytestmark = pytest.mark.anyio


@pytest.fixture
async def home(tmp_path: Path) -> AsyncIterator[Home]:
    made = Home(tmp_path / "weights")
    made.add("tiny")
    yield made
    await made.backend.close()


async def test_a_model_nobody_has_is_not_found(home: Home) -> None:
    with pytest.raises(ModelNotFoundError):
        await home.ask("llama9:900b")


@pytest.mark.parametrize("content", [b"GGUF", b"<html>not found</html>", b""])
async def test_a_file_that_is_no_model_is_refused_and_the_others_work(home: Home, content: bytes) -> None:
    (home.folder / "broken.gguf").write_bytes(content)
    home.backend._finder.refresh()
    with pytest.raises(WeightsError, match="broken"):
        await home.ask("broken")
    assert text_of(await home.ask())


async def test_half_a_file_is_refused(home: Home) -> None:
    whole = (home.folder / "tiny.gguf").read_bytes()
    (home.folder / "half.gguf").write_bytes(whole[: len(whole) // 2])
    home.backend._finder.refresh()
    with pytest.raises(WeightsError, match="cut short"):
        await home.ask("half")


async def test_a_model_whose_file_is_removed_goes_on_answering(home: Home) -> None:
    await home.ask()
    (home.folder / "tiny.gguf").unlink()
    home.backend._finder.refresh()
    assert text_of(await home.ask())


async def test_two_models_that_fit_stay_loaded(home: Home) -> None:
    home.add("other", seed=1)
    home.backend._finder.refresh()
    await asyncio.gather(home.ask("tiny"), home.ask("other"))
    assert notices_of(await home.ask("tiny")) + notices_of(await home.ask("other")) == ""


@pytest.fixture
async def cramped(tmp_path: Path) -> AsyncIterator[Home]:
    """Room for one tiny model and not for two."""
    made = Home(tmp_path / "weights", memory_bytes=9_000_000)
    made.add("tiny")
    made.add("other", seed=1)
    yield made
    await made.backend.close()


async def test_a_model_that_needs_the_room_takes_the_place_of_the_idle_one(cramped: Home) -> None:
    await cramped.ask("tiny")
    assert "Unloading 'tiny' to make room for 'other'" in notices_of(await cramped.ask("other"))
    assert "Loading 'tiny'" in notices_of(await cramped.ask("tiny"))


async def test_a_model_waits_for_a_busy_one_that_it_does_not_fit_beside(cramped: Home) -> None:
    config = GenerationConfig(max_tokens=400, context_tokens=2048)
    async with cramped.backend.stream("tiny", [SYSTEM], config) as chunks:
        async for chunk in chunks:
            if chunk.text:
                break
        late = asyncio.create_task(cramped.ask("other"))
        rest = [chunk async for chunk in chunks]
    assert end_of(rest).completion_tokens == 400
    waiting = await late
    assert "'other' waits until another model has finished" in notices_of(waiting)
    assert text_of(waiting)


async def test_seats_of_two_models_that_do_not_fit_together_are_all_served(cramped: Home) -> None:
    answers = await asyncio.gather(
        *(cramped.ask(model, seed=number) for number in range(4) for model in ("tiny", "other"))
    )
    assert all(text_of(chunks) for chunks in answers)


async def test_a_model_that_can_never_fit_is_refused_with_numbers_and_the_loaded_one_goes_on(cramped: Home) -> None:
    await cramped.ask("tiny")
    with pytest.raises(OutOfMemoryError, match=r"'other'.*MB"):
        await cramped.ask("other", context_tokens=16384)
    assert text_of(await cramped.ask("tiny"))


async def test_closing_joins_every_thread_and_later_requests_load_anew(home: Home) -> None:
    await home.ask()
    await home.backend.close()
    assert not [thread for thread in threading.enumerate() if thread.name.startswith("llama.cpp")]
    assert "Loading" in notices_of(await home.ask())


async def test_closing_in_the_middle_of_an_answer_is_an_error_of_that_answer(home: Home) -> None:
    config = GenerationConfig(max_tokens=8000, context_tokens=8192)
    with pytest.raises(BackendUnavailableError, match="unloaded"):
        async with home.backend.stream("tiny", [Message("user", "Endless")], config) as chunks:
            async for chunk in chunks:
                if chunk.text:
                    await home.backend.close()


def test_a_text_is_not_counted_with_a_model_that_was_unloaded(tiny_gguf: Path) -> None:
    model = Model(runtime(), tiny_gguf, vocabulary_only=True)
    assert model.vocabulary.tokenize("hello")
    model.close()
    with pytest.raises(BackendUnavailableError, match="unloaded"):
        model.vocabulary.tokenize("hello")
