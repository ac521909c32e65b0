"""What happens to the page as a whole: it opens, its language changes, backends and models come and go."""

from typing import Any

import gradio as gr

from council.application import Application
from council.ui import history_panel
from council.ui.asking import composer, seat_editor
from council.ui.history_panel import HistoryReader
from council.ui.models.backend_status import can_use_downloads, render_alerts, render_lamps
from council.ui.shown_run import show, shown_run
from council.ui.tagline import render_tagline
from council.ui.visitor import may_download
from council.ui.words.languages import texts_for


class PageEvents:
    """The handlers of the page."""

    def __init__(self, application: Application, reader: HistoryReader) -> None:
        self._application = application
        self._reader = reader

    def load(self, language: str, mode: str, choices: Any, request: gr.Request) -> list[Any]:
        """Open the page in the browser's language, with the run that its address names."""
        run_id = str(request.query_params.get("run", ""))
        return [language, show(run_id), self._reader.show("", language, request), *_speak(language, mode, choices)]

    def switch(
        self, language: str, mode: str, choices: Any, target: str, search: str, request: gr.Request
    ) -> list[Any]:
        """Say everything in another language, the run on the page included."""
        again = show(shown_run(target))
        return [again, self._reader.show(search, language, request), *_speak(language, mode, choices)]

    async def look(self, language: str, were_ok: Any, request: gr.Request) -> list[Any]:
        """Ask how the backends are, and which models there are now."""
        texts = texts_for(language)
        healths = await self._application.backend.healths()
        choices = seat_editor.model_choices(await self._application.backend.list_models(), texts)
        now_ok = tuple(dict.fromkeys([*were_ok, *(health.backend for health in healths if health.ok)]))
        settings = self._application.settings
        has_offer = may_download(request, settings) and can_use_downloads(healths)
        alerts = render_alerts(healths, were_ok, settings, texts, has_offer=has_offer)
        return [render_lamps(healths, texts), alerts, tuple(choices), now_ok]

    @staticmethod
    def choose_example(event: gr.EventData) -> str:
        """Put a question that was offered into the box."""
        return str(event.argument)

    @staticmethod
    def describe(mode: str, language: str) -> str:
        """Say what a mode does."""
        return composer.render_mode_note(mode, texts_for(language))


def _speak(language: str, mode: str, choices: Any) -> list[Any]:
    """Everything on the page that does not belong to a run, in the user's language."""
    texts = texts_for(language)
    return [
        render_tagline(texts),
        history_panel.render_heading(texts),
        gr.update(placeholder=texts.search, label=texts.search),
        composer.render_mode_note(mode, texts),
        *composer.label(texts),
        *seat_editor.label(texts, choices),
    ]
