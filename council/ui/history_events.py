"""What happens in the sidebar: earlier runs are searched, opened and deleted."""

import gradio as gr
from gradio.events import Dependency

from council.application import Application
from council.ui.history_panel import HistoryReader
from council.ui.listener import Listener, Updates, Values
from council.ui.page import Page
from council.ui.shown_run import show, shown_run


class HistoryEvents:
    """The handlers of the sidebar."""

    def __init__(self, application: Application, page: Page) -> None:
        self._reader = HistoryReader(application)
        self._page = page

    def attach(self, listen: Listener, followed: Dependency) -> None:
        """Attach the handlers; the list is drawn anew when a run has been followed to its end."""
        history, target = self._page.history, self._page.run.target
        listen(history.search.change, self.refresh, [history.search], [history.list])
        listen(followed.then, self.refresh, [history.search], [history.list])
        listen(history.list.click, self.choose, [history.search, target], [history.list, target])

    def refresh(self, values: Values, request: gr.Request, *, confirming: str = "") -> Updates:
        """List the runs that match the search; the one `confirming` asks whether it really is to be deleted."""
        search, language = values[self._page.history.search], values[self._page.language]
        return {self._page.history.list: self._reader.show(search, language, request, confirming=confirming)}

    async def choose(self, values: Values, event: gr.EventData, request: gr.Request) -> Updates:
        """Do what was pressed in a line: open its run, or delete it after a second press."""
        run_id, target = str(event.argument), self._page.run.target
        match event.action:
            case "open":
                return {target: show(run_id)}
            case "ask_delete":
                return self.refresh(values, request, confirming=run_id)
            case "delete":
                search, language = values[self._page.history.search], values[self._page.language]
                left: Updates = {self._page.history.list: await self._reader.delete(run_id, search, language, request)}
                return left | {target: ""} if shown_run(values[target]) == run_id else left
            case _:
                return self.refresh(values, request)
