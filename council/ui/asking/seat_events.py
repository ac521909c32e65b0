"""What happens in the seats editor: seats are added, removed, chosen anew, and follow the models that come and go."""

from collections.abc import Callable, Sequence
from typing import Any

import gradio as gr

from council.application import Application
from council.domain import MAX_SEATS
from council.seats import SeatWish
from council.ui.asking import seat_editor
from council.ui.asking.seat_rules import default_rows, read_rows
from council.ui.words.languages import texts_for
from models.demonstration import is_demonstration

Choices = Sequence[tuple[str, str]]


class SeatEvents:
    """The handlers of the editor. Each gets the installed models, the language, the number of rows and all fields."""

    def __init__(self, application: Application) -> None:
        self._application = application

    def add(self, choices: Choices, language: str, count: int, *values: Any) -> list[Any]:
        """Add a seat, or say why there can be no more."""
        rows = read_rows(count, values)
        if len(rows) >= MAX_SEATS:
            return _draw(rows, choices, language, texts_for(language).too_many_seats.format(most=MAX_SEATS))
        return _draw([*rows, seat_editor.next_row(rows, choices)], choices, language)

    def remove(self, index: int) -> Callable[..., list[Any]]:
        """Return the handler that removes one row; those below move up."""

        def act(choices: Choices, language: str, count: int, *values: Any) -> list[Any]:
            rows = read_rows(count, values)
            return _draw([*rows[:index], *rows[index + 1 :]], choices, language)

        return act

    async def refill(self, choices: Choices, language: str, count: int, *values: Any) -> list[Any]:
        """Choose all seats anew from the settings or from what is installed."""
        return _draw(await self._default_rows(), choices, language)

    async def notice(self, choices: Choices, language: str, count: int, *values: Any) -> list[Any]:
        """Offer other models than before; a user's choice stays, and where there is none, seats are chosen.

        Seats of demonstration models are chosen anew, too: those sit only where there is no other.
        """
        rows = read_rows(count, values)
        if all(not row.model or is_demonstration(row.model) for row in rows):
            rows = await self._default_rows()
        chairmen = seat_editor.chairman_choices(choices, texts_for(language))
        return [*_draw(rows, choices, language), gr.update(choices=chairmen)]

    async def summarise(self, choices: Choices, language: str, count: int, *values: Any) -> str:
        """Say in one line who sits; asynchronous, as in threads an earlier state might be drawn last."""
        return seat_editor.render_summary(read_rows(count, values), choices, texts_for(language))

    async def _default_rows(self) -> list[SeatWish]:
        return default_rows(await self._application.backend.list_models(), self._application.settings)


def _draw(rows: Sequence[SeatWish], choices: Choices, language: str, refusal: str = "") -> list[Any]:
    summary = seat_editor.render_summary(rows, choices, texts_for(language), refusal)
    return [*seat_editor.show_rows(rows, choices), summary]
