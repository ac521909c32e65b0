"""Which language a question is in, by the small words that every sentence needs.

Unsure is "other": the model is then told to answer in the language of the question, which is never wrong.
"""

import re

from council.domain import Language, Question
from council.method.prompts import IN_LANGUAGE, LANGUAGE_NAMES

_ENGLISH = """
the of and is are was were be been am an it its this that these those what why how who whom whose which when where
does do did don't doesn't didn't can can't could should would will won't have has had not with for from to at by into
about than then there here my your his her our their me you we they he she i i'm it's what's who's how's if because
write explain tell give show list make find compare describe summarize translate please hello hi thanks best better
or name between difference much many most more some any all every first please help need want know think
"""
_FRENCH = """
le la les un une des du de au aux et ou où est es sont suis sommes êtes était étaient sera soit être avoir ai as avez
ont a-t-il que qui quoi quel quelle quels quelles lequel laquelle pourquoi comment combien quand dont je tu il elle
nous vous ils elles me te se mon ma mes ton ta tes son sa ses notre nos votre vos leur leurs ce cet cette ces ça cela
dans pour avec sans sur sous par pas ne plus moins très aussi mais donc car si à en y est-ce peux-tu pouvez-vous
écris écrivez explique expliquez donne donnez dis dites traduis résume compare faire fait faut peut peux veux
rédige nomme cite liste
bonjour salut merci meilleur meilleure entre différence quelqu'un chaque tous toutes tout toute depuis chez
"""
_GERMAN = """
der die das den dem des ein eine einen einem einer eines und oder ist sind war wird werden hat haben wie was wer wo
wann warum wieso weshalb woher wohin womit welche welcher welches welchen wieviel nicht kein keine mit für auf von vom
zu zum zur im in ins aus bei beim nach über unter durch um vor seit bis gegen ohne ich du er sie es wir ihr mir dir
mich dich uns mein meine dein deine sein seine unser kann kannst können soll sollte muss darf will wenn als dass weil
ob dann aber auch nur noch schon sehr mehr viele viel man gibt heißt bedeutet zwischen unterschied jeder alle etwas
nichts bitte hallo danke schreib schreibe erkläre erklär nenne nenn gib zeige zeig vergleiche übersetze fasse
beschreibe rechne
"""
_OTHERS = (
    """el la los las un una unos unas del de y o es son está están que qué quién cuál cómo cuándo dónde por para con sin
    sobre mi tu su se no más pero muy yo ella nosotros lo le en al hay ser hacer cuánto cuántos puedes dime hola""",
    """il lo la gli le un uno una di del della dei delle e o è sono che chi cosa quale quali come quando dove perché per
    con non più ma molto io tu lui lei noi nel nella al alla si mi ti puoi ciao grazie scrivi spiega fare""",
    """o os as um uma uns umas de do da dos das e ou é são quem qual quais como quando onde por para com não mais mas
    muito eu você ele ela nós em no na nos nas ao se meu minha posso fazer olá obrigado escreva explique""",
    """de het een en of is zijn was wat wie die dat waar wanneer waarom welke hoe niet met voor op van te in ik jij hij
    zij wij mijn kan moet maar ook naar bij als over schrijf hallo dank""",
    """det den är er att och og som på för av af inte ikke vad hvad hva hur hvordan varför hvorfor vem hvem var hvor när
    jag jeg du kan till til har med ett om man hej tack tak takk""",
)
_QUESTION_WORDS = """
who why what how where when which does did pourquoi quoi quel quelle quels quelles combien où qu'est-ce est-ce
warum wie wer perché cosa quale qué cómo cuál dónde qual quem waarom hoe wieso weshalb varför hvorfor hvad
"""
"""Worth twice as much: a title or a name in another language does not hold them."""
_STRONG = frozenset(_QUESTION_WORDS.split())
_KNOWN = tuple(frozenset(words.split()) for words in (_ENGLISH, _FRENCH, _GERMAN, *_OTHERS))
_ELISION = re.compile(r"^(?:l|d|j|m|t|s|n|c|qu|lorsqu|puisqu|jusqu)'(?=.)")
_WORD = re.compile(r"[^\W\d_]+(?:['-][^\W\d_]+)*")
_NOT_SAID = re.compile(r"```.*?(?:```|\Z)|`[^`\n]*`|https?://\S+|\"[^\"\n]*\"|“[^”\n]*”|«[^»\n]*»", re.DOTALL)
_FRENCH_LETTERS = frozenset("çœèêàùîûëï")
_GERMAN_LETTERS = frozenset("ßäöü")
_FOREIGN_LETTERS = frozenset("ñ¿¡ßäöüãõåøìòłşğ")
_SAMPLE_CHARACTERS = 5_000


def detect_language(text: str) -> Language:
    """Tell English, French and German from the rest; code, links and quotations in the question are not looked at."""
    plain = _NOT_SAID.sub(" ", text[:_SAMPLE_CHARACTERS].replace("’", "'")).lower()
    words = [part for word in _WORD.findall(plain) for part in {word, *word.split("-")}]
    scores = [sum(1.0 + (word in _STRONG) for word in words if word in known) for known in _KNOWN]
    english, french, german, *others = scores
    french += sum(_ELISION.match(word) is not None for word in words)
    letters = set(plain)
    german += 0.5 if german and letters & _GERMAN_LETTERS else 0.0
    is_foreign = bool(letters & _FOREIGN_LETTERS)
    if not is_foreign:
        french += 0.5 * len(letters & _FRENCH_LETTERS)
    if german > max(english, french, *others):
        return "de"
    best = max(german, *others) + (0.5 if is_foreign else 0.0)
    if english == french or max(english, french) < best:
        return "other"
    return "en" if english > french else "fr"


def language_instruction(question: Question) -> str:
    """Return the sentence that asks for the language of the question."""
    return IN_LANGUAGE.format(language=LANGUAGE_NAMES[question.language])
