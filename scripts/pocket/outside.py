"""Questions to which the pocket models have no answer, in many forms, and small sums to which they have one."""

import random

SYLLABLES = "ba bel cor da dor fa gar hel ka lor ma mir na nor pa quel ra ro sa sel ta tor va vel wen za zor".split()

OPEN = {
    "en": (
        "What is the capital of {n}?", "What is the population of {n}?", "Who is the mayor of {n}?", "Where is {n}?",
        "Who invented {n}?", "When was {n} born?", "Who is {n}?", "What is {n}?", "How old is {n}?",
        "What is the weather like in {n}?", "Will it rain tomorrow in {n}?", "Who won the match of {n} yesterday?",
        "Write a poem about {t}.", "Write a function that sorts {t}.", "Write a letter about {t}.",
        "Give me a recipe for {t}.", "What do you think about {t}?", "Tell me a story about {t}.",
        "Tell me a joke about {t}.", "Summarise the book {n}.", "What is the best {t} to buy?", "How do I repair {t}?",
        "What is the price of {t} today?", "What happened in {n} last week?", "How can I learn {t}?",
        "Which is better, {t} or {u}?", "What is the history of {t}?", "Who directed the film {n}?",
        "Who is the president of {n}?", "What is the phone number of {n}?", "Should I take {t} to {n}?",
        "How far is it from {n} to {m}?", "What is {a} times {b}?", "What is {a} plus {b}?", "How many {t} are in {n}?",
        "Explain {t} to me in detail.", "What will {t} cost next year?", "Make a plan for {t}.", "What time is it in {n}?",
        "What is the French for {n}?", "What is the opposite of {n}?", "What is the symbol of {n}?",
        "On which continent is {n}?", "When was the battle of {n}?", "What is a young {n} called?",
        "Translate into German: {t}", "Which team does {n} play for?", "What did {n} say about {t}?",
    ),
    "fr": (
        "Quelle est la capitale de {n} ?", "Combien d'habitants a {n} ?", "Qui est le maire de {n} ?", "Où est {n} ?",
        "Qui a inventé {n} ?", "Quand est né {n} ?", "Qui est {n} ?", "Qu'est-ce que {n} ?", "Quel âge a {n} ?",
        "Quel temps fait-il à {n} ?", "Va-t-il pleuvoir demain à {n} ?", "Qui a gagné le match de {n} hier ?",
        "Écris un poème sur {t}.", "Écris une fonction qui trie {t}.", "Écris une lettre sur {t}.",
        "Donne-moi une recette de {t}.", "Que penses-tu de {t} ?", "Raconte-moi une histoire sur {t}.",
        "Raconte une blague sur {t}.", "Résume le livre {n}.", "Comment réparer {t} ?", "Que coûte {t} aujourd'hui ?",
        "Que s'est-il passé à {n} la semaine dernière ?", "Comment apprendre {t} ?", "Que choisir, {t} ou {u} ?",
        "Quelle est l'histoire de {t} ?", "Qui a réalisé le film {n} ?", "Qui est le président de {n} ?",
        "Quel est le numéro de téléphone de {n} ?", "Faut-il emporter {t} à {n} ?", "Combien font {a} fois {b} ?",
        "Quelle est la distance de {n} à {m} ?", "Combien font {a} plus {b} ?", "Explique-moi {t} en détail.",
        "Que coûtera {t} l'an prochain ?", "Fais un plan pour {t}.", "Quelle heure est-il à {n} ?",
        "Comment dit-on {n} en anglais ?", "Quel est le contraire de {n} ?", "Quel est le symbole de {n} ?",
        "Sur quel continent est {n} ?", "Quand a eu lieu la bataille de {n} ?", "Comment s'appelle le petit de {n} ?",
        "Traduis en allemand : {t}", "Dans quelle équipe joue {n} ?", "Qu'a dit {n} sur {t} ?",
    ),
}
TOPICS = {
    "en": (
        "a chocolate cake|my old bicycle|chess openings|numbers in Python|the stock market|a garden wall|love|taxes|"
        "electric cars|a laptop|guitar chords|a holiday in Italy|quantum physics|my neighbour|an onion soup|philosophy|"
        "football|Bitcoin|a washing machine|yoga|the future of work|medieval music|a wedding speech|dragons|headaches|"
        "a mortgage|modern art|Spanish grammar|a phone|fishing|solar panels|the news|a job interview|tomatoes|coffee"
    ).split("|"),
    "fr": (
        "un gâteau au chocolat|mon vieux vélo|les ouvertures aux échecs|des nombres en Python|la bourse|un mur de jardin|"
        "l'amour|les impôts|les voitures électriques|un ordinateur portable|les accords de guitare|un voyage en Italie|"
        "la physique quantique|mon voisin|une soupe à l'oignon|la philosophie|le football|le Bitcoin|un lave-linge|le yoga|"
        "l'avenir du travail|la musique médiévale|un discours de mariage|les dragons|les maux de tête|un crédit|l'art moderne|"
        "la grammaire espagnole|un téléphone|la pêche|les panneaux solaires|l'actualité|un entretien|les tomates|le café"
    ).split("|"),
}
REAL_NAMES = (
    "Texas Bavaria Mars Atlantis Provence Scotland California Narnia Brittany Corsica Sicily Tibet Barcelona Marseille Naples "
    "Obama Picasso Napoleon Cleopatra Aristotle Tesla Google Wikipedia Batman Harry Potter Macron Zidane Bowie Gandhi".split()
)


def made_up(draw: random.Random) -> str:
    """Draw a name that means nothing."""
    return "".join(draw.choice(SYLLABLES) for _ in range(draw.choice((2, 2, 3)))).capitalize() + draw.choice(("", "ia", "n"))


def outside(language: str, draw: random.Random) -> str:
    """Draw a question without an answer."""
    topics = TOPICS[language]

    def name() -> str:
        return draw.choice(REAL_NAMES) if draw.random() < 0.3 else made_up(draw)

    return draw.choice(OPEN[language]).format(
        n=name(), m=name(), t=draw.choice(topics), u=draw.choice(topics), a=draw.randint(21, 999), b=draw.randint(21, 999)
    )


SUMS = {
    "en": {
        "+": ("What is {a} plus {b}?", "What is {a} + {b}?", "{a} + {b} = ?", "Add {a} and {b}."),
        "-": ("What is {a} minus {b}?", "What is {a} - {b}?", "{a} - {b} = ?", "Take {b} from {a}."),
        "x": ("What is {a} times {b}?", "What is {a} x {b}?", "{a} x {b} = ?", "Multiply {a} by {b}."),
        ">": ("Which is larger, {a} or {b}?", "Which number is greater: {a} or {b}?"),
    },
    "fr": {
        "+": ("Combien font {a} plus {b} ?", "Combien font {a} + {b} ?", "{a} + {b} = ?", "Additionne {a} et {b}."),
        "-": ("Combien font {a} moins {b} ?", "Combien font {a} - {b} ?", "{a} - {b} = ?", "Ôte {b} de {a}."),
        "x": ("Combien font {a} fois {b} ?", "Combien font {a} x {b} ?", "{a} x {b} = ?", "Multiplie {a} par {b}."),
        ">": ("Lequel est plus grand, {a} ou {b} ?", "Quel nombre est plus grand : {a} ou {b} ?"),
    },
}


def small_sum(language: str, draw: random.Random) -> tuple[str, str]:
    """Draw a small sum and its result."""
    kind = draw.choice("+-x>")
    a, b = draw.randint(1, 10), draw.randint(1, 10)
    if kind == "-" or (kind == ">" and a == b):
        a += b
    result = {"+": a + b, "-": a - b, "x": a * b, ">": max(a, b)}[kind]
    return draw.choice(SUMS[language][kind]).format(a=a, b=b), f"{result}."
