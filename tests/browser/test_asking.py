"""A question in a real browser: it streams, stops, goes on, survives a reload, and is refused politely."""

import threading
from collections.abc import Sequence
from unittest.mock import Mock

import pytest
from playwright.sync_api import expect

from council.ui.run import render
from models.base import GenerationConfig, Message
from tests.browser.conftest import OpenPage, Serve
from tests.browser.seats import QUESTION, Mendable, an_ollama, ask, at_length, length, press
from tests.fakes import long_winded, obedient

pytestmark = pytest.mark.browser


def test_text_grows_in_several_panes_until_the_answer_stands_on_top(serve: Serve, open_page: OpenPage) -> None:
    backend = an_ollama(at_length, delay=0.2)
    page = open_page(serve(backend).url)
    ask(page)
    bodies = [f"#body-{number}" for number in (1, 2, 3)]
    for body in bodies:
        expect(page.locator(body)).to_contain_text("word3")
    before = [length(page, body) for body in bodies]
    expect(page.locator(".pane .chip.busy")).to_have_count(3)
    for body, size in zip(bodies, before, strict=True):
        page.wait_for_function("([s, n]) => document.querySelector(s).innerText.length > n + 20", arg=[body, size])
    backend.delay = 0.0
    expect(page.locator("#state-1")).to_contain_text("tokens/s")
    expect(page.locator("#answer-heading")).to_contain_text("3 of 3 seats answered", timeout=30_000)
    expect(page.locator("#answer")).to_contain_text("word59")
    expect(page.locator("#ballots .places tbody tr")).to_have_count(3)
    expect(page.locator("#standings .bar")).to_have_count(3)
    expect(page.locator("#minutes")).to_contain_text("Agreed")
    tops = [page.locator(part).bounding_box()["y"] for part in ("#answer", "#pane-1", "#standings")]
    assert tops == sorted(tops)


def test_stop_ends_the_models_and_resume_goes_on(serve: Serve, open_page: OpenPage) -> None:
    backend = an_ollama(at_length, delay=0.2)
    page = open_page(serve(backend).url)
    ask(page, mode="Compare")
    expect(page.locator("#body-1")).to_contain_text("word3")
    press(page, "stop")
    expect(page.locator("#progress .chip")).to_have_text("stopped")
    expect(page.locator("#state-1 .chip")).to_have_text("stopped")
    expect(page.locator("#run :is(.failure, .chip.bad)")).to_have_count(0)  # the user wanted it
    assert backend.cancelled == 3
    expect(page.locator("#body-1")).to_contain_text("word3")
    backend.delay = 0.0
    press(page, "resume")
    expect(page.locator("#progress .chip")).to_have_text("complete")
    expect(page.locator("#body-3")).to_contain_text("word59")


def test_a_reload_finds_the_run_and_the_history_keeps_it(serve: Serve, open_page: OpenPage) -> None:
    backend = an_ollama(at_length, delay=0.2)
    page = open_page(serve(backend).url)
    ask(page, mode="Compare")
    expect(page.locator("#body-1")).to_contain_text("word3")
    page.wait_for_url("**/?run=*")
    page.reload()
    expect(page.locator("#body-1")).to_contain_text("word10")
    expect(page.locator("#progress .chip")).to_have_text("running")
    backend.delay = 0.0
    expect(page.locator("#progress .chip")).to_have_text("complete")
    assert len(backend.prompts) == 3  # the reload asked nobody again
    page.goto(page.url.partition("?")[0])
    page.locator("[data-local=history]").click()
    page.locator("#history .open").click()
    expect(page.locator("#asked h2")).to_have_text(QUESTION)
    expect(page.locator("#body-3")).to_contain_text("word59")


def test_a_closed_page_ends_the_models_and_leaves_a_run_to_resume(serve: Serve, open_page: OpenPage) -> None:
    backend = an_ollama(at_length, delay=0.2)
    council = serve(backend, abandon_seconds=3.0, answer_tokens=64)
    page = open_page(council.url)
    ask(page, mode="Compare")
    expect(page.locator("#body-1")).to_contain_text("word20")
    backend.delay = 600.0  # so that it needs longer than it seemed to
    page.close()
    council.wait_for_status("interrupted", seconds=60.0)
    page = open_page(council.url)
    page.locator("[data-local=history]").click()
    expect(page.locator("#history .chip")).to_have_text("interrupted")
    assert backend.cancelled == 3
    backend.delay = 0.0
    page.locator("#history .open").click()
    expect(page.locator("#progress .chip")).to_have_text("interrupted")
    expect(page.locator("#answer-heading")).to_contain_text("Nobody followed the run for")
    press(page, "resume")
    expect(page.locator("#progress .chip")).to_have_text("complete")


def test_concluding_now_leaves_out_what_is_missing(serve: Serve, open_page: OpenPage) -> None:
    slow = threading.Event()

    def script(model: str, messages: Sequence[Message], config: GenerationConfig) -> str:
        is_answer = config.json_schema is None and not slow.is_set()
        return long_winded(2000) if is_answer and model == "gamma:1b" else obedient(model, messages, config)

    page = open_page(serve(an_ollama(script, delay=0.02)).url)
    ask(page)
    expect(page.locator("#state-2 .chip")).to_have_text("done")
    slow.set()
    press(page, "synthesise_now")
    expect(page.locator("#progress .chip")).to_have_text("partial")
    expect(page.locator("#answer")).to_contain_text("Canberra")
    expect(page.locator("#answer-heading")).to_contain_text("2 of 3 seats answered")


def test_a_failed_seat_says_why_and_is_asked_again_alone(serve: Serve, open_page: OpenPage) -> None:
    script = Mendable("beta:1b")
    backend = an_ollama(script)
    page = open_page(serve(backend).url)
    ask(page)
    expect(page.locator("#foot-2 .failure")).to_contain_text("'beta:1b' went away")
    expect(page.locator("#foot-2 .failure code")).to_have_text("ollama serve")
    expect(page.locator("#progress .chip")).to_have_text("partial")
    expect(page.locator("#answer-heading")).to_contain_text("2 of 3 seats answered")
    script.is_mended.set()
    press(page, "retry")
    expect(page.locator("#progress .chip")).to_have_text("complete")
    expect(page.locator("#body-2")).to_contain_text("Canberra")
    answers = [model for model, messages, _ in backend.prompts if "Answer the question" in messages[-1].content]
    assert sorted(answers) == ["alpha:1b", "beta:1b", "beta:1b", "gamma:1b"]


def test_what_cannot_be_asked_is_refused_and_stays_in_the_box(serve: Serve, open_page: OpenPage) -> None:
    page = open_page(serve(an_ollama()).url)
    ask(page, "   ")
    expect(page.locator("#message")).to_contain_text("The question is empty")
    ask(page, "x" * 100_000)
    expect(page.locator("#message")).to_contain_text("100,000 characters; 50,000 at most fit")
    assert len(page.locator("#question textarea").input_value()) == 100_000
    page.locator("#question textarea").fill(QUESTION)
    page.get_by_text("Seats and rules").click()
    page.locator("#seat-model-2 input").fill("absent:7b")
    page.locator("#seat-model-2 input").press("Enter")
    page.locator("#ask").click()
    expect(page.locator("#message")).to_contain_text("'absent:7b' of 'seat-2' is not installed")
    assert page.locator("#question textarea").input_value() == QUESTION


def test_the_same_question_offers_the_stored_answer_and_can_be_followed_up(serve: Serve, open_page: OpenPage) -> None:
    backend = an_ollama()
    page = open_page(serve(backend).url)
    ask(page)
    expect(page.locator("#progress .chip")).to_have_text("complete")
    first, asked = page.url, len(backend.prompts)
    ask(page)
    expect(page.locator("#message")).to_contain_text("You asked this before")
    assert len(backend.prompts) == asked
    press(page, "open", within="#message")
    expect(page.locator("#message .offer")).to_have_count(0)
    page.wait_for_url(first)
    press(page, "follow_up")
    expect(page.locator("#follow-up")).to_contain_text(QUESTION)
    ask(page, "And how many people live there?")
    expect(page.locator("#asked h2")).to_have_text("And how many people live there?")
    expect(page.locator("#progress .chip")).to_have_text("complete")
    assert any("Canberra" in message.content for _, messages, _ in backend.prompts[asked:] for message in messages[:2])


def test_a_part_that_cannot_be_drawn_leaves_the_others(
    serve: Serve, open_page: OpenPage, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(render, "render_ballots", Mock(side_effect=ZeroDivisionError))
    page = open_page(serve(an_ollama()).url)
    ask(page)
    expect(page.locator("#progress .chip")).to_have_text("complete")
    expect(page.locator("#answer")).to_contain_text("Canberra")
    expect(page.locator("#standings .bar")).to_have_count(3)
    expect(page.locator("#apology")).to_contain_text("may be out of date")
