"""`council evaluate`: begun, broken off with kill -9, gone on with, reported; with the real demonstration models."""

import json
import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from council.evaluation.store import EvaluationStore
from council.runs.history import History
from council.runs.owners import LOCAL
from tests.programs import environment, run_cli

OURS = {"backends": "llama_cpp", "demonstration": "true", "answer_tokens": "32"}
CAPITALS = {"France": "Paris", "Italy": "Rome", "Japan": "Tokyo", "Norway": "Oslo", "Egypt": "Cairo", "Peru": "Lima"}


@pytest.fixture
def questions(tmp_path: Path) -> Path:
    path = tmp_path / "capitals.jsonl"
    items = (
        {"id": land, "question": f"What is the capital of {land}?", "answer": city, "topic": "capitals"}
        for land, city in CAPITALS.items()
    )
    path.write_text("".join(json.dumps(item) + "\n" for item in items) + "{broken\n", "utf-8")
    return path


def measured(folder: Path) -> int:
    history = History(folder / "data" / "history.db")
    entries = EvaluationStore(history.file, LOCAL).entries()
    history.close()
    return entries[0].measured if entries else 0


def test_an_evaluation_goes_on_after_a_kill_and_reports_on_every_item(tmp_path: Path, questions: Path) -> None:
    command = [sys.executable, "-m", "council", "evaluate", "--questions", str(questions)]
    with (tmp_path / "log").open("wb") as log:
        process = subprocess.Popen(
            command, cwd=tmp_path, env=environment(tmp_path, **OURS), stdout=log, stderr=log, start_new_session=True
        )
        while not (tmp_path / "data" / "history.db").exists() or measured(tmp_path) < 2:
            assert process.poll() is None, (tmp_path / "log").read_text()
            time.sleep(0.05)
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()
    listed = run_cli(tmp_path, "evaluate", "--list", **OURS).stdout
    name = listed.split()[0]
    assert re.search(r"[2-6] / 6 +capitals", listed)
    resumed = run_cli(tmp_path, "evaluate", "--resume", name, "--report", "report.html", **OURS)
    assert resumed.returncode == 0, resumed.stderr
    page = (tmp_path / "report.html").read_text("utf-8")
    assert "6 of 6 items measured" in page and "1 line of the question set could not be read" in page
    assert page.count("<circle") == 9 and "http" not in page.replace("http-equiv", "")
    shown = run_cli(tmp_path, "evaluate", "--show", name, language="fr", **OURS).stdout
    assert "# Évaluation d’un conseil : capitals" in shown and "6 questions mesurées sur 6" in shown


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("--questions", "nowhere.jsonl"), "cannot be read"),
        (("--modes", "ful"), "Did you mean 'full'?"),
        (("--modes", "quick"), "cannot be measured"),
        (("--seats", "pocket-a"), "One seat alone is no council"),
        (("--resume", "nothing"), "There is no evaluation 'nothing'"),
        (("--show", "nothing"), "There is no evaluation 'nothing'"),
    ],
)
def test_what_cannot_be_evaluated_is_one_line_that_says_why(
    tmp_path: Path, arguments: tuple[str, ...], told: str
) -> None:
    ended = run_cli(tmp_path, "evaluate", *arguments, **OURS)
    assert ended.returncode in (1, 2) and told in ended.stderr and "Traceback" not in ended.stderr
