"""The programs as a user starts them, each in a process of its own: the page's server and the terminal."""

import json
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx

from tests.ollama_server import free_port
from tests.programs import ROOT, Served, environment, run_cli

MODELS = ("alpha:1b", "beta:1b", "gamma:1b")
WAIT_SECONDS = 60.0


def wait_until(is_so: Callable[[], bool], what: str) -> None:
    deadline = time.monotonic() + WAIT_SECONDS
    while not is_so():
        assert time.monotonic() < deadline, f"waited in vain until {what}"
        time.sleep(0.05)


def ready(council: Served) -> dict[str, Any]:
    reply = httpx.get(f"{council.url}/readyz", trust_env=False, timeout=20)
    return {"code": reply.status_code, **reply.json()}


def test_the_terminal_prints_the_finished_transcript_as_json(tiny_gguf: Path, tmp_path: Path) -> None:
    settings = {"backends": "llama_cpp", "weights": str(tiny_gguf), "answer_tokens": "16", "max_context": "4096"}
    done = run_cli(tmp_path, "ask", "Why is the sky blue?", "--mode", "compare", "--json", **settings)
    assert done.returncode == 0, done.stderr
    transcript = json.loads(done.stdout)
    wanted = "id question seats answers ballots standings debate synthesis status heading"
    assert set(wanted.split()) <= set(transcript)
    assert transcript["status"] == "complete"
    assert len(transcript["answers"]) == len(transcript["seats"]) == 3
    assert transcript["id"] in run_cli(tmp_path, "history", **settings).stdout


def test_without_models_the_server_runs_and_works_as_soon_as_weights_appear(tiny_gguf: Path, tmp_path: Path) -> None:
    folder = tmp_path / "weights"
    folder.mkdir()
    nobody = f"http://127.0.0.1:{free_port()}"
    with Served(tmp_path, ollama_host=nobody, weights=str(folder), answer_tokens="16", max_context="4096") as council:
        before = ready(council)
        assert (before["code"], before["status"]) == (503, "no model")
        details = {backend["backend"]: backend["detail"] for backend in before["backends"]}
        assert "ollama serve" in details["ollama"]
        assert details["llama_cpp"]
        assert "Council" in httpx.get(council.url, trust_env=False, timeout=30).text
        (folder / "late.gguf").write_bytes(tiny_gguf.read_bytes())
        wait_until(lambda: ready(council)["code"] == 200, "the weights that appeared are found")


def test_a_port_in_use_is_named_with_the_command_that_takes_another(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        done = subprocess.run(
            [sys.executable, str(ROOT / "app.py"), "--port", str(port)],
            cwd=tmp_path,
            env=environment(tmp_path),
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
    assert done.returncode == 2
    assert f"Port {port} of 127.0.0.1 is in use" in done.stderr
    assert f"--port {port % 65_535 + 1}" in done.stderr
    assert "Traceback" not in done.stderr


def test_ctrl_c_ends_the_server_quietly(tmp_path: Path) -> None:
    with Served(tmp_path, backends="llama_cpp") as council:
        council.process.send_signal(signal.SIGINT)
        assert council.process.wait(20) == 0
        assert "Traceback" not in council.log()


def test_weights_that_are_none_are_named_and_hide_no_others(tiny_gguf: Path, tmp_path: Path) -> None:
    folder = tmp_path / "weights"
    folder.mkdir()
    content = tiny_gguf.read_bytes()
    (folder / "prose.gguf").write_text("Once upon a time there was a model.")
    (folder / "half.gguf").write_bytes(content[: len(content) // 2])
    (folder / "whole.gguf").write_bytes(content)
    settings = {"backends": "llama_cpp", "weights": str(folder), "answer_tokens": "16", "max_context": "4096"}
    listed = run_cli(tmp_path, "models", **settings)
    assert "whole" in listed.stdout and "prose" not in listed.stdout and "half" not in listed.stdout
    for name in ("prose", "half"):
        asked = run_cli(tmp_path, "ask", "Why?", "--mode", "quick", "--seats", name, **settings)
        assert asked.returncode != 0
        assert name in asked.stderr and "Traceback" not in asked.stderr
    answered = run_cli(tmp_path, "ask", "Why?", "--mode", "quick", "--seats", "whole", **settings)
    assert answered.returncode == 0, answered.stderr
