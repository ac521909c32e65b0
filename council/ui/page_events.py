"""What happens to the page as a whole: it opens, and its language changes."""

import gradio as gr
from gradio.events import Dependency

from council.application import Application
from council.translation import translator
from council.ui.assets.browser_code import LANGUAGE_WISHED, REMEMBER_LANGUAGE
from council.ui.history_panel import HistoryReader
from council.ui.listener import Listener, Updates, Values
from council.ui.page import Page
from council.ui.shown_run import show, shown_run


class PageEvents:
    """The handlers of the page."""

    def __init__(self, application: Application, page: Page) -> None:
        self._reader = HistoryReader(application)
        self._page = page

    def attach(self, listen: Listener) -> Dependency:
        """Attach the handlers; what is returned has happened when the page is open and its language is known."""
        page = self._page
        inputs = [page.composer.mode, page.models]
        spoken = [*page.speak(translator("en"), "council", ()), page.history.list, page.run.target]
        listen(page.language.input, self.switch, [*inputs, page.history.search, page.run.target], spoken)
        listen.in_browser(page.language.change, page.language, REMEMBER_LANGUAGE)
        return listen(page.blocks.load, self.load, inputs, [page.language, *spoken], js=LANGUAGE_WISHED)

    def load(self, values: Values, request: gr.Request) -> Updates:
        """Open the page in the browser's language, with the run that its address names."""
        run_id = str(request.query_params.get("run", ""))
        return {self._page.language: values[self._page.language], **self._speak(values, run_id, "", request)}

    def switch(self, values: Values, request: gr.Request) -> Updates:
        """Say everything in another language, the run on the page included."""
        return self._speak(values, shown_run(values[self._page.run.target]), values[self._page.history.search], request)

    def _speak(self, values: Values, run_id: str, search: str, request: gr.Request) -> Updates:
        language, history = values[self._page.language], self._page.history
        return {
            **self._page.speak(translator(language), values[self._page.composer.mode], values[self._page.models]),
            history.list: self._reader.show(search, language, request),
            self._page.run.target: show(run_id),
        }
