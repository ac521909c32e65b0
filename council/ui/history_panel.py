"""The sidebar: earlier runs, to search, open and delete."""

from collections.abc import Sequence
from dataclasses import dataclass

import gradio as gr
from markupsafe import Markup

from council.advice import explain
from council.application import Application
from council.errors import CouncilError
from council.reports.words import MODE_NAMES, STATUSES
from council.runs.history import HistoryEntry
from council.translation import Translator, translator
from council.ui.assets.browser_code import TELL_CLICKS
from council.ui.drawing import draw
from council.ui.html_parts import STATUS_COLOUR, button, failure, note
from council.ui.visitor import owner_of


@dataclass(frozen=True)
class HistoryPanel:
    """The components of the sidebar."""

    heading: gr.HTML
    search: gr.Textbox
    list: gr.HTML


def build_history_panel() -> HistoryPanel:
    """Lay out the sidebar; what is in it comes when the page loads."""
    with gr.Sidebar(open=False, elem_id="sidebar", width=310):
        heading = gr.HTML(elem_id="history-heading")
        search = gr.Textbox(show_label=False, container=False, elem_id="history-search", max_lines=1)
        entries = gr.HTML(elem_id="history", js_on_load=TELL_CLICKS, apply_default_css=False)
    return HistoryPanel(heading, search, entries)


def render_heading(words: Translator) -> Markup:
    """Draw the title of the sidebar and the way to a new question."""
    new = button(words.gettext("New question"), "new")
    return Markup("<h3>{}</h3>{}").format(words.gettext("History"), new)


def render_entries(entries: Sequence[HistoryEntry], words: Translator, *, confirming: str = "") -> Markup:
    """Draw the list; the entry `confirming` asks whether it is really to be deleted."""
    if not entries:
        return note(words.gettext("Nothing here yet."))
    return draw(
        "history",
        words,
        entries=entries,
        confirming=confirming,
        modes=MODE_NAMES,
        statuses=STATUSES,
        colours=STATUS_COLOUR,
    )


class HistoryReader:
    """Lists and deletes a visitor's runs."""

    def __init__(self, application: Application) -> None:
        self._application = application

    def show(self, search: str, language: str, request: gr.Request, *, confirming: str = "") -> Markup:
        """Draw the runs that match the search, newest first."""
        words = translator(language)
        try:
            entries = self._application.history.of(owner_of(request)).entries(search=search or "")
        except CouncilError as error:
            return failure(words.text(explain(error)))
        return render_entries(entries, words, confirming=confirming)

    async def delete(self, run_id: str, search: str, language: str, request: gr.Request) -> Markup:
        """Delete a run for good, and draw what is left; a run under way is stopped first."""
        try:
            await self._application.runs.of(owner_of(request)).delete(run_id)
        except CouncilError as error:
            return failure(translator(language).text(explain(error))) + self.show(search, language, request)
        return self.show(search, language, request)
