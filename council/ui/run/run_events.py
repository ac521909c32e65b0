"""What happens around runs: a question is asked, a button of a run is pressed, a line of the history is chosen."""

from typing import Any

import gradio as gr

from council.application import Application
from council.ui.asking.desk import ask_question
from council.ui.asking.seat_rules import read_request
from council.ui.history_panel import HistoryReader
from council.ui.run.run_actions import RunActions
from council.ui.shown_run import show, shown_run
from council.ui.visitor import owner_of
from council.ui.words.languages import texts_for


class RunEvents:
    """The handlers around runs. What does not change is skipped."""

    def __init__(self, application: Application, reader: HistoryReader) -> None:
        self._application = application
        self._actions = RunActions(application)
        self._reader = reader

    async def ask(self, request: gr.Request, *values: Any) -> list[Any]:
        """Ask what stands in the box; it stays there unless a run began."""
        return await self._ask(request, values, is_anew=False)

    async def answer_offer(self, event: gr.EventData, request: gr.Request, *values: Any) -> list[Any]:
        """Open the stored answer of the same question, or ask it anew."""
        if event.action == "open":
            return [gr.skip(), "", show(event.argument), *_skips(4)]
        return await self._ask(request, values, is_anew=True)

    async def _ask(self, request: gr.Request, values: tuple[Any, ...], *, is_anew: bool) -> list[Any]:
        question, language, follow_up, search, count, *rest = values
        asked = await ask_question(
            self._application,
            question or "",
            read_request(count, rest),
            texts_for(language),
            owner=owner_of(request),
            follow_up=follow_up,
            is_anew=is_anew,
        )
        if not asked.run_id:
            return [gr.skip(), asked.message, *_skips(5)]
        listed = self._reader.show(search, language, request)
        return ["", "", show(asked.run_id), "", "", listed, gr.update(open=False)]

    async def act(self, target: str, language: str, event: gr.EventData, request: gr.Request) -> list[Any]:
        """Do what a button of the run on the page says."""
        texts, owner = texts_for(language), owner_of(request)
        done = await self._actions.act(str(event.action), str(event.argument), shown_run(target), texts, owner)
        return [
            show(done.run_id) if done.run_id else gr.skip(),
            done.message,
            *(part or gr.skip() for part in (done.file, done.follow_up, done.banner)),
        ]

    async def choose(
        self, search: str, language: str, target: str, event: gr.EventData, request: gr.Request
    ) -> list[Any]:
        """Open or delete an earlier run; before it is deleted, its line asks whether it really is to be."""
        run_id = str(event.argument)
        match event.action:
            case "open":
                return [gr.skip(), show(run_id)]
            case "ask_delete":
                return [self._reader.show(search, language, request, confirming=run_id), gr.skip()]
            case "delete":
                left = await self._reader.delete(run_id, search, language, request)
                return [left, "" if shown_run(target) == run_id else gr.skip()]
            case _:
                return [self._reader.show(search, language, request), gr.skip()]


def _skips(count: int) -> list[Any]:
    return [gr.skip() for _ in range(count)]
