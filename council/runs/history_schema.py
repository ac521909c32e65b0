"""How the history file is laid out, and how an older file becomes a newer one."""

import hashlib
import json
import sqlite3
import unicodedata
from collections.abc import Callable, Iterator

from pydantic import ValidationError

from council import events as ev
from council.domain import Council, Question
from council.errors import HistoryError


def fold_text(text: str) -> str:
    """Make texts comparable for a search: no case, no accents."""
    decomposed = unicodedata.normalize("NFKD", text.casefold())
    return "".join(letter for letter in decomposed if not unicodedata.combining(letter))


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


def fingerprint(question: Question, council: Council) -> str:
    """Tell whether two runs ask the same of the same council; how its seats are numbered does not matter."""
    seats = [(seat.model, seat.persona, seat.temperature) for seat in council.seats]
    earlier = [(exchange.question, exchange.answer) for exchange in question.earlier]
    rules = (council.second_look, council.debate, council.rounds, council.answer_tokens)
    asked = (question.text.strip(), earlier, seats, council.chairman.model, council.mode, *rules)
    return hashlib.sha256(json.dumps(asked).encode()).hexdigest()


def _begin(db: sqlite3.Connection) -> None:
    db.execute(
        "CREATE TABLE runs (id TEXT PRIMARY KEY, owner TEXT NOT NULL, question TEXT NOT NULL, mode TEXT NOT NULL,"
        " status TEXT NOT NULL, started_at REAL NOT NULL)"
    )
    db.execute(
        "CREATE TABLE events (run_id TEXT NOT NULL, number INTEGER NOT NULL, type TEXT NOT NULL, at REAL NOT NULL,"
        " body TEXT NOT NULL, PRIMARY KEY (run_id, number)) WITHOUT ROWID"
    )
    db.execute("CREATE INDEX runs_by_owner ON runs (owner, started_at)")


def _add_search(db: sqlite3.Connection) -> None:
    db.execute("CREATE TABLE texts (run_id TEXT NOT NULL, text TEXT NOT NULL)")
    db.execute("CREATE INDEX texts_by_run ON texts (run_id)")
    for run_id, event in _stored_events(db):
        if text := text_of_event(event):
            db.execute("INSERT INTO texts VALUES (?, ?)", (run_id, fold_text(text)))


def _add_fingerprint(db: sqlite3.Connection) -> None:
    db.execute("ALTER TABLE runs ADD COLUMN fingerprint TEXT NOT NULL DEFAULT ''")
    db.execute("CREATE INDEX runs_by_fingerprint ON runs (fingerprint)")
    _renew_fingerprints(db)


def _renew_fingerprints(db: sqlite3.Connection) -> None:
    for run_id, event in _stored_events(db):
        if isinstance(event, ev.DeliberationStarted):
            values = (fingerprint(event.question, event.council), run_id)
            db.execute("UPDATE runs SET fingerprint = ? WHERE id = ?", values)


def _add_writer(db: sqlite3.Connection) -> None:
    db.execute("ALTER TABLE runs ADD COLUMN writer TEXT NOT NULL DEFAULT ''")


MIGRATIONS: tuple[Callable[[sqlite3.Connection], None], ...] = (
    _begin,
    _add_search,
    _add_fingerprint,
    _add_writer,
    _renew_fingerprints,  # which take the rules of the council into account now
)


def migrate(db: sqlite3.Connection) -> None:
    """Bring a file, new or old, to the present layout in one transaction.

    Raises HistoryError for a file of a newer version: what that one means by its columns is not known here.
    """
    if db.execute("PRAGMA user_version").fetchone() == (len(MIGRATIONS),):
        return  # nothing to write, so that what is there can be read on a full disk, too
    db.execute("BEGIN IMMEDIATE")
    try:
        (version,) = db.execute("PRAGMA user_version").fetchone()
        if version > len(MIGRATIONS):
            raise HistoryError(
                "The history was written by a newer version of the program. Update it, or set COUNCIL_DATA_DIR to "
                "another folder."
            )
        for step in MIGRATIONS[version:]:
            step(db)
        db.execute(f"PRAGMA user_version = {len(MIGRATIONS)}")
    except BaseException:
        db.execute("ROLLBACK")
        raise
    db.execute("COMMIT")


def _stored_events(db: sqlite3.Connection) -> Iterator[tuple[str, ev.Event]]:
    for run_id, body in db.execute("SELECT run_id, body FROM events ORDER BY run_id, number").fetchall():
        try:
            yield run_id, ev.EVENT_ADAPTER.validate_json(body)
        except ValidationError:
            continue  # of a newer version; nothing is drawn from it
