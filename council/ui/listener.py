"""How handlers are attached to events: all in one way, by component instead of by position, and behind the boundary."""

from collections.abc import Callable, Iterable
from typing import Any

import gradio as gr
from gradio.blocks import Block
from gradio.events import Dependency

from council.translation import translator
from council.ui.error_boundary import SORRY, guarded
from council.ui.html_parts import failure

Event = Callable[..., Dependency]
"""What a component offers to attach handlers to: `button.click`, or several of them through `gr.on`."""
Values = dict[Block, Any]
"""What stands in the components that a handler reads."""
Updates = dict[Block, Any]
"""What a handler changes, one component at least; one that is not in it stays as it is."""

OPTIONS: dict[str, Any] = {"show_progress": "hidden", "api_visibility": "private", "concurrency_limit": None}
"""How every handler is called: through Gradio's queue, without waiting for others.

Only after a queued event does Gradio tell that a State changed, and the address for events beside the queue is closed.
"""


class Listener:
    """Attaches handlers. Each gets the values of its inputs and of the language; a bug of it is told in `message`."""

    def __init__(self, language: gr.Radio, message: gr.HTML) -> None:
        self._language = language
        self._message = message

    def __call__(
        self,
        event: Event,
        handler: Callable[..., Any],
        inputs: Iterable[Block] = (),
        outputs: Iterable[Block] = (),
        *,
        fault_in: Block | None = None,
        **options: Any,
    ) -> Dependency:
        """Attach a handler; `fault_in` is where a bug is told in place of the message, such as an output of its own."""
        place = fault_in or self._message

        def apologise(values: Values) -> Updates:
            return {place: failure(translator(values[self._language]).text(SORRY))}

        return event(guarded(handler, apologise), {*inputs, self._language}, {*outputs, place}, **OPTIONS, **options)

    @staticmethod
    def in_browser(event: Event, read: gr.components.Component | None, script: str) -> None:
        """Attach a script that runs in the browser alone, on the value of one component."""
        event(None, read, None, js=script, api_visibility="private")
