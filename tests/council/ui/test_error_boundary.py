"""A bug of any handler is logged whole and told in one polite sentence; cancellation is no bug."""

import asyncio
import inspect
import logging
from collections.abc import AsyncIterator, Callable
from typing import Any
from unittest.mock import Mock

import gradio as gr
import pytest

from council import events as ev
from council.domain import Synthesis
from council.translation import translator
from council.ui.error_boundary import guarded
from council.ui.listener import Listener, Updates, Values
from council.ui.run import render as render_module
from council.ui.run.render import View
from council.ui.run.run_stream import draw
from tests.council.transcripts import fold, said, started
from tests.council.ui.visitors import OpenPage

pytestmark = pytest.mark.anyio


def function(values: Values) -> Updates:
    raise RuntimeError("a secret detail")


async def coroutine(values: Values) -> Updates:
    raise RuntimeError("a secret detail")


async def generator(values: Values) -> AsyncIterator[Updates]:
    yield {"picture": "good"}
    raise RuntimeError("a secret detail")


async def answers(handler: Callable[..., Any], *arguments: Any) -> list[Any]:
    """All that a handler says, whichever kind it is of."""
    answer = handler(*arguments)
    if inspect.isasyncgen(answer):
        return [part async for part in answer]
    return [await answer if inspect.isawaitable(answer) else answer]


@pytest.mark.parametrize("handler", [function, coroutine, generator])
async def test_a_bug_is_logged_and_answered_with_an_apology(
    handler: Callable[..., Any], caplog: pytest.LogCaptureFixture, open_page: OpenPage
) -> None:
    language, message = open_page.layout.language, open_page.layout.composer.message
    attached: list[Any] = []

    def event(handler: Callable[..., Any], inputs: set[Any], outputs: set[Any], **options: Any) -> Any:
        attached.extend((handler, inputs, outputs))

    Listener(language, message)(event, handler)
    guarded_handler, inputs, outputs = attached
    assert (inputs, outputs) == ({language}, {message})
    for tongue, apology in (("en", "Something went wrong"), ("fr", "Une erreur")):
        with caplog.at_level(logging.ERROR):
            told = (await answers(guarded_handler, {language: tongue}))[-1]
        assert apology in told[message] and "secret" not in told[message]
    assert caplog.text.count("RuntimeError: a secret detail") == 2


async def test_a_handler_stays_of_its_kind_and_what_it_says_is_passed_on() -> None:
    async def sound(first: int, event: gr.EventData) -> AsyncIterator[int]:
        yield first
        yield first + 1

    safe = guarded(sound, lambda first: -first)
    assert await answers(safe, 3, None) == [3, 4]
    assert inspect.isasyncgenfunction(safe) and inspect.iscoroutinefunction(guarded(coroutine, id))
    assert not inspect.iscoroutinefunction(guarded(function, id))
    assert list(inspect.signature(safe).parameters) == ["first", "event"]


async def test_cancellation_and_closing_pass_through_and_end_what_is_guarded(caplog: pytest.LogCaptureFixture) -> None:
    ended = []

    async def endless(first: int) -> AsyncIterator[int]:
        try:
            while True:
                yield first
                await asyncio.sleep(10)
        finally:
            ended.append(first)

    async def follow(first: int) -> None:
        async for _ in guarded(endless, lambda first: first)(first):
            pass

    following = asyncio.create_task(follow(1))
    await asyncio.sleep(0)
    following.cancel()
    with pytest.raises(asyncio.CancelledError):
        await following
    closed = guarded(endless, lambda first: first)(2)
    assert await anext(closed) == 2
    await closed.aclose()
    assert ended == [1, 2] and not caplog.records


def test_a_part_that_cannot_be_drawn_stays_as_it_was_and_the_rest_goes_on(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    words, transcript = translator("en"), fold(started(), said("seat-1", "First."))
    good = draw(transcript, words, View())
    for view in ("render_progress", "render_pane"):
        monkeypatch.setattr(render_module, view, Mock(side_effect=ZeroDivisionError))
    transcript.apply(ev.SynthesisWritten(synthesis=Synthesis(seat="seat-1", text="So.")))
    kept = draw(transcript, words, good)
    assert (kept.progress, kept.panes) == (good.progress, good.panes) and kept.panes[0].body == "First."
    assert kept.answer == "So." and "may be out of date" in kept.apology
    again = draw(transcript, words, kept)
    assert again == kept and len(caplog.records) == 1 + 4  # the progress and four panes, once each
    monkeypatch.undo()
    transcript.apply(ev.DeliberationFinished(status="complete"))
    mended = draw(transcript, words, again)
    assert not mended.apology and not mended.faults and "complete" in mended.progress
    with pytest.raises(AttributeError):
        render_module.render("no transcript", words, 1.0)  # type: ignore[arg-type]


def test_where_nothing_can_be_drawn_the_last_good_picture_stays(caplog: pytest.LogCaptureFixture) -> None:
    broken: Any = "no transcript"
    last = View(question="Why?", answer="**Because.**")
    kept = draw(broken, translator("en"), last)
    assert "Something went wrong" in kept.apology and "no transcript" not in kept.apology
    assert (kept.question, kept.answer) == (last.question, last.answer)
    assert "AttributeError" in caplog.text
