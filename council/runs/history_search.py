"""Finds runs by the words said in them, with SQLite's full-text index (FTS5), in any case, accents or none.

A text of the index has its run's number and its event's in its row number, so that a search reads nothing but the
index; it counts up to a million events of a run.
"""

import re
import sqlite3
import unicodedata

from council import events as ev
from models.characters import well_formed

EVENTS = 2**20
MOST_WORDS, MOST_LETTERS = 20, 100  # of a search
MERGED_PAGES = 16  # with every text that is added; all at once, they cost a hundred milliseconds now and then

_UNSPACED = re.compile(
    "([\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff\U00020000-\U0003ffff])"
)
"""Letters of scripts that put no spaces between words: Thai, Lao, Burmese, Khmer, Japanese, Chinese."""


def text_of_event(event: ev.Event) -> str:
    """What a search finds in an event: the question, the answers and the conclusion; "" elsewhere."""
    match event:
        case ev.DeliberationStarted(question=question):
            return question.text
        case ev.TurnFinished(turn=turn, text=text) if turn.kind in ("answer", "revision"):
            return text
        case ev.SynthesisWritten(synthesis=synthesis):
            return synthesis.text
        case _:
            return ""


def index(db: sqlite3.Connection, run: int, number: int, event: ev.Event) -> None:
    """Make an event findable; `run` and `number` are the run's number and the event's in it."""
    if text := text_of_event(event):
        db.execute("INSERT INTO words (rowid, text) VALUES (?, ?)", (run * EVENTS + number, _comparable(text)))
        db.execute("INSERT INTO words (words, rank) VALUES ('merge', ?)", (MERGED_PAGES,))


def forget(db: sqlite3.Connection, run: int) -> None:
    """Let nothing of a run be found; `scrub` takes its words out of the file."""
    db.execute("DELETE FROM words WHERE rowid BETWEEN ? AND ?", (run * EVENTS, (run + 1) * EVENTS - 1))


def scrub(db: sqlite3.Connection, *, first: bool) -> bool:
    """Do a step of writing the index anew without deleted words, and tell whether more is to be done.

    FTS5 only marks as deleted what it deletes; it is gone once everything has been merged.
    """
    before = db.total_changes
    pages = 4 * MERGED_PAGES
    db.execute("INSERT INTO words (words, rank) VALUES ('merge', ?)", (-pages if first else pages,))
    return db.total_changes - before >= 2


def condition(search: str) -> tuple[str, list[str]]:
    """Return the SQL condition on `runs` under which all words are found in a run, and its values.

    What was typed is words and no syntax. Each may go on, so that runs are found while one types; one that ends with
    a mark, such as "100%", does not.
    """
    words = [word[:MOST_LETTERS] for word in well_formed(search).split()][:MOST_WORDS]
    telling = [word for word in words if any(map(str.isalnum, word))]
    if words and not telling:
        return "0", []
    found = ["number IN (SELECT rowid / ? FROM words WHERE words MATCH ?)".replace("?", str(EVENTS), 1)] * len(telling)
    return " AND ".join(found) or "1", [_as_prefix(word) for word in telling]


def _as_prefix(word: str) -> str:
    star = "" if unicodedata.category(word[-1])[0] in "PS" else "*"
    return '"{}"{}'.format(_comparable(word).replace('"', '""'), star)


def _comparable(text: str) -> str:
    """Return a text without case and accents; FTS5 itself knows those of Latin letters only, and not that ß is ss."""
    decomposed = unicodedata.normalize("NFKD", text.casefold())
    return _UNSPACED.sub(r" \1 ", "".join(letter for letter in decomposed if not unicodedata.combining(letter)))
