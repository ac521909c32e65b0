"""The doctor: what it tries, and what it says to do about each fault."""

import asyncio
import socket
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from council.application import Opening, open_application
from council.configuration import load_settings
from council.settings import Settings
from council.terminal.doctor import Check, check_data_dir, check_memory_left, check_port, examine
from models.base import GenerationConfig, Message
from models.errors import BackendError, BackendUnavailableError, BadResponseError
from tests.council.applications import scripted
from tests.fakes import ScriptedBackend, obedient
from tests.ollama_server import free_port

pytestmark = pytest.mark.anyio


@pytest.fixture
def calm(tmp_path: Path) -> Settings:
    """Settings with a free port."""
    return load_settings(env_file=None, data_dir=tmp_path / "data", port=free_port())


@pytest.fixture
def taken() -> Iterator[socket.socket]:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        yield listener


async def checked(settings: Settings, opened: Opening) -> tuple[bool, list[Check]]:
    checks: list[Check] = []
    return await examine(settings, checks.append, opened=opened), checks


def faults(checks: Sequence[Check]) -> list[tuple[str, str]]:
    return [(str(check.what), str(check.advice or "")) for check in checks if not check.is_ok]


async def test_where_all_is_well_every_seat_spoke_and_voted(calm: Settings) -> None:
    is_ok, checks = await checked(calm, scripted(ScriptedBackend()))
    assert is_ok and faults(checks) == []
    told = "\n".join(str(check.what) for check in checks)
    for seat in ("seat-1 (alpha:1b)", "seat-2 (beta:1b)", "seat-3 (gamma:1b)"):
        assert f"{seat} speaks" in told and f"{seat} gives a valid ballot" in told


async def test_real_weights_speak_and_vote(tmp_path: Path, tiny_gguf: Path) -> None:
    settings = load_settings(
        env_file=None,
        data_dir=tmp_path / "data",
        port=free_port(),
        backends=("llama_cpp",),
        weights=(tiny_gguf,),
        seats=("tiny",),
    )
    is_ok, checks = await checked(settings, open_application)
    assert is_ok, faults(checks)
    assert [str(check.what).split(",")[0] for check in checks[-2:]] == [
        "seat-1 (tiny) speaks",
        "seat-1 (tiny) gives a valid ballot",
    ]


async def test_a_model_that_does_not_speak_is_named_with_its_cause(calm: Settings) -> None:
    def script(model: str, messages: Sequence[Message], config: GenerationConfig) -> str | BackendError:
        return BadResponseError("It fell over.") if model == "beta:1b" else obedient(model, messages, config)

    is_ok, checks = await checked(calm, scripted(ScriptedBackend(script)))
    assert not is_ok
    ((what, advice),) = faults(checks)
    assert what == "seat-2 (beta:1b) does not speak" and "It fell over." in advice


async def test_a_model_that_cannot_vote_is_told_from_one_that_can(calm: Settings) -> None:
    def script(model: str, messages: Sequence[Message], config: GenerationConfig) -> str | BackendError:
        is_void = model == "gamma:1b" and config.json_schema is not None
        return "They are all good." if is_void else obedient(model, messages, config)

    is_ok, checks = await checked(calm, scripted(ScriptedBackend(script)))
    assert not is_ok
    ((what, advice),) = faults(checks)
    assert what == "seat-3 (gamma:1b) gives no valid ballot" and "Give the seat another model" in advice


async def test_a_seat_whose_model_is_not_installed_is_named_with_the_command(calm: Settings) -> None:
    settings = calm.model_copy(update={"seats": ("qwen9:4b",)})
    is_ok, checks = await checked(settings, scripted(ScriptedBackend()))
    assert not is_ok
    assert "`ollama pull qwen9:4b`" in faults(checks)[-1][1]


class Down(ScriptedBackend):
    """A backend that cannot be reached."""

    name = "down"

    async def list_models(self) -> list:  # type: ignore[type-arg]
        raise BackendUnavailableError("It does not answer. Start it.", backend=self.name)

    async def health(self):  # type: ignore[no-untyped-def]
        from models.base import Health
        from models.text import verbatim

        return Health(self.name, ok=False, detail=verbatim("It does not answer. Start it."))


async def test_one_backend_is_enough_and_the_other_is_a_hint(calm: Settings) -> None:
    is_ok, checks = await checked(calm, scripted(Down(), ScriptedBackend()))
    assert is_ok
    assert [str(check.advice) for check in checks if str(check.what).startswith("backend down")] == [
        "It does not answer. Start it."
    ]


async def test_no_backend_at_all_is_a_fault_with_the_way_out(calm: Settings) -> None:
    is_ok, checks = await checked(calm, scripted(Down()))
    assert not is_ok
    assert [what for what, _ in faults(checks)] == ["backend down: cannot be used", "the council cannot sit"]
    assert "`ollama pull" in faults(checks)[-1][1]


async def test_a_damaged_history_is_a_fault_among_the_others(calm: Settings) -> None:
    calm.data_dir.mkdir()
    (calm.data_dir / "history.db").write_bytes(b"no database" * 500)
    is_ok, checks = await checked(calm, scripted(ScriptedBackend()))
    assert not is_ok and "move it away" in faults(checks)[-1][1]


def test_a_folder_that_cannot_be_written_is_a_fault(calm: Settings) -> None:
    calm.data_dir.write_text("a file in its place")
    check = check_data_dir(calm)
    assert not check.is_ok and "COUNCIL_DATA_DIR" in str(check.advice)


async def test_a_port_in_use_is_a_fault_that_names_another(calm: Settings, taken: socket.socket) -> None:
    port = taken.getsockname()[1]

    def hang_up() -> None:
        taken.accept()[0].close()

    settings = calm.model_copy(update={"port": port})
    check, _ = await asyncio.gather(check_port(settings), asyncio.to_thread(hang_up))
    assert not check.is_ok and f"Port {port} of 127.0.0.1 is in use" in str(check.what)
    assert f"--port {port % 65_535 + 1}" in str(check.advice)


@asynccontextmanager
async def page() -> AsyncIterator[int]:
    """Answers like the health check of the page."""

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        body = b'{"status": "ok"}'
        writer.write(b"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: %d\r\n\r\n%s" % (len(body), body))
        await writer.drain()
        writer.close()

    async with await asyncio.start_server(answer, "127.0.0.1", 0) as server:
        yield server.sockets[0].getsockname()[1]


async def test_a_port_at_which_the_page_is_served_is_fine(calm: Settings) -> None:
    async with page() as port:
        check = await check_port(calm.model_copy(update={"port": port}))
    assert check.is_ok and str(check.what) == f"127.0.0.1 port {port}: the page is being served"


@pytest.mark.parametrize(("free", "has_advice"), [(None, False), (8_000_000_000, False), (300_000_000, True)])
def test_little_memory_is_a_hint(free: int | None, has_advice: bool) -> None:
    check = check_memory_left(free)
    assert check.is_ok and bool(check.advice) == has_advice
