"""Backends, models and stored runs that come and go while the page is open."""

import time
from typing import Any

import pytest
from playwright.sync_api import expect

from council import events as ev
from council.runs.history import History
from council.runs.owners import LOCAL
from models.base import Health
from models.text import verbatim
from tests.browser.conftest import OpenPage, Serve
from tests.browser.seats import QUESTION, an_ollama, ask, press
from tests.council.transcripts import said, started
from tests.fakes import ScriptedBackend

pytestmark = pytest.mark.browser


class Absent(ScriptedBackend):
    """An Ollama that can go away and come back."""

    name = "ollama"
    is_away = False

    async def health(self) -> Health:
        if self.is_away:
            return Health(self.name, ok=False, detail=verbatim("Ollama does not answer. Start it with `ollama serve`."))
        return Health(self.name, ok=True, models=tuple(await self.list_models()))


def test_without_any_model_the_page_says_what_to_do_and_works_when_one_is_there(
    serve: Serve, open_page: OpenPage
) -> None:
    backend = Absent(models=[])
    backend.is_away = True
    page = open_page(serve(backend).url)
    missing = page.locator(".alert.missing")
    expect(missing).to_contain_text("No model is ready yet")
    expect(missing).to_contain_text("Ollama does not answer")
    expect(missing).to_contain_text("ollama pull")
    page.locator("#question textarea").fill(QUESTION)
    page.locator("#ask").click()
    expect(page.locator("#message")).to_contain_text("No installed model can answer a question")
    backend.is_away, backend.models = False, ["alpha:1b"]
    expect(page.locator("#seats-summary .badge")).to_have_count(3)
    expect(missing).to_have_count(0)
    expect(page.locator(".lamp.on")).to_contain_text("Ollama")
    assert page.locator("#question textarea").input_value() == QUESTION
    page.locator("#ask").click()
    expect(page.locator("#answer")).to_contain_text("Canberra")
    expect(page.locator("#head-2")).to_contain_text("Sceptic")


def test_an_alert_tells_when_ollama_goes_away_and_goes_when_it_is_back(serve: Serve, open_page: OpenPage) -> None:
    backend = Absent()
    spare = ScriptedBackend(models=["alpha:1b"])
    spare.name = "llama_cpp"
    page = open_page(serve(backend, spare).url)
    expect(page.locator(".lamp.on")).to_have_count(2)
    backend.is_away = True
    expect(page.locator(".alert.bad")).to_contain_text("Ollama went away")
    expect(page.locator(".lamp.off")).to_contain_text("Ollama")
    backend.is_away = False
    expect(page.locator(".alert.bad")).to_have_count(0)
    expect(page.locator(".lamp.on")).to_have_count(2)


def test_seats_are_added_changed_and_removed_and_a_ninth_is_refused(serve: Serve, open_page: OpenPage) -> None:
    backend = an_ollama()
    page = open_page(serve(backend).url)
    page.locator("#seats-summary .badge").first.wait_for()
    page.get_by_text("Seats and rules").click()
    for count in range(4, 9):
        page.locator("#seat-add").click()
        expect(page.locator("#seats-summary .badge")).to_have_count(count)
    page.locator("#seat-add").click()
    expect(page.locator("#seats-summary .failure")).to_contain_text("at most 8 seats")
    for count in range(7, 2, -1):
        page.locator("#seat-remove-1").click()
        expect(page.locator("#seats-summary .badge")).to_have_count(count)
    write(page, "#seat-persona-1", "You are a poet from Quimper.")
    write(page, "#seat-persona-2", "Sceptic")
    write(page, "#seat-persona-3", "Teacher")
    for persona in ("You are a poet from Quimper.", "Sceptic", "Teacher"):
        expect(page.locator("#seats-summary")).to_contain_text(persona)
    write(page, "#seat-model-3", "nobody:1b")
    expect(page.locator("#seats-summary")).to_contain_text("nobody:1bnot installed")
    write(page, "#seat-model-3", "alpha:1b")
    expect(page.locator("#seats-summary")).not_to_contain_text("nobody:1b")
    ask(page, mode="Compare")
    expect(page.locator("#progress .chip")).to_have_text("complete")
    expect(page.locator("#head-1")).to_contain_text("poet from Quimper")
    expect(page.locator("#head-2")).to_contain_text("Sceptic")
    assert {model for model, _, _ in backend.prompts} == {"alpha:1b"}  # the same model on all three
    assert any("poet from Quimper" in messages[-1].content for _, messages, _ in backend.prompts)


def write(page: Any, field: str, text: str) -> None:
    page.locator(f"{field} input").fill(text)
    page.locator(f"{field} input").press("Enter")


def test_the_history_is_searched_and_a_run_is_deleted_only_after_a_second_word(
    serve: Serve, open_page: OpenPage
) -> None:
    page = open_page(serve(an_ollama()).url)
    for question in ("Where do swallows sleep?", "Why is the sea salty?"):
        ask(page, question, mode="Quick")
        expect(page.locator("#asked h2")).to_have_text(question)
        expect(page.locator("#progress .chip")).to_have_text("complete")
    page.locator("[data-local=history]").click()
    lines = page.locator("#history li")
    expect(lines).to_have_count(2)
    page.locator("#history-search input, #history-search textarea").fill("swallows")
    expect(lines).to_have_count(1)
    press(page, "ask_delete", within="#history")
    expect(lines).to_contain_text("Delete for good?")
    press(page, "keep", within="#history")
    expect(lines).not_to_contain_text("Delete for good?")
    press(page, "ask_delete", within="#history")
    press(page, "delete", within="#history")
    expect(lines).to_have_count(0)
    page.locator("#history-search input, #history-search textarea").fill("")
    expect(lines).to_have_count(1)
    expect(lines).to_contain_text("Why is the sea salty?")
    expect(page.locator("#asked h2")).to_have_text("Why is the sea salty?")


def test_a_run_of_another_program_is_watched_and_cannot_be_stopped_here(serve: Serve, open_page: OpenPage) -> None:
    council = serve(an_ollama())
    elsewhere = History(council.settings.data_dir / "history.db")  # as a terminal would, in its own process
    elsewhere.of(LOCAL).append("abc", started(at=time.time()).model_copy(update={"id": "abc"}))
    page = open_page(f"{council.url}/?run=abc")
    expect(page.locator("#progress .chip")).to_have_text("running")
    for event in said("seat-2", "Said in a terminal."):
        elsewhere.of(LOCAL).append("abc", event)
    expect(page.locator("#body-2")).to_contain_text("Said in a terminal.")
    press(page, "stop")
    expect(page.locator("#message")).to_contain_text("Another Council program conducts this run")
    elsewhere.of(LOCAL).append("abc", ev.DeliberationFinished(status="complete"))
    expect(page.locator("#progress .chip")).to_have_text("complete")
    elsewhere.close()


def test_back_and_forward_move_between_runs_and_a_reload_stays(serve: Serve, open_page: OpenPage) -> None:
    page = open_page(serve(an_ollama()).url)
    title = page.locator("#asked h2")
    for question in ("What is the first question?", "What is the second question?"):
        ask(page, question, mode="Compare")
        expect(title).to_have_text(question)
        expect(page.locator("#progress .chip")).to_have_text("complete")
    page.locator("#language label", has_text="FR").click()  # shows the same run anew, which is no step
    expect(page.locator("#progress .chip")).to_have_text("complète")
    second = page.url
    page.go_back()
    expect(title).to_have_text("What is the first question?")
    expect(page.locator("#body-3")).to_contain_text("Canberra")
    assert "?run=" in page.url and page.url != second
    page.go_back()
    expect(page.locator("#asked")).to_be_hidden()
    assert "?run=" not in page.url
    page.go_forward()
    expect(title).to_have_text("What is the first question?")
    page.go_forward()
    expect(title).to_have_text("What is the second question?")
    assert page.url == second
    page.reload()
    expect(title).to_have_text("What is the second question?")
    page.go_back()
    expect(title).to_have_text("What is the first question?")
