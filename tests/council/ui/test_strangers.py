"""Whatever a visitor does on the page with another's run, named by its id: nothing of it is shown, nothing happens."""

import inspect
from contextlib import aclosing
from typing import Any

import gradio as gr
import pytest

from council.ui.shown_run import show
from tests.council.ui.visitors import OpenPage, Visitor

pytestmark = pytest.mark.anyio

SECRET = "Zanzibar"
ACTIONS = ("stop", "synthesise_now", "resume", "retry", "follow_up", "export", "open", "ask_delete", "delete")
OFFERS = ("ask_again", "agree", "decline", "no_follow_up", "new", "example", "discard", "cancel", "close")


async def told(answer: Any) -> str:
    """All that a handler answers, as text; of one that goes on, the first two answers."""
    if not inspect.isasyncgen(answer):
        return repr(await answer if inspect.isawaitable(answer) else answer)
    texts: list[str] = []
    async with aclosing(answer) as updates:
        async for update in updates:
            texts.append(repr(update))
            if len(texts) == 2:
                break
    return " ".join(texts)


async def test_no_event_of_the_page_gives_or_touches_another_visitors_run(
    visitor: Visitor, open_page: OpenPage
) -> None:
    run_id = await visitor.ask(f"Where is {SECRET}?")
    before = repr(visitor.transcript)
    assert SECRET in await told(visitor.follow()), "its owner sees it"
    alan = open_page.visitor("alan", run=run_id)
    await alan.arrive()
    page = alan.page
    asked = 0
    for function in open_page.functions:
        for action in (*ACTIONS, *OFFERS):
            for argument in (run_id, "seat-1", "json"):
                alan.fields |= {
                    page.run.target: show(run_id),
                    page.composer.follow_up: run_id,
                    page.composer.question: "",
                }
                event = gr.EventData(None, {"action": action, "argument": argument})
                assert SECRET not in await told(alan._call(function, event)), (function, action)
                asked += 1
    assert asked > 500
    assert repr(visitor.transcript) == before
    assert open_page.application.history.of("alan").entries() == []
