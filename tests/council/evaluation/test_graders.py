"""What a text concludes, in the forms that models write, and whether it is right."""

import pytest

from council.evaluation.graders import conclusion, is_right, number
from council.evaluation.items import Grader, Item


def item(grader: Grader, *answer: str, language: str = "en", options: tuple[str, ...] = (), **more: object) -> Item:
    given = {"id": "i", "question": "?", "answer": answer, "grader": grader, "language": language, "options": options}
    return Item.model_validate(given | more)


NUMBER = item("numeric", "1234.5")
CHOICE = item("choice", "B", options=("Hobart", "Canberra", "Sydney"))
SET = item("set", "Brandel", "Lindow")
EXACT = item("exact", "Canberra")
FRENCH = item("numeric", "1234.5", language="fr")


@pytest.mark.parametrize(
    ("asked", "text"),
    [
        (NUMBER, "So it is.\n\nAnswer: 1,234.5"),
        (NUMBER, "**Answer:** 1234.5 km"),
        (NUMBER, "Answer: 3\nNo, I was wrong.\nAnswer: 1234.50"),
        (NUMBER, "It comes to 1234.5."),
        (FRENCH, "Donc.\nRéponse : 1 234,5"),
        (FRENCH, "Réponse finale : 1\u202f234,5 m"),
        (item("numeric", "1234.5", language="de"), "Antwort: 1.234,5"),
        (item("numeric", "0.75"), "Answer: 3/4"),
        (item("numeric", "-4"), "Answer: −4 °C"),
        (item("numeric", "3.14", tolerance=0.01), "Answer: 3.1416"),
        (CHOICE, "Answer: B"),
        (CHOICE, "Answer: (b)"),
        (CHOICE, "Answer: B) Canberra"),
        (CHOICE, "answer: Canberra."),
        (CHOICE, "A is wrong, so it is B"),
        (SET, "Answer: Lindow, Brandel"),
        (SET, "Answer: Brandel and Lindow."),
        (item("set", "7"), "Answer: 7"),
        (EXACT, "Answer: The Canberra"),
        (EXACT, "- Answer: *canberra*."),
        (EXACT, "Canberra"),
        (item("exact", "la bibliothèque", language="fr"), "Réponse : Bibliotheque"),
        (item("exact", "unknown"), "Answer: Inconnu."),
    ],
)
def test_a_right_answer_is_found_in_every_form(asked: Item, text: str) -> None:
    assert is_right(asked, conclusion(asked, text))


@pytest.mark.parametrize(
    ("asked", "text"),
    [
        (NUMBER, "Answer: 1234.6"),
        (NUMBER, "Answer: unknown"),
        (NUMBER, "1234.5 was my first thought.\nAnswer: 12"),
        (NUMBER, "I do not know."),
        (CHOICE, "Answer: D"),
        (CHOICE, "Answer: A or B, Hobart"),
        (SET, "Answer: Brandel"),
        (SET, "Answer: Brandel, Lindow, Couvray"),
        (EXACT, "Answer: not Canberra"),
        (EXACT, "Canberra is a city. It lies inland."),
        (EXACT, ""),
        (item("exact", "unknown"), "Answer: blue"),
    ],
)
def test_a_wrong_answer_is_not_taken_for_a_right_one(asked: Item, text: str) -> None:
    assert not is_right(asked, conclusion(asked, text))


def test_texts_that_conclude_the_same_are_counted_together() -> None:
    assert conclusion(NUMBER, "Answer: 40.0") == conclusion(NUMBER, "Answer: 40 km") != conclusion(NUMBER, "Answer: 41")
    assert conclusion(SET, "Answer: b, A") == conclusion(SET, "Answer: a and B")


@pytest.mark.parametrize(
    ("text", "language", "value"),
    [
        ("1,234", "en", 1234.0),
        ("1,5", "en", 1.5),
        ("1.234", "fr", 1234.0),
        ("1.5", "fr", 1.5),
        ("1'234.5", "en", 1234.5),
        ("12/0", "en", None),
    ],
)
def test_numbers_are_read_as_their_language_writes_them(text: str, language: str, value: float | None) -> None:
    assert number(text, language) == value  # type: ignore[arg-type]
