"""What the program itself says of a run or a backend, in the user's language.

Other modules write English, for terminal, log and history. Known phrases are put into French here, wherever they stand
in a message. What is in quotes, such as a name or a server's own words, stays as it is, and so does what is not known.

The tables of phrases map English to French. In both, `{name}` is something in quotes, `{said}` a server's words in
brackets or nothing, `{command}` something in backticks, `{text}` anything; a figure tells several of one kind apart.
"""

import re

from council.translation import Translator
from council.ui.words.phrases_fr_council import BALLOTS, HISTORY, QUESTIONS, RUNS, SEATS
from council.ui.words.phrases_fr_llama_cpp import ANSWERING, EMBEDDING, FILES, LOADING
from council.ui.words.phrases_fr_models import ADVICE, DOWNLOADS, SELECTOR, SERVERS, WEIGHTS
from models.text import Text

_KINDS = {
    "name": r"\0\d+\0",
    "said": r"(?: \(\0\d+\0\))?",
    "command": r"`[^`]+`",
    "number": r"\d+(?:[.,\u202f]\d+)*",
    "size": r"\d+(?:,\d+)? [GM]o",
    "word": r"\S+",
    "text": r".+?",
}
# Apostrophes stand inside words and quotes around them; a quote inside quotes is escaped, as `repr` writes it.
_QUOTED = re.compile(r"""(?<!\w)(?:'(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*")(?!\w)""")


def _compile(english: str) -> re.Pattern[str]:
    def group(place: re.Match[str]) -> str:
        return f"(?P<{place[1]}{place[2]}>{_KINDS[place[1]]})"

    return re.compile(re.sub(r"\\{([a-z]+)(\d?)\\}", group, re.escape(english)), re.DOTALL)


_TABLES = (RUNS, QUESTIONS, SEATS, BALLOTS, HISTORY, SERVERS, SELECTOR, ADVICE, DOWNLOADS, WEIGHTS, FILES, LOADING)
# A longer phrase may hold a shorter one, and goes first.
_PHRASES = [
    (_compile(english), re.sub(r"{(\w+)}", r"\\g<\1>", french))
    for english, french in sorted(
        (phrase for table in (*_TABLES, ANSWERING, EMBEDDING) for phrase in table.items()),
        key=lambda phrase: -len(re.sub(r"{\w+}", "", phrase[0])),
    )
]


def translated(told: Text | str, words: Translator) -> str:
    """Put what is known of a message into French, where that is the page's language."""
    message = str(told)
    if words.language != "fr":
        return message
    quoted: list[str] = []

    def put_away(found: re.Match[str]) -> str:
        quoted.append(found[0])
        return f"\0{len(quoted) - 1}\0"

    message = _with_french_figures(_QUOTED.sub(put_away, message.replace("\0", "")))
    for pattern, french in _PHRASES:
        message = pattern.sub(french, message)
    return re.sub(r"\0(\d+)\0", lambda number: quoted[int(number[1])], message)


def _with_french_figures(message: str) -> str:
    """Write "1,200" and "2.1 GB" as French does."""
    message = re.sub(r"(?<=\d),(?=\d{3}\b)", "\u202f", message)
    return re.sub(r"(\d)\.(\d) ([GM])B\b", r"\1,\2 \3o", message)
