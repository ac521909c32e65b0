"""What happens around the question box: a question is asked, an earlier answer is offered, a new one is begun."""

from collections.abc import AsyncIterator
from functools import partial

import gradio as gr
from gradio.blocks import Block

from council.advice import explain
from council.application import Application
from council.asking import (
    WAITING_FOR_MODELS,
    CouncilRequest,
    make_council,
    make_question,
    may_come,
    seat_when_ready,
)
from council.domain import Council, Question
from council.errors import CouncilError, HistoryError, MissingModelError, RemoteSeatsError
from council.translation import translator
from council.ui.asking.composer import render_consent, render_mode_note, render_offer
from council.ui.assets.browser_code import WRITE_QUESTION
from council.ui.history_panel import HistoryReader
from council.ui.html_parts import failure, note
from council.ui.listener import Listener, Updates, Values
from council.ui.page import Page
from council.ui.shown_run import show
from council.ui.visitor import owner_of


class ComposerEvents:
    """The handlers around the question box."""

    def __init__(self, application: Application, page: Page) -> None:
        self._application = application
        self._reader = HistoryReader(application)
        self._page = page
        self._box = page.composer

    def attach(self, listen: Listener) -> None:
        """Attach the handlers."""
        box, page = self._box, self._page
        inputs: list[Block] = [box.question, box.mode, box.follow_up, box.agreed, page.history.search]
        inputs += [page.models, *page.seats.seating, *page.seats.rules]
        conversation = [box.follow_up, box.banner]
        cleared = [*conversation, page.run.target, box.message]
        changed = [*cleared, box.question, box.agreed, page.history.list, page.seats.accordion]
        listen(partial(gr.on, [box.ask.click, box.question.submit]), self.ask, inputs, changed)
        listen(box.message.click, self.answer_offer, inputs, changed)
        listen(box.banner.click, self.leave_conversation, [], conversation)
        begun = listen(page.history.heading.click, self.begin_anew, [], cleared)
        for event in (begun.then, box.follow_up.change):
            listen.in_browser(event, None, WRITE_QUESTION)
        listen(box.mode.change, self.describe_mode, [box.mode], [box.mode_note])

    async def ask(self, values: Values, request: gr.Request) -> AsyncIterator[Updates]:
        """Ask what stands in the box; it stays there unless a run began."""
        async for updates in self._ask(values, request, is_anew=False):
            yield updates

    async def answer_offer(self, values: Values, event: gr.EventData, request: gr.Request) -> AsyncIterator[Updates]:
        """Open the stored answer of the same question or ask it anew; have it sent elsewhere, or choose other seats."""
        match event.action:
            case "open":
                yield {self._box.message: "", self._page.run.target: show(str(event.argument))}
                return
            case "decline":
                yield {self._box.message: "", self._page.seats.accordion: gr.update(open=True)}
                return
            case "agree":
                agreed = (*values[self._box.agreed], *str(event.argument).split(","))
                values = {**values, self._box.agreed: agreed}
                yield {self._box.agreed: agreed}
        async for updates in self._ask(values, request, is_anew=event.action != "agree"):
            yield updates

    async def _ask(self, values: Values, request: gr.Request, *, is_anew: bool) -> AsyncIterator[Updates]:
        """Begin a run, or say why not; models that may come in a moment are waited for."""
        box, words, backend = self._box, translator(values[self._page.language]), self._application.backend
        try:
            question, wished = self._read_question(values, request), self._read_request(values)
            try:
                council = make_council(wished, await backend.list_models(), self._application.settings)
            except MissingModelError:
                if not may_come(await backend.healths()):
                    raise
                yield {box.message: note(words.text(WAITING_FOR_MODELS))}
                council = await seat_when_ready(wished, backend, self._application.settings)
            yield self._begin(question, council, values, request, is_anew=is_anew)
        except RemoteSeatsError as error:
            yield {box.message: render_consent(error, words)}
        except CouncilError as error:
            yield {box.message: failure(words.text(explain(error)))}

    def _read_request(self, values: Values) -> CouncilRequest:
        has_models = bool(values[self._page.models])
        wished = self._page.seats.read_request(values, values[self._box.mode], has_models=has_models)
        return wished.model_copy(update={"agreed_hosts": tuple(values[self._box.agreed])})

    def _read_question(self, values: Values, request: gr.Request) -> Question:
        after = values[self._box.follow_up]
        past = self._application.runs.of(owner_of(request)).transcript(after) if after else None
        return make_question(values[self._box.question] or "", after=past)

    def _begin(
        self, question: Question, council: Council, values: Values, request: gr.Request, *, is_anew: bool
    ) -> Updates:
        """Begin a run, or offer an earlier one of the same question."""
        box, page, owner = self._box, self._page, owner_of(request)
        same = None if is_anew else self._find_same(owner, question, council)
        if same:
            return {box.message: render_offer(same, translator(values[page.language]))}
        run = self._application.runs.of(owner).start(question, council)
        return {
            **self.begin_anew(values),
            box.question: "",
            page.run.target: show(run.id),
            page.history.list: self._reader.show(values[page.history.search], values[page.language], request),
            page.seats.accordion: gr.update(open=False),
        }

    def _find_same(self, owner: str, question: Question, council: Council) -> str | None:
        try:
            return self._application.history.of(owner).find_same(question, council)
        except HistoryError:  # a run needs no history; that it is not kept is told with it
            return None

    def begin_anew(self, values: Values) -> Updates:
        """Clear the page for another question; what is written in the box stays."""
        return {**self.leave_conversation(values), self._page.run.target: "", self._box.message: ""}

    def leave_conversation(self, values: Values) -> Updates:
        """Let the next question stand alone."""
        return {self._box.follow_up: "", self._box.banner: ""}

    def describe_mode(self, values: Values) -> Updates:
        """Say what the chosen mode does."""
        return {self._box.mode_note: render_mode_note(values[self._box.mode], translator(values[self._page.language]))}
