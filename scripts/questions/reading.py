"""Questions about a short text that is given: reading it, and taking something out of it."""

from random import Random
from typing import Any

from scripts.questions.counting import NAMES, number

PLACES = {
    "en": ("the harbour", "the old mill", "the town hall", "the station", "the library"),
    "fr": ("au port", "au vieux moulin", "à la mairie", "à la gare", "à la bibliothèque"),
}
TRADES = {
    "en": ("clockmaker", "gardener", "nurse", "carpenter", "pilot", "baker"),
    "fr": ("horloger", "jardinier", "infirmier", "menuisier", "pilote", "boulanger"),
}
GOODS = {
    "en": ("lamps", "chairs", "kettles", "blankets", "mirrors"),
    "fr": ("lampes", "chaises", "bouilloires", "couvertures", "miroirs"),
}


def _trades(dice: Random, language: str) -> dict[str, Any]:
    people, trades = dice.sample(NAMES, 3), dice.sample(TRADES[language], 3)
    towns = dice.sample(("Brandel", "Couvray", "Lindow", "Mersac", "Tolvan"), 3)
    is_fr = language == "fr"
    told = [
        f"{person} vit à {town} et y travaille comme {trade}."
        if is_fr
        else f"{person} lives in {town} and works there as a {trade}."
        for person, trade, town in zip(people, trades, towns, strict=True)
    ]
    dice.shuffle(told)
    who = dice.randrange(3)
    kind = dice.randrange(3)
    questions = (
        (f"Qui travaille comme {trades[who]} ?" if is_fr else f"Who works as a {trades[who]}?", people[who]),
        (f"Quel est le métier de {people[who]} ?" if is_fr else f"What is the trade of {people[who]}?", trades[who]),
        (f"Dans quelle ville vit {people[who]} ?" if is_fr else f"In which town does {people[who]} live?", towns[who]),
    )
    question, answer = questions[kind]
    return {"question": f"{' '.join(told)}\n\n{question}", "answer": answer, "grader": "exact"}


def _moved(dice: Random, language: str) -> dict[str, Any]:
    person, other = dice.sample(NAMES, 2)
    places = dice.sample(PLACES[language], 3)
    if language == "fr":
        told = (
            f"Le matin, {person} attendait {places[0]}, comme toujours. {other} devait venir {places[1]}, mais "
            f"appela pour dire qu’on se retrouverait plutôt {places[2]}. C’est là qu’ils se virent à midi."
        )
        return {
            "question": f"{told}\n\nOù {person} et {other} se sont-ils vus ?",
            "answer": [places[2], places[2].split(" ", 1)[1]],
            "grader": "exact",
        }
    told = (
        f"In the morning {person} waited at {places[0]}, as always. {other} was to come to {places[1]}, but called to "
        f"say that they should rather meet at {places[2]}. There they met at noon."
    )
    answers = [places[2], f"at {places[2]}"]
    return {"question": f"{told}\n\nWhere did {person} and {other} meet?", "answer": answers, "grader": "exact"}


def _stock(dice: Random, language: str) -> dict[str, Any]:
    goods, counts = dice.sample(GOODS[language], 3), [dice.randint(11, 60) for _ in range(3)]
    sold = dice.randint(2, 9)
    which = dice.randrange(3)
    if language == "fr":
        listed = ", ".join(f"{count} {good}" for count, good in zip(counts, goods, strict=True))
        told = f"Au début du mois, le magasin avait {listed}. Depuis, il a vendu {sold} {goods[which]} et rien d’autre."
        return number(f"{told}\n\nCombien de {goods[which]} lui reste-t-il ?", counts[which] - sold)
    listed = ", ".join(f"{count} {good}" for count, good in zip(counts, goods, strict=True))
    told = (
        f"At the beginning of the month the shop had {listed}. It has sold {sold} {goods[which]} since, nothing else."
    )
    return number(f"{told}\n\nHow many {goods[which]} are left?", counts[which] - sold)


def _table(dice: Random, language: str) -> dict[str, Any]:
    people = dice.sample(NAMES, 4)
    points = dice.sample(range(20, 99), 4)
    head = "nom;points" if language == "fr" else "name;points"
    table = "\n".join([head, *(f"{person};{score}" for person, score in zip(people, points, strict=True))])
    best, worst = people[points.index(max(points))], people[points.index(min(points))]
    is_best = dice.choice((True, False))
    asked = {
        "en": "Who has the most points?" if is_best else "Who has the fewest points?",
        "fr": "Qui a le plus de points ?" if is_best else "Qui a le moins de points ?",
    }
    return {"question": f"{table}\n\n{asked[language]}", "answer": best if is_best else worst, "grader": "exact"}


def _code(dice: Random, language: str) -> dict[str, Any]:
    code = f"{dice.choice('BDFKLMRT')}{dice.choice('ACEIOU')}-{dice.randint(1000, 9999)}"
    other = f"{dice.choice('BDFKLMRT')}{dice.choice('ACEIOU')}-{dice.randint(1000, 9999)}"
    texts = {
        "en": f"Dear customer, your order {code} has left our house. It replaces the order {other}, which was "
        "cancelled. Which is the number of the order that was sent?",
        "fr": f"Cher client, votre commande {code} est partie de notre maison. Elle remplace la commande {other}, "
        "qui a été annulée. Quel est le numéro de la commande envoyée ?",
    }
    return {"question": texts[language], "answer": code, "grader": "exact"}


def _mails(dice: Random, language: str) -> dict[str, Any]:
    people = [name.lower().replace("è", "e") for name in dice.sample(NAMES, 3)]
    mails = [f"{person}@{dice.choice(('example.org', 'example.net'))}" for person in people]
    texts = {
        "en": f"Write to {mails[0]} today; {mails[1]} can wait until Friday, and please forget {mails[2]}, who has "
        "left. Which address is to be written to today?",
        "fr": f"Écrivez aujourd’hui à {mails[0]} ; {mails[1]} peut attendre vendredi, et oubliez {mails[2]}, qui est "
        "parti. À quelle adresse faut-il écrire aujourd’hui ?",
    }
    return {"question": texts[language], "answer": mails[0], "grader": "exact"}


def _towns(dice: Random, language: str) -> dict[str, Any]:
    towns = dice.sample(("Brandel", "Couvray", "Lindow", "Mersac", "Tolvan", "Arvio", "Neuvel"), 4)
    texts = {
        "en": f"The tour went from {towns[0]} over {towns[1]} to {towns[2]}; {towns[3]} was left out because of the "
        "rain. Which towns did it visit? List them, separated by commas.",
        "fr": f"Le voyage allait de {towns[0]} à {towns[2]} en passant par {towns[1]} ; {towns[3]} fut laissée de côté "
        "à cause de la pluie. Quelles villes a-t-on visitées ? Donne-les, séparées par des virgules.",
    }
    return {"question": texts[language], "answer": towns[:3], "grader": "set"}


READING = (_trades, _moved, _stock)
EXTRACTION = (_table, _code, _mails, _towns)
