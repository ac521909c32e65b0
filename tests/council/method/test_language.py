"""The language of a question, short ones included."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from council.domain import Language
from council.method.language import detect_language
from council.method.prompts import LANGUAGE_NAMES

ENGLISH = """
Why is the sky blue?
What is 2+2?
Who wrote Les Misérables?
Is Pluto a planet?
Hello
Capital of Peru?
best pizza dough
Explain recursion to a child.
How do I cook crêpes?
What does "je ne sais quoi" mean?
Translate 'bonjour' please
Write a haiku about Zürich
Comment on this text: the end justifies the means.
Who won in 1998?
Should I buy or rent?
Fix this: ```le = la + les```
"""
FRENCH = """
Pourquoi le ciel est-il bleu ?
C'est quoi l’ADN ?
Capitale du Pérou ?
Qu’est-ce qu’un trou noir ?
Comment ça marche ?
Bonjour
Combien font 2+2 ?
Qui a écrit Hamlet ?
Explique la récursivité à un enfant.
Quelle est la différence entre TCP et UDP ?
Écris un haïku
Recette de crêpes
Que veut dire "the show must go on" ?
Faut-il acheter ou louer ?
Et toi ?
Où est Tokyo
Meilleur langage pour débuter
pourquoi pas
POURQUOI LE CIEL EST BLEU
Traduis en anglais : il fait beau
"""
GERMAN = """
Warum ist der Himmel blau?
Was ist das?
Was sind schwarze Löcher?
Hauptstadt von Peru?
Wie heißt die Hauptstadt Australiens?
Wer hat Hamlet geschrieben?
Wieviel ist 2+2?
Erkläre einem Kind die Rekursion.
Schreib ein Haiku über Zürich
Übersetze ins Englische: il fait beau
Worin liegt der Unterschied zwischen TCP und UDP?
Soll ich kaufen oder mieten?
Was bedeutet "the show must go on"?
Wo liegt Tokio?
bitte nicht
WARUM IST DER HIMMEL BLAU
Nenne drei Flüsse in Frankreich.
Ich will die beste Pizza
"""
OTHER = """
Wie is de koning van Nederland?
Wat is het verschil tussen TCP en UDP?
Wie heeft dat geschreven?
Varför är himlen blå?
Hvorfor er himlen blå?
Vad är den där?
Hvem er du?
Gökyüzü neden mavi?
Miksi taivas on sininen?
¿Por qué el cielo es azul?
¿Qué es esto?
Perché il cielo è blu?
Por que o céu é azul?
Waarom is de lucht blauw?
Почему небо голубое?
空はなぜ青いのですか
لماذا السماء زرقاء؟
2+2
?
Paris
print("x")
`the` ```why is it```
https://example.org/why/is/the/sky
"""


def lines(text: str, language: Language) -> list[tuple[str, Language]]:
    return [(line, language) for line in text.strip().splitlines()]


@pytest.mark.parametrize(
    ("text", "language"), [*lines(ENGLISH, "en"), *lines(FRENCH, "fr"), *lines(GERMAN, "de"), *lines(OTHER, "other")]
)
def test_the_language_of_a_question_is_told(text: str, language: Language):
    assert detect_language(text) == language


@given(st.text())
def test_any_text_has_one_of_the_languages_that_prompts_name(text: str):
    assert detect_language(text) in LANGUAGE_NAMES


def test_only_the_beginning_of_a_long_text_is_read():
    assert detect_language("why is the sky blue " * 500 + "pourquoi le ciel est bleu " * 5000) == "en"


def test_every_language_has_a_name_for_a_prompt():
    assert LANGUAGE_NAMES == {
        "en": "English",
        "fr": "French",
        "de": "German",
        "other": "the language of the question",
    }
