"""Every run, kept as the events it consisted of, in one SQLite file; knows nothing about running them.

Events are only ever added. The other columns and tables are drawn from them, so that lists and searches are quick.
"""

import hashlib
import json
import logging
import re
import sqlite3
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import cast

from pydantic import ValidationError

from council import events as ev
from council.domain import Council, Mode, Question
from council.errors import HistoryError
from council.runs import history_search
from council.runs.history_file import HistoryFile
from council.runs.liveness import is_writing
from council.transcript import Transcript
from models.text import lazy_gettext as _
from models.text import sentences

logger = logging.getLogger(__name__)

RUN_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,63}")
CUT_SHORT = sentences([_("The program ended in the middle of the run."), _("Resume it: what was said is kept.")])


@dataclass(frozen=True, slots=True)
class HistoryEntry:
    """One line of the list of runs; `question` is whole, `started_at` in seconds since the epoch."""

    id: str
    question: str
    mode: Mode
    status: ev.Status
    started_at: float


class History:
    """The store of all runs; `of` gives one owner's.

    May be used from several threads, and by several processes at once. Whatever goes wrong is a HistoryError that
    says what to do about it.
    """

    def __init__(self, path: Path, *, lock_seconds: float = 5.0, needs_file: bool = True) -> None:
        self._file = HistoryFile(path, lock_seconds=lock_seconds, needs_file=needs_file)

    @property
    def file(self) -> HistoryFile:
        """The file, for what else is kept in it."""
        return self._file

    def of(self, owner: str) -> "OwnedHistory":
        """Return the runs of one owner; those of others are not there."""
        return OwnedHistory(self._file, owner)

    def close(self) -> None:
        """Close the file; what was appended is in it. A second call does nothing."""
        self._file.close()

    @property
    def fault(self) -> HistoryError | None:
        """Why there is no file to write now; None where there is one."""
        try:
            with self._file.transaction():
                return None
        except HistoryError as error:
            return error

    def mark_interrupted_runs(self) -> None:
        """Give every run whose process died an end, so that it can be resumed; runs of living processes stay."""
        with self._file.reading() as db:
            rows = db.execute("SELECT id, owner, writer FROM runs WHERE status = 'running'").fetchall()
        for run_id, owner, token in rows:
            if not is_writing(self._file.path, token):
                self.of(owner).append(run_id, ev.DeliberationEnded(status="interrupted", reason=CUT_SHORT))


class OwnedHistory:
    """The runs of one owner."""

    def __init__(self, file: HistoryFile, owner: str) -> None:
        self._file = file
        self._owner = owner

    @property
    def generation(self) -> int:
        """Which of the files is open that were at the history's place so far; 0 before the first."""
        return self._file.generation

    def append(self, run_id: str, event: ev.Event) -> None:
        """Store an event at the end of its run; DeliberationStarted begins a new one."""
        with self._file.transaction() as db:
            self._add(db, run_id, event)

    def store(self, run_id: str, events: Sequence[ev.Event], stored: int, generation: int) -> tuple[int, int]:
        """Store all that is missing of a run, of which so many events were stored in the file of this generation.

        Returns the two figures as they are now. All of it is stored or, with a HistoryError, nothing.
        """
        number = len(events)
        with self._file.transaction() as db:
            if self._file.generation != generation:  # the file may be another one, with or without this run
                query = "SELECT count(*) FROM events JOIN runs ON id = run_id WHERE id = ? AND owner = ?"
                ((stored,),) = db.execute(query, (run_id, self._owner)).fetchall()
            for event in events[stored:number]:
                self._add(db, run_id, event)
            return number, self._file.generation

    def _add(self, db: sqlite3.Connection, run_id: str, event: ev.Event) -> None:
        """Add an event to its run; those that are only told are not stored."""
        if isinstance(event, ev.Fleeting):
            return
        _check_id(run_id)
        if isinstance(event, ev.DeliberationStarted):
            self._begin(db, run_id, event)
        run = self._find(db, run_id)
        ((number,),) = db.execute(
            "INSERT INTO events SELECT ?1, coalesce(max(number), 0) + 1, ?2, ?3, ?4 FROM events WHERE run_id = ?1"
            " RETURNING number",
            (run_id, event.type, event.at, event.model_dump_json()),
        ).fetchall()
        match event:
            case ev.DeliberationFinished() | ev.DeliberationEnded():
                db.execute("UPDATE runs SET status = ?, writer = '' WHERE number = ?", (event.status, run))
            case ev.DeliberationResumed():
                values = (self._file.process(), run)
                db.execute("UPDATE runs SET status = 'running', writer = ? WHERE number = ?", values)
        history_search.index(db, run, number, event)

    def _begin(self, db: sqlite3.Connection, run_id: str, event: ev.DeliberationStarted) -> None:
        if db.execute("SELECT 1 FROM runs WHERE id = ?", (run_id,)).fetchone():
            raise HistoryError(
                _("There is a run {run!r} already.", run=run_id), advice=_("Start the new one under another name.")
            )
        question, mode = event.question.text, event.council.mode
        asked = fingerprint(event.question, event.council)
        db.execute(
            "INSERT INTO runs (id, owner, question, mode, status, started_at, fingerprint, writer)"
            " VALUES (?, ?, ?, ?, 'running', ?, ?, ?)",
            (run_id, self._owner, question, mode, event.at, asked, self._file.process()),
        )

    def events(self, run_id: str) -> list[ev.Event]:
        """Return a run's events in order; those that only a newer version of the program knows are left out."""
        _check_id(run_id)
        with self._file.reading() as db:
            self._find(db, run_id)
            rows = db.execute("SELECT number, body FROM events WHERE run_id = ? ORDER BY number", (run_id,)).fetchall()
        return list(_read_events(run_id, rows))

    def transcript(self, run_id: str) -> Transcript:
        """Return a run's state, folded from its events."""
        events = self.events(run_id)
        if not events or not isinstance(events[0], ev.DeliberationStarted):
            raise HistoryError(
                _("The beginning of the run {run!r} cannot be read.", run=run_id),
                advice=_("Update the program, or delete it."),
            )
        transcript = Transcript()
        try:
            for event in events:
                transcript.apply(event)
        except KeyError as error:
            raise HistoryError(
                _("The events of the run {run!r} do not fit together.", run=run_id),
                advice=_("Ask the question anew."),
            ) from error
        return transcript

    def entries(self, *, search: str = "", limit: int = 50) -> list[HistoryEntry]:
        """Return the newest runs first; `search` finds words in questions and answers, in any case, accents or none."""
        found, words = history_search.condition(search)
        query = f"SELECT id, question, mode, status, started_at FROM runs WHERE owner = ? AND {found}"  # noqa: S608 # no input
        with self._file.reading() as db:
            rows = db.execute(
                f"{query} ORDER BY started_at DESC, number DESC LIMIT ?", (self._owner, *words, limit)
            ).fetchall()
        return [HistoryEntry(*row) for row in rows]

    def find_same(self, question: Question, council: Council) -> str | None:
        """Return the newest complete run of the same question with the same council, None without."""
        with self._file.reading() as db:
            row = db.execute(
                "SELECT id FROM runs WHERE owner = ? AND fingerprint = ? AND status = 'complete'"
                " ORDER BY started_at DESC, number DESC LIMIT 1",
                (self._owner, fingerprint(question, council)),
            ).fetchone()
        return cast(str, row[0]) if row else None

    def delete(self, run_id: str) -> None:
        """Remove a run and everything said in it, from the file, too; takes a second in a large history."""
        _check_id(run_id)
        with self._file.transaction() as db:
            run = self._find(db, run_id)
            history_search.forget(db, run)
            db.execute("DELETE FROM events WHERE run_id = ?", (run_id,))
            db.execute("DELETE FROM runs WHERE number = ?", (run,))
        is_first = is_left = True
        while is_left:
            with self._file.transaction() as db:  # one for each step: others write in between
                is_left = history_search.scrub(db, first=is_first)
            is_first = False

    def is_being_written(self, run_id: str) -> bool:
        """Whether a living process, this one included, is adding to the run."""
        _check_id(run_id)
        with self._file.reading() as db:
            run = self._find(db, run_id)
            status, token = db.execute("SELECT status, writer FROM runs WHERE number = ?", (run,)).fetchone()
        return status == "running" and is_writing(self._file.path, token)

    def _find(self, db: sqlite3.Connection, run_id: str) -> int:
        """Return the number of a run."""
        row = db.execute("SELECT number FROM runs WHERE id = ? AND owner = ?", (run_id, self._owner)).fetchone()
        if row is None:
            raise HistoryError(
                _("There is no run {run!r}.", run=run_id),
                advice=_("`python -m council history` lists those there are."),
            )
        return cast(int, row[0])


def fingerprint(question: Question, council: Council) -> str:
    """Tell whether two runs ask the same of the same council; how its seats are numbered does not matter.

    A change to it needs a step in `history_schema` that renews the stored ones.
    """
    seats = sorted((seat.model, seat.persona, seat.temperature) for seat in council.seats)
    earlier = [(exchange.question, exchange.answer) for exchange in question.earlier]
    rules = (council.mode, council.second_look, council.debate, council.rounds, council.answer_tokens)
    asked = (question.text.strip(), earlier, seats, council.chairman.model, *rules)
    return hashlib.sha256(json.dumps(asked).encode()).hexdigest()


def _check_id(run_id: str) -> None:
    if not RUN_ID.fullmatch(run_id):
        raise HistoryError(
            _("{run!r} is not the name of a run.", run=run_id), advice=_("`python -m council history` lists them.")
        )


def _read_events(run_id: str, rows: Sequence[tuple[int, str]]) -> Iterator[ev.Event]:
    for number, body in rows:
        try:
            yield ev.EVENT_ADAPTER.validate_json(body)
        except ValidationError:
            logger.warning("event %d of run %s is left out: this version cannot read it", number, run_id)
