"""The generator that feeds the run view: from a live run, from one that a terminal conducts, or from the history."""

import asyncio
import time
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import aclosing
from dataclasses import replace

import gradio as gr
from gradio.events import Dependency

from council.advice import explain
from council.application import Application
from council.errors import CouncilError
from council.transcript import Transcript
from council.translation import Translator, translator
from council.ui.error_boundary import SORRY, error_boundary
from council.ui.html_parts import failure
from council.ui.listener import Listener, Updates, Values
from council.ui.page import Page
from council.ui.run.render import View, render
from council.ui.shown_run import SHOW_RUN_IN_ADDRESS, shown_run
from council.ui.visitor import owner_of

HEARTBEAT_SECONDS = 0.9  # a closed tab is noticed at the next yield, so there is one even while all models are silent
ELSEWHERE_SECONDS = 1.0  # how often a run is read anew that a terminal conducts


class RunStream:
    """Feeds the run view; any number of pages may follow one run."""

    def __init__(self, application: Application, page: Page) -> None:
        self._application = application
        self._page = page
        self._following: dict[str, object] = {}
        """What each open page follows last; what it followed before ends."""

    def attach(self, listen: Listener) -> Dependency:
        """Attach the generator; what is returned has happened when a run has ended or the page has left it."""
        run, options = self._page.run, {"js": SHOW_RUN_IN_ADDRESS, "trigger_mode": "multiple"}
        return listen(run.target.change, self.follow, [run.target], run.outputs, fault_in=run.apology, **options)

    async def follow(self, values: Values, request: gr.Request) -> AsyncIterator[Updates]:
        """Yield the whole view at every change, at most ten times a second, until the run ends or the page moves on.

        The whole of it each time: a component that is left out costs more than one that is sent unchanged.
        """
        target, session, this = values[self._page.run.target], request.session_hash or "", object()
        words, view = translator(values[self._page.language]), View()
        self._following[session] = this
        try:
            async with aclosing(self._states(shown_run(target), owner_of(request))) as states:
                async for state in states:
                    if self._following.get(session) is not this:  # this page shows something else by now
                        return
                    view = draw(state, words, view)
                    yield self._page.run.show(view)
        finally:
            if self._following.get(session) is this:
                del self._following[session]

    async def _states(self, run_id: str, owner: str) -> AsyncGenerator[Transcript | CouncilError | None, None]:
        """A run as it goes on, why it cannot be shown, or None for no run."""
        if not run_id:
            yield None
        elif run := self._application.runs.of(owner).get(run_id):
            async with aclosing(run.changes(heartbeat_seconds=HEARTBEAT_SECONDS)) as changes:
                async for transcript in changes:
                    yield transcript
        else:
            while self._is_conducted_elsewhere(run_id, owner):
                yield self._stored(run_id, owner)
                await asyncio.sleep(ELSEWHERE_SECONDS)
            yield self._stored(run_id, owner)

    def _is_conducted_elsewhere(self, run_id: str, owner: str) -> bool:
        try:
            return self._application.history.of(owner).is_being_written(run_id)
        except CouncilError:
            return False

    def _stored(self, run_id: str, owner: str) -> Transcript | CouncilError:
        try:
            return self._application.runs.of(owner).transcript(run_id)
        except CouncilError as error:
            return error


def draw(state: Transcript | CouncilError | None, words: Translator, last: View) -> View:
    """Draw a run, or why there is none; what fails by a bug stays as it was last drawn, with an apology."""
    with error_boundary():
        if state is None:
            return View()
        if isinstance(state, CouncilError):
            gone = words.gettext(
                "This run is not in the history any more. Choose another one, or ask a new question. ({reason})",
                reason=words.text(explain(state)),
            )
            return View(answer_heading=failure(gone))
        return render(state, words, time.time(), last=last)
    return replace(last, apology=failure(words.text(SORRY)))
