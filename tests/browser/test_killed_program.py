"""The real program, killed with -9 while a page is open: started again, it goes on with what is missing."""

from pathlib import Path

import pytest
from playwright.sync_api import expect

from council.runs.history import History
from council.runs.owners import LOCAL
from tests.browser.conftest import OpenPage
from tests.browser.seats import ask, press
from tests.programs import Served
from tests.scripted_ollama import ScriptedOllama, scripted_ollama
from tests.test_programs import MODELS, wait_until

pytestmark = pytest.mark.browser


def test_a_run_whose_server_was_killed_amid_the_ballots_is_resumed_on_the_page(
    open_page: OpenPage, tmp_path: Path
) -> None:
    with scripted_ollama(*MODELS) as ollama:
        ollama.hold("ballot", after=1)
        settings = {"ollama_host": ollama.url, "backends": "ollama"}
        with Served(tmp_path, **settings) as council:
            page = open_page(council.url)
            ask(page)
            run_id = wait_for_one_ballot(tmp_path / "data/history.db", ollama)
            council.kill()
        asked = ollama.count("ballot")
        ollama.release()
        with Served(tmp_path, **settings) as council:
            page = open_page(f"{council.url}/?run={run_id}")
            expect(page.locator("#progress .chip")).to_have_text("interrupted")
            expect(page.locator("#body-1")).to_contain_text("Canberra")
            press(page, "resume")
            expect(page.locator("#progress .chip")).to_have_text("complete")
            expect(page.locator("#ballots .places tbody tr")).to_have_count(3)
        assert ollama.count("answer") == 3
        assert ollama.count("ballot") == asked + 2


def wait_for_one_ballot(path: Path, ollama: ScriptedOllama) -> str:
    """Wait until one ballot of the only run is stored and the next was asked for; return the run's id."""
    wait_until(path.exists, "the history is made")
    history = History(path)
    try:
        runs = history.of(LOCAL)
        wait_until(lambda: bool(runs.entries()), "the run is stored")
        run_id = runs.entries()[0].id
        wait_until(lambda: len(runs.transcript(run_id).ballots) == 1, "one ballot is cast")
        wait_until(lambda: ollama.count("ballot") > 1, "the next ballot is asked for")
        return run_id
    finally:
        history.close()
