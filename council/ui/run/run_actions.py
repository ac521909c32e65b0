"""What a user can do with the run on the page: stop, conclude, resume, ask a seat again, follow up, export."""

import json
import time

import gradio as gr

from council.advice import explain
from council.application import Application
from council.errors import CouncilError
from council.reports.as_json import to_json, to_markdown
from council.transcript import Transcript
from council.translation import Translator, translator
from council.ui.asking.composer import render_banner
from council.ui.assets.browser_code import SAVE_FILE
from council.ui.html_parts import failure
from council.ui.listener import Listener, Updates, Values
from council.ui.page import Page
from council.ui.shown_run import show, shown_run
from council.ui.visitor import owner_of


class RunActions:
    """Does what the buttons of a run say."""

    def __init__(self, application: Application, page: Page) -> None:
        self._runs = application.runs
        self._page = page

    def attach(self, listen: Listener) -> None:
        """Attach the handlers."""
        page, box = self._page, self._page.composer
        changed = [page.run.target, page.file, box.message, box.follow_up, box.banner]
        for buttons in page.run.acting:
            listen(buttons.click, self.act, [page.run.target], changed)
        listen.in_browser(page.file.change, page.file, SAVE_FILE)

    async def act(self, values: Values, event: gr.EventData, request: gr.Request) -> Updates:
        """Do one action; an expected failure is told above the run."""
        words, message = translator(values[self._page.language]), self._page.composer.message
        run_id, owner = shown_run(values[self._page.run.target]), owner_of(request)
        try:
            return {message: "", **self._act(str(event.action), str(event.argument), run_id, words, owner)}
        except CouncilError as error:
            return {message: failure(words.text(explain(error)))}

    def _act(self, action: str, argument: str, run_id: str, words: Translator, owner: str) -> Updates:
        page, runs = self._page, self._runs.of(owner)
        run = runs.get(run_id)
        match action:
            case "stop" if run:
                run.stop()
            case "synthesise_now" if run:
                run.synthesise_now()
            case "stop" | "synthesise_now":
                return {
                    page.composer.message: failure(
                        words.gettext(
                            "Another Council program conducts this run, perhaps in a terminal: stop it there."
                        )
                    )
                }
            case "resume":
                return {page.run.target: show(runs.resume(run_id).id)}
            case "retry":
                return {page.run.target: show(runs.retry(run_id, argument).id)}
            case "follow_up":
                question = runs.transcript(run_id).question
                banner = render_banner(question.text if question else "", words)
                return {page.composer.follow_up: run_id, page.composer.banner: banner}
            case "export":
                transcript = runs.transcript(run_id)
                return {
                    page.file: _json_file(transcript, words)
                    if argument == "json"
                    else _markdown_file(transcript, words)
                }
        return {}


def _json_file(transcript: Transcript, words: Translator) -> str:
    text = json.dumps(to_json(transcript, words.language), ensure_ascii=False, indent=2)
    return _file(f"council-{transcript.id}.json", "application/json", text)


def _markdown_file(transcript: Transcript, words: Translator) -> str:
    return _file(f"council-{transcript.id}.md", "text/markdown", to_markdown(transcript, words.language))


def _file(name: str, kind: str, text: str) -> str:
    """A file as the browser is told to save it; the moment lets the same one be saved twice."""
    return json.dumps({"name": name, "type": kind, "text": text, "at": time.time()})
