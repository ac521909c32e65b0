"""What a model writes stays text: no script of its runs, nothing is loaded for it; and files leave in one click."""

import json
import socket
import threading
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import expect

from models.base import GenerationConfig, Message
from tests.browser.conftest import OpenPage, Serve
from tests.browser.seats import QUESTION, an_ollama, ask
from tests.fakes import obedient

pytestmark = pytest.mark.browser

ATTACK = """<script>window.hit = 1</script><img src="x" onerror="window.hit = 2">
[a link](javascript:window.hit=3) <details open ontoggle="window.hit = 4">folded</details>
![a pixel]({elsewhere}/pixel.png) <img src="{elsewhere}/second.png"> <iframe src="{elsewhere}/frame"></iframe>
<style>@import url("{elsewhere}/style.css"); body {{ display: none }}</style>
<form action="{elsewhere}/form"><button>send</button></form>
<div style="position: fixed; inset: 0; background: url({elsewhere}/back.png)">over all</div> the end"""


class Ear:
    """Another server on this machine that notes whether anybody comes."""

    def __init__(self) -> None:
        self._server = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self._server.getsockname()[1]}"
        self.visits = 0
        threading.Thread(target=self._listen, daemon=True).start()

    def _listen(self) -> None:
        while True:
            try:
                visitor, _ = self._server.accept()
            except OSError:
                return
            self.visits += 1
            visitor.close()

    def close(self) -> None:
        self._server.close()


def test_a_hostile_answer_runs_no_script_and_loads_nothing(serve: Serve, open_page: OpenPage) -> None:
    ear = Ear()
    attack = ATTACK.format(elsewhere=ear.url)

    def hostile(model: str, messages: Sequence[Message], config: GenerationConfig) -> str:
        if config.json_schema is None:
            return f"{attack}\n\n{config.seed}"  # else all say the very same, and nobody votes
        return obedient(model, messages, config).replace("note", "<img src=x onerror=window.hit=5>note")

    page = open_page(serve(an_ollama(hostile, models=["<b>bold:1b</b>", "beta:1b"])).url)
    ask(page, "<img src=x onerror=window.hit=6>")
    expect(page.locator("#answer")).to_contain_text("the end")
    expect(page.locator("#progress .chip")).not_to_have_text("running")
    page.locator("#answer a", has_text="a link").first.click(force=True)
    for summary in page.locator("#ballots summary").all():
        summary.click()
    expect(page.locator("#ballots .notes").first).to_contain_text("<img")
    assert page.evaluate("window.hit") is None
    assert ear.visits == 0
    over = page.locator("#body-1 div", has_text="over all").last.bounding_box()
    pane = page.locator("#pane-1").bounding_box()
    assert over["x"] >= pane["x"] and over["width"] <= pane["width"] and over["height"] <= pane["height"]
    expect(page.locator("#asked h2")).to_have_text("<img src=x onerror=window.hit=6>")
    ear.close()


def test_one_click_saves_the_run_as_markdown_or_json(serve: Serve, open_page: OpenPage, tmp_path: Path) -> None:
    page = open_page(serve(an_ollama()).url)
    ask(page)
    expect(page.locator("#progress .chip")).to_have_text("complete")

    def save(kind: str) -> Any:
        with page.expect_download() as download:
            page.locator(f"[data-action=export][data-argument={kind}]").click()
        path = tmp_path / download.value.suggested_filename
        download.value.save_as(path)
        return path

    document = json.loads(save("json").read_text(encoding="utf-8"))
    assert document["question"] == QUESTION and len(document["answers"]) == 3
    markdown = save("markdown")
    assert markdown.suffix == ".md" and "Canberra" in markdown.read_text(encoding="utf-8")
    assert save("json").name.startswith("council-")
