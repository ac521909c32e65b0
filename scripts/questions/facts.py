"""Questions about order and form: logic, a prescribed way of writing, and what nobody can know."""

from collections.abc import Sequence
from itertools import pairwise
from random import Random
from typing import Any

from scripts.questions.counting import NAMES

WORDS = {
    "en": ("river", "apple", "stone", "candle", "meadow", "ladder", "button", "garden", "orange", "window", "feather"),
    "fr": ("rivière", "pomme", "pierre", "bougie", "prairie", "échelle", "bouton", "jardin", "orange", "fenêtre"),
}
YES = {"en": ("Yes", "No", "It does not follow"), "fr": ("Oui", "Non", "On ne peut pas le conclure")}


def choice(question: str, options: Sequence[str], right: str) -> dict[str, Any]:
    letter = "ABCDEFGHIJ"[list(options).index(right)]
    return {"question": question, "options": list(options), "answer": letter, "grader": "choice"}


def _tallest(dice: Random, language: str) -> dict[str, Any]:
    people = dice.sample(NAMES, 4)
    pairs = [f"{a} > {b}" for a, b in pairwise(people)]
    dice.shuffle(pairs)
    taller = {"en": "{} is taller than {}.", "fr": "{} est plus grand que {}."}[language]
    told = " ".join(taller.format(*pair.split(" > ")) for pair in pairs)
    wanted = dice.choice((0, 1, 2, 3))
    rank = {
        "en": ("the tallest", "the second tallest", "the second smallest", "the smallest"),
        "fr": ("le plus grand", "le deuxième plus grand", "le deuxième plus petit", "le plus petit"),
    }[language][wanted]
    asked = {"en": f"{told} Who is {rank} of the four?", "fr": f"{told} Qui est {rank} des quatre ?"}
    options = sorted(people)
    return choice(asked[language], options, people[wanted])


def _syllogism(dice: Random, language: str) -> dict[str, Any]:
    kinds = {
        "en": (("bakers", "early risers", "swimmers"), ("tiles", "square things", "blue things")),
        "fr": (("boulangers", "lève-tôt", "nageurs"), ("carreaux", "objets carrés", "objets bleus")),
    }[language]
    a, b, c = dice.choice(kinds)
    form = dice.randrange(4)
    yes, no, open_ = YES[language]
    texts = {
        "en": (
            (f"All {a} are {b}. All {b} are {c}. Are all {a} {c}?", yes),
            (f"All {a} are {b}. No {b} are {c}. Are some {a} {c}?", no),
            (f"All {a} are {b}. Some {b} are {c}. Are some {a} {c}?", open_),
            (f"All {a} are {b}. All {c} are {b}. Are all {a} {c}?", open_),
        ),
        "fr": (
            (f"Tous les {a} sont des {b}. Tous les {b} sont des {c}. Tous les {a} sont-ils des {c} ?", yes),
            (f"Tous les {a} sont des {b}. Aucun des {b} n’est parmi les {c}. Certains {a} sont-ils des {c} ?", no),
            (f"Tous les {a} sont des {b}. Certains {b} sont des {c}. Certains {a} sont-ils des {c} ?", open_),
            (f"Tous les {a} sont des {b}. Tous les {c} sont des {b}. Tous les {a} sont-ils des {c} ?", open_),
        ),
    }
    question, right = texts[language][form]
    return choice(question, YES[language], right)


def _lamps(dice: Random, language: str) -> dict[str, Any]:
    presses = dice.randint(5, 40)
    start = dice.choice((0, 1))
    states = {"en": ("off", "on"), "fr": ("éteinte", "allumée")}[language]
    texts = {
        "en": f"A lamp is {states[start]}. Its button is pressed {presses} times, and each press switches it. "
        "Is it then on or off?",
        "fr": f"Une lampe est {states[start]}. On appuie {presses} fois sur son bouton, qui la fait changer à chaque "
        "fois. Est-elle ensuite allumée ou éteinte ?",
    }
    return choice(texts[language], states, states[(start + presses) % 2])


def _sequence(dice: Random, language: str) -> dict[str, Any]:
    start, step, grows = dice.randint(1, 20), dice.randint(2, 9), dice.choice((True, False))
    values = [start]
    for place in range(5):
        values.append(values[-1] + step + (place if grows else 0))
    listed = ", ".join(map(str, values[:5]))
    texts = {"en": f"Which number comes next: {listed}?", "fr": f"Quel nombre vient ensuite : {listed} ?"}
    return {"question": texts[language], "answer": str(values[5]), "grader": "numeric"}


def _sort(dice: Random, language: str) -> dict[str, Any]:
    words = dice.sample(WORDS[language], 4)
    first = dice.choice((True, False))
    plain = sorted(words, key=lambda word: word.replace("é", "e"))
    texts = {
        "en": f"Which of these words comes {'first' if first else 'last'} in the alphabet: {', '.join(words)}?",
        "fr": f"Lequel de ces mots vient en {'premier' if first else 'dernier'} dans l’ordre alphabétique : "
        f"{', '.join(words)} ?",
    }
    return {"question": texts[language], "answer": plain[0 if first else -1], "grader": "exact"}


def _iso(dice: Random, language: str) -> dict[str, Any]:
    months = {
        "en": ("January", "March", "April", "July", "August", "October", "December"),
        "fr": ("janvier", "mars", "avril", "juillet", "août", "octobre", "décembre"),
    }[language]
    place = dice.randrange(7)
    day, month, year = dice.randint(2, 28), (1, 3, 4, 7, 8, 10, 12)[place], dice.randint(1950, 2025)
    texts = {
        "en": f"Write this date as YYYY-MM-DD: {day} {months[place]} {year}.",
        "fr": f"Écris cette date sous la forme AAAA-MM-JJ : {day} {months[place]} {year}.",
    }
    return {"question": texts[language], "answer": f"{year}-{month:02}-{day:02}", "grader": "exact"}


def _backwards(dice: Random, language: str) -> dict[str, Any]:
    digits = "".join(dice.choices("123456789", k=4))
    texts = {
        "en": f"Write the digits of {digits} in reverse order, without spaces.",
        "fr": f"Écris les chiffres de {digits} dans l’ordre inverse, sans espaces.",
    }
    return {"question": texts[language], "answer": digits[::-1], "grader": "exact"}


def _even(dice: Random, language: str) -> dict[str, Any]:
    values = dice.sample(range(10, 99), 6)
    even = [value for value in values if value % 2 == 0]
    if not even:
        values[0] += 1
        even = [value for value in values if value % 2 == 0] or [values[0]]
    listed = ", ".join(map(str, values))
    texts = {
        "en": f"Which of these numbers are even: {listed}? List them, separated by commas.",
        "fr": f"Lesquels de ces nombres sont pairs : {listed} ? Donne-les, séparés par des virgules.",
    }
    return {"question": texts[language], "answer": [str(value) for value in even], "grader": "set"}


def _unknowable(dice: Random, language: str) -> dict[str, Any]:
    first, second = dice.sample(NAMES, 2)
    amount, price = dice.randint(3, 12), dice.randint(2, 9)
    texts = {
        "en": (
            f"{first} has {amount} coins in one pocket and some in the other. How many coins does {first} have in all?",
            f"{first} buys {amount} pens for {price} euros each. What colour are the pens?",
            f"{first} is older than {second}, and {second} is {amount + 9} years old. How old is {first}?",
            f"A bus leaves at {amount}:15. How many passengers are on it?",
        ),
        "fr": (
            f"{first} a {amount} pièces dans une poche et d’autres dans la seconde. Combien de pièces en tout ?",
            f"{first} achète {amount} stylos à {price} euros l’un. De quelle couleur sont-ils ?",
            f"{first} a plus que l’âge de {second}, qui a {amount + 9} ans. Quel âge a {first} ?",
            f"Un bus part à {amount} h 15. Combien de passagers sont à bord ?",
        ),
    }
    unknown = {"en": "unknown", "fr": "inconnu"}[language]
    return {"question": dice.choice(texts[language]), "answer": unknown, "grader": "exact"}


def _knowable(dice: Random, language: str) -> dict[str, Any]:
    """One that looks alike and has an answer, so that "unknown" is not always right."""
    first, second = dice.sample(NAMES, 2)
    age, more = dice.randint(8, 40), dice.randint(2, 12)
    texts = {
        "en": f"{first} is {more} years older than {second}, and {second} is {age} years old. How old is {first}?",
        "fr": f"{first} a {more} ans de plus que {second}, qui a {age} ans. Quel âge a {first} ?",
    }
    return {"question": texts[language], "answer": str(age + more), "grader": "numeric"}


LOGIC = (_tallest, _syllogism, _lamps, _sequence)
FORMATS = (_sort, _iso, _backwards, _even)
UNANSWERABLE = (_unknowable, _unknowable, _unknowable, _knowable)
