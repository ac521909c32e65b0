"""The command line: what is printed where, and the exit codes; with scripted models."""

import io
import json
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest

from council.runs.history import History
from council.runs.owners import LOCAL
from council.terminal.cli import main
from council.terminal.settings_docs import as_env
from models.base import GenerationConfig, Message
from models.errors import BackendError, BadResponseError
from tests.council.applications import scripted
from tests.fakes import Script, ScriptedBackend, obedient

Captured = pytest.CaptureFixture[str]
KEYS = {"id", "question", "seats", "answers", "ballots", "standings", "debate", "synthesis", "status", "heading"}
ASKED = "Where is the capital of Australia?"


@pytest.fixture(autouse=True)
def _at_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COUNCIL_ANSWER_TOKENS", "64")


def council(*arguments: str, script: Script = obedient) -> int:
    """Run one command with three scripted models."""
    return main(arguments, opened=scripted(ScriptedBackend(script)))


def failing(model_that_fails: str) -> Script:
    def script(model: str, messages: Sequence[Message], config: GenerationConfig) -> str | BackendError:
        return BadResponseError("It fell over.") if model == model_that_fails else obedient(model, messages, config)

    return script


def stored(run: int = 0) -> str:
    history = History(Path("data") / "history.db")
    name = history.of(LOCAL).entries()[run].id
    history.close()
    return name


def test_an_answer_goes_to_one_stream_and_the_way_to_it_to_the_other(capsys: Captured) -> None:
    assert council("ask", ASKED) == 0
    out, err = capsys.readouterr()
    assert out.strip() == obedient("alpha:1b", [], GenerationConfig()).strip()
    for told in ("Answers", "seat-1 (alpha:1b) answered", "Ballots", "votes: ", "Conclusion", "3 of 3 seats answered"):
        assert told in err
    assert f"--after {stored()}" in err


def test_json_is_all_that_is_printed_and_has_the_promised_keys(capsys: Captured) -> None:
    assert council("ask", ASKED, "--json", "--quiet", "--mode", "full", "--debate", "always") == 0
    out, err = capsys.readouterr()
    transcript = json.loads(out)
    assert set(transcript) >= KEYS
    assert (transcript["status"], transcript["question"], transcript["mode"]) == ("complete", ASKED, "full")
    assert [seat["model"] for seat in transcript["seats"]] == ["alpha:1b", "beta:1b", "gamma:1b"]
    assert transcript["debate"][0]["held"] and transcript["synthesis"]["text"]
    assert "Answers" not in err


def test_seats_chairman_and_mode_are_chosen_on_the_command_line(capsys: Captured) -> None:
    assert council("ask", ASKED, "--seats", "beta:1b,beta:1b=sceptic", "--chairman", "gamma:1b", "--json") == 0
    transcript = json.loads(capsys.readouterr().out)
    assert [(seat["model"], seat["persona"]) for seat in transcript["seats"]] == [
        ("beta:1b", ""),
        ("beta:1b", "sceptic"),
    ]
    assert transcript["chairman"]["model"] == "gamma:1b"


def test_in_the_mode_that_compares_every_answer_is_printed(capsys: Captured) -> None:
    assert council("ask", ASKED, "--mode", "compare") == 0
    out = capsys.readouterr().out
    assert [f"## seat-{n} ({m}:1b)" in out for n, m in enumerate(("alpha", "beta", "gamma"), 1)] == [True] * 3


def test_a_french_question_is_answered_under_a_french_heading(capsys: Captured) -> None:
    assert council("ask", "Quelle est la capitale de l’Australie ?", "--json") == 0
    transcript = json.loads(capsys.readouterr().out)
    assert (transcript["language"], transcript["heading"][:19]) == ("fr", "3 sièges sur 3 ont ")
    assert council("ask", "Quelle est la capitale de l’Australie ?") == 0
    err = capsys.readouterr().err
    assert "3 sièges sur 3 ont répondu" in err and "\nAccord\n" in err


def test_a_seat_that_fails_makes_the_run_partial_and_the_exit_code_3(capsys: Captured) -> None:
    assert council("ask", ASKED, script=failing("beta:1b")) == 3
    assert "seat-2 (beta:1b) failed: " in capsys.readouterr().err


def test_without_any_answer_the_exit_code_is_1_and_the_cause_is_told(capsys: Captured) -> None:
    assert council("ask", ASKED, script=lambda *_: BadResponseError("It fell over.")) == 1
    assert "It fell over." in capsys.readouterr().err


def test_a_failed_run_is_printed_as_json_too(capsys: Captured) -> None:
    assert council("ask", ASKED, "--json", script=lambda *_: BadResponseError("It fell over.")) == 1
    transcript = json.loads(capsys.readouterr().out)
    assert transcript["status"] == "failed" and "It fell over." in transcript["answers"][0]["reason"]


@pytest.mark.parametrize(
    ("arguments", "advice"),
    [
        (("ask", "  "), "The question is empty"),
        (("ask", "x" * 100_000), "50,000 at most fit"),
        (("ask", ASKED, "--seats", "qwen9:4b"), "`ollama pull qwen9:4b`"),
        (("ask", ASKED, "--seats", ",".join(["alpha:1b"] * 9)), "8 seats at most"),
        (("ask", ASKED, "--seats", "alpha:1b=scepti"), "Did you mean 'sceptic'?"),
        (("pull", "qwen3:4b"), "COUNCIL_BACKENDS leaves Ollama out"),
        (("download", "quen"), "The catalogue has no 'quen'"),
    ],
)
def test_what_cannot_be_done_is_explained_with_exit_code_2(
    capsys: Captured, arguments: tuple[str, ...], advice: str
) -> None:
    assert council(*arguments) == 2
    out, err = capsys.readouterr()
    assert out == "" and advice in err and "Traceback" not in err


def test_a_wrong_setting_is_explained_with_exit_code_2(capsys: Captured, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COUNCIL_PROT", "1")
    assert council("history") == 2
    assert "Did you mean 'COUNCIL_PORT'?" in capsys.readouterr().err


@pytest.mark.parametrize("arguments", [(), ("asc",), ("ask",), ("ask", "x", "--mode", "fast"), ("ask", "x", "--seat")])
def test_wrong_use_has_exit_code_2(capsys: Captured, arguments: tuple[str, ...]) -> None:
    assert council(*arguments) == 2
    assert "Traceback" not in capsys.readouterr().err


def test_the_help_tells_the_exit_codes(capsys: Captured) -> None:
    assert council("ask", "--help") == 0
    assert "3    the run ended with a seat or a ballot missing (partial)" in capsys.readouterr().out


def test_a_question_is_followed_up_with_its_own_council(capsys: Captured) -> None:
    assert council("ask", ASKED, "--seats", "beta:1b,gamma:1b", "--json") == 0
    first = json.loads(capsys.readouterr().out)
    assert council("ask", "And of Tasmania?", "--after", first["id"], "--json") == 0
    second = json.loads(capsys.readouterr().out)
    assert second["earlier"] == [{"question": ASKED, "answer": first["synthesis"]["text"]}]
    assert (second["seats"], second["chairman"]) == (first["seats"], first["chairman"])


def test_a_question_can_come_from_standard_input(capsys: Captured, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", io.StringIO(f"{ASKED}\n"))
    assert council("ask", "-", "--mode", "quick", "--json") == 0
    assert json.loads(capsys.readouterr().out)["question"] == ASKED


def test_a_partial_run_is_resumed_and_only_what_is_missing_is_asked(capsys: Captured) -> None:
    assert council("ask", ASKED, script=failing("beta:1b")) == 3
    capsys.readouterr()
    assert council("resume", stored()) == 0
    err = capsys.readouterr().err
    assert "seat-1 (alpha:1b) answered before" in err
    assert "seat-2 (beta:1b) answered: " in err
    assert err.startswith("Resumed") and "failed" not in err
    assert council("resume", stored()) == 2
    assert "is complete" in capsys.readouterr().err


def test_the_history_is_listed_searched_shown_exported_and_deleted(capsys: Captured) -> None:
    council("ask", "What is a fjord?")
    council("ask", "Où est la mer ?")
    capsys.readouterr()

    def printed(*arguments: str) -> str:
        assert council("history", *arguments) == 0
        return capsys.readouterr().out

    run = stored(1)
    assert [line.split()[0] for line in printed().splitlines()] == [stored(0), run]
    assert [line.split()[0] for line in printed("--search", "FJORD").splitlines()] == [run]
    assert [line.split()[0] for line in printed("--limit", "1").splitlines()] == [stored(0)]
    assert printed("show", run).startswith("# Question\n\nWhat is a fjord?")
    assert printed("show", stored(0)).count("## Réponse du conseil") == 1
    assert set(json.loads(printed("export", run, "--format", "json"))) >= KEYS
    printed("delete", run)
    assert run not in printed()
    assert council("history", "show", run) == 1
    assert f"There is no run '{run}'" in capsys.readouterr().err


@pytest.mark.parametrize("action", ["show", "delete", "export"])
def test_a_crafted_name_of_a_run_is_refused(capsys: Captured, action: str) -> None:
    assert council("history", action, "../x") == 1
    assert "'../x' is not the name of a run" in capsys.readouterr().err


def test_models_are_listed_for_people_and_for_programs(capsys: Captured) -> None:
    assert council("models") == 0
    assert [line.split()[0] for line in capsys.readouterr().out.splitlines()] == ["alpha:1b", "beta:1b", "gamma:1b"]
    assert council("models", "--json") == 0
    assert json.loads(capsys.readouterr().out)[0]["family"] == "alpha"


def test_without_a_model_everything_says_what_is_missing(capsys: Captured) -> None:
    opened = scripted(ScriptedBackend(models=()))
    assert main(["models"], opened=opened) == 1
    assert main(["ask", ASKED], opened=opened) == 2
    assert "No installed model can answer a question. Get one with `ollama pull" in capsys.readouterr().err


def test_the_catalogue_is_listed_with_sizes_and_licences(capsys: Captured) -> None:
    assert council("download") == 0
    assert "Qwen2.5-0.5B-Instruct-Q4_K_M " in (out := capsys.readouterr().out) and "Apache 2.0" in out


def test_the_settings_that_count_are_shown_without_secrets(capsys: Captured, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COUNCIL_USERS", "ada:hunter2")
    monkeypatch.setenv("COUNCIL_STAND_INS", "big=small")
    monkeypatch.setenv("COUNCIL_OLLAMA_HOST", "http://ada:hunter2@box:11434")
    assert council("settings") == 0
    out = capsys.readouterr().out
    assert "COUNCIL_OLLAMA_HOST=http://(set)@box:11434\n" in out
    assert "COUNCIL_USERS=(set)\n" in out and "COUNCIL_STAND_INS=big=small\n" in out and "hunter2" not in out
    assert council("settings", "--env") == 0
    assert capsys.readouterr().out == as_env()


def test_a_damaged_history_is_explained(capsys: Captured) -> None:
    Path("data").mkdir()
    (Path("data") / "history.db").write_bytes(b"no database" * 500)
    assert council("history") == 1
    assert "move it away" in capsys.readouterr().err


def test_what_models_wrote_cannot_steer_the_terminal_when_a_run_is_shown(capsys: Captured) -> None:
    assert council("ask", ASKED, "--mode", "compare", script=lambda *_: "\x1b[2Jcleared \x9b31m \u202edlrow") == 0
    capsys.readouterr()
    assert council("history", "show", stored()) == 0
    shown = capsys.readouterr().out
    assert "[2Jcleared 31m dlrow" in shown and not {"\x1b", "\x9b", "\u202e"} & set(shown)
    assert council("history", "export", stored(), "--format", "json") == 0
    exported = capsys.readouterr().out
    assert "\x9b" not in exported
    assert json.loads(exported)["answers"][0]["text"] == "\x1b[2Jcleared \x9b31m \u202edlrow"


@pytest.mark.parametrize("arguments", [("ask", "caf\udce9"), ("ask", "x", "--seats", "alpha:1b=\udcff")])
def test_bytes_that_are_no_text_are_refused_on_the_command_line(capsys: Captured, arguments: tuple[str, ...]) -> None:
    assert council(*arguments) == 2
    assert "not UTF-8" in capsys.readouterr().err


def test_bytes_that_are_no_text_are_refused_on_standard_input(
    capsys: Captured, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "stdin", io.StringIO("caf\udce9 ?"))
    assert council("ask", "-") == 2
    assert "Save it as UTF-8" in capsys.readouterr().err


def test_a_terminal_without_the_letters_of_an_answer_shows_the_rest(monkeypatch: pytest.MonkeyPatch) -> None:
    shown = io.TextIOWrapper(io.BytesIO(), encoding="ascii")
    monkeypatch.setattr(sys, "stdout", shown)
    assert council("ask", ASKED, "--mode", "quick", script=lambda *_: "L’été à Canberra") == 0
    assert "L?" in shown.buffer.getvalue().decode()  # type: ignore[attr-defined]
