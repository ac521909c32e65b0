"""What the running program tells of its secrets: nothing, wherever it writes."""

from pathlib import Path

import httpx

from tests.programs import Served
from tests.scripted_ollama import scripted_ollama


def test_a_password_in_an_address_stands_in_no_log_and_no_reply(tmp_path: Path) -> None:
    with scripted_ollama("alpha:1b") as ollama:
        address = ollama.url.replace("http://", "http://ada:hunter2@")
        with Served(tmp_path, backends="ollama", ollama_host=address) as council:
            ready = httpx.get(f"{council.url}/readyz", trust_env=False, timeout=20)
    assert ready.json()["status"] == "ready"
    assert "hunter2" not in ready.text + council.log()
