"""Where a question is written, how thorough the answer is to be, and what is said when it cannot be asked."""

from dataclasses import dataclass
from html import escape

import gradio as gr

from council.domain import MODES
from council.settings import Settings
from council.ui.assets.browser_code import TELL_CLICKS
from council.ui.html_parts import button
from council.ui.listener import Updates
from council.ui.words.texts import Texts

SHORT_QUESTION = 120


@dataclass(frozen=True)
class Composer:
    """The components around the question box; `follow_up` holds the id of the run that the question follows."""

    banner: gr.HTML
    question: gr.Textbox
    message: gr.HTML
    mode: gr.Radio
    ask: gr.Button
    mode_note: gr.HTML
    follow_up: gr.State

    def speak(self, texts: Texts) -> Updates:
        """Say everything around the question box in the user's language."""
        return {
            self.question: gr.update(label=texts.question, placeholder=texts.question_hint),
            self.mode: gr.update(label=texts.mode, choices=[(texts.mode_name(mode), mode) for mode in MODES]),
            self.ask: gr.update(value=texts.ask),
        }


def build_composer(settings: Settings) -> Composer:
    """Lay out the question box."""
    banner = gr.HTML(elem_id="follow-up", js_on_load=TELL_CLICKS, apply_default_css=False)
    question = gr.Textbox(lines=1, max_lines=12, elem_id="question", autofocus=True)
    message = gr.HTML(elem_id="message", js_on_load=TELL_CLICKS, apply_default_css=False)
    with gr.Row(elem_id="ask-row", equal_height=False):
        with gr.Column(scale=4, min_width=260):
            mode = gr.Radio(list(MODES), value=settings.mode, elem_id="mode")
            mode_note = gr.HTML(elem_id="mode-note", apply_default_css=False)
        ask = gr.Button("Ask", variant="primary", elem_id="ask", scale=1, min_width=180)
    return Composer(banner, question, message, mode, ask, mode_note, gr.State(""))


def render_mode_note(mode: str, texts: Texts) -> str:
    """Say what the chosen mode does."""
    return f'<p class="note">{escape(str(getattr(texts, f"mode_note_{mode}", "")))}</p>'


def render_offer(run_id: str, texts: Texts) -> str:
    """Offer the stored answer of the very same question, or a new run."""
    return (
        f'<div class="offer" role="alert"><span>{escape(texts.asked_before)}</span>'
        f"{button(texts.open_stored, 'open', run_id, kind='primary')}{button(texts.ask_again, 'ask_again')}</div>"
    )


def render_banner(question: str, texts: Texts) -> str:
    """Tell which conversation the next question goes on with; nothing without one."""
    if not question:
        return ""
    short = question if len(question) <= SHORT_QUESTION else question[: SHORT_QUESTION - 1] + "…"
    told = escape(texts.follow_up_to.format(question=short))
    return f'<div class="offer"><span>↪ {told}</span>{button(texts.no_follow_up, "no_follow_up")}</div>'
