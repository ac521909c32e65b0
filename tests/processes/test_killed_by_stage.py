"""`kill -9` of the program in every stage: what was finished is kept, and asked of nobody again."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from council.runs.history import History
from council.runs.owners import LOCAL
from council.transcript import Transcript
from tests.programs import environment, run_cli
from tests.scripted_ollama import scripted_ollama

MODELS = ("alpha:1b", "beta:1b", "gamma:1b")
QUESTION = ("Why is the sky blue?", "--mode", "full", "--debate", "always", "--second-look", "always")
WAIT_SECONDS = 60.0


@contextmanager
def asking(folder: Path, **settings: str) -> Iterator["subprocess.Popen[bytes]"]:
    """Ask in a process that is killed when the block is left."""
    process = subprocess.Popen(
        [sys.executable, "-m", "council", "ask", *QUESTION],
        cwd=folder,
        env=environment(folder, **settings),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    try:
        yield process
    finally:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait(10)


def wait_until(is_so: Callable[[], bool], process: "subprocess.Popen[bytes]") -> None:
    deadline = time.monotonic() + WAIT_SECONDS
    while not is_so():
        assert process.poll() is None and time.monotonic() < deadline
        time.sleep(0.05)


def stored(folder: Path) -> Transcript | None:
    """The only run, as the history has it."""
    path = folder / "data" / "history.db"
    if not path.exists():
        return None
    history = History(path)
    try:
        runs = history.of(LOCAL)
        entries = runs.entries()
        return runs.transcript(entries[0].id) if entries else None
    finally:
        history.close()


def finished(run: Transcript | None, kind: str = "") -> dict[tuple[str, str, int], str]:
    speeches = run.speeches.items() if run else ()
    return {key: speech.text for key, speech in speeches if speech.state == "finished" and key[0].startswith(kind)}


@pytest.mark.parametrize(
    ("kind", "after"),
    [("answer", 0), ("answer", 2), ("ballot", 1), ("second_look", 1), ("stance", 1), ("synthesis", 0), ("minutes", 0)],
)
def test_what_was_finished_before_a_kill_is_kept_and_not_asked_again(tmp_path: Path, kind: str, after: int) -> None:
    with scripted_ollama(*MODELS) as ollama:
        ollama.hold(kind, after=after)
        settings = {"ollama_host": ollama.url, "backends": "ollama"}
        with asking(tmp_path, **settings) as process:
            wait_until(lambda: ollama.count(kind) > after and len(finished(stored(tmp_path), kind)) >= after, process)
        before = stored(tmp_path)
        assert before is not None and before.status == "running"
        under_way = len(ollama.asked) - len(finished(before))
        ollama.release()
        done = run_cli(tmp_path, "resume", before.id, "--json", **settings)
        assert done.returncode == 0, done.stderr
        assert json.loads(done.stdout)["status"] == "complete"
        after_all = finished(stored(tmp_path))
        assert after_all.items() >= finished(before).items()
        assert len(ollama.asked) == len(after_all) + under_way  # only what was under way was asked again
