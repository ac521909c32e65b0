"""Where people log in, they can log out by one button, in each language; and the browser is then a stranger again."""

from typing import Any

import pytest
from playwright.sync_api import expect
from pydantic import SecretStr

from tests.browser.conftest import Serve
from tests.browser.seats import an_ollama

pytestmark = pytest.mark.browser


@pytest.mark.parametrize(
    ("locale", "words"), [("en-US", "Log out"), ("fr-FR", "Se déconnecter"), ("de-DE", "Abmelden")]
)
def test_one_button_logs_out(serve: Serve, chromium: Any, locale: str, words: str) -> None:
    council = serve(an_ollama(), users=SecretStr("ada:a-long-password"))
    context = chromium.new_context(locale=locale)
    context.set_default_timeout(30_000)
    page = context.new_page()
    page.goto(council.url)
    fields = page.locator("input")
    fields.nth(0).fill("ada")
    fields.nth(1).fill("a-long-password")
    page.locator("button.primary, button[type=submit]").first.click()
    page.locator("#tagline [data-local=log-out]", has_text=words).click()
    expect(page.locator("input[type=password]")).to_be_visible(timeout=30_000)
    assert page.request.get(f"{council.url}/config").status == 401
    context.close()


def test_where_nobody_logs_in_nobody_logs_out(serve: Serve, open_page: Any) -> None:
    page = open_page(serve(an_ollama()).url)
    expect(page.locator("#tagline h1")).to_be_visible()
    assert page.locator("#tagline [data-local=log-out]").count() == 0
