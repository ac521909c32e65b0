"""Floods against the real program, in a process of its own: its memory stays bounded, others are served meanwhile."""

import asyncio
import resource
import socket
import sqlite3
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack, closing
from pathlib import Path

import httpx
import pytest

from council.runs.queue import AT_ONCE, WAITING_OF_ONE
from council.ui.wiring import SESSIONS
from tests.load.web_visitor import Refused, WebVisitor
from tests.programs import Served
from tests.scripted_ollama import ScriptedOllama, scripted_ollama

pytestmark = [pytest.mark.anyio, pytest.mark.slow]

MODELS = ("alpha:1b", "beta:1b", "gamma:1b")
PATIENCE_SECONDS = 60.0


@pytest.fixture
def ollama() -> Iterator[ScriptedOllama]:
    with scripted_ollama(*MODELS) as server:
        yield server


@pytest.fixture
def council(ollama: ScriptedOllama, tmp_path: Path) -> Iterator[Served]:
    """The program, open to everybody: each visitor is an owner of runs."""
    with Served(tmp_path, ollama_host=ollama.url, backends="ollama", allow_public="true") as served:
        yield served
        assert "Traceback" not in served.log()


def is_alive(council: Served) -> bool:
    return httpx.get(f"{council.url}/healthz", trust_env=False, timeout=PATIENCE_SECONDS).status_code == 200


def test_five_hundred_connections_that_send_nothing_or_half_a_head_cost_little_and_are_hung_up_on(
    council: Served,
) -> None:
    before, half_a_head = council.megabytes(), b"GET / HTTP/1.1\r\nHost: x\r\nX-Long: " + b"x" * 15_000
    plugs = [socket.create_connection(("127.0.0.1", council.port), timeout=PATIENCE_SECONDS) for _ in range(500)]
    for plug in plugs[::2]:
        plug.sendall(half_a_head)
    assert is_alive(council)
    assert council.megabytes() < before + 30
    for plug in plugs:
        assert plug.recv(1) == b""
        plug.close()


def test_with_few_handles_left_a_flood_of_connections_neither_spins_nor_fills_the_log(tmp_path: Path) -> None:
    usual = resource.getrlimit(resource.RLIMIT_NOFILE)
    with ExitStack() as stack:
        resource.setrlimit(resource.RLIMIT_NOFILE, (64, usual[1]))
        try:
            council = stack.enter_context(Served(tmp_path, backends="llama_cpp"))
        finally:
            resource.setrlimit(resource.RLIMIT_NOFILE, usual)
        began, used = time.monotonic(), council.processor_seconds()
        for _ in range(100):
            stack.enter_context(socket.create_connection(("127.0.0.1", council.port), timeout=PATIENCE_SECONDS))
        time.sleep(3)
        assert is_alive(council)
        assert council.processor_seconds() - used < 0.6 * (time.monotonic() - began)
        assert len(council.log()) < 10_000


async def test_three_hundred_questions_of_one_page_become_six_runs_and_another_visitor_gets_his_answer(
    council: Served, ollama: ScriptedOllama, tmp_path: Path
) -> None:
    ollama.hold("answer", after=0)
    async with WebVisitor(council.url) as ada, WebVisitor(council.url) as alan:
        await ada.open()
        await alan.open()
        before = council.megabytes()
        ada.write("question", "Why is the sky blue?")
        [asking] = ada.triggered("ask", "click")
        codes = Counter(await asyncio.gather(*[status_of(ada, asking) for _ in range(300)]))
        assert codes[200] >= 200 and codes[200] + codes[429] == 300
        run = await alan.ask("Why is the sea salty?")
        assert run, alan.shown("message")
        pictures = alan.follow()
        await anext(pictures)
        assert await ada.ask("One more?") == "" and "wait already" in ada.shown("message")
        ollama.release()
        async for _ in pictures:
            pass
        assert "complete" in alan.shown("progress")
        assert council.megabytes() < before + 80
    with closing(sqlite3.connect(tmp_path / "data" / "history.db")) as history:
        runs = sorted(count for (count,) in history.execute("SELECT count(*) FROM runs GROUP BY owner"))
    assert runs == [1, AT_ONCE + WAITING_OF_ONE]


async def status_of(visitor: WebVisitor, function: dict[str, object]) -> int:
    try:
        await visitor.join(function)
    except Refused as refusal:
        return refusal.status
    return 200


async def test_pages_that_follow_a_run_do_not_use_up_what_others_need(council: Served, ollama: ScriptedOllama) -> None:
    ollama.hold("answer", after=0)
    async with WebVisitor(council.url) as visitor:
        await visitor.open()
        await visitor.ask("Why is the sky blue?")
        [following] = visitor.triggered("target", "change")
        for _ in range(60):
            visitor.leave()
            await visitor.join(following)
        visitor.leave()
        async with asyncio.timeout(PATIENCE_SECONDS):
            await visitor.fire("mode", "change")
        assert visitor.shown("mode-note")


async def test_new_pages_without_end_are_forgotten_in_turn(council: Served) -> None:
    async with WebVisitor(council.url) as visitor:
        await visitor.open()
        [describing] = visitor.triggered("mode", "change")
        sizes = [council.megabytes()]
        for _ in range(4):
            for _ in range(SESSIONS):
                visitor.leave()
                await patiently(visitor, describing)
            sizes.append(council.megabytes())
        # Each takes 0.35 MB. What is forgotten is freed late, so that twice as many may be held, and never more.
        assert sizes[4] < sizes[2] + 0.1 * SESSIONS
        assert sizes[4] < sizes[0] + 2 * 0.45 * SESSIONS


async def patiently(visitor: WebVisitor, function: dict[str, object]) -> None:
    """Send an event; where that is too fast, wait as long as the server says."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    while time.monotonic() < deadline:
        try:
            await visitor.join(function)
            return
        except Refused as refusal:
            assert refusal.status == 429
            await asyncio.sleep(float(refusal.retry_after or 1))
    raise AssertionError("the server refuses for ever")
