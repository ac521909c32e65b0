"""The sidebar: earlier runs, to search, open and delete."""

import time
from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

import gradio as gr

from council.application import Application
from council.errors import CouncilError
from council.runs.history import HistoryEntry
from council.ui.assets.browser_code import TELL_CLICKS
from council.ui.html_parts import STATUS_COLOUR, button, chip, sentence
from council.ui.visitor import owner_of
from council.ui.words.languages import texts_for
from council.ui.words.texts import Texts
from council.ui.words.translation import translated

LONGEST_TITLE = 120


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


def render_heading(texts: Texts) -> str:
    """Draw the title of the sidebar and the way to a new question."""
    return f"<h3>{escape(texts.history)}</h3>{button(texts.new_question, 'new')}"


def render_entries(entries: Sequence[HistoryEntry], texts: Texts, *, confirming: str = "") -> str:
    """Draw the list; the entry `confirming` asks whether it is really to be deleted."""
    if not entries:
        return f'<p class="note">{escape(texts.no_history)}</p>'
    lines = "".join(_entry(entry, texts, entry.id == confirming) for entry in entries)
    return f'<ul class="history">{lines}</ul>'


def _entry(entry: HistoryEntry, texts: Texts, is_confirming: bool) -> str:
    question = " ".join(entry.question.split())
    title = question if len(question) <= LONGEST_TITLE else question[: LONGEST_TITLE - 1] + "…"
    when = time.strftime("%Y-%m-%d %H:%M", time.localtime(entry.started_at))
    binned = escape(f"{texts.delete}{texts.colon} {title}")
    is_whole = entry.status == "complete"
    status = "" if is_whole else chip(texts.status_name(entry.status), STATUS_COLOUR.get(entry.status, ""))
    if is_confirming:
        below = (
            f'<span class="sure">{escape(texts.delete_confirm)}</span>'
            f"{button(texts.yes, 'delete', entry.id, kind='danger small')}{button(texts.no, 'keep', kind='small')}"
        )
    else:
        below = (
            f'<span class="when">{escape(when)} · {escape(texts.mode_name(entry.mode))}</span>{status}'
            f'<button type="button" class="bin" data-action="ask_delete" data-argument="{escape(entry.id)}"'
            f' aria-label="{binned}" title="{escape(texts.delete)}">✕</button>'
        )
    return (
        f'<li><button type="button" class="open" data-action="open" data-argument="{escape(entry.id)}"'
        f' title="{escape(question[:1000])}">{escape(title)}</button><div class="below">{below}</div></li>'
    )


def _failure(error: CouncilError, texts: Texts) -> str:
    return f'<p class="failure">{sentence(translated(str(error), texts))}</p>'


class HistoryReader:
    """Lists and deletes a visitor's runs."""

    def __init__(self, application: Application) -> None:
        self._application = application

    def show(self, search: str, language: str, request: gr.Request, *, confirming: str = "") -> str:
        """Draw the runs that match the search, newest first."""
        texts = texts_for(language)
        try:
            entries = self._application.history.entries(search=search or "", owner=owner_of(request))
        except CouncilError as error:
            return _failure(error, texts)
        return render_entries(entries, texts, confirming=confirming)

    async def delete(self, run_id: str, search: str, language: str, request: gr.Request) -> str:
        """Delete a run for good, and draw what is left; a run under way is stopped first."""
        try:
            await self._application.runs.delete(run_id, owner=owner_of(request))
        except CouncilError as error:
            return _failure(error, texts_for(language)) + self.show(search, language, request)
        return self.show(search, language, request)
