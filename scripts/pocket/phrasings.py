"""How facts are asked and told in English and French; the last two ways of each kind are kept for the evaluation."""

import random
import re

from facts import WHOLE, Fact

UNSEEN = 2
SHORT_WORDS = 4

ASKED: dict[str, dict[str, tuple[str, ...]]] = {
    "capital": {
        "en": (
            "What is the capital of {s}?", "Which city is the capital of {s}?", "Name the capital of {s}.",
            "What is {s}'s capital city?", "Which is the capital city of {s}?", "capital of {s}",
            "Where is the seat of government of {s}?", "Tell me which city is the capital of {s}.",
            "Do you know the capital of {s}?", "What is the name of the capital of {s}?",
        ),
        "fr": (
            "Quelle est la capitale {de}?", "Quelle ville est la capitale {de}?", "Nomme la capitale {de}.",
            "Donne-moi la capitale {de}.", "Quel est le nom de la capitale {de}?", "la capitale {de}",
            "Dis-moi quelle est la capitale {de}.", "La capitale {de}, c'est quelle ville ?",
            "Connais-tu la capitale {de}?", "Comment s'appelle la capitale {de}?",
        ),
    },
    "continent": {
        "en": (
            "On which continent is {s}?", "Which continent is {s} in?", "In which part of the world is {s}?",
            "What continent does {s} belong to?", "{s} is on which continent?", "continent of {s}",
            "Tell me the continent of {s}.", "Where in the world is {s}?",
            "What is the continent of {s}?", "Which continent does {s} lie on?",
        ),
        "fr": (
            "Sur quel continent est {s} ?", "Sur quel continent se trouve {s} ?", "Quel est le continent {de}?",
            "À quel continent appartient {s} ?", "Dans quelle partie du monde est {s} ?", "le continent {de}",
            "Dis-moi le continent {de}.", "De quel continent {s} fait partie ?",
            "Sur quel continent peut-on trouver {s} ?", "Donne le continent {de}.",
        ),
    },
    "symbol": {
        "en": (
            "What is the chemical symbol of {s}?", "What is the symbol for {s}?", "Which symbol stands for {s}?",
            "How is {s} written in chemistry?", "Give the symbol of {s}.", "symbol of {s}",
            "Which letters stand for the element {s}?", "What symbol does {s} have?",
            "Tell me the chemical symbol for {s}.", "In the periodic table, what is the symbol of {s}?",
        ),
        "fr": (
            "Quel est le symbole chimique {de}?", "Quel est le symbole {de}?", "Quel symbole désigne {s} ?",
            "Comment note-t-on {s} en chimie ?", "Donne le symbole {de}.", "le symbole {de}",
            "Quelles lettres désignent {s} ?", "Quel symbole a {s} ?",
            "Dis-moi le symbole chimique {de}.", "Dans le tableau périodique, quel est le symbole {de}?",
        ),
    },
    "atomic": {
        "en": (
            "What is the atomic number of {s}?", "Which atomic number does {s} have?", "Give the atomic number of {s}.",
            "How many protons does {s} have?", "How many protons are in an atom of {s}?", "atomic number of {s}",
            "What number does {s} have in the periodic table?", "{s} has which atomic number?",
            "Tell me the atomic number of {s}.", "What is the number of protons of {s}?",
        ),
        "fr": (
            "Quel est le numéro atomique {de}?", "Quel numéro atomique a {s} ?", "Donne le numéro atomique {de}.",
            "Combien de protons a {s} ?", "Combien de protons dans un atome {de}?", "le numéro atomique {de}",
            "Quel est le numéro {de} dans le tableau périodique ?", "Le numéro atomique {de}, c'est combien ?",
            "Dis-moi le numéro atomique {de}.", "Quel est le nombre de protons {de}?",
        ),
    },
    "to_french": {
        "en": (
            "What is the French for {s}?", "How do you say {s} in French?", "Translate {s} into French.",
            "What is {s} in French?", "Which French word means {s}?", "{s} in French",
            "Give me the French word for {s}.", "How is {s} said in French?",
            "What is the French word for {s}?", "Tell me how to say {s} in French.",
        ),
        "fr": (
            "Comment dit-on {s} en français ?", "Traduis {s} en français.", "Que veut dire {s} en anglais ?",
            "Que signifie le mot anglais {s} ?", "Quel est le mot français pour {s} ?", "{s} en français",
            "Donne la traduction française de {s}.", "Quelle est la traduction de {s} en français ?",
            "Comment traduit-on {s} en français ?", "Dis-moi comment on dit {s} en français.",
        ),
    },
    "to_english": {
        "en": (
            "What is the English for {s}?", "How do you say {s} in English?", "Translate {s} into English.",
            "What is {s} in English?", "What does the French word {s} mean?", "{s} in English",
            "Give me the English word for {s}.", "How is {s} said in English?",
            "What is the English word for {s}?", "Tell me how to say {s} in English.",
        ),
        "fr": (
            "Comment dit-on {s} en anglais ?", "Traduis {s} en anglais.", "Quel est le mot anglais pour {s} ?",
            "Comment s'appelle {s} en anglais ?", "{s}, c'est quoi en anglais ?", "{s} en anglais",
            "Donne la traduction anglaise de {s}.", "Quelle est la traduction de {s} en anglais ?",
            "Comment traduit-on {s} en anglais ?", "Dis-moi comment on dit {s} en anglais.",
        ),
    },
    "opposite": {
        "en": (
            "What is the opposite of {s}?", "Which word is the opposite of {s}?", "Give the opposite of {s}.",
            "What is the contrary of {s}?", "{s} is the opposite of what?", "opposite of {s}",
            "Name a word that means the opposite of {s}.", "What word is opposite to {s}?",
            "Tell me the opposite of {s}.", "Do you know the opposite of {s}?",
        ),
        "fr": (
            "Quel est le contraire de {s} ?", "Quel mot est le contraire de {s} ?", "Donne le contraire de {s}.",
            "Quel est l'opposé de {s} ?", "Le contraire de {s}, c'est quoi ?", "contraire de {s}",
            "Nomme le contraire de {s}.", "Quel mot est opposé à {s} ?",
            "Dis-moi le contraire de {s}.", "Connais-tu le contraire de {s} ?",
        ),
    },
    "class": {
        "en": (
            "What kind of animal is the {s}?", "Which class of animals does the {s} belong to?", "What is a {s}?",
            "To which group of animals does the {s} belong?", "The {s} is what kind of animal?", "class of the {s}",
            "Is the {s} a mammal, a bird or something else?", "Which sort of animal is a {s}?",
            "What type of animal is the {s}?", "Tell me what kind of animal the {s} is.",
        ),
        "fr": (
            "Quelle sorte d'animal est {s} ?", "À quelle classe d'animaux appartient {s} ?", "Qu'est-ce que {s} ?",
            "À quel groupe d'animaux appartient {s} ?", "Quel genre d'animal est {s} ?", "la classe {de}",
            "Est-ce que {s} est un mammifère, un oiseau ou autre chose ?", "{s}, c'est quelle sorte d'animal ?",
            "Quel type d'animal est {s} ?", "Dis-moi quelle sorte d'animal est {s}.",
        ),
    },
    "young": {
        "en": (
            "What is the young of the {s} called?", "What do you call a young {s}?", "What is a baby {s} called?",
            "How do we call the young of a {s}?", "Give the name of a young {s}.", "young of the {s}",
            "Which word is used for a baby {s}?", "A young {s} is called what?",
            "What is the name for a young {s}?", "Tell me what a baby {s} is called.",
        ),
        "fr": (
            "Comment s'appelle le petit {de}?", "Quel est le petit {de}?", "Quel est le nom du petit {de}?",
            "Comment appelle-t-on le petit {de}?", "Donne le nom du petit {de}.", "le petit {de}",
            "Quel mot désigne le petit {de}?", "Le petit {de} s'appelle comment ?",
            "Comment nomme-t-on le petit {de}?", "Dis-moi le nom du petit {de}.",
        ),
    },
    "year": {
        "en": (
            "In which year was {s}?", "When was {s}?", "What year was {s}?",
            "In what year did {s} take place?", "Give the year of {s}.", "year of {s}",
            "When did {s} happen?", "What is the year of {s}?",
            "Tell me the year of {s}.", "Which year saw {s}?",
        ),
        "fr": (
            "En quelle année a eu lieu {s} ?", "Quand a eu lieu {s} ?", "Quelle est l'année {de}?",
            "De quelle année date {s} ?", "Donne l'année {de}.", "l'année {de}",
            "Quelle est la date {de}?", "C'est en quelle année, {s} ?",
            "Dis-moi l'année {de}.", "En quelle année s'est produit {s} ?",
        ),
    },
    "amount": {
        "en": (
            "How many {s} are there {w}?", "How many {s} are {w}?", "What is the number of {s} {w}?",
            "Give the number of {s} {w}.", "How many {s} do we find {w}?", "number of {s} {w}",
            "How many {s} does one count {w}?", "Tell me how many {s} there are {w}.",
            "Do you know how many {s} there are {w}?", "Count the {s} {w}: how many?",
        ),
        "fr": (
            "Combien de {s} y a-t-il {w} ?", "Combien y a-t-il de {s} {w} ?", "Quel est le nombre de {s} {w} ?",
            "Donne le nombre de {s} {w}.", "Il y a combien de {s} {w} ?", "nombre de {s} {w}",
            "Combien compte-t-on de {s} {w} ?", "Dis-moi combien de {s} il y a {w}.",
            "Sais-tu combien de {s} il y a {w} ?", "Combien de {s} trouve-t-on {w} ?",
        ),
    },
    "term": {
        "en": (
            "What is {s}?", "What does {s} mean?", "Explain {s}.", "Define {s}.", "What do we mean by {s}?",
            "What is the meaning of {s}?", "Give a definition of {s}.", "Can you explain what {s} is?",
            "How would you define {s}?", "Tell me what {s} is.",
        ),
        "fr": (
            "Qu'est-ce que {s} ?", "C'est quoi, {s} ?", "Explique {s}.", "Définis {s}.", "Que veut dire {s} ?",
            "Quelle est la définition {de}?", "Donne une définition {de}.", "Peux-tu expliquer ce qu'est {s} ?",
            "Comment définir {s} ?", "Dis-moi ce qu'est {s}.",
        ),
    },
}

AROUND = {
    "en": (
        "{q}", "{q}", "{q}", "Please: {q}", "Tell me: {q}", "Hello! {q}", "Question: {q}", "{q} Thank you.",
        "I would like to know: {q}", "Can you help me? {q}", "Quick question: {q}", "{q} Please be brief.",
        "For my homework: {q}", "Here is what I want to know. {q}",
    ),
    "fr": (
        "{q}", "{q}", "{q}", "S'il te plaît : {q}", "Dis-moi : {q}", "Bonjour ! {q}", "Question : {q}", "{q} Merci.",
        "Je voudrais savoir : {q}", "Peux-tu m'aider ? {q}", "Petite question : {q}", "{q} Sois bref, s'il te plaît.",
        "Pour mes devoirs : {q}", "Voici ce que je veux savoir. {q}",
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
    question = draw.choice(ways[:-UNSEEN])
    return draw.choice(around[:-UNSEEN]).format(q=question) if draw.random() < 0.4 else question


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
