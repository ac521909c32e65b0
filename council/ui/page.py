"""The page: its layout from top to bottom; what its parts do is wired in `wiring.py`."""

from dataclasses import dataclass

import gradio as gr

from council.domain import Mode
from council.settings import Settings
from council.translation import Translator, languages
from council.ui import history_panel
from council.ui.asking.composer import Composer, build_composer, render_mode_note
from council.ui.asking.seat_editor import Choices, SeatEditor, build_seat_editor
from council.ui.assets.browser_code import TELL_CLICKS
from council.ui.history_panel import HistoryPanel, build_history_panel
from council.ui.listener import Updates
from council.ui.models.download_panel import DownloadPanel, build_download_panel
from council.ui.run.run_view import RunView, build_run_view
from council.ui.tagline import render_tagline

HEALTH_SECONDS = 4.0


@dataclass(frozen=True)
class Page:
    """Every component that something happens to."""

    blocks: gr.Blocks
    has_log_in: bool
    """Whether people log in, and so out."""
    tagline: gr.HTML
    language: gr.Radio
    backend_status: gr.HTML
    alerts: gr.HTML
    download: DownloadPanel
    history: HistoryPanel
    composer: Composer
    seats: SeatEditor
    run: RunView
    file: gr.Textbox
    """What is to be saved by the browser, as JSON: name, type and text."""
    models: gr.State
    """The installed models as they were last seen, as a list offers them."""
    were_ok: gr.State
    """The backends that answered at some time since the page was opened."""
    health_timer: gr.Timer

    def speak(self, words: Translator, mode: Mode, choices: Choices) -> Updates:
        """Say everything in the user's language that does not belong to a run or to backends."""
        return {
            self.tagline: render_tagline(words, has_log_in=self.has_log_in),
            self.history.heading: history_panel.render_heading(words),
            self.history.search: gr.update(placeholder=words.gettext("Search"), label=words.gettext("Search")),
            self.composer.mode_note: render_mode_note(mode, words),
            **self.composer.speak(words),
            **self.seats.speak(words, choices),
        }


def lay_out(settings: Settings) -> Page:
    """Lay out the page; nothing happens on it yet."""
    with gr.Blocks(title="Council", analytics_enabled=False, fill_width=True) as blocks:
        history = build_history_panel()
        with gr.Row(elem_id="top", equal_height=False):
            tagline = gr.HTML(elem_id="tagline", apply_default_css=False)
            backend_status = gr.HTML(elem_id="lamps", apply_default_css=False)
            language = gr.Radio(
                [(tag.upper(), tag) for tag in languages()],
                value="en",
                label="Language / Langue / Sprache",
                show_label=False,
                container=False,
                elem_id="language",
                scale=0,
                min_width=120,
            )
        alerts = gr.HTML(elem_id="alerts", js_on_load=TELL_CLICKS, apply_default_css=False)
        download = build_download_panel()
        with gr.Column(elem_id="composer", elem_classes="card"):
            composer = build_composer(settings)
            seats = build_seat_editor(settings)
        return Page(
            blocks=blocks,
            has_log_in=bool(settings.passwords),
            tagline=tagline,
            language=language,
            backend_status=backend_status,
            alerts=alerts,
            download=download,
            history=history,
            composer=composer,
            seats=seats,
            run=build_run_view(),
            file=gr.Textbox(visible="hidden", elem_id="file"),
            models=gr.State(()),
            were_ok=gr.State(()),
            health_timer=gr.Timer(HEALTH_SECONDS),
        )
