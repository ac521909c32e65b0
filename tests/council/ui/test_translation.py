"""What the program says of runs and backends, in the language of the page."""

from html import unescape

import pytest

from council import events as ev
from council.translation import Translator, translator
from council.ui.run.render import render
from models.errors import BackendError
from models.text import Bytes, Text, lazy_ngettext, sentences, verbatim
from models.text import lazy_gettext as _
from tests.council.transcripts import failed, fold, started, turn

ENGLISH, FRENCH, GERMAN = translator("en"), translator("fr-CA"), translator("de_AT")
LOADING = "Loading {model!r} ({size})."


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (ENGLISH, "'it's no model' cannot be run."),
        (FRENCH, "'it's no model' ne peut pas tourner."),
        (GERMAN, "'it's no model' kann nicht laufen."),
    ],
)
def test_a_page_translates_a_failure_around_a_name_and_leaves_the_name(words: Translator, told: str) -> None:
    reason = Text("{model!r} cannot be run.", {"model": "it's no model"})
    foot = unescape(render(fold(started(), failed("seat-1", reason)), words, 1.0).panes[0].foot)
    assert told.replace("'it's no model'", '"it\'s no model"') in foot


def test_an_event_of_an_older_version_is_shown_as_it_was_written() -> None:
    written = "The disk is full: earlier conversation about proxies."
    for words in (ENGLISH, FRENCH, GERMAN):
        assert written in render(fold(started(), failed("seat-1", written)), words, 1.0).panes[0].foot


def test_why_a_run_ended_is_said_in_the_language_of_the_page() -> None:
    transcript = fold(started(), ev.DeliberationEnded(status="stopped", reason=_("No seat has answered.")))
    assert "No seat has answered." in render(transcript, ENGLISH, 1.0).answer_heading
    assert "Aucun siège n’a répondu." in render(transcript, FRENCH, 1.0).answer_heading
    assert "Kein Sitz hat geantwortet." in render(transcript, GERMAN, 1.0).answer_heading


def test_what_was_cut_is_named_in_the_language_of_the_page() -> None:
    cut = ev.ContextCut(turn=turn("seat-1"), what="earlier_conversation", kept=1200, total=5678)
    transcript = fold(started(), ev.TurnStarted(turn=turn("seat-1")), cut)
    french = unescape(render(transcript, FRENCH, 1.0).panes[0].foot)
    assert "1\u202f200 jetons gardés sur 5\u202f678" in french and "earlier" not in french
    assert "1.200 von 5.678 Tokens behalten" in render(transcript, GERMAN, 1.0).panes[0].foot


def test_numbers_and_amounts_are_written_as_the_language_writes_them() -> None:
    loading = Text(LOADING, {"model": "m:1b", "size": Bytes(2_100_000_000)})
    assert [words.text(loading).rpartition("(")[2] for words in (ENGLISH, FRENCH, GERMAN)] == [
        "2.1 GB).",
        "2,1 Go).",
        "2,1 GB).",
    ]
    abstained = [lazy_ngettext("{n} model family", "{n} model families", n) for n in (0, 1, 2)]
    assert [FRENCH.text(text) for text in abstained] == [
        "0 famille de modèles",
        "1 famille de modèles",
        "2 familles de modèles",
    ]
    assert [GERMAN.text(text) for text in abstained][:2] == ["0 Modellfamilien", "1 Modellfamilie"]


def test_sentences_inside_a_sentence_are_translated_and_others_words_are_not() -> None:
    fault = BackendError(_("{model!r} cannot be run.", model="m"))
    nested = Text("{backend}: {fault}", {"backend": "ollama", "fault": fault.message})
    both = sentences([nested, verbatim("No seat has answered.")])
    assert FRENCH.text(both) == "ollama\u202f: 'm' ne peut pas tourner. No seat has answered."
    assert GERMAN.text(both) == "ollama: 'm' kann nicht laufen. No seat has answered."
