"""Loading, waiting and swapping: how requests reach an Ollama server."""

import asyncio

import pytest

from models.errors import BackendTimeoutError
from models.http.server import Timeouts
from models.ollama.backend import open_ollama
from tests.models.http.wire_server import Call, Wire, serve
from tests.models.ollama.ollama_script import CONFIG, HELLO, QUESTION, SHARED, listen, lists, ollama
from tests.models.scripts import OLLAMA_DONE, QUICK, falls_silent_after, ollama_line, ollama_server, refuses

pytestmark = pytest.mark.anyio


async def let_others_go_on() -> None:
    """Take so many turns of the event loop that whatever is under way arrives, however slow the machine."""
    for _ in range(300):
        await asyncio.sleep(0)


async def test_a_model_that_loads_slowly_says_so_and_has_its_own_clock() -> None:
    loaded = asyncio.Event()

    async def load(wire: Wire) -> None:
        await loaded.wait()
        await wire.json({"done": True, "done_reason": "load"})

    timeouts = Timeouts(load_seconds=30, first_token_seconds=1.0, stall_seconds=1.0)
    async with ollama(HELLO, timeouts, load=load) as (backend, _), backend.stream("tiny", QUESTION, CONFIG) as chunks:
        assert str((await anext(chunks)).notice) == "loading 'tiny'"
        asyncio.get_running_loop().call_later(1.2, loaded.set)
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
                assert str((await anext(chunks)).notice) == "loading 'tiny'"
            await asyncio.wait_for(server.hung_up.wait(), 10)


async def test_waiting_in_the_queue_is_told_and_is_no_timeout() -> None:
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
            assert str((await anext(chunks)).notice) == "waiting for 'tiny': 1 request before it"
            asyncio.get_running_loop().call_later(0.8, may_end.set)
            assert (await anext(chunks)).text == "Hello"
        await first


async def test_on_a_cpu_prompts_that_begin_alike_are_sent_one_after_the_other() -> None:
    speaking = most = 0

    async def speak(wire: Wire) -> None:
        nonlocal speaking, most
        speaking += 1
        most = max(most, speaking)
        await let_others_go_on()
        speaking -= 1
        await HELLO(wire)

    async with ollama(speak, ps=lists("tiny")) as (backend, _):
        await asyncio.gather(*(listen(backend, messages=SHARED) for _ in range(4)))
        assert most == 1
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


class SmallServer:
    """Loads and drives out models as a server does that has room for so many; counts the loads."""

    def __init__(self, room: int, loaded: str = "") -> None:
        self.loads: list[str] = []
        self.most_at_once = 0
        self._room = room
        self._loaded = list(loaded)
        self._writing: list[str] = []

    async def handle(self, call: Call, wire: Wire) -> None:
        if call.path == "/api/ps":
            await lists(*self._loaded)(wire)
            return
        model = call.body.get("model", "")
        if call.path == "/api/chat":
            self._load(model)
        if call.body.get("messages"):
            self._writing.append(model)
            self.most_at_once = max(self.most_at_once, len(set(self._writing)))
            await let_others_go_on()
            self._writing.remove(model)
        await ollama_server(HELLO, show=refuses(200, {"capabilities": ["completion"]}))(call, wire)

    def _load(self, model: str) -> None:
        if model not in self._loaded:
            self.loads.append(model)
            self._loaded = [*self._loaded, model][-self._room :]


@pytest.mark.parametrize(("room", "loads", "at_once"), [(1, 7, 1), (3, 3, 3)])
async def test_stages_of_three_models_cost_as_few_loads_as_can_be(room: int, loads: int, at_once: int) -> None:
    small = SmallServer(room)
    async with serve(small.handle) as server:
        backend = open_ollama(server.url)
        for model in "abc":
            await backend.describe(model)  # as before a run
        for _ in range(3):
            await asyncio.gather(*(listen(backend, model, messages=SHARED) for model in "abc" for _ in range(2)))
        await backend.close()
    assert len(small.loads) == loads
    assert small.most_at_once == at_once


async def test_models_that_are_loaded_already_answer_at_once_from_the_first_request_on() -> None:
    small = SmallServer(3, loaded="abc")
    async with serve(small.handle) as server:
        backend = open_ollama(server.url)
        await asyncio.gather(*(listen(backend, model) for model in "abc"))
        await backend.close()
    assert small.loads == []
    assert small.most_at_once == 3
