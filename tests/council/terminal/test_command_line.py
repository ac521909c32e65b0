"""The command line itself: what it takes, which language it speaks, and how it ends."""

import subprocess
import sys
from pathlib import Path

import pytest

from council.runs.history import History
from council.runs.owners import LOCAL
from council.terminal.cli import main
from council.terminal.console import open_console
from tests.council.applications import scripted
from tests.fakes import ScriptedBackend
from tests.programs import environment

Captured = pytest.CaptureFixture[str]
ASKED = "Where is the capital of Australia?"


@pytest.fixture(autouse=True)
def _at_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def council(*arguments: str) -> int:
    """Run one command with three scripted models."""
    return main(arguments, opened=scripted(ScriptedBackend()))


@pytest.mark.parametrize("number", ["0", "-3", "99999999999999999999", "²", "ten"])
def test_a_number_of_runs_that_is_none_is_refused(capsys: Captured, number: str) -> None:
    assert council("history", f"--limit={number}") == 2
    assert "Invalid value for '--limit'" in capsys.readouterr().err


def test_everything_that_the_page_offers_can_be_chosen_in_the_terminal(capsys: Captured) -> None:
    rules = ("--debate", "always", "--rounds", "2", "--second-look", "never", "--answer-tokens", "77")
    assert council("ask", ASKED, "--mode", "full", "--seats", "beta:1b@0.2,beta:1b=sceptic", *rules, "--quiet") == 0
    history = History(Path("data") / "history.db")
    seated = history.of(LOCAL).transcript(history.of(LOCAL).entries()[0].id).council
    history.close()
    assert seated is not None
    assert [seat.temperature for seat in seated.seats] == [0.2, 0.7]
    assert (seated.debate, seated.rounds, seated.second_look, seated.answer_tokens) == ("always", 2, "never", 77)


@pytest.mark.parametrize(
    ("variable", "language", "heading"),
    [("COUNCIL_LANGUAGE", "fr", "3 sièges sur 3"), ("LANG", "fr_FR.UTF-8", "3 of 3 seats")],
)
def test_the_terminal_speaks_the_language_that_is_set_and_else_tells_a_run_in_that_of_its_question(
    capsys: Captured, monkeypatch: pytest.MonkeyPatch, variable: str, language: str, heading: str
) -> None:
    monkeypatch.setenv(variable, language)
    assert open_console().words.language == "fr"
    assert council("ask", ASKED) == 0
    assert heading in capsys.readouterr().err


def test_the_language_of_the_terminal_may_stand_in_the_file_and_survives_a_wrong_setting(
    capsys: Captured, monkeypatch: pytest.MonkeyPatch
) -> None:
    Path(".env").write_text("COUNCIL_LANGUAGE=fr\nCOUNCIL_PORT=none\n")
    monkeypatch.setenv("LANG", "en_GB.UTF-8")
    assert open_console().words.language == "fr"
    assert council("history") == 2


def test_a_command_whose_reader_has_gone_ends_in_silence(tmp_path: Path) -> None:
    running = subprocess.Popen(
        [sys.executable, "-m", "council", "settings"],
        cwd=tmp_path,
        env=environment(tmp_path),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    assert running.stdout is not None and running.stderr is not None
    running.stdout.close()
    assert (running.wait(60), running.stderr.read()) == (1, b"")
    running.stderr.close()
