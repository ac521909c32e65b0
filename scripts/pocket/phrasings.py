"""How facts are asked and told in English and French; the last two ways of each kind are kept for the evaluation."""

import random
import re

from scripts.pocket.facts import FOLDER, WHOLE, Fact

UNSEEN = 2
SHORT_WORDS = 4


def _read_ways() -> dict[str, dict[str, tuple[str, ...]]]:
    ways: dict[str, dict[str, tuple[str, ...]]] = {}
    for block in (FOLDER / "ways.txt").read_text(encoding="utf-8").split("\n\n")[1:]:
        title, *lines = block.strip().splitlines()
        relation, language = title.strip("[]").split()
        ways.setdefault(relation, {})[language] = tuple(lines)
    return ways


ASKED = _read_ways()
"""By relation and language: the ways to ask; `{s}` is the subject, `{de}` the subject behind "de", `{w}` where."""

AROUND = {
    "en": (
        "{q}",
        "{q}",
        "{q}",
        "Please: {q}",
        "Tell me: {q}",
        "Hello! {q}",
        "Question: {q}",
        "{q} Thank you.",
        "I would like to know: {q}",
        "Can you help me? {q}",
        "Quick question: {q}",
        "{q} Please be brief.",
        "My teacher asks: {q}",
        "A child asks me: {q}",
        "I wonder: {q}",
        "For a quiz: {q}",
        "Good evening. {q}",
        "Here is my question: {q}",
        "Now something else. {q}",
        "For school: {q}",
        "{q} I am curious.",
        "Listen: {q}",
        "For my homework: {q}",
        "Here is what I want to know. {q}",
    ),
    "fr": (
        "{q}",
        "{q}",
        "{q}",
        "S'il te plaît : {q}",
        "Dis-moi : {q}",
        "Bonjour ! {q}",
        "Question : {q}",
        "{q} Merci.",
        "Je voudrais savoir : {q}",
        "Peux-tu m'aider ? {q}",
        "Petite question : {q}",
        "{q} Sois bref, s'il te plaît.",
        "Mon professeur demande : {q}",
        "Un enfant me demande : {q}",
        "Je me demande : {q}",
        "Pour un jeu : {q}",
        "Bonsoir. {q}",
        "Voici ma question : {q}",
        "Autre chose maintenant. {q}",
        "Pour l'école : {q}",
        "{q} Je suis curieux.",
        "Écoute : {q}",
        "Pour mes devoirs : {q}",
        "Voici ce que je veux savoir. {q}",
    ),
}
"""What may stand around a question; the only difference in the ways to ask single questions."""

TOLD = {
    "capital": ("{v} is the capital of {s}.", "{v} est la capitale {de}."),
    "continent": ("{v} is the continent of {s}.", "{v} est le continent {de}."),
    "symbol": ("{v} is the symbol of {s}.", "{v} est le symbole {de}."),
    "atomic": ("{v} is the atomic number of {s}.", "{v} est le numéro atomique {de}."),
    "to_french": ("{v} is the French for {s}.", "{v} est le mot français pour {s}."),
    "to_english": ("{v} is the English for {s}.", "{v} est le mot anglais pour {s}."),
    "opposite": ("{v} is the opposite of {s}.", "{v} est le contraire de {s}."),
    "class": ("{v} is the class of the {s}.", "{v} est la classe {de}."),
    "young": ("{v} is the name of a young {s}.", "{v} est le nom du petit {de}."),
    "year": ("{v} is the year of {s}.", "{v} est l'année {de}."),
    "amount": ("{v} is the number of {s} {w}.", "{v} est le nombre de {s} {w}."),
    "term": ("{v}: that describes {s}.", "{v} : cela décrit {s}."),
    "single": ("{v}.", "{v}."),
    "why": ("{v}", "{v}"),
    "council": ("{v}", "{v}"),
}

UNKNOWN = {
    "en": "I am a very small demonstration model and do not know that.",
    "fr": "Je suis un très petit modèle de démonstration et je ne sais pas cela.",
}


def of(noun: str) -> str:
    """Return a French noun with its article behind "de", and a space."""
    for article, joined in (("le ", "du "), ("les ", "des "), ("la ", "de la "), ("l'", "de l'")):
        if noun.startswith(article):
            return f"{joined}{noun[len(article) :]} "
    return f"d'{noun} " if noun[:1] in "aeiouéAEIOUÉ" else f"de {noun} "


def questions(fact: Fact, language: str) -> tuple[str, ...]:
    """Return every way to ask for a fact without anything around it; single questions have one."""
    subject = fact.sayings[language].subject
    ways = ASKED.get(fact.relation)
    return tuple(_fill(way, subject) for way in ways[language]) if ways else (subject,)


def ask(fact: Fact, language: str, draw: random.Random, *, unseen: bool = False) -> str:
    """Draw a way to ask; with `unseen` one that training never saw."""
    ways = questions(fact, language)
    around = AROUND[language]
    if len(ways) == 1:
        part = around[-UNSEEN:] if unseen else around[:-UNSEEN]
        return draw.choice(part).format(q=ways[0])
    if unseen:
        return draw.choice(ways[-UNSEEN:])
    return wrap(draw.choice(ways[:-UNSEEN]), language, draw)


def wrap(question: str, language: str, draw: random.Random) -> str:
    """Put something around a question now and then, as people do."""
    return draw.choice(AROUND[language][:-UNSEEN]).format(q=question) if draw.random() < 0.4 else question


def shown(value: str) -> str:
    """Return a value as every sentence begins with it."""
    return value[:1].upper() + value[1:]


def brief(value: str) -> str:
    """Return a value as it is named in notes: its first words, if it is a whole sentence."""
    words = shown(value).split()
    return " ".join(words[:SHORT_WORDS]) + " …" if len(words) > SHORT_WORDS + 1 else shown(value).rstrip(".")


def tell(fact: Fact, language: str, value: str) -> str:
    """Return the sentence that answers a fact with this value."""
    english, french = TOLD[fact.relation]
    if fact.relation in WHOLE:
        return value
    return _fill(english if language == "en" else french, fact.sayings[language].subject, shown(value))


def _fill(template: str, subject: str, value: str = "") -> str:
    subject, _, where = subject.partition("|")
    text = template.format(s=subject, w=where, v=value, de=of(subject))
    if template.startswith("{s}"):
        text = text[:1].upper() + text[1:]
    return re.sub(" +", " ", text).replace(" .", ".").replace(" ,", ",").strip()
