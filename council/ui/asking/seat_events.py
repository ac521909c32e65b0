"""What happens in the seats editor: seats are added, removed, chosen anew, and follow the models that come and go."""

from collections.abc import Sequence
from functools import partial

import gradio as gr

from council.application import Application
from council.asking import usual_seats
from council.domain import MAX_SEATS
from council.errors import ConfigurationError
from council.seats import SeatWish
from council.translation import translator
from council.ui.asking.seat_editor import chairman_choices, next_row, render_summary
from council.ui.listener import Listener, Updates, Values
from council.ui.page import Page
from models.demonstration import is_demonstration


class SeatEvents:
    """The handlers of the editor."""

    def __init__(self, application: Application, page: Page) -> None:
        self._application = application
        self._page = page
        self._editor = page.seats

    def attach(self, listen: Listener) -> None:
        """Attach the handlers.

        Only the fields' `input` draws the summary, not their `change`: seats that the program fills in come with it,
        and the changes of single fields would draw it from fields of which some are still the old ones.
        """
        editor, page = self._editor, self._page
        inputs, seated = [page.models, *editor.seating], [*editor.show_rows((), ()), editor.summary]
        listen(page.models.change, self.notice, inputs, [*seated, editor.chairman])
        listen(editor.add.click, self.add, inputs, seated)
        listen(editor.refill.click, self.refill, inputs, seated)
        for index, row in enumerate(editor.rows):
            listen(row.remove.click, partial(self.remove, index), inputs, seated)
        typed = [field.input for row in editor.rows for field in (row.model, row.persona)]
        changed = partial(gr.on, [page.language.change, *typed])
        listen(changed, self.summarise, inputs, [editor.summary], trigger_mode="always_last")

    def add(self, values: Values) -> Updates:
        """Add a seat, or say why there can be no more."""
        rows = self._editor.read_rows(values)
        if len(rows) >= MAX_SEATS:
            words = translator(values[self._page.language])
            return self._draw(
                rows,
                values,
                refusal=words.gettext(
                    "A council has at most {most} seats. Remove one before you add another.", most=MAX_SEATS
                ),
            )
        return self._draw([*rows, next_row(rows, values[self._page.models])], values)

    def remove(self, index: int, values: Values) -> Updates:
        """Remove one row; those below move up."""
        rows = self._editor.read_rows(values)
        return self._draw([*rows[:index], *rows[index + 1 :]], values)

    async def refill(self, values: Values) -> Updates:
        """Choose all seats anew from the settings or from what is installed."""
        return self._draw(await self._usual_rows(), values)

    async def notice(self, values: Values) -> Updates:
        """Offer other models than before; a user's choice stays, and where there is none, seats are chosen.

        Seats of demonstration models are chosen anew, too: those sit only where there is no other.
        """
        rows = self._editor.read_rows(values)
        if all(not row.model or is_demonstration(row.model) for row in rows):
            rows = await self._usual_rows()
        chairmen = chairman_choices(values[self._page.models], translator(values[self._page.language]))
        return {**self._draw(rows, values), self._editor.chairman: gr.update(choices=chairmen)}

    async def summarise(self, values: Values) -> Updates:
        """Say in one line who sits; asynchronous, as in threads an earlier state might be drawn last."""
        return {self._editor.summary: self._summary(self._editor.read_rows(values), values)}

    async def _usual_rows(self) -> list[SeatWish]:
        """The seats of the settings, else those chosen from what is installed; none where nothing is."""
        try:
            seats = usual_seats(await self._application.backend.list_models(), self._application.settings)
        except ConfigurationError:
            return []
        return [SeatWish(seat.model, seat.persona, seat.temperature) for seat in seats]

    def _draw(self, rows: Sequence[SeatWish], values: Values, *, refusal: str = "") -> Updates:
        seating = self._editor.show_rows(rows, values[self._page.models])
        return {**seating, self._editor.summary: self._summary(rows, values, refusal)}

    def _summary(self, rows: Sequence[SeatWish], values: Values, refusal: str = "") -> str:
        return render_summary(rows, values[self._page.models], translator(values[self._page.language]), refusal)
