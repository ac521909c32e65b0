"""What the program says of runs and backends, in the language of the page."""

from html import unescape

import pytest

from council import events as ev
from council.runs.run import STOPPED
from council.translation import translator
from council.ui.run.render import render
from council.ui.words.translation import translated
from tests.council.transcripts import failed, fold, started

ENGLISH, FRENCH = translator("en"), translator("fr")


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
        ("Ollama at 'http://x' is too busy ('try it again'). ", "Ollama à 'http://x' est surchargé ('try it again'). "),
        (
            "ollama: 'm:1b' at Ollama at 'http://x' gave an empty answer. Ask again, or try it with `ollama run m:1b`.",
            "ollama: 'm:1b' sur Ollama à 'http://x' a donné une réponse vide. Redemandez, ou essayez-le avec "
            "`ollama run m:1b`.",
        ),
        (
            "The model 'm' of 'seat-1' is not installed. Choose 'a' or 'b' or 'c', or get it with `ollama pull m`.",
            "Le modèle 'm' de 'seat-1' n'est pas installé. Choisissez 'a' ou 'b' ou 'c', ou prenez-le avec "
            "`ollama pull m`.",
        ),
        (
            "The GPU has no room for 'm' ('m' does not fit into the GPU's memory (no reason given). Choose a smaller "
            "model or a smaller quantisation.). Trying with 4 of 16 layers on it.",
            "Le GPU n'a pas de place pour 'm' ('m' ne tient pas dans la mémoire du GPU (sans raison donnée). "
            "Choisissez un modèle plus petit ou une quantification plus forte.). Essai avec 4 couches sur 16 dans sa "
            "mémoire.",
        ),
        (
            "'/it\\'s.gguf' is only a part of a GGUF file (1,234 of 5,678,900 bytes are there): the download or copy "
            "was cut short. Fetch the file again.",
            "'/it\\'s.gguf' n'est qu'une partie d'un fichier GGUF (1\u202f234 octets sur 5\u202f678\u202f900 sont là) "
            ": le téléchargement ou la copie s'est arrêté trop tôt. Téléchargez de nouveau le fichier.",
        ),
        (
            "Ollama's manifest '/m' cannot be read (it is too long). Run `ollama pull m`.",
            "Le manifeste d'Ollama '/m' est illisible (il est trop long). Lancez `ollama pull m`.",
        ),
        ("earlier conversation", "la conversation qui précède"),
    ],
)
def test_messages_are_translated_and_what_is_not_the_programs_own_stays(english: str, french: str) -> None:
    assert translated(english, FRENCH) == french
    assert translated(english, ENGLISH) == english
