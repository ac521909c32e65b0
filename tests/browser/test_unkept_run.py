"""A data folder that vanishes while the page is open: the answer comes, and the page says that it is not kept."""

import shutil
from urllib.parse import parse_qs, urlsplit

import pytest
from playwright.sync_api import expect

from council.runs.owners import LOCAL
from tests.browser.conftest import OpenPage, Serve
from tests.browser.seats import an_ollama, ask

pytestmark = pytest.mark.browser


def test_a_run_without_its_folder_is_answered_told_and_kept_later(serve: Serve, open_page: OpenPage) -> None:
    council = serve(an_ollama())
    page = open_page(council.url)
    shutil.rmtree(council.settings.data_dir)
    ask(page)
    expect(page.locator("#progress .chip")).to_contain_text(["complete"])
    expect(page.locator("#progress .failure")).to_contain_text("This run is not kept: The folder")
    expect(page.locator("#answer")).to_contain_text("Canberra")
    council.settings.data_dir.mkdir()
    assert council.application is not None
    run_id = parse_qs(urlsplit(page.url).query)["run"][0]
    run = council.application.runs.of(LOCAL).get(run_id)
    assert run is not None
    for _ in range(100):
        if not run.transcript.unkept:
            break
        page.wait_for_timeout(100)
    assert council.application.history.of(LOCAL).transcript(run_id).status == "complete"
    page.reload()
    expect(page.locator("#progress .chip")).to_have_text("complete")
    expect(page.locator("#progress .failure")).to_have_count(0)
