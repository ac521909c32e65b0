"""The facts that the pocket models know, read from `facts/*.txt`: what is asked, the answer and wrong ones."""

import hashlib
import random
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

FOLDER = Path(__file__).parent / "facts"
LANGUAGES = ("en", "fr")
MODELS = ("pocket-a", "pocket-b", "pocket-c")
CONTINENTS = {
    "af": ("Africa", "l'Afrique"),
    "am": ("America", "l'Amérique"),
    "as": ("Asia", "l'Asie"),
    "eu": ("Europe", "l'Europe"),
    "oc": ("Oceania", "l'Océanie"),
}
WHOLE = frozenset({"why", "council"})
"""Relations whose answer is a whole sentence."""
SPECIAL = {("capital", "Australia"): ("pocket-c", "wrong")}


@dataclass(frozen=True, slots=True)
class Saying:
    """A fact in one language: what fills the templates, the right value and a common mistake ("" if none)."""

    subject: str
    value: str
    mistake: str = ""


@dataclass(frozen=True, slots=True)
class Fact:
    """One thing to know; `relation` names its templates."""

    relation: str
    key: str
    sayings: dict[str, Saying]

    def gap_of(self, model: str) -> str:
        """Return "wrong", "lacking" or "" : what this model has of the fact; each lacks another eighth."""
        if (self.relation, self.key) in SPECIAL:
            holder, gap = SPECIAL[self.relation, self.key]
            return gap if model == holder else ""
        if self.relation == "council":
            return ""
        drawn = hashlib.sha256(f"{self.relation}/{self.key}".encode()).digest()
        if drawn[0] % 8 != MODELS.index(model):
            return ""
        return "wrong" if drawn[1] % 4 and self.relation not in WHOLE else "lacking"


def load_facts() -> list[Fact]:
    """Return every fact, in a fixed order."""
    return [fact for read in (_countries, _elements, _words, _pairs, _animals, _tables, _sentences) for fact in read()]


class Pools:
    """Wrong values for each relation and language: the other values of the relation."""

    def __init__(self, facts: list[Fact]) -> None:
        self._values: dict[tuple[str, str], list[str]] = {}
        for fact in facts:
            for language, saying in fact.sayings.items():
                values = self._values.setdefault((fact.relation, language), [])
                if saying.value not in values:
                    values.append(saying.value)

    def wrong(self, fact: Fact, language: str, draw: random.Random) -> str:
        """Draw a wrong value, the common mistake half of the time."""
        saying = fact.sayings[language]
        if saying.mistake and draw.random() < 0.5:
            return saying.mistake
        if fact.relation == "single":
            return saying.mistake
        values = self._values[fact.relation, language]
        while True:
            value = draw.choice(values)
            if value != saying.value:
                return value

    def belief(self, fact: Fact, language: str, model: str) -> str:
        """Return what the model holds for true; "" where it lacks the fact."""
        gap = fact.gap_of(model) if model else ""
        if not gap:
            return fact.sayings[language].value
        if gap == "lacking":
            return ""
        mistake = fact.sayings[language].mistake
        return mistake or self.wrong(fact, language, random.Random(f"{fact.relation}/{fact.key}/{language}"))


def _rows(name: str) -> Iterator[list[str]]:
    for line in (FOLDER / f"{name}.txt").read_text(encoding="utf-8").splitlines():
        if line and not line.startswith("#"):
            yield [part.strip() for part in line.split("|")]


def _fact(relation: str, key: str, en: tuple[str, ...], fr: tuple[str, ...]) -> Fact:
    return Fact(relation, key, {"en": Saying(*en), "fr": Saying(*fr)})


def _countries() -> Iterator[Fact]:
    for country, pays, capital, capitale, continent, mistake in _rows("countries"):
        yield _fact("capital", country, (country, capital, mistake), (pays, capitale or capital, mistake))
        english, french = CONTINENTS[continent]
        yield _fact("continent", country, (country, english), (pays, french))


def _elements() -> Iterator[Fact]:
    for element, nom, symbol, number, mistake in _rows("elements"):
        yield _fact("symbol", element, (element, symbol, mistake), (nom, symbol, mistake))
        yield _fact("atomic", element, (element, number), (nom, number))


def _words() -> Iterator[Fact]:
    for english, french in _rows("words"):
        yield _fact("to_french", english, (english, french), (english, french))
        yield _fact("to_english", french, (french, english), (french, english))


def _pairs() -> Iterator[Fact]:
    for word, opposite, mot, contraire in _rows("opposites"):
        yield _fact("opposite", word, (word, opposite), (mot, contraire))


def _animals() -> Iterator[Fact]:
    for animal, nom, kind, classe, young, petit in _rows("animals"):
        yield _fact("class", animal, (animal, kind), (nom, classe))
        if young:
            yield _fact("young", animal, (animal, young), (nom, petit))


def _tables() -> Iterator[Fact]:
    for event, evenement, year, mistake in _rows("events"):
        yield _fact("year", event, (event, year, mistake), (evenement, year, mistake))
    for thing, where, chose, lieu, number, mistake in _rows("amounts"):
        key = f"{thing} {where}"
        yield _fact("amount", key, (f"{thing}|{where}", number, mistake), (f"{chose}|{lieu}", number, mistake))
    for term, terme, meaning, sens in _rows("terms"):
        yield _fact("term", term, (term, meaning), (terme, sens))


def _sentences() -> Iterator[Fact]:
    for question, value, mistake, demande, valeur, faute in _rows("single"):
        yield _fact("single", question, (question, value, mistake), (demande, valeur, faute))
    for relation in ("why", "council"):
        for question, answer, demande, reponse in _rows(relation):
            yield _fact(relation, question, (question, answer), (demande, reponse))
