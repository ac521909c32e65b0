"""What the program says of runs and backends, in the language of the page."""

from html import unescape

import pytest

from council import events as ev
from council.run import STOPPED
from council.ui.languages import texts_for
from council.ui.render import render
from council.ui.translation import translated
from tests.council.transcripts import failed, fold, started

ENGLISH, FRENCH = texts_for("en"), texts_for("fr")


def test_why_a_run_ended_is_said_in_the_language_of_the_page() -> None:
    transcript = fold(started(), ev.DeliberationEnded(status="stopped", reason=STOPPED[1]))
    assert STOPPED[1] in render(transcript, ENGLISH, 1.0).answer_heading
    assert "Vous avez arrêté" in render(transcript, FRENCH, 1.0).answer_heading


def test_what_backends_say_is_french_on_a_french_page_around_what_is_quoted() -> None:
    reason = "'m:1b' cannot be run. ollama: Ollama at 'http://x' does not answer. Start it with `ollama serve`."
    foot = unescape(render(fold(started(), failed("seat-1", reason)), FRENCH, 1.0).panes[0].foot)
    assert "'m:1b' ne peut pas tourner. ollama: Ollama à 'http://x' ne répond pas. Lancez-le avec" in foot


@pytest.mark.parametrize(
    ("english", "french"),
    [
        ("loading 'm:1b'", "chargement de 'm:1b'"),
        ("waiting for 'm:1b': 2 before it in line", "attente de 'm:1b' : 2 avant lui dans la file"),
        ("Ollama at 'http://x' broke off the connection.", "Ollama à 'http://x' a coupé la connexion."),
        ("No usable GGUF weights on this disk.", "Pas de poids GGUF utilisables sur ce disque."),
        ("a server's own words", "a server's own words"),
    ],
)
def test_frequent_notices_are_translated_and_strange_ones_stay(english: str, french: str) -> None:
    assert translated(english, FRENCH) == french
    assert translated(english, ENGLISH) == english
