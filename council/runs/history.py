"""Every run, kept as the events it consisted of, in one SQLite file; knows nothing about running them.

Events are only ever added. The other columns and tables are drawn from them, so that lists and searches are quick.
"""

import logging
import re
import sqlite3
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import cast

from pydantic import ValidationError

from council import events as ev
from council.domain import Council, Mode, Question
from council.errors import HistoryError
from council.runs.history_schema import fingerprint, fold_text, migrate, text_of_event
from council.runs.liveness import ProcessLock, is_writing
from council.transcript import Transcript

logger = logging.getLogger(__name__)

RUN_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,63}")
MOST_WORDS, MOST_LETTERS = 20, 100  # of a search; SQLite has its limits
CUT_SHORT = "The program ended in the middle of the run. Resume it: what was said is kept."


@dataclass(frozen=True, slots=True)
class HistoryEntry:
    """One line of the list of runs; `question` is whole, `started_at` in seconds since the epoch."""

    id: str
    question: str
    mode: Mode
    status: ev.Status
    started_at: float


class History:
    """The store of all runs; may be used from several threads, and by several processes at once.

    Every method that takes an owner sees that owner's runs only. Whatever goes wrong is a HistoryError that says what
    to do about it.
    """

    def __init__(self, path: Path, *, lock_seconds: float = 5.0) -> None:
        self.path = path
        self._lock = threading.Lock()
        self._writer: ProcessLock | None = None
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise HistoryError(
                f"The folder '{path.parent}' cannot be made: {error.strerror}. Set COUNCIL_DATA_DIR to another one."
            ) from error
        with self._explained():
            self._db = sqlite3.connect(path, timeout=lock_seconds, isolation_level=None, check_same_thread=False)
        try:
            with self._explained():
                self._db.execute("PRAGMA journal_mode = WAL")
                self._db.execute("PRAGMA synchronous = NORMAL")  # power loss may cost the last moment, never the file
                self._db.execute("PRAGMA secure_delete = ON")  # what a user deletes is gone from the disk, too
                migrate(self._db)
        except HistoryError:
            self._db.close()
            raise

    def close(self) -> None:
        """Close the file; what was appended is in it. A second call does nothing."""
        with self._lock:
            self._db.close()
            if self._writer is not None:
                self._writer.release()
                self._writer = None

    def append(self, run_id: str, event: ev.Event, *, owner: str = "local") -> None:
        """Store an event at the end of its run; DeliberationStarted begins a new one, and deltas are not stored."""
        if isinstance(event, ev.TurnDelta):
            return
        _check_id(run_id)
        with self._transaction() as db:
            if isinstance(event, ev.DeliberationStarted):
                self._begin(db, run_id, event, owner)
            else:
                _find(db, run_id, owner)
            db.execute(
                "INSERT INTO events SELECT ?1, coalesce(max(number), 0) + 1, ?2, ?3, ?4 FROM events WHERE run_id = ?1",
                (run_id, event.type, event.at, event.model_dump_json()),
            )
            match event:
                case ev.DeliberationFinished() | ev.DeliberationEnded():
                    db.execute("UPDATE runs SET status = ?, writer = '' WHERE id = ?", (event.status, run_id))
                case ev.DeliberationResumed():
                    values = (self._writer_token(), run_id)
                    db.execute("UPDATE runs SET status = 'running', writer = ? WHERE id = ?", values)
            if text := text_of_event(event):
                db.execute("INSERT INTO texts VALUES (?, ?)", (run_id, fold_text(text)))

    def _begin(self, db: sqlite3.Connection, run_id: str, event: ev.DeliberationStarted, owner: str) -> None:
        if db.execute("SELECT 1 FROM runs WHERE id = ?", (run_id,)).fetchone():
            raise HistoryError(f"There is a run {run_id!r} already. Start the new one under another name.")
        question, mode = event.question.text, event.council.mode
        db.execute(
            "INSERT INTO runs (id, owner, question, mode, status, started_at, fingerprint, writer)"
            " VALUES (?, ?, ?, ?, 'running', ?, ?, ?)",
            (run_id, owner, question, mode, event.at, fingerprint(event.question, event.council), self._writer_token()),
        )

    def _writer_token(self) -> str:
        if self._writer is None:
            self._writer = ProcessLock(self.path)
        return self._writer.token

    def events(self, run_id: str, *, owner: str = "local") -> list[ev.Event]:
        """Return a run's events in order; those that only a newer version of the program knows are left out."""
        _check_id(run_id)
        with self._reading() as db:
            _find(db, run_id, owner)
            rows = db.execute("SELECT number, body FROM events WHERE run_id = ? ORDER BY number", (run_id,)).fetchall()
        return list(_read_events(run_id, rows))

    def transcript(self, run_id: str, *, owner: str = "local") -> Transcript:
        """Return a run's state, folded from its events."""
        events = self.events(run_id, owner=owner)
        if not events or not isinstance(events[0], ev.DeliberationStarted):
            raise HistoryError(f"The beginning of the run {run_id!r} cannot be read. Update the program, or delete it.")
        transcript = Transcript()
        try:
            for event in events:
                transcript.apply(event)
        except KeyError as error:
            raise HistoryError(
                f"The events of the run {run_id!r} do not fit together. Ask the question anew."
            ) from error
        return transcript

    def entries(self, *, search: str = "", limit: int = 50, owner: str = "local") -> list[HistoryEntry]:
        """Return the newest runs first; `search` finds words in questions and answers, in any case, accents or none."""
        words = [_like(word[:MOST_LETTERS]) for word in fold_text(search).split()[:MOST_WORDS]]
        found = " AND EXISTS (SELECT 1 FROM texts WHERE run_id = runs.id AND text LIKE ? ESCAPE '\\')" * len(words)
        query = f"SELECT id, question, mode, status, started_at FROM runs WHERE owner = ?{found}"  # noqa: S608 # no input
        with self._reading() as db:
            rows = db.execute(
                f"{query} ORDER BY started_at DESC, rowid DESC LIMIT ?", (owner, *words, limit)
            ).fetchall()
        return [HistoryEntry(*row) for row in rows]

    def find_same(self, question: Question, council: Council, *, owner: str = "local") -> str | None:
        """Return the newest complete run of the same question with the same seats, chairman and mode, None without."""
        with self._reading() as db:
            row = db.execute(
                "SELECT id FROM runs WHERE owner = ? AND fingerprint = ? AND status = 'complete'"
                " ORDER BY started_at DESC, rowid DESC LIMIT 1",
                (owner, fingerprint(question, council)),
            ).fetchone()
        return cast(str, row[0]) if row else None

    def delete(self, run_id: str, *, owner: str = "local") -> None:
        """Remove a run and everything said in it."""
        _check_id(run_id)
        with self._transaction() as db:
            _find(db, run_id, owner)
            for statement in (
                "DELETE FROM texts WHERE run_id = ?",
                "DELETE FROM events WHERE run_id = ?",
                "DELETE FROM runs WHERE id = ?",
            ):
                db.execute(statement, (run_id,))

    def mark_interrupted_runs(self) -> None:
        """Give every run whose process died an end, so that it can be resumed; runs of living processes stay."""
        with self._reading() as db:
            rows = db.execute("SELECT id, owner, writer FROM runs WHERE status = 'running'").fetchall()
        for run_id, owner, token in rows:
            if not is_writing(self.path, token):
                self.append(run_id, ev.DeliberationEnded(status="interrupted", reason=CUT_SHORT), owner=owner)

    def is_being_written(self, run_id: str, *, owner: str = "local") -> bool:
        """Whether a living process, this one included, is adding to the run."""
        _check_id(run_id)
        with self._reading() as db:
            _find(db, run_id, owner)
            status, token = db.execute("SELECT status, writer FROM runs WHERE id = ?", (run_id,)).fetchone()
        return status == "running" and is_writing(self.path, token)

    @contextmanager
    def _reading(self) -> Iterator[sqlite3.Connection]:
        with self._lock, self._explained():
            yield self._db

    @contextmanager
    def _transaction(self) -> Iterator[sqlite3.Connection]:
        """One transaction, alone in this process; all of it is stored, or nothing."""
        with self._lock, self._explained():
            self._db.execute("BEGIN IMMEDIATE")
            try:
                yield self._db
            except BaseException:
                if self._db.in_transaction:  # a full disk may have ended it already
                    self._db.execute("ROLLBACK")
                raise
            self._db.execute("COMMIT")

    @contextmanager
    def _explained(self) -> Iterator[None]:
        try:
            yield
        except sqlite3.Error as error:
            raise HistoryError(_explain(error, self.path)) from error
        except OSError as error:
            advice = "Check that its folder can be written and has room, or set COUNCIL_DATA_DIR to another one."
            raise HistoryError(f"The history '{self.path}' cannot be used: {error.strerror}. {advice}") from error


def _explain(error: sqlite3.Error, path: Path) -> str:
    match getattr(error, "sqlite_errorcode", 0) & 0xFF:
        case sqlite3.SQLITE_BUSY | sqlite3.SQLITE_LOCKED:
            advice = "Another program holds it: close that one, or wait, and try again."
        case sqlite3.SQLITE_FULL:
            advice = "The disk is full: make room and resume the run; what was stored before is kept."
        case sqlite3.SQLITE_NOTADB | sqlite3.SQLITE_CORRUPT:
            advice = "It is damaged, or not a history: move it away, and a new one is begun."
        case sqlite3.SQLITE_READONLY | sqlite3.SQLITE_CANTOPEN | sqlite3.SQLITE_PERM:
            advice = "Give yourself the right to write it and its folder, or set COUNCIL_DATA_DIR to another folder."
        case sqlite3.SQLITE_IOERR:
            advice = "The disk refuses: check that it has room and is healthy, then try again."
        case _:
            advice = "Restart the program; if that does not help, move the file away."
    return f"The history '{path}' cannot be used: {error}. {advice}"


def _check_id(run_id: str) -> None:
    if not RUN_ID.fullmatch(run_id):
        raise HistoryError(f"{run_id!r} is not the name of a run. `python -m council history` lists them.")


def _find(db: sqlite3.Connection, run_id: str, owner: str) -> None:
    if not db.execute("SELECT 1 FROM runs WHERE id = ? AND owner = ?", (run_id, owner)).fetchone():
        raise HistoryError(f"There is no run {run_id!r}. `python -m council history` lists those there are.")


def _like(word: str) -> str:
    return "%" + re.sub(r"([\\%_])", r"\\\1", word) + "%"


def _read_events(run_id: str, rows: Sequence[tuple[int, str]]) -> Iterator[ev.Event]:
    for number, body in rows:
        try:
            yield ev.EVENT_ADAPTER.validate_json(body)
        except ValidationError:
            logger.warning("event %d of run %s is left out: this version cannot read it", number, run_id)
