"""The part of the page that fetches models: shown where none is here but the demonstration ones, or one is fetched."""

from dataclasses import dataclass

import gradio as gr
from gradio.blocks import Block
from gradio.events import Dependency
from markupsafe import Markup

from council.application import Application
from council.translation import Translator, translator
from council.ui.assets.browser_code import TELL_CLICKS
from council.ui.listener import Listener, Updates, Values
from council.ui.models.backend_status import can_use_downloads, lacks_models
from council.ui.models.download_view import render_choices, render_offer, render_progress
from council.ui.visitor import may_download
from models.catalogue import CATALOGUE
from models.machine import free_bytes

PROGRESS_SECONDS = 0.7


@dataclass(frozen=True)
class DownloadPanel:
    """The components of the panel: what is pressed stands apart from what changes every second.

    A button that is drawn anew between the press and the release of the mouse would not hear the click.
    """

    progress: gr.HTML
    choices: gr.HTML
    is_running: gr.State
    timer: gr.Timer
    """Ticks while a download is running."""

    @property
    def outputs(self) -> list[Block]:
        """What the handlers fill."""
        return [self.progress, self.choices, self.is_running]


def build_download_panel() -> DownloadPanel:
    """Lay out the panel; it takes no room while it is empty."""
    with gr.Column(elem_id="download", elem_classes="card"):
        progress = gr.HTML(elem_id="download-progress", apply_default_css=False)
        choices = gr.HTML(elem_id="download-choices", js_on_load=TELL_CLICKS, apply_default_css=False)
    return DownloadPanel(progress, choices, gr.State(False), gr.Timer(PROGRESS_SECONDS, active=False))


class DownloadEvents:
    """The handlers of the panel. Each asks who it is: a handler can be called without the page, too."""

    def __init__(self, application: Application, panel: DownloadPanel, language: gr.Radio) -> None:
        self._application = application
        self._panel = panel
        self._language = language

    def attach(self, listen: Listener, opened: Dependency, health_timer: gr.Timer) -> Dependency:
        """Attach the handlers; what is returned has happened when a download has begun or ended."""
        panel = self._panel
        for event in (opened.then, health_timer.tick, panel.timer.tick):
            listen(event, self.look, [], panel.outputs, fault_in=panel.progress)
        listen(panel.choices.click, self.act, [], panel.outputs, fault_in=panel.progress)
        return listen(panel.is_running.change, self.set_timer, [panel.is_running], [panel.timer])

    async def look(self, values: Values, request: gr.Request) -> Updates:
        """Draw how things stand."""
        downloads, words = self._application.downloads, translator(values[self._language])
        healths = await self._application.backend.healths()
        download = downloads.current
        is_needed = download is not None or lacks_models(healths)
        if not is_needed or not can_use_downloads(healths) or not may_download(request, self._application.settings):
            return {self._panel.progress: "", self._panel.choices: "", self._panel.is_running: False}
        is_running = download is not None and download.is_running
        here = {card.name for health in healths for card in health.models} | (
            {download.entry.name} if download else set()
        )
        offer = Markup() if is_running else self._offer(here, words)
        return {
            self._panel.progress: render_progress(download, downloads.host, words) if download else "",
            self._panel.choices: render_choices(downloads, offer, words),
            self._panel.is_running: is_running,
        }

    async def act(self, values: Values, event: gr.EventData, request: gr.Request) -> Updates:
        """Begin, go on with, or stop a download, delete what it left, or put away how the last one ended."""
        if may_download(request, self._application.settings):
            self._act(str(event.action), str(event.argument))
        return await self.look(values, request)

    def set_timer(self, values: Values) -> Updates:
        """Draw the download often while there is one."""
        return {self._panel.timer: gr.Timer(active=values[self._panel.is_running])}

    def _act(self, action: str, name: str) -> None:
        downloads = self._application.downloads
        named = next((entry for entry in CATALOGUE if entry.name == name), None)
        match action:
            case "download" if named:
                downloads.start(named)
            case "discard" if named:
                downloads.discard(named)
            case "cancel":
                downloads.stop()
            case "close":
                downloads.put_away()

    def _offer(self, here: set[str], words: Translator) -> Markup:
        allowed = int(self._application.settings.memory_gb * 10**9) or free_bytes()
        return render_offer(self._application.downloads, allowed, here, words)
