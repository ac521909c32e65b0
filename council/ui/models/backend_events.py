"""What the page does as backends and models come and go."""

import gradio as gr
from gradio.events import Dependency

from council.application import Application
from council.translation import translator
from council.ui.asking.seat_editor import model_choices
from council.ui.listener import Listener, Updates, Values
from council.ui.models.backend_status import can_use_downloads, render_alerts, render_lamps
from council.ui.page import Page
from council.ui.visitor import may_download


class BackendEvents:
    """The handlers of what is shown of backends."""

    def __init__(self, application: Application, page: Page) -> None:
        self._application = application
        self._page = page

    def attach(self, listen: Listener, opened: Dependency, downloaded: Dependency) -> None:
        """Attach the handlers; the first look waits for the page to open, because that finds its language."""
        page = self._page
        shown = [page.backend_status, page.alerts, page.models, page.were_ok]
        for event in (opened.then, downloaded.then, page.health_timer.tick):
            listen(event, self.look, [page.were_ok], shown, fault_in=page.alerts)
        listen(page.alerts.click, self.write_example, [], [page.composer.question])

    async def look(self, values: Values, request: gr.Request) -> Updates:
        """Ask how the backends are, and which models there are now."""
        page, settings, backend = self._page, self._application.settings, self._application.backend
        words, were_ok = translator(values[page.language]), values[page.were_ok]
        healths = await backend.healths()
        choices = model_choices(await backend.list_models(), words)
        has_offer = may_download(request, settings) and can_use_downloads(healths)
        return {
            page.backend_status: render_lamps(healths, words),
            page.alerts: render_alerts(healths, were_ok, settings, words, has_offer=has_offer),
            page.models: tuple(choices),
            page.were_ok: tuple(dict.fromkeys([*were_ok, *(health.backend for health in healths if health.ok)])),
        }

    def write_example(self, values: Values, event: gr.EventData) -> Updates:
        """Put a question that the page offers into the box."""
        return {self._page.composer.question: str(event.argument)}
