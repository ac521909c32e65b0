"""What the program says of runs and backends, in the language of the page."""

import re
from html import unescape
from pathlib import Path

import pytest

from council import events as ev
from council.runs.run import STOPPED
from council.ui.run.render import render
from council.ui.words.languages import texts_for
from council.ui.words.translation import translated
from tests.council.transcripts import failed, fold, started
from tests.council.ui.messages import ROOT, Messages

ENGLISH, FRENCH = texts_for("en"), texts_for("fr")
MESSAGES = sorted(Messages().all())
# Left alone in the test of all messages: names, and words that both languages have.
NAMES = {"cpp", "face", "git", "http", "https", "hub", "hugging", "llama", "lora", "ollama", "python"}
SAME_IN_FRENCH = {"architecture", "conclusion", "dimensions", "long", "machine", "message", "messages", "minutes"}
SAME_IN_FRENCH |= {"moment", "place", "places", "proxy", "question", "type", "version", "versions"}


def test_why_a_run_ended_is_said_in_the_language_of_the_page() -> None:
    transcript = fold(started(), ev.DeliberationEnded(status="stopped", reason=STOPPED[1]))
    assert STOPPED[1] in render(transcript, ENGLISH, 1.0).answer_heading
    assert "Vous avez arrêté" in render(transcript, FRENCH, 1.0).answer_heading


def test_what_backends_say_is_french_on_a_french_page_around_what_is_quoted() -> None:
    reason = "'m:1b' cannot be run. ollama: Ollama at 'http://x' does not answer. Start it with `ollama serve`."
    foot = unescape(render(fold(started(), failed("seat-1", reason)), FRENCH, 1.0).panes[0].foot)
    assert "'m:1b' ne peut pas tourner. ollama: Ollama à 'http://x' ne répond pas. Lancez-le avec" in foot


def test_the_messages_are_found_in_the_program() -> None:
    assert len(MESSAGES) > 300
    assert "Ollama at '7.5' does not answer. Start it with `ollama serve`." in MESSAGES
    assert "The order leaves out 7.5; name each of 7.5 once." in MESSAGES
    assert STOPPED[1] in MESSAGES


@pytest.mark.parametrize("message", MESSAGES)
def test_no_english_word_of_a_message_is_left_on_a_french_page(message: str) -> None:
    french = translated(message, FRENCH)
    left = (_words(message) & _words(french)) - NAMES - SAME_IN_FRENCH
    assert not left, f"council/ui/phrases_fr_*.py lack words for {message!r}; so far it reads {french!r}"


@pytest.mark.parametrize("path", sorted((ROOT / "council" / "ui").glob("*.py")), ids=lambda path: path.name)
def test_no_part_of_the_page_shows_an_error_untranslated(path: Path) -> None:
    shown = re.sub(r"translated\(str\(error\), texts\)", "", path.read_text(encoding="utf-8"))
    assert "str(error)" not in shown and "{error" not in shown


def _words(message: str) -> set[str]:
    """The words outside quotes, commands, settings and the names of files."""
    spoken = re.sub(r"`[^`]*`|(?<!\w)'[^']*'(?!\w)|\"[^\"]*\"", " ", message)
    return {word.lower() for word in re.findall(r"(?<![\w/.=])[A-Za-z][a-z]+(?![\w/=])", spoken)}


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
