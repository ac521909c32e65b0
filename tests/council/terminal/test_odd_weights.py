"""The terminal over real files: names that need quotes or are no UTF-8, and files that cannot be used."""

import json
import os
import shutil
from pathlib import Path

import pytest

from council.terminal.cli import main

Captured = pytest.CaptureFixture[str]


@pytest.fixture(autouse=True)
def _at_home(tiny_gguf: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tmp_path / "one, two"
    folder.mkdir()
    for name in (b"a,b=c.gguf", b"caf\xe9.gguf"):
        shutil.copy(tiny_gguf, folder / os.fsdecode(name))
    (folder / "half.gguf").write_bytes(tiny_gguf.read_bytes()[:9000])
    (folder / "new.gguf").write_bytes(tiny_gguf.read_bytes().replace(b"llama", b"llam9"))
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COUNCIL_BACKENDS", "llama_cpp")
    monkeypatch.setenv("COUNCIL_WEIGHTS", f'"{folder}"')
    monkeypatch.setenv("COUNCIL_PORT", "0" * 4 + "1")


def test_models_lists_what_can_sit_and_names_what_cannot_with_the_reason(capsys: Captured) -> None:
    assert main(["models"]) == 0
    out, err = capsys.readouterr()
    assert [line.split()[0] for line in out.splitlines()] == ["a,b=c", r"caf\udce9"]
    assert "half.gguf' is only a part of a GGUF file" in err and "Fetch the file again" in err
    assert "new.gguf' cannot be used: this version of llama.cpp" in err and "'llam9'" in err


def test_json_of_such_names_can_be_read(capsys: Captured) -> None:
    assert main(["models", "--json"]) == 0
    assert {card["name"] for card in json.loads(capsys.readouterr().out)} == {"a,b=c", r"caf\udce9"}


def test_a_model_with_a_comma_in_its_name_is_seated_in_quotes(
    capsys: Captured, monkeypatch: pytest.MonkeyPatch
) -> None:
    arguments = ["ask", "Why?", "--mode", "quick", "--answer-tokens", "64", "--json", "--quiet"]
    assert main([*arguments, "--seats", '"a,b=c"=sceptic@0.3']) == 0
    by_hand = json.loads(capsys.readouterr().out)["seats"]
    monkeypatch.setenv("COUNCIL_SEATS", '"a,b=c"=sceptic@0.3')
    assert main(arguments) == 0
    by_setting = json.loads(capsys.readouterr().out)["seats"]
    for (seat,) in (by_hand, by_setting):
        assert (seat["model"], seat["persona"], seat["temperature"]) == ("a,b=c", "sceptic", 0.3)


def test_doctor_names_what_cannot_be_used(capsys: Captured) -> None:
    main(["doctor"])
    out = capsys.readouterr().out
    assert "half.gguf' is only a part" in out and "new.gguf' cannot be used" in out
    assert out.count("a file that cannot be used") == 2
