"""A model that is run elsewhere, in a real browser: marked before it is chosen, asked once, marked where it sat."""

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import OpenPage, Serve
from tests.browser.seats import an_ollama, ask, press

pytestmark = pytest.mark.browser


def test_the_page_says_where_a_question_goes_before_it_goes_there(serve: Serve, open_page: OpenPage) -> None:
    backend = an_ollama(models=["alpha:1b", "beta:1b", "big:cloud"])
    backend.elsewhere = {"big:cloud": "ollama.com"}
    page = open_page(serve(backend).url)
    expect(page.locator("#lamps")).to_contain_text("→ ollama.com")
    expect(page.locator("#seats-summary")).not_to_contain_text("big:cloud")
    page.get_by_text("Seats and rules").click()
    page.locator("#seat-model-1 input").click()
    page.locator("[role=option]", has_text="→ ollama.com").click()
    expect(page.locator("#seats-summary")).to_contain_text("→ ollama.com")
    ask(page, "Is this a secret?", mode="Compare")
    expect(page.locator("#message")).to_contain_text("'big:cloud' runs at ollama.com, not on this machine.")
    assert backend.prompts == []
    press(page, "decline", within="#message")
    expect(page.locator("#message .offer")).to_have_count(0)
    page.locator("#ask").click()
    press(page, "agree", within="#message")
    expect(page.locator("#progress .chip")).to_have_text("complete")
    expect(page.locator("#pane-1")).to_contain_text("→ ollama.com")
    expect(page.locator("#answer-heading")).to_contain_text("the question went to ollama.com")
    ask(page, "And this?", mode="Compare")
    expect(page.locator("#asked h2")).to_have_text("And this?")
    assert {model for model, _, _ in backend.prompts} >= {"big:cloud"}
