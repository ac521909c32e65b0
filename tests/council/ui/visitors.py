"""Visitors of the page without a browser: what they fill in and press goes to the handlers that are attached to it."""

import inspect
from collections.abc import AsyncIterator
from typing import Any

import gradio as gr
from gradio.blocks import Block, BlockFunction
from gradio.helpers import special_args

from council.application import Application
from council.seats import SeatWish
from council.transcript import Transcript
from council.ui.listener import Updates
from council.ui.page import lay_out
from council.ui.shown_run import shown_run
from council.ui.wiring import wire
from tests.deliberations import until


class OpenPage:
    """The page of an application, wired as it is served."""

    def __init__(self, application: Application) -> None:
        self.application = application
        self.layout = lay_out(application.settings)
        with self.layout.blocks:
            wire(self.layout, application)

    @property
    def functions(self) -> list[BlockFunction]:
        """All events that have a handler."""
        return [function for function in self.layout.blocks.fns.values() if function.fn]

    def handlers(self, component: Block, event: str) -> list[BlockFunction]:
        return [function for function in self.functions if (component._id, event) in function.targets]

    def visitor(self, name: str | None, **query: str) -> "Visitor":
        return Visitor(self, name, query)


class Visitor:
    """Somebody before the page. `fields` is what stands in its components, as the browser would keep it.

    `seen` is every text that came, those replaced since among them.
    """

    def __init__(self, opened: OpenPage, name: str | None, query: dict[str, str]) -> None:
        self.page, self._opened, self.name = opened.layout, opened, name
        self.request = gr.Request(username=name, session_hash=name, query_params=query, headers={})
        self.fields: dict[Block, Any] = {
            block: block.value for block in self.page.blocks.blocks.values() if hasattr(block, "value")
        }
        self.settings = opened.application.settings
        self.properties: dict[Block, dict[str, Any]] = {}
        self.seen: list[str] = []

    async def arrive(self) -> None:
        """Open the page: it loads, looks for models, and seats them."""
        await self.fire(self.page.blocks, "load")
        await self._opened.application.backend.healths(anew=True)
        await self.fire(self.page.health_timer, "tick")
        await self.fire(self.page.models, "change")

    async def fire(self, component: Block, event: str, **data: Any) -> None:
        """Let an event happen and take over what its handlers change: each no more than it declared."""
        handlers = self._opened.handlers(component, event)
        assert handlers
        for function in handlers:
            answer = self._call(function, gr.EventData(component, data))
            if inspect.isasyncgen(answer):
                async for updates in answer:
                    self._take_declared(updates, function)
            else:
                self._take_declared(await answer if inspect.isawaitable(answer) else answer, function)

    def _take_declared(self, updates: Updates, function: BlockFunction) -> None:
        assert updates and set(updates) <= set(function.outputs)
        self.seen += [str(value) for value in updates.values() if isinstance(value, str)]
        self.take(updates)

    def take(self, updates: Updates) -> None:
        """Take over what changed, as the browser would."""
        for component, update in updates.items():
            if isinstance(update, dict) and update.get("__type__") == "update":
                self.properties.setdefault(component, {}).update(update)
                self.fields[component] = update.get("value", self.fields.get(component))
            else:
                self.fields[component] = update

    async def follow(self) -> AsyncIterator[dict[Block, str]]:
        """Watch the run on the page."""
        [function] = self._opened.handlers(self.page.run.target, "change")
        async for updates in self._call(function, gr.EventData(None, {})):
            yield updates

    def _call(self, function: BlockFunction, event: gr.EventData) -> Any:
        handler = function.fn.__wrapped__  # without its error boundary: a bug fails the test
        values = {field: self.fields[field] for field in function.inputs}
        arguments, *_ = special_args(handler, [values], self.request, event)
        return handler(*arguments)

    async def press(self, component: Block, action: str, argument: str = "") -> None:
        """Press a button that is drawn inside an HTML part."""
        await self.fire(component, "click", action=action, argument=argument)

    async def ask(self, question: str = "Why?", *, mode: str = "compare") -> str:
        """Write a question and ask it; returns the run that it became, which has ended, or ""."""
        before = self.shown
        self.fields[self.page.composer.question], self.fields[self.page.composer.mode] = question, mode
        await self.fire(self.page.composer.ask, "click")
        return await self.ended() if self.shown != before else ""

    async def ended(self) -> str:
        """Wait until the run on the page has ended."""
        run = self._opened.application.runs.of(self.owner).get(self.shown)
        assert run is not None
        await until(lambda: not run.is_running)
        return self.shown

    def seat(self, *seats: SeatWish) -> None:
        """Choose who sits."""
        self.take(self.page.seats.show_rows(seats, ()))

    @property
    def owner(self) -> str:
        return self.name or "local"

    @property
    def shown(self) -> str:
        """The run on the page."""
        return shown_run(self.fields[self.page.run.target])

    @property
    def transcript(self) -> Transcript:
        return self._opened.application.runs.of(self.owner).transcript(self.shown)

    def said(self, component: Block) -> str:
        """What stands in a part of the page."""
        return str(self.fields[component])
