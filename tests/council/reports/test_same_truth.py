"""Page, terminal, Markdown and JSON tell the same of a run, in each language and in no other."""

import html
import io
import json
import re
from collections.abc import Callable, Mapping

import pytest

from council import events as ev
from council.advice import explain
from council.errors import BallotError
from council.reports import words
from council.reports.as_json import to_json, to_markdown
from council.reports.heading import heading
from council.runs.ending import STOPPED
from council.terminal.narrator import Narrator
from council.transcript import Transcript
from council.translation import languages, translator
from council.ui.run.render import render
from models.errors import BackendUnavailableError, ModelNotFoundError
from models.text import Text
from models.text import lazy_gettext as _
from tests.council.example_run import example_run

DIED = explain(BackendUnavailableError(_("{server} does not answer.", server="Ollama"), backend="ollama"))
MISSING = explain(ModelNotFoundError(_("Nothing was found."), backend="ollama", cause="no_weights", model="qwen3:4b"))
UNREADABLE = explain(BallotError(_("The JSON is broken or cut off; write it once more, whole and shorter.")))


def run_of_today() -> list[ev.Event]:
    """The run in which everything happens, with sentences that the program makes in place of those it once stored."""
    reasons = {ev.TurnRestarted: DIED, ev.TurnFailed: MISSING, ev.BallotVoid: UNREADABLE}
    events = [
        event.model_copy(update={"reason": reasons[type(event)]}) if type(event) in reasons else event
        for event in example_run()
    ]
    return [*events[:-1], ev.DeliberationEnded(status="stopped", reason=STOPPED.text, at=20.0)]


def plain(text: str) -> str:
    """Words alone: no markup of HTML, Markdown or JSON, and no line breaks."""
    without_tags = re.sub(r"</?[a-z][^>]*>", "", html.unescape(text))
    return " ".join(re.sub(r"[\\`*|]", "", without_tags).split())


def on_the_page(run: Transcript, language: str) -> str:
    return " ".join(render(run, translator(language), 30.0).values())


def in_the_terminal(_run: Transcript, language: str) -> str:
    answer, progress = io.StringIO(), []
    narrator = Narrator(progress=progress.append, answer=answer, is_live=True, words=translator(language))
    for event in run_of_today():
        narrator.tell(event)
    narrator.sum_up()
    return "\n".join([*progress, answer.getvalue()])


READERS: Mapping[str, Callable[[Transcript, str], str]] = {
    "page": on_the_page,
    "terminal": in_the_terminal,
    "Markdown": to_markdown,
    "JSON": lambda run, language: json.dumps(to_json(run, language), ensure_ascii=False),
}


@pytest.fixture(scope="module")
def run() -> Transcript:
    transcript = Transcript()
    for event in run_of_today():
        transcript.apply(event)
    return transcript


@pytest.mark.parametrize("language", languages())
@pytest.mark.parametrize("reader", READERS)
def test_every_reader_says_why_things_went_as_they_did(run: Transcript, reader: str, language: str) -> None:
    shown = plain(READERS[reader](run, language))
    truths: list[Text] = [DIED, MISSING, UNREADABLE]
    if reader != "Markdown":
        truths.append(STOPPED.text)  # a document tells by its heading that the run was stopped
    for truth in truths:
        assert plain(translator(language).text(truth)) in shown
        others = {translator(other).text(truth) for other in languages() if other != language}
        assert not any(plain(other) in shown for other in others)
    assert plain(heading(run, language)) in shown


@pytest.mark.parametrize("language", languages())
@pytest.mark.parametrize("reader", [reader for reader in READERS if reader != "JSON"])  # it gives the figures
def test_every_reader_for_people_says_in_the_same_words_what_was_cut_and_undone(
    run: Transcript, reader: str, language: str
) -> None:
    shown = plain(READERS[reader](run, language))
    cut = next(cut for speech in run.speeches.values() for cut in speech.cuts)
    for truth in (words.shortened(cut, str), words.TRUNCATED, words.restarted(DIED)):
        assert plain(translator(language).text(truth)) in shown
    (undone,) = run.undone.values()
    before, after = plain(translator(language).text(words.undone(undone, "§"))).split("§")
    assert before in shown and after in shown
