"""What a user can do with the run on the page: stop, conclude, resume, ask a seat again, follow up, export."""

import json
import time
from dataclasses import dataclass

from council.application import Application
from council.errors import CouncilError
from council.reports.as_json import to_json, to_markdown
from council.ui.asking.composer import render_banner, render_refusal
from council.ui.words.texts import Texts
from council.ui.words.translation import translated


@dataclass(frozen=True)
class Done:
    """What changes on the page: the run to show, a message, a file to save, the run that the next question follows."""

    run_id: str = ""
    message: str = ""
    file: str = ""
    follow_up: str = ""
    banner: str = ""


class RunActions:
    """Does what the buttons of a run say."""

    def __init__(self, application: Application) -> None:
        self._application = application

    async def act(self, action: str, argument: str, run_id: str, texts: Texts, owner: str) -> Done:
        """Do one action; an expected failure comes back as a message."""
        try:
            return self._act(action, argument, run_id, texts, owner)
        except CouncilError as error:
            return Done(message=render_refusal(translated(str(error), texts)))

    def _act(self, action: str, argument: str, run_id: str, texts: Texts, owner: str) -> Done:
        runs = self._application.runs
        run = runs.get(run_id, owner=owner)
        match action:
            case "stop" if run:
                run.stop()
            case "synthesise_now" if run:
                run.synthesise_now()
            case "stop" | "synthesise_now":
                return Done(message=render_refusal(texts.elsewhere))
            case "resume":
                return Done(run_id=runs.resume(run_id, owner=owner).id)
            case "retry":
                return Done(run_id=runs.retry(run_id, argument, owner=owner).id)
            case "follow_up":
                question = runs.transcript(run_id, owner=owner).question
                return Done(follow_up=run_id, banner=render_banner(question.text if question else "", texts))
            case "export":
                return Done(file=self._file(argument, run_id, texts, owner))
        return Done()

    def _file(self, kind: str, run_id: str, texts: Texts, owner: str) -> str:
        transcript = self._application.runs.transcript(run_id, owner=owner)
        is_json = kind == "json"
        text = (
            json.dumps(to_json(transcript), ensure_ascii=False, indent=2)
            if is_json
            else to_markdown(transcript, texts.language)
        )
        return json.dumps(
            {
                "name": f"council-{run_id}.{'json' if is_json else 'md'}",
                "type": "application/json" if is_json else "text/markdown",
                "text": text,
                "at": time.time(),  # so that the same file can be saved twice
            }
        )
