"""What every test shares: real parts (a tiny GGUF, an Ollama server), and walls around this machine.

No test reaches another machine, reads the developer's settings, or writes into the developer's home.
"""

import ipaddress
import os
import sys
from collections.abc import Generator, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, settings

from scripts.real_model import find
from tests.ollama_server import OllamaServer, find_ollama

if TYPE_CHECKING:
    from council.settings import Settings

PRIVATE_PREFIXES = ("COUNCIL_", "OLLAMA_", "HF_", "HUGGING", "GRADIO_", "XDG_", "LANG", "LC_")
PROXIES = ("http_proxy", "https_proxy", "all_proxy", "HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY")
QUIET = {"GRADIO_ANALYTICS_ENABLED": "False", "HF_HUB_DISABLE_TELEMETRY": "1"}

# Some libraries read the environment when they are imported, which is before any fixture runs.
for _name in [name for name in os.environ if name.startswith(PRIVATE_PREFIXES) or name in PROXIES]:
    del os.environ[_name]
os.environ.update(QUIET)

# How long an example takes says more of the machine, shared as it is, than of the program.
settings.register_profile("shared", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("shared")


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--no-skips", action="store_true", help="a skipped test counts as failed")


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Turn a skip into a failure where every part is said to be there, so that none goes missing unnoticed."""
    report = yield
    if report.skipped and not hasattr(report, "wasxfail") and item.config.getoption("--no-skips"):
        report.outcome = "failed"
        report.longrepr = f"skipped, and --no-skips forbids it: {report.longrepr}"
    return report


class Wall:
    """An audit hook that refuses every connection and look-up beyond the loopback interface, and remembers it."""

    def __init__(self) -> None:
        self.refused: list[str] = []
        sys.addaudithook(self._watch)

    def _watch(self, event: str, arguments: tuple[Any, ...]) -> None:
        if event in ("socket.connect", "socket.sendto"):
            address = arguments[1]
            host = address[0] if isinstance(address, tuple) else None  # a Unix socket's address is a path
        elif event == "socket.getaddrinfo":
            host = arguments[0]
        else:
            return
        if host is not None and not _is_loopback(host):
            self.refused.append(f"{event} to {host!r}")
            raise PermissionError(f"tests stay on this machine: {event} to {host!r}")


def _is_loopback(host: str | bytes) -> bool:
    name = host.decode() if isinstance(host, bytes) else host
    if name in ("", "localhost"):
        return True
    try:
        return ipaddress.ip_address(name.split("%")[0]).is_loopback
    except ValueError:
        return False


WALL = Wall()


@pytest.fixture(autouse=True)
def _loopback_only() -> Iterator[None]:
    """Fail the test that tried to leave this machine, also when the code under test swallowed the refusal."""
    WALL.refused.clear()
    yield
    assert not WALL.refused, f"this test tried to leave the machine: {WALL.refused}"


@pytest.fixture(autouse=True)
def _own_environment(monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory) -> None:
    """Hide the developer's settings, model stores and home from the test."""
    for name in list(os.environ):
        if name.startswith(PRIVATE_PREFIXES) and name not in QUIET:
            monkeypatch.delenv(name)
    monkeypatch.setenv("HOME", str(tmp_path_factory.mktemp("home")))
    monkeypatch.setenv("COUNCIL_DEMONSTRATION", "false")  # the program's own models, so that "no model" can be tested


@pytest.fixture
def anyio_backend() -> str:
    """Async tests run on asyncio, like the program."""
    return "asyncio"


@pytest.fixture
def settings(tmp_path: Path) -> "Settings":
    """Settings that keep everything in the test's folder and ask nobody for models."""
    from council.settings import Settings

    return Settings(_env_file=None, data_dir=tmp_path / "data")


@pytest.fixture(scope="session")
def tiny_gguf(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A real Q4_K_M file with random weights: real loader, kernels and grammar; its text is noise."""
    from tests.tiny_gguf import make_tiny_gguf

    return make_tiny_gguf(tmp_path_factory.mktemp("weights") / "tiny.gguf")


def _start_ollama(home: Path, tiny_gguf: Path) -> OllamaServer:
    program = find_ollama()
    if program is None:
        pytest.skip("no Ollama on the PATH or in .cache; scripts/test.sh brings one")
    server = OllamaServer(program, home)
    server.create("tiny", tiny_gguf)
    return server


@pytest.fixture(scope="session")
def ollama_server(tmp_path_factory: pytest.TempPathFactory, tiny_gguf: Path) -> Iterator[OllamaServer]:
    """A real Ollama server with the model `tiny`, shared by all tests: leave it running."""
    server = _start_ollama(tmp_path_factory.mktemp("ollama"), tiny_gguf)
    yield server
    server.stop()


@pytest.fixture
def doomed_ollama(tmp_path: Path, tiny_gguf: Path) -> Iterator[OllamaServer]:
    """A real Ollama server with the model `tiny`, for this test alone: it may be killed."""
    server = _start_ollama(tmp_path / "ollama", tiny_gguf)
    yield server
    server.stop()


@pytest.fixture(scope="session")
def real_model() -> Path:
    """The weights of a real, weak chat model."""
    found = find()
    if found is None:
        pytest.skip("no real chat model in .cache/real_model; scripts/test.sh brings one")
    return found
