"""What axe-core finds on the page: nothing, in light and dark, wide and narrow, before and after a run."""

from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import expect

from tests.browser.conftest import OpenPage, Serve
from tests.browser.seats import an_ollama, ask

pytestmark = pytest.mark.browser

LOOKS: tuple[dict[str, Any], ...] = (
    {"color_scheme": "light"},
    {"color_scheme": "dark"},
    {"width": 390, "locale": "fr-FR"},
)


@pytest.mark.parametrize("look", LOOKS, ids=("light", "dark", "phone-fr"))
def test_axe_finds_nothing_to_mend(serve: Serve, open_page: OpenPage, look: dict[str, Any]) -> None:
    theme = "?__theme=dark" if look.get("color_scheme") == "dark" else ""
    page = open_page(serve(an_ollama()).url + theme, **look)
    page.locator("#seats-summary .badge").first.wait_for()
    assert_accessible(page)
    ask(page, mode="Complet" if "locale" in look else "Full")
    expect(page.locator("#progress .chip")).to_have_text("complète" if "locale" in look else "complete")
    page.locator("#seats > button").click()
    page.locator("[data-local=history]").click()
    page.locator("#history li").first.wait_for()
    assert_accessible(page)


def assert_accessible(page: Any) -> None:
    found = Axe().run(page)
    assert found.violations_count == 0, found.generate_report()
