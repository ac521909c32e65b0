"""The page with everything that happens on it: every folder's handlers attach themselves to its events."""

import gradio as gr

from council.application import Application
from council.ui.asking.composer_events import ComposerEvents
from council.ui.asking.seat_events import SeatEvents
from council.ui.history_events import HistoryEvents
from council.ui.listener import Listener
from council.ui.models.backend_events import BackendEvents
from council.ui.models.download_panel import DownloadEvents
from council.ui.page import Page, lay_out
from council.ui.page_events import PageEvents
from council.ui.run.run_actions import RunActions
from council.ui.run.run_stream import RunStream

SESSIONS = 128
"""Open pages that Gradio remembers, 0.35 MB each; the one used longest ago is forgotten, and begins anew."""
EVENTS_AT_ONCE = 500
"""Of all pages together; each page that shows a run under way needs one, and by default there are 40."""
LOOK_SECONDS = 0.02
"""How often Gradio looks whether something happened on a page: a thousand times a second by itself, which an idle
machine pays for; nobody feels this."""


def build_page(application: Application) -> gr.Blocks:
    """Return the page of an application, ready to be mounted."""
    page = lay_out(application.settings)
    with page.blocks:
        wire(page, application)
    page.blocks.state_session_capacity = SESSIONS
    queue = page.blocks._queue
    queue.max_thread_count = EVENTS_AT_ONCE  # what has a public name counts threads, too
    queue.sleep_when_free = LOOK_SECONDS
    queue.progress_update_sleep_when_free = 1.0  # no handler tells progress in this way
    return page.blocks


def wire(page: Page, application: Application) -> None:
    """Attach every handler; to be called inside the page's Blocks."""
    listen = Listener(page.language, page.composer.message)
    opened = PageEvents(application, page).attach(listen)
    downloaded = DownloadEvents(application, page.download, page.language).attach(listen, opened, page.health_timer)
    BackendEvents(application, page).attach(listen, opened, downloaded)
    SeatEvents(application, page).attach(listen)
    ComposerEvents(application, page).attach(listen)
    RunActions(application, page).attach(listen)
    followed = RunStream(application, page).attach(listen)
    HistoryEvents(application, page).attach(listen, followed)
