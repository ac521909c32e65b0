"""The page: its layout from top to bottom; what its parts do is wired in `wiring.py`."""

from dataclasses import dataclass

import gradio as gr

from council.application import Application
from council.ui.asking.composer import Composer, build_composer
from council.ui.asking.seat_editor import SeatEditor, build_seat_editor
from council.ui.assets.browser_code import TELL_CLICKS
from council.ui.history_panel import HistoryPanel, build_history_panel
from council.ui.models.download_panel import DownloadPanel, build_download_panel
from council.ui.run.run_view import RunView, build_run_view
from council.ui.words.languages import PAGE_LANGUAGES


@dataclass(frozen=True)
class Page:
    """Every component that something happens to."""

    blocks: gr.Blocks
    tagline: gr.HTML
    language: gr.Radio
    lamps: gr.HTML
    alerts: gr.HTML
    download: DownloadPanel
    history: HistoryPanel
    composer: Composer
    seats: SeatEditor
    run: RunView
    file: gr.Textbox
    """What is to be saved by the browser, as JSON: name, type and text."""
    models: gr.State
    """The names of the installed models as they were last seen."""
    were_ok: gr.State
    """The backends that answered at some time since the page was opened."""


def lay_out(application: Application) -> Page:
    """Lay out the page; nothing happens on it yet."""
    with gr.Blocks(title="Council", analytics_enabled=False, fill_width=True) as blocks:
        history = build_history_panel()
        with gr.Row(elem_id="top", equal_height=False):
            tagline = gr.HTML(elem_id="tagline", apply_default_css=False)
            lamps = gr.HTML(elem_id="lamps", apply_default_css=False)
            language = gr.Radio(
                [(texts.language.upper(), texts.language) for texts in PAGE_LANGUAGES],
                value="en",
                label="Language / Langue",
                show_label=False,
                container=False,
                elem_id="language",
                scale=0,
                min_width=120,
            )
        alerts = gr.HTML(elem_id="alerts", js_on_load=TELL_CLICKS, apply_default_css=False)
        download = build_download_panel()
        with gr.Column(elem_id="composer", elem_classes="card"):
            composer = build_composer(application.settings)
            seats = build_seat_editor(application.settings)
        run = build_run_view()
        file = gr.Textbox(visible="hidden", elem_id="file")
        seen = gr.State(()), gr.State(())
        return Page(blocks, tagline, language, lamps, alerts, download, history, composer, seats, run, file, *seen)
