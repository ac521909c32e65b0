"""An answer holds every spelling of a picture, and all else that is fetched by itself: the browser asks nobody."""

from collections.abc import Sequence
from typing import Any

import pytest
from playwright.sync_api import expect

from models.base import GenerationConfig, Message
from tests.browser.conftest import OpenPage, Serve
from tests.browser.seats import an_ollama, ask
from tests.browser.test_safety import Ear
from tests.fakes import obedient

pytestmark = pytest.mark.browser

MARK = "fetched-by-itself"
FORMS = (
    "![a picture]({to}/1)",
    '![]({to}/2 "title")',
    "![by reference][far]\n\n[far]: {to}/3",
    "![far]",
    "[![a badge]({to}/4)]({to}/link)",
    "!![twice]({to}/5)",
    r"\\![after a backslash]({to}/6)",
    "![of this page](/logout?{mark}=7)",
    "![relative](?{mark}=8)",
    "![data](data:image/svg+xml;utf8,<svg xmlns='http://www.w3.org/2000/svg'><image href='{to}/9'/></svg>)",
    '<img src="{to}/10" alt="HTML">',
    '<img src=x srcset="{to}/11 1x, {to}/12 2x">',
    '<picture><source srcset="{to}/13"><img src="{to}/14"></picture>',
    '<svg><image href="{to}/15" xlink:href="{to}/16"/><use href="{to}/17#x"/></svg>',
    '<div style="background: url({to}/18)">over all</div>',
    '<style>@import "{to}/19"; .prose {{ background: url({to}/20) }}</style>',
    '<link rel="stylesheet" href="{to}/21"><link rel="prefetch" href="{to}/22"><link rel="dns-prefetch" href="//far">',
    '<video src="{to}/23" poster="{to}/24" autoplay></video><audio src="{to}/25" autoplay></audio>',
    '<iframe src="{to}/26"></iframe><object data="{to}/27"></object><embed src="{to}/28">',
    '<input type="image" src="{to}/29"><body background="{to}/30"><table background="{to}/31">',
    '<meta http-equiv="refresh" content="0; url={to}/32"><base href="{to}/33/">',
    "```\n```~~~\n![only some readers are in a fence here]({to}/34)\n```",
    "a ` b\nc `![or in code here]({to}/35)` d ` e",
    "$$\n```\n$$\n![or in a formula]({to}/36)\n```",
    "| ` | x |\n|---|---|\n| ` | ![in a table]({to}/37) ` |",
    '```mermaid\nflowchart TD\n  A@{{ img: "{to}/38", label: "far" }} --> B\n```',
    "<{to}/39> and {to}/40 and [a link]({to}/41)",
)


def test_an_answer_with_every_form_of_picture_asks_nobody(serve: Serve, open_page: OpenPage) -> None:
    ear = Ear()
    attack = "\n\n".join(form.format(to=f"{ear.url}/{MARK}", mark=MARK) for form in FORMS) + "\n\nThis is the end."

    def hostile(model: str, messages: Sequence[Message], config: GenerationConfig) -> str:
        return attack if config.json_schema is None else obedient(model, messages, config)

    page = open_page(serve(an_ollama(hostile, models=["alpha:1b", "beta:1b"])).url)
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    ask(page)
    expect(page.locator("#progress .chip")).not_to_have_text("running", timeout=60_000)
    for part in ("#answer", "#body-1", "#body-2"):
        expect(page.locator(part)).to_contain_text("This is the end.")
        expect(page.locator(part)).to_contain_text("a picture")
    page.locator("#body-1").scroll_into_view_if_needed()
    page.evaluate("() => new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)))")
    assert [url for url in asked if MARK in url or url.startswith("data:")] == []
    assert ear.visits == 0
    loading = "img, image, use, video, audio, source, iframe, object, embed, link, style, meta, base, input, .mermaid"
    assert drawn(page, loading) == []
    assert drawn(page, "[style*=url], [background], [src], [srcset], [poster]") == []
    links = page.locator(f"#answer a[href*='{MARK}']")
    assert links.count() > 5
    for link in links.all():
        assert link.get_attribute("rel") == "noopener noreferrer" and link.get_attribute("target") == "_blank"
    ear.close()


def test_what_slips_through_runs_no_script_sends_no_form_and_loads_nothing(serve: Serve, open_page: OpenPage) -> None:
    """The policy of the page, behind all that is taken out of texts."""
    ear = Ear()
    page = open_page(serve(an_ollama()).url)
    page.evaluate(
        """async (url) => {
          const slipped = `<b onclick="window.hit = 1">b</b><form action="/login"><input name=q></form>
            <iframe src="/config"></iframe><video src="${url}"></video><link rel=stylesheet href="${url}">
            <link rel=prefetch href="${url}"><div style="background: url(${url}/x)">d</div>
            <object data="${url}"></object><img src="${url}/y" onerror="window.hit = 2">`;
          document.body.insertAdjacentHTML('beforeend', slipped);
          document.querySelector('b[onclick]').click();
          document.querySelector('form[action]').submit();
          await new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)));
        }""",
        ear.url,
    )
    assert page.evaluate("window.hit") is None and ear.visits == 0
    assert "q=" not in page.url and page.frames[-1].url != f"{page.url}config"
    ear.close()


def drawn(page: Any, selector: str) -> list[str]:
    """What of this stands in the texts of models."""
    texts = page.locator("#answer, [id^=body-], [id^=thinking-]")
    found: list[str] = texts.locator(selector).evaluate_all("found => found.map(one => one.outerHTML)")
    return found
