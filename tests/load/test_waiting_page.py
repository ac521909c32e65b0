"""Runs that wait, on the page of the real program: told, stopped, found again after a reload and after a kill."""

from collections.abc import Iterator
from contextlib import aclosing
from pathlib import Path

import pytest

from tests.load.web_visitor import WebVisitor
from tests.programs import Served
from tests.scripted_ollama import ScriptedOllama, scripted_ollama

pytestmark = [pytest.mark.anyio, pytest.mark.slow]

MODELS = ("alpha:1b", "beta:1b", "gamma:1b")


@pytest.fixture
def ollama() -> Iterator[ScriptedOllama]:
    with scripted_ollama(*MODELS) as server:
        server.hold("answer", after=0)
        yield server


def serve(folder: Path, ollama: ScriptedOllama) -> Served:
    return Served(folder, ollama_host=ollama.url, backends="ollama", runs_at_once="1")


async def see_waiting(visitor: WebVisitor) -> None:
    """Watch the run on the page until it says that it waits."""
    async with aclosing(visitor.follow()) as pictures:
        async for _ in pictures:
            if "Waiting: this run is next" in visitor.shown("progress"):
                return
    raise AssertionError(visitor.shown("progress"))


async def see_the_end(visitor: WebVisitor) -> str:
    async for _ in visitor.follow():
        pass
    return visitor.shown("progress")


async def test_a_waiting_run_says_so_is_found_after_a_reload_and_can_be_stopped(
    ollama: ScriptedOllama, tmp_path: Path
) -> None:
    with serve(tmp_path, ollama) as council:
        async with WebVisitor(council.url) as visitor, WebVisitor(council.url) as reloaded:
            await visitor.open()
            assert await visitor.ask("Why is the sky blue?")
            waiting = await visitor.ask("Why is the sea salty?")
            await see_waiting(visitor)
            await reloaded.open()
            reloaded.write("target", f"{waiting} 1")
            await see_waiting(reloaded)
            await reloaded.fire("actions", "click", action="stop", argument="")
            assert "stopped" in await see_the_end(reloaded)
            assert not any("salty" in prompt for prompt in ollama.prompts)
        assert "Traceback" not in council.log()


async def test_after_a_kill_a_run_that_waited_is_resumed_and_asked_once(ollama: ScriptedOllama, tmp_path: Path) -> None:
    with serve(tmp_path, ollama) as council:
        async with WebVisitor(council.url) as visitor:
            await visitor.open()
            await visitor.ask("Why is the sky blue?")
            waiting = await visitor.ask("Why is the sea salty?")
            await see_waiting(visitor)
        council.kill()
    ollama.release()
    with serve(tmp_path, ollama) as council:
        async with WebVisitor(council.url) as visitor:
            await visitor.open()
            visitor.write("target", f"{waiting} 1")
            assert "interrupted" in await see_the_end(visitor)
            await visitor.fire("actions", "click", action="resume", argument="")
            assert "complete" in await see_the_end(visitor)
        assert "Traceback" not in council.log()
    assert max(ollama.prompts.values()) == 1
