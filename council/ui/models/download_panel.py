"""The part of the page that fetches models: shown where none is here but the demonstration ones, or one is fetched."""

from dataclasses import dataclass
from typing import Any

import gradio as gr

from council.application import Application
from council.ui.assets.browser_code import TELL_CLICKS
from council.ui.models.backend_status import can_use_downloads, lacks_models
from council.ui.models.download_view import render_choices, render_offer, render_progress
from council.ui.visitor import may_download
from council.ui.words.languages import texts_for
from council.ui.words.texts import Texts
from models.catalogue import CATALOGUE
from models.machine import free_bytes


@dataclass(frozen=True)
class DownloadPanel:
    """The components of the panel: what is pressed stands apart from what changes every second.

    A button that is drawn anew between the press and the release of the mouse would not hear the click.
    """

    progress: gr.HTML
    choices: gr.HTML
    is_running: gr.State

    @property
    def outputs(self) -> list[Any]:
        """What the handlers fill."""
        return [self.progress, self.choices, self.is_running]


def build_download_panel() -> DownloadPanel:
    """Lay out the panel; it takes no room while it is empty."""
    with gr.Column(elem_id="download", elem_classes="card"):
        progress = gr.HTML(elem_id="download-progress", apply_default_css=False)
        choices = gr.HTML(elem_id="download-choices", js_on_load=TELL_CLICKS, apply_default_css=False)
    return DownloadPanel(progress, choices, gr.State(False))


class DownloadEvents:
    """The handlers of the panel. Each asks who it is: a handler can be called without the page, too."""

    def __init__(self, application: Application) -> None:
        self._application = application

    async def look(self, language: str, request: gr.Request) -> list[Any]:
        """Draw how things stand."""
        downloads, texts = self._application.downloads, texts_for(language)
        healths = await self._application.backend.healths()
        download = downloads.current
        is_needed = download is not None or lacks_models(healths)
        if not is_needed or not can_use_downloads(healths) or not may_download(request, self._application.settings):
            return ["", "", False]
        is_running = download is not None and download.is_running
        here = {card.name for health in healths for card in health.models} | (
            {download.entry.name} if download else set()
        )
        offer = "" if is_running else self._offer(here, texts)
        progress = render_progress(download, downloads.host, texts) if download else ""
        return [progress, render_choices(downloads, offer, texts), is_running]

    async def act(self, language: str, event: gr.EventData, request: gr.Request) -> list[Any]:
        """Begin, go on with, or stop a download, delete what it left, or put away how the last one ended."""
        if may_download(request, self._application.settings):
            self._act(str(event.action), str(event.argument))
        return await self.look(language, request)

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

    def _offer(self, here: set[str], texts: Texts) -> str:
        allowed = int(self._application.settings.memory_gb * 10**9) or free_bytes()
        return render_offer(self._application.downloads, allowed, here, texts)
