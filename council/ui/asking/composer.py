"""Where a question is written, how thorough the answer is to be, and what is said when it cannot be asked."""

from collections.abc import Mapping
from dataclasses import dataclass

import gradio as gr
from markupsafe import Markup

from council.domain import Mode
from council.errors import RemoteSeatsError
from council.reports.words import MODE_NAMES
from council.settings import Settings
from council.translation import Translator
from council.ui.assets.browser_code import TELL_CLICKS
from council.ui.html_parts import button, note, shortened
from council.ui.listener import Updates
from models.text import Text
from models.text import lazy_gettext as _

SHORT_QUESTION = 120
MODE_NOTES: Mapping[Mode, Text] = {
    "quick": _("One seat answers."),
    "compare": _("All seats answer side by side; nobody judges."),
    "council": _("All seats answer, judge each other unnamed, and a chairman concludes."),
    "full": _("As Council, with a debate where the answers contradict each other."),
}


@dataclass(frozen=True)
class Composer:
    """The components around the question box; `follow_up` holds the id of the run that the question follows.

    `agreed` holds the hosts elsewhere that the visitor agreed to, as long as the page is open.
    """

    banner: gr.HTML
    question: gr.Textbox
    message: gr.HTML
    mode: gr.Radio
    ask: gr.Button
    mode_note: gr.HTML
    follow_up: gr.State
    agreed: gr.State

    def speak(self, words: Translator) -> Updates:
        """Say everything around the question box in the user's language."""
        return {
            self.question: gr.update(
                label=words.gettext("Your question"),
                placeholder=words.gettext("Ask the council… (Enter sends, Shift+Enter starts a new line)"),
            ),
            self.mode: gr.update(
                label=words.gettext("How thorough"),
                choices=[(words.text(name), mode) for mode, name in MODE_NAMES.items()],
            ),
            self.ask: gr.update(value=words.gettext("Ask the council")),
        }


def build_composer(settings: Settings) -> Composer:
    """Lay out the question box."""
    banner = gr.HTML(elem_id="follow-up", js_on_load=TELL_CLICKS, apply_default_css=False)
    question = gr.Textbox(lines=1, max_lines=12, elem_id="question", autofocus=True)
    message = gr.HTML(elem_id="message", js_on_load=TELL_CLICKS, apply_default_css=False)
    with gr.Row(elem_id="ask-row", equal_height=False):
        with gr.Column(scale=4, min_width=260):
            mode = gr.Radio(list(MODE_NAMES), value=settings.mode, elem_id="mode")
            mode_note = gr.HTML(elem_id="mode-note", apply_default_css=False)
        ask = gr.Button("Ask", variant="primary", elem_id="ask", scale=1, min_width=180)
    return Composer(banner, question, message, mode, ask, mode_note, gr.State(""), gr.State(()))


def render_mode_note(mode: Mode, words: Translator) -> Markup:
    """Say what the chosen mode does."""
    return note(words.text(MODE_NOTES[mode]))


def render_offer(run_id: str, words: Translator) -> Markup:
    """Offer the stored answer of the very same question, or a new run."""
    return Markup('<div class="offer" role="alert"><span>{}</span>{}{}</div>').format(
        words.gettext("You asked this before, with the same seats."),
        button(words.gettext("Open the stored answer"), "open", run_id, kind="primary"),
        button(words.gettext("Ask anew"), "ask_again"),
    )


def render_consent(error: RemoteSeatsError, words: Translator) -> Markup:
    """Ask whether the question may leave this machine, and say where it would go."""
    hosts = ", ".join(error.hosts)
    return Markup('<div class="offer" role="alert"><span>{}</span>{}{}</div>').format(
        words.text(error.message),
        button(words.gettext("Send it to {hosts}", hosts=hosts), "agree", ",".join(error.hosts), kind="primary"),
        button(words.gettext("Choose other seats"), "decline"),
    )


def render_banner(question: str, words: Translator) -> Markup:
    """Tell which conversation the next question goes on with; nothing without one."""
    if not question:
        return Markup()
    isolated = f"\u2068{shortened(question, SHORT_QUESTION)}\u2069"  # in its own direction, whatever the sentence's
    return Markup('<div class="offer"><span>↪ {}</span>{}</div>').format(
        words.gettext("Follow-up to “{question}”", question=isolated),
        button(words.gettext("Ask something new instead"), "no_follow_up"),
    )
