"""The real program, killed with -9 while a page is open: started again, it goes on with what is missing."""

from pathlib import Path

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import OpenPage
from tests.browser.seats import ask, press
from tests.programs import Served
from tests.scripted_ollama import scripted_ollama
from tests.test_programs import MODELS, wait_for_one_ballot

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
