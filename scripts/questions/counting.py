"""Questions whose answer is a number or a day: sums in words, units, dates."""

from datetime import date, timedelta
from random import Random
from typing import Any

NAMES = ("Nora", "Elias", "Inès", "Jonas", "Maud", "Karim", "Lena", "Hugo", "Aya", "Oskar")
DAYS = {
    "en": ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"),
    "fr": ("lundi", "mardi", "mercredi", "jeudi", "vendredi", "samedi", "dimanche"),
}


def number(question: str, answer: float) -> dict[str, Any]:
    return {"question": question, "answer": f"{answer:g}", "grader": "numeric"}


def _boxes(dice: Random, language: str) -> dict[str, Any]:
    boxes, each, broken = dice.randint(3, 12), dice.randint(4, 24), dice.randint(1, 9)
    name = dice.choice(NAMES)
    texts = {
        "en": f"{name} buys {boxes} boxes with {each} glasses each. {broken} glasses are broken. How many are whole?",
        "fr": f"{name} achète {boxes} cartons de {each} verres. {broken} verres sont cassés. "
        "Combien de verres sont intacts ?",
    }
    return number(texts[language], boxes * each - broken)


def _share(dice: Random, language: str) -> dict[str, Any]:
    people, each, left = dice.randint(3, 9), dice.randint(3, 15), dice.randint(1, 2)
    total = people * each + left
    texts = {
        "en": f"{total} walnuts are shared equally among {people} children, as many as possible each. "
        "How many walnuts are left over?",
        "fr": f"On partage {total} noix à parts égales entre {people} enfants, autant que possible chacun. "
        "Combien de noix restent ?",
    }
    return number(texts[language], total % people)


def _percent(dice: Random, language: str) -> dict[str, Any]:
    price, off = 20 * dice.randint(2, 30), dice.choice((5, 10, 15, 20, 25, 30, 40, 50))
    texts = {
        "en": f"A coat costs {price} euros and is reduced by {off} percent. What does it cost now, in euros?",
        "fr": f"Un manteau coûte {price} euros et son prix baisse de {off} pour cent. "
        "Combien coûte-t-il maintenant, en euros ?",
    }
    return number(texts[language], price * (100 - off) / 100)


def _ages(dice: Random, language: str) -> dict[str, Any]:
    younger, times, years = dice.randint(4, 12), dice.randint(2, 4), dice.randint(3, 15)
    first, second = dice.sample(NAMES, 2)
    times_en = {2: "twice", 3: "three times", 4: "four times"}[times]
    times_fr = {2: "le double", 3: "le triple", 4: "le quadruple"}[times]
    texts = {
        "en": f"{first} is {younger} years old and {second} is {times_en} as old. "
        f"How old will {second} be in {years} years?",
        "fr": f"{first} a {younger} ans et {second} a {times_fr} de cet âge. Quel âge aura {second} dans {years} ans ?",
    }
    return number(texts[language], younger * times + years)


def _average(dice: Random, language: str) -> dict[str, Any]:
    mean = dice.randint(6, 30)
    first, second = dice.randint(1, 5), dice.randint(1, 5)
    values = [mean - first, mean + second, mean + first - second]
    listed = ", ".join(map(str, values))
    texts = {
        "en": f"What is the average of these three temperatures: {listed}?",
        "fr": f"Quelle est la moyenne de ces trois températures : {listed} ?",
    }
    return number(texts[language], mean)


def _speed(dice: Random, language: str) -> dict[str, Any]:
    speed, half_hours = 10 * dice.randint(4, 12), dice.randint(3, 9)
    hours, rest = divmod(half_hours, 2)
    time_en = f"{hours} hours" + (" and 30 minutes" if rest else "")
    time_fr = f"{hours} heures" + (" et 30 minutes" if rest else "")
    texts = {
        "en": f"A train runs at {speed} km/h. How many kilometres does it cover in {time_en}?",
        "fr": f"Un train roule à {speed} km/h. Combien de kilomètres parcourt-il en {time_fr} ?",
    }
    return number(texts[language], speed * half_hours / 2)


def _convert(dice: Random, language: str) -> dict[str, Any]:
    kinds = (
        ("kilometres", "metres", "kilomètres", "mètres", 1000),
        ("litres", "centilitres", "litres", "centilitres", 100),
        ("kilograms", "grams", "kilogrammes", "grammes", 1000),
        ("hours", "minutes", "heures", "minutes", 60),
        ("days", "hours", "jours", "heures", 24),
        ("metres", "millimetres", "mètres", "millimètres", 1000),
    )
    large, small, large_fr, small_fr, factor = dice.choice(kinds)
    amount = dice.randint(2, 40)
    texts = {
        "en": f"How many {small} are {amount} {large}?",
        "fr": f"Combien de {small_fr} font {amount} {large_fr} ?",
    }
    return number(texts[language], amount * factor)


def _half_litre(dice: Random, language: str) -> dict[str, Any]:
    glass, litres = dice.choice((10, 20, 25, 50)), dice.randint(2, 9)
    texts = {
        "en": f"How many glasses of {glass} centilitres can be filled from {litres} litres of water?",
        "fr": f"Combien de verres de {glass} centilitres peut-on remplir avec {litres} litres d’eau ?",
    }
    return number(texts[language], litres * 100 / glass)


def _duration(dice: Random, language: str) -> dict[str, Any]:
    start, minutes = dice.randint(8 * 60, 18 * 60), dice.randint(35, 190)
    end = start + minutes
    clock = [f"{moment // 60}:{moment % 60:02}" for moment in (start, end)]
    texts = {
        "en": f"A film begins at {clock[0]} and ends at {clock[1]}. How many minutes does it last?",
        "fr": f"Un film commence à {clock[0]} et finit à {clock[1]}. Combien de minutes dure-t-il ?",
    }
    return number(texts[language], minutes)


def _weekday(dice: Random, language: str) -> dict[str, Any]:
    today, days = dice.randrange(7), dice.randint(8, 60)
    names = DAYS[language]
    texts = {
        "en": f"Today is {names[today]}. Which day of the week will it be in {days} days?",
        "fr": f"Aujourd’hui, c’est {names[today]}. Quel jour de la semaine serons-nous dans {days} jours ?",
    }
    return {"question": texts[language], "answer": names[(today + days) % 7], "grader": "exact"}


def _between(dice: Random, language: str) -> dict[str, Any]:
    first = date(2025, 1, 1) + timedelta(days=dice.randrange(300))
    second = first + timedelta(days=dice.randint(10, 60))
    texts = {
        "en": f"How many days lie between {first.isoformat()} and {second.isoformat()} "
        "(the first day not counted, the last one counted)?",
        "fr": f"Combien de jours y a-t-il du {first.isoformat()} au {second.isoformat()} "
        "(sans compter le premier jour, en comptant le dernier) ?",
    }
    return number(texts[language], (second - first).days)


def _later(dice: Random, language: str) -> dict[str, Any]:
    first, weeks = date(2026, 1, 1) + timedelta(days=dice.randrange(330)), dice.randint(1, 5)
    last = first + timedelta(weeks=weeks)
    texts = {
        "en": f"A loan of {7 * weeks} days begins on {first.isoformat()}. On which date is it due? Write YYYY-MM-DD.",
        "fr": f"Un prêt de {7 * weeks} jours commence le {first.isoformat()}. À quelle date finit-il ? "
        "Écris AAAA-MM-JJ.",
    }
    return {"question": texts[language], "answer": last.isoformat(), "grader": "exact"}


SUMS = (_boxes, _share, _percent, _ages, _average)
UNITS = (_convert, _speed, _half_litre, _duration)
DATES = (_weekday, _between, _later)
