"""Which handler answers which event of the page."""

from typing import Any

import gradio as gr

from council.application import Application
from council.ui.asking.seat_events import SeatEvents
from council.ui.assets.browser_code import (
    LANGUAGE_WISHED,
    REMEMBER_LANGUAGE,
    SAVE_FILE,
    SHOW_RUN_IN_ADDRESS,
    WRITE_QUESTION,
)
from council.ui.history_panel import HistoryReader
from council.ui.models.download_panel import DownloadEvents
from council.ui.page import Page, lay_out
from council.ui.page_events import PageEvents
from council.ui.run.run_events import RunEvents
from council.ui.run.run_view import RunStream

HEALTH_SECONDS = 4.0
DOWNLOAD_SECONDS = 0.7
IN_BROWSER: dict[str, Any] = {"api_visibility": "private"}
QUIET: dict[str, Any] = {"show_progress": "hidden", "api_visibility": "private", "concurrency_limit": None}
AT_ONCE: dict[str, Any] = {"show_progress": "hidden", "api_visibility": "private", "queue": False}


def build_page(application: Application) -> gr.Blocks:
    """Return the page of an application, ready to be mounted."""
    page = lay_out(application)
    with page.blocks:
        wire(page, application)
    return page.blocks


def wire(page: Page, application: Application) -> None:
    """Attach every handler; to be called inside the page's Blocks."""
    reader = HistoryReader(application)
    _wire_page(page, PageEvents(application, reader), DownloadEvents(application))
    _wire_seats(page, SeatEvents(application))
    _wire_asking(page, RunEvents(application, reader))
    _wire_run(page, RunStream(application), RunEvents(application, reader), reader)
    _wire_history(page, RunEvents(application, reader), reader)


def _wire_page(page: Page, events: PageEvents, downloads: DownloadEvents) -> None:
    inputs = [page.language, page.composer.mode, page.models]
    outputs = [
        page.run.target,
        page.history.list,
        page.tagline,
        page.history.heading,
        page.history.search,
        page.composer.mode_note,
        *page.composer.labelled,
        *page.seats.labelled,
    ]
    opened = page.blocks.load(events.load, inputs, [page.language, *outputs], js=LANGUAGE_WISHED, **QUIET)
    page.language.input(events.switch, [*inputs, page.run.target, page.history.search], outputs, **AT_ONCE)
    page.language.change(None, page.language, None, js=REMEMBER_LANGUAGE, **IN_BROWSER)
    page.composer.mode.change(events.describe, [page.composer.mode, page.language], page.composer.mode_note, **AT_ONCE)
    page.alerts.click(events.choose_example, None, page.composer.question, **AT_ONCE)
    seen, shown = [page.language, page.were_ok], [page.lamps, page.alerts, page.models, page.were_ok]
    # Not beside it: both speak the language that is found there. Only a queued event tells that a state changed.
    watch, pulse, panel = gr.Timer(HEALTH_SECONDS), gr.Timer(DOWNLOAD_SECONDS, active=False), page.download
    for look in (opened.then, watch.tick):
        look(events.look, seen, shown, **QUIET)
    for look in (opened.then, watch.tick, pulse.tick):
        look(downloads.look, page.language, panel.outputs, **QUIET)
    panel.choices.click(downloads.act, page.language, panel.outputs, **QUIET)
    turned = panel.is_running.change(lambda is_running: gr.Timer(active=is_running), panel.is_running, pulse, **QUIET)
    turned.then(events.look, seen, shown, **QUIET)  # the model that arrived


def _wire_seats(page: Page, events: SeatEvents) -> None:
    seats = page.seats
    inputs = [page.models, page.language, seats.count, *seats.fields]
    outputs = [*seats.seating, seats.summary]
    page.models.change(events.notice, inputs, [*outputs, seats.chairman], **QUIET)
    seats.add.click(events.add, inputs, outputs, **AT_ONCE)
    seats.refill.click(events.refill, inputs, outputs, **AT_ONCE)
    for index, pressed in enumerate(seats.removes):
        pressed.click(events.remove(index), inputs, outputs, **AT_ONCE)
    # Only what the user does: seats that the program fills come with their summary, and a change event of each field
    # would draw it from fields of which some are still the old ones.
    changed = [page.language.change, *(field.input for field in (*seats.models, *seats.personas))]
    gr.on(changed, events.summarise, inputs, seats.summary, trigger_mode="always_last", **QUIET)


def _wire_asking(page: Page, events: RunEvents) -> None:
    box, seats = page.composer, page.seats
    inputs = [
        box.question,
        page.language,
        box.follow_up,
        page.history.search,
        seats.count,
        box.mode,
        *seats.rules,
        *seats.fields,
    ]
    changed = [box.question, box.message, page.run.target, box.follow_up, box.banner, page.history.list]
    outputs = [*changed, seats.accordion]
    gr.on([box.ask.click, box.question.submit], events.ask, inputs, outputs, **QUIET)
    box.message.click(events.answer_offer, inputs, outputs, **QUIET)
    box.banner.click(lambda: ("", ""), None, [box.follow_up, box.banner], **AT_ONCE)
    box.follow_up.change(None, None, None, js=WRITE_QUESTION, **IN_BROWSER)


def _wire_run(page: Page, follower: RunStream, events: RunEvents, reader: HistoryReader) -> None:
    run, box = page.run, page.composer
    target, outputs = [run.target, page.language], list(run.outputs)
    follow = run.target.change(
        follower.follow, target, outputs, js=SHOW_RUN_IN_ADDRESS, trigger_mode="multiple", **QUIET
    )
    follow.then(reader.show, [page.history.search, page.language], page.history.list, **QUIET)
    changed = [run.target, box.message, page.file, box.follow_up, box.banner]
    for acting in run.acting:
        acting.click(events.act, target, changed, **QUIET)
    page.file.change(None, page.file, None, js=SAVE_FILE, **IN_BROWSER)


def _wire_history(page: Page, events: RunEvents, reader: HistoryReader) -> None:
    history, box = page.history, page.composer
    listed = [history.search, page.language]
    history.search.change(reader.show, listed, history.list, **AT_ONCE)
    history.list.click(events.choose, [*listed, page.run.target], [history.list, page.run.target], **QUIET)
    cleared = [page.run.target, box.follow_up, box.banner, box.message]
    begun = history.heading.click(lambda: ("", "", "", ""), None, cleared, **AT_ONCE)
    begun.then(None, None, None, js=WRITE_QUESTION, **IN_BROWSER)
