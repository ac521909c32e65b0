"""What the page looks like: in French, on a phone, in the dark, in two browsers at once."""

from collections.abc import Sequence

import pytest
from playwright.sync_api import expect

from models.base import GenerationConfig, Message
from tests.browser.conftest import OpenPage, Serve
from tests.browser.seats import an_ollama, ask, at_length, press

pytestmark = pytest.mark.browser


def test_a_french_browser_gets_a_french_page_and_may_switch(serve: Serve, open_page: OpenPage) -> None:
    page = open_page(serve(an_ollama()).url, locale="fr-FR")
    expect(page.locator("#ask")).to_have_text("Interroger le conseil")
    expect(page.locator(".lamp")).to_contain_text("modèles prêts")
    page.get_by_text("Sièges et règles").click()
    expect(page.locator("#chairman input")).to_have_value("Choisi pour moi")
    expect(page.locator("#debate-policy")).to_be_hidden()
    ask(page, "Quelle est la capitale de l'Australie ?")
    expect(page.locator("#answer-heading")).to_contain_text("3 sièges sur 3 ont répondu")
    expect(page.locator("#ballots h3")).to_have_text("Votes")
    page.locator("#language label", has_text="EN").click()
    expect(page.locator("#ask")).to_have_text("Ask the council")
    expect(page.locator("#answer-heading")).to_contain_text("3 of 3 seats answered")
    expect(page.locator("#ballots h3")).to_have_text("Ballots")
    page.reload()
    expect(page.locator("#ask")).to_have_text("Ask the council")
    assert page.evaluate("document.documentElement.lang") == "en"


def test_a_phone_needs_no_scrolling_sideways(serve: Serve, open_page: OpenPage) -> None:
    page = open_page(serve(an_ollama()).url, width=390, height=844, color_scheme="dark", has_touch=True)
    page.get_by_text("Seats and rules").click()
    expect(page.locator("#seat-model-3")).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    ask(page, mode="Full")
    expect(page.locator("#answer-heading")).to_contain_text("3 of 3 seats answered")
    assert -10 < page.locator("#run").bounding_box()["y"] < 100  # asking scrolls to what comes of it
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    panes = [page.locator(f"#pane-{number}").bounding_box() for number in (1, 2, 3)]
    assert panes[0]["y"] < panes[1]["y"] < panes[2]["y"]
    dark = page.evaluate("getComputedStyle(document.body).backgroundColor")
    assert sum(map(int, dark.removeprefix("rgb(").rstrip(")").split(","))) < 3 * 60


def test_two_browsers_run_two_questions_at_once(serve: Serve, open_page: OpenPage) -> None:
    backend = an_ollama(at_length, delay=1.0)
    url = serve(backend).url
    first, second = open_page(url), open_page(url)
    ask(first, "What is the first question?", mode="Compare")
    ask(second, "What is the second question?", mode="Compare")
    for page in (first, second):
        expect(page.locator("#body-1")).to_contain_text("word3")
        expect(page.locator("#progress .chip")).to_have_text("running")
    expect(first.locator("#asked h2")).to_have_text("What is the first question?")
    expect(second.locator("#asked h2")).to_have_text("What is the second question?")
    second.goto(first.url)
    expect(second.locator("#asked h2")).to_have_text("What is the first question?")
    backend.delay = 0.0
    for page in (first, second):
        expect(page.locator("#progress .chip")).to_have_text("complete")
        expect(page.locator("#body-3")).to_contain_text("word59")


def test_a_pane_follows_its_text_until_the_reader_scrolls_up(serve: Serve, open_page: OpenPage) -> None:
    lines = 400

    def script(model: str, messages: Sequence[Message], config: GenerationConfig) -> str:
        return "\n\n".join(f"{number} line" for number in range(lines))

    page = open_page(serve(an_ollama(script, models=["alpha:1b"], delay=0.03)).url)
    ask(page, mode="Quick")
    box = page.locator("#body-1 .prose.part-body")
    lag = "box => box.scrollHeight - box.scrollTop - box.clientHeight"
    expect(box).to_contain_text("30 line")
    expect(box).to_contain_text("40 line")
    assert box.evaluate("box => box.scrollTop") > 200 and box.evaluate(lag) < 60
    box.hover()
    page.mouse.wheel(0, -300)
    page.wait_for_function("() => document.querySelector('#body-1 .prose.part-body').innerText.includes('60 line')")
    assert box.evaluate(lag) > 250
    press(page, "stop")
    lines = 60
    ask(page, "And to the end?", mode="Quick")
    expect(page.locator("#asked h2")).to_have_text("And to the end?")
    expect(page.locator("#progress .chip")).to_have_text("complete")
    assert box.evaluate(lag) < 10  # the last line is seen, too


def test_the_status_is_told_to_screen_readers_and_keys_suffice(serve: Serve, open_page: OpenPage) -> None:
    page = open_page(serve(an_ollama()).url)
    page.locator("#seats-summary .badge").first.wait_for()
    page.locator("#question textarea").fill("Is it true?")
    page.locator("#question textarea").press("Enter")
    expect(page.locator("[role=status]:has-text('ended')")).to_have_text("The run has ended: complete.")
    page.locator("#ballots summary").first.focus()
    page.keyboard.press("Enter")
    expect(page.locator("#ballots .notes").first).to_be_visible()
