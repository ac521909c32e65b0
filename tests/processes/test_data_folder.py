"""The programs on a data folder that refuses them, from the start or from some moment on."""

import json
import resource
import subprocess
import sys
from pathlib import Path

import httpx
import pytest

from tests.programs import Served, environment, run_cli
from tests.scripted_ollama import scripted_ollama

ASK = ("ask", "Where is Canberra?", "--mode", "quick", "--seats", "alpha:1b")


@pytest.mark.parametrize("quiet", [False, True])
def test_a_question_is_answered_where_no_folder_can_be_made(tmp_path: Path, quiet: bool) -> None:
    (tmp_path / "data").write_text("")
    with scripted_ollama("alpha:1b") as ollama:
        settings = {"ollama_host": ollama.url, "backends": "ollama"}
        asked = run_cli(tmp_path, *ASK, *(["--quiet"] if quiet else []), **settings)
        listed = run_cli(tmp_path, "history", **settings)
    assert (asked.returncode, "Canberra" in asked.stdout, "Traceback" in asked.stderr) == (0, True, False)
    assert "This run is not kept" in asked.stderr and "council resume" not in asked.stderr
    assert (listed.returncode, listed.stdout) == (1, "")


def test_a_question_is_answered_on_a_full_disk(tmp_path: Path) -> None:
    with scripted_ollama("alpha:1b") as ollama:
        asked = subprocess.run(
            [sys.executable, "-m", "council", *ASK, "--json"],
            cwd=tmp_path,
            env=environment(tmp_path, ollama_host=ollama.url, backends="ollama"),
            preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0)),  # no file may grow
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
    assert (asked.returncode, "Traceback" in asked.stderr) == (0, False), asked.stderr
    told = json.loads(asked.stdout)
    assert told["status"] == "complete" and "history.db" in told["unkept"]


def test_the_page_is_served_without_a_folder_and_every_file_is_private(tmp_path: Path) -> None:
    (tmp_path / "refused").write_text("")
    with Served(tmp_path, backends="llama_cpp", data_dir=str(tmp_path / "refused" / "data")) as council:
        assert httpx.get(council.url, trust_env=False, timeout=20).status_code == 200
        assert "runs are not kept" in council.log()
        assert "cannot be made: Not a directory" in council.log()
    with Served(tmp_path, backends="llama_cpp") as council:
        assert council.log().count("runs are not kept") == 1
        open_to_others = [path for path in (tmp_path / "data").rglob("*") if path.stat().st_mode & 0o077]
        assert open_to_others == []
