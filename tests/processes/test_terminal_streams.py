"""Every command with streams, a locale, a terminal and folders as a program may meet them: one line and a code."""

import itertools
import os
import subprocess
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from council import events as ev
from council.runs.history import History
from council.runs.owners import LOCAL
from tests.council.runs.stored import ANA, answered, started
from tests.ollama_server import free_port
from tests.programs import environment, run_cli
from tests.scripted_ollama import ScriptedOllama, scripted_ollama

ASK = ("ask", "Where is Canberra?", "--mode", "quick", "--seats", "alpha:1b")
COMMANDS = {
    "ask": ASK,
    "ask --json": (*ASK, "--json"),
    "ask -": ("ask", "-", *ASK[2:]),
    "resume": ("resume", "r1"),
    "models": ("models",),
    "pull": ("pull", "alpha:1b"),
    "download": ("download",),
    "history": ("history",),
    "show": ("history", "show", "r1"),
    "export": ("history", "export", "r1", "--format", "json"),
    "delete": ("history", "delete", "r1"),
    "doctor": ("doctor",),
    "settings": ("settings",),
    "help": ("ask", "--help"),
}
SILENT = {"pull", "delete"}  # they write nothing to standard output
OUTPUTS = {"full": "No space left on device.", "closed": "Bad file descriptor.", "unread": "", "no errors": ""}
"""What is wrong with the output, and what is said of it. One of them for each command: a process takes a second."""


@pytest.fixture(scope="module")
def ollama() -> Iterator[ScriptedOllama]:
    with scripted_ollama("alpha:1b") as script:
        yield script


@dataclass
class Started:
    """A command in a folder of its own, which holds one interrupted run; `streams` are `Popen`'s."""

    folder: Path
    ollama: ScriptedOllama
    arguments: Sequence[str]
    streams: dict[str, Any]
    without: Sequence[str] = ()
    variables: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        home = self.folder / "home"
        home.mkdir(parents=True)
        history = History(self.folder / "data" / "history.db")
        kept = history.of(LOCAL)
        for event in (started("r1"), answered(ANA, "In Australia — ∴ 澳."), ev.DeliberationEnded(**INTERRUPTED)):
            kept.append("r1", event)
        history.close()
        variables = environment(self.folder, ollama_host=self.ollama.url, backends="ollama", port=str(free_port()))
        for name in self.without:
            del variables[name]
        options = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE} | self.streams
        self.process = subprocess.Popen(
            [sys.executable, "-m", "council", *self.arguments], cwd=home, env=variables | self.variables, **options
        )

    def end(self) -> tuple[int, str, str]:
        """Return the exit code and what was written."""
        out, err = self.process.communicate(b"Where is Canberra?\n" if self.process.stdin else None, timeout=60)
        return self.process.returncode, (out or b"").decode(), (err or b"").decode()


INTERRUPTED: dict[str, Any] = {"status": "interrupted", "reason": "The program ended."}


@pytest.mark.parametrize("command", COMMANDS)
def test_a_poor_terminal_without_home_or_folder_is_enough(command: str, ollama: ScriptedOllama, tmp_path: Path) -> None:
    poor = {"LC_ALL": "C", "PYTHONIOENCODING": "ascii", "TERM": "dumb", "COLUMNS": "20"}
    gone = {"preexec_fn": lambda: os.rmdir(os.getcwd())}
    run = Started(tmp_path, ollama, COMMANDS[command], gone, without=["HOME"], variables=poor)
    code, out, err = run.end()
    assert (code, "Traceback" in out + err) == (0, False), err
    assert bool(out) is (command not in SILENT)


@pytest.mark.parametrize(("command", "output"), list(zip(COMMANDS, itertools.cycle(OUTPUTS), strict=False)))
def test_an_output_that_cannot_be_written_is_told_in_one_line(
    command: str, output: str, ollama: ScriptedOllama, tmp_path: Path
) -> None:
    read, write = os.pipe()
    os.close(read)
    full, pipe = os.open("/dev/full", os.O_WRONLY), subprocess.PIPE
    closed = {"closed": [1], "no errors": [2]}.get(output, [])
    streams = {
        "stdout": {"full": full, "unread": write}.get(output, pipe),
        "preexec_fn": lambda: [os.close(number) for number in closed],
    }
    code, out, err = Started(tmp_path, ollama, COMMANDS[command], streams).end()
    os.close(write)
    os.close(full)
    assert "Traceback" not in out + err, err
    has_failed = output != "no errors" and command not in SILENT
    assert code == (1 if has_failed else 0), err
    told = [line for line in err.splitlines() if line.startswith("Standard output cannot be written")]
    assert [line.partition(": ")[2] for line in told] == ([OUTPUTS[output]] if has_failed and OUTPUTS[output] else [])


@pytest.mark.parametrize(
    ("given", "told"),
    [
        (b"Where is \xff?", "The question is not readable text."),
        ("Où est Canberra ?".encode("utf-16"), "The question is not readable text."),
        (b"\xef\xbb\xbf", "The question is empty."),
        (None, "Standard input cannot be read: Bad file descriptor."),
        (b"x" * 20_000_000, "The question has 10,000,000 characters"),
    ],
    ids=["latin", "utf-16", "only a mark", "closed", "endless"],
)
def test_a_question_that_cannot_be_read_is_refused_in_one_line(tmp_path: Path, given: bytes | None, told: str) -> None:
    asked = subprocess.run(
        [sys.executable, "-m", "council", "ask", "-"],
        cwd=tmp_path,
        env=environment(tmp_path, backends="llama_cpp") | {"LC_ALL": "C.UTF-8"},
        input=given,
        preexec_fn=(lambda: os.close(0)) if given is None else None,
        capture_output=True,
        timeout=60,
        check=False,
    )
    assert (asked.returncode, asked.stdout, asked.stderr.count(b"\n")) == (2, b"", 1)
    assert told in asked.stderr.decode()


@pytest.mark.parametrize("command", [("history", "show", "r\udcff"), ("pull", "\udcff")])
def test_arguments_that_are_no_text_are_refused(tmp_path: Path, command: Sequence[str]) -> None:
    refused = run_cli(tmp_path, *command, backends="llama_cpp")
    assert (refused.returncode, refused.stdout, refused.stderr.count("\n")) == (2, "", 1)


@pytest.mark.parametrize("name", ["data_dir", "weights"])
def test_a_home_that_nobody_has_is_named(tmp_path: Path, name: str) -> None:
    refused = run_cli(tmp_path, "history", backends="llama_cpp", **{name: "~nobody-of-this-name/council"})
    assert (refused.returncode, "there is no such home folder" in refused.stderr) == (2, True)
    assert refused.stderr.count("\n") == 1


def test_a_folder_that_is_gone_is_told_where_its_name_would_be_needed(tmp_path: Path) -> None:
    gone = tmp_path / "gone"
    gone.mkdir()
    refused = subprocess.run(
        [sys.executable, "-m", "council", "history"],
        cwd=gone,
        env=environment(tmp_path, data_dir="data"),
        preexec_fn=lambda: os.rmdir(gone),
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert (refused.returncode, "is gone; name a whole path" in refused.stderr) == (2, True)
