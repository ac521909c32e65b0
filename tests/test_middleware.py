"""The walls around the tests hold, and the real parts behind them answer."""

import os
import socket
from pathlib import Path

import httpx
import pytest

from tests.conftest import WALL
from tests.ollama_server import OllamaServer


@pytest.mark.parametrize("host", ["example.org", "10.0.0.1", "2001:db8::1"])
def test_another_machine_cannot_be_looked_up(host: str) -> None:
    with pytest.raises(PermissionError, match="tests stay on this machine"):
        socket.getaddrinfo(host, 80)
    assert [host in refusal for refusal in WALL.refused] == [True]
    WALL.refused.clear()


def test_another_machine_cannot_be_connected_to() -> None:
    with socket.socket() as plug, pytest.raises(PermissionError, match="tests stay on this machine"):
        plug.connect(("192.0.2.1", 80))
    WALL.refused.clear()


def test_the_loopback_interface_is_open() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server, socket.create_connection(server.getsockname()) as plug:
        assert plug.getpeername() == server.getsockname()


def test_the_home_is_empty_and_no_setting_comes_from_outside() -> None:
    assert list(Path.home().iterdir()) == []
    assert [name for name in os.environ if name.startswith(("COUNCIL_", "OLLAMA_"))] == ["COUNCIL_DEMONSTRATION"]


@pytest.mark.ollama
def test_the_ollama_server_writes_with_the_tiny_model(ollama_server: OllamaServer) -> None:
    request = {
        "model": "tiny",
        "messages": [{"role": "user", "content": "Hello"}],
        "stream": False,
        "options": {"num_predict": 4, "num_ctx": 512},
    }
    answer = httpx.post(f"{ollama_server.url}/api/chat", json=request, timeout=60, trust_env=False).json()
    assert answer["eval_count"] == 4
    assert list(ollama_server.models_dir.glob("blobs/sha256-*"))


@pytest.mark.ollama
def test_a_killed_ollama_server_leaves_its_store_and_starts_again(doomed_ollama: OllamaServer) -> None:
    doomed_ollama.kill()
    with pytest.raises(httpx.ConnectError):
        httpx.get(doomed_ollama.url, trust_env=False)
    assert list(doomed_ollama.models_dir.glob("manifests/*/*/tiny/latest"))
    doomed_ollama.start()
    names = [model["name"] for model in httpx.get(f"{doomed_ollama.url}/api/tags", trust_env=False).json()["models"]]
    assert names == ["tiny:latest"]
