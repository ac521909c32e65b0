"""How the history file is laid out, and how an older file becomes a newer one.

A step is never changed: it calls nothing of today's program, so that it goes on doing what it did to the files that
took it. What changes is a new step.
"""

import hashlib
import json
import re
import sqlite3
import unicodedata
from collections.abc import Callable, Iterator
from typing import Any

from council.errors import HistoryError
from models.text import lazy_gettext as _


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
    db.execute("CREATE TABLE texts (run_id TEXT NOT NULL, text TEXT NOT NULL)")  # which `_index_words` replaces


def _add_fingerprint(db: sqlite3.Connection) -> None:
    db.execute("ALTER TABLE runs ADD COLUMN fingerprint TEXT NOT NULL DEFAULT ''")
    db.execute("CREATE INDEX runs_by_fingerprint ON runs (fingerprint)")


def _add_writer(db: sqlite3.Connection) -> None:
    db.execute("ALTER TABLE runs ADD COLUMN writer TEXT NOT NULL DEFAULT ''")


def _renew_fingerprints(db: sqlite3.Connection) -> None:
    """Take the rules of the council into account, which files of the fourth layout did not."""
    for run_id, _number, body in _stored(db, "deliberation_started"):
        question, council = body["question"], body["council"]
        asked = [
            question["text"].strip(),
            [(exchange["question"], exchange["answer"]) for exchange in question.get("earlier", ())],
            sorted((s["model"], s.get("persona", ""), s.get("temperature", 0.7)) for s in council["seats"]),
            council["chairman"]["model"],
            *(council.get(*rule) for rule in (("mode", "council"), ("second_look", "auto"), ("debate", "auto"))),
            *(council.get(*rule) for rule in (("rounds", 1), ("answer_tokens", 1024))),
        ]
        digest = hashlib.sha256(json.dumps(asked).encode()).hexdigest()
        db.execute("UPDATE runs SET fingerprint = ? WHERE id = ?", (digest, run_id))


def _index_words(db: sqlite3.Connection) -> None:
    """Number the runs, and index what was said by word: the row of a text is its run's number, then its event's."""
    db.execute(
        "CREATE TABLE numbered (number INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, owner TEXT NOT NULL,"
        " question TEXT NOT NULL, mode TEXT NOT NULL, status TEXT NOT NULL, started_at REAL NOT NULL,"
        " fingerprint TEXT NOT NULL, writer TEXT NOT NULL)"
    )
    db.execute(
        "INSERT INTO numbered SELECT NULL, id, owner, question, mode, status, started_at, fingerprint, writer"
        " FROM runs ORDER BY started_at, rowid"
    )
    db.execute("DROP TABLE texts")
    db.execute("DROP TABLE runs")
    db.execute("ALTER TABLE numbered RENAME TO runs")
    db.execute("CREATE INDEX runs_by_owner ON runs (owner, started_at)")
    db.execute("CREATE INDEX runs_by_fingerprint ON runs (fingerprint)")
    db.execute("CREATE VIRTUAL TABLE words USING fts5 (text, tokenize = 'unicode61 remove_diacritics 2', prefix = '1')")
    db.execute("INSERT INTO words (words, rank) VALUES ('automerge', 0)")  # it is merged in small steps by who adds
    numbers = dict(db.execute("SELECT id, number FROM runs"))
    unspaced = re.compile(
        "([\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff\U00020000-\U0003ffff])"
    )
    for run_id, number, body in _stored(db, "deliberation_started", "turn_finished", "synthesis_written"):
        match body:
            case {"question": {"text": text}} | {"synthesis": {"text": text}}:
                pass
            case {"turn": {"kind": "answer" | "revision"}, "text": text}:
                pass
            case _:
                continue
        decomposed = unicodedata.normalize("NFKD", text.casefold())
        folded = "".join(letter for letter in decomposed if not unicodedata.combining(letter))
        row = numbers[run_id] * 2**20 + number
        db.execute("INSERT INTO words (rowid, text) VALUES (?, ?)", (row, unspaced.sub(r" \1 ", folded)))


def _merge_in_small_steps_only(db: sqlite3.Connection) -> None:
    """Put off the merge of sixteen parts of the index at once, which whoever added the last one waited for."""
    db.execute("INSERT INTO words (words, rank) VALUES ('crisismerge', 1000)")


def _add_evaluations(db: sqlite3.Connection) -> None:
    db.execute(
        "CREATE TABLE evaluations (id TEXT PRIMARY KEY, owner TEXT NOT NULL, started_at REAL NOT NULL,"
        " plan TEXT NOT NULL)"
    )
    db.execute(
        "CREATE TABLE measured (evaluation TEXT NOT NULL, item TEXT NOT NULL, body TEXT NOT NULL,"
        " PRIMARY KEY (evaluation, item)) WITHOUT ROWID"
    )


def _stored(db: sqlite3.Connection, *types: str) -> Iterator[tuple[str, int, dict[str, Any]]]:
    """Yield a run's id, an event's number and its body; what is no JSON was torn, and nothing is drawn from it."""
    marks = ", ".join("?" * len(types))
    query = f"SELECT run_id, number, body FROM events WHERE type IN ({marks}) AND json_valid(body)"  # noqa: S608
    for run_id, number, body in db.execute(query, types).fetchall():
        yield run_id, number, json.loads(body)


MIGRATIONS: tuple[Callable[[sqlite3.Connection], None], ...] = (
    _begin,
    _add_search,
    _add_fingerprint,
    _add_writer,
    _renew_fingerprints,
    _index_words,
    _merge_in_small_steps_only,
    _add_evaluations,
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
                _("The history was written by a newer version of the program."),
                advice=_("Update it, or set COUNCIL_DATA_DIR to another folder."),
            )
        for step in MIGRATIONS[version:]:
            step(db)
        db.execute(f"PRAGMA user_version = {len(MIGRATIONS)}")
    except BaseException:
        db.execute("ROLLBACK")
        raise
    db.execute("COMMIT")
