"""Ctrl-C and SIGTERM at any moment of a command's life: an exit code that the help names, and no traceback."""

import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path

import pytest

from council.runs.history import History
from council.runs.owners import LOCAL
from tests.programs import ROOT, environment
from tests.scripted_ollama import ScriptedOllama, scripted_ollama
from tests.test_programs import MODELS, wait_until

APP, MODELS_LISTED = (str(ROOT / "app.py"),), ("-m", "council", "models")
ASK = ("ask", "Where is Canberra?", "--mode", "full", "--debate", "always", "--second-look", "never")


def start(
    folder: Path, ollama: ScriptedOllama, *arguments: str, program: Sequence[str] = ("-m", "council")
) -> "subprocess.Popen[str]":
    return subprocess.Popen(
        [sys.executable, *program, *arguments],
        cwd=folder,
        env=environment(folder, ollama_host=ollama.url, backends="ollama"),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


@pytest.mark.parametrize(
    ("kind", "sent", "code", "status"),
    [
        ("answer", signal.SIGINT, 130, "stopped"),
        ("ballot", signal.SIGTERM, 1, "interrupted"),
        ("stance", signal.SIGINT, 130, "stopped"),
        ("synthesis", signal.SIGTERM, 1, "interrupted"),
        ("minutes", signal.SIGINT, 130, "stopped"),
    ],
)
def test_a_signal_in_any_stage_ends_the_run_in_good_order(
    tmp_path: Path, kind: str, sent: signal.Signals, code: int, status: str
) -> None:
    with scripted_ollama(*MODELS) as ollama:
        ollama.hold(kind, after=0)
        with start(tmp_path, ollama, *ASK) as process:
            wait_until(lambda: ollama.count(kind) > 0, f"the first {kind} is asked for")
            process.send_signal(sent)
            out, err = process.communicate(timeout=60)
        assert (process.returncode, "Traceback" in out + err) == (code, False), err
        assert "python -m council resume" in err
    history = History(tmp_path / "data" / "history.db")
    assert [entry.status for entry in history.of(LOCAL).entries()] == [status]
    history.close()


@pytest.mark.parametrize(
    ("command", "sent", "code"),
    [
        (("models",), signal.SIGINT, 130),
        (("pull", "alpha:1b"), signal.SIGTERM, 143),
        (("doctor",), signal.SIGTERM, 143),
        (ASK, signal.SIGINT, 130),
    ],
    ids=lambda value: value[0] if isinstance(value, tuple) else None,
)
def test_a_signal_while_a_server_is_silent_ends_the_command(
    tmp_path: Path, command: tuple[str, ...], sent: signal.Signals, code: int
) -> None:
    with scripted_ollama(*MODELS) as ollama:
        ollama.hang()
        with start(tmp_path, ollama, *command) as process:
            wait_until(lambda: ollama.is_hanging, "the server is asked")
            process.send_signal(sent)
            out, err = process.communicate(timeout=60)
    assert (process.returncode, "Traceback" in out + err) == (code, False), err


@pytest.mark.parametrize(
    ("program", "seconds"), [(("-m", "council", "models"), 0.1), (("-m", "council", "models"), 0.5), (APP, 0.4)]
)
def test_ctrl_c_before_the_program_is_up_ends_it_without_a_word(
    tmp_path: Path, program: Sequence[str], seconds: float
) -> None:
    with scripted_ollama(*MODELS) as ollama:
        ollama.hang()
        with start(tmp_path, ollama, program=program) as process:
            time.sleep(seconds)
            process.send_signal(signal.SIGINT)
            out, err = process.communicate(timeout=60)
    assert process.returncode in (130, -signal.SIGINT)
    assert out + err == ""
