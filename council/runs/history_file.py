"""The SQLite file of the history: opened, read, written, and its faults explained.

One connection writes, under a lock. Every reading has a connection of its own, so that nobody who writes waits for
somebody who searches; SQLite's write-ahead log (WAL) lets both go on at once.
"""

import sqlite3
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path

from council.errors import HistoryError
from council.runs.data_folder import make_folder, make_private
from council.runs.history_schema import migrate
from council.runs.liveness import ProcessLock
from models.text import Text
from models.text import lazy_gettext as _


class HistoryFile:
    """The file; may be used from several threads, and by several processes at once. Only its owner can read it.

    Where it is taken away or replaced while it is open, the one that is in its place is opened with the next
    transaction; `generation` counts how often that happened. Without `needs_file`, one that cannot be opened now is
    tried again then, too.
    """

    def __init__(self, path: Path, *, lock_seconds: float, needs_file: bool = True) -> None:
        self.path = path
        self.generation = 0
        self._lock_seconds = lock_seconds
        self._lock = threading.Lock()
        self._process: ProcessLock | None = None
        self._db: sqlite3.Connection | None = None
        self._identity: tuple[int, int] | None = None
        self._log_identity: tuple[int, int] | None = None
        self._is_closed = False
        try:
            self._open()
        except HistoryError:
            if needs_file:
                raise

    def close(self) -> None:
        """Close the file; what was written is in it. A second call does nothing."""
        with self._lock:
            self._is_closed = True
            self._close()

    def process(self) -> str:
        """Return the mark by which other processes know that this one is alive; call it in a transaction."""
        if self._process is None:
            self._process = ProcessLock(self.path)
        return self._process.token

    @contextmanager
    def reading(self) -> Iterator[sqlite3.Connection]:
        """Give a connection that sees what was stored until now, and cannot write."""
        address = f"{self.path.absolute().as_uri()}?mode=ro"
        with (
            self._explained(),
            closing(sqlite3.connect(address, uri=True, timeout=self._lock_seconds, isolation_level=None)) as db,
        ):
            yield db

    @contextmanager
    def transaction(self) -> Iterator[sqlite3.Connection]:
        """Give the connection that writes, for one transaction: all of it is stored, or nothing."""
        with self._lock, self._explained():
            db = self._current()
            db.execute("BEGIN IMMEDIATE")
            try:
                yield db
            except BaseException:
                if db.in_transaction:  # a full disk may have ended it already
                    db.execute("ROLLBACK")
                raise
            db.execute("COMMIT")
            self._log_identity = self._log_identity or _identity(self._log)

    def _current(self) -> sqlite3.Connection:
        """Return the connection to the file that is there now: what is written to one that was removed is lost."""
        if self._is_closed:
            raise sqlite3.ProgrammingError("it is closed")
        if self._db is not None and _identity(self.path) == self._identity:
            return self._db
        self._close()
        if self._log_identity is not None and _identity(self._log) == self._log_identity:
            for left in (self._log, self.path.with_name(f"{self.path.name}-shm")):
                left.unlink(missing_ok=True)  # SQLite would write what the old file lacks into the new one
        return self._open()

    @property
    def _log(self) -> Path:
        return self.path.with_name(f"{self.path.name}-wal")

    def _open(self) -> sqlite3.Connection:
        if not self.generation:
            make_folder(self.path.parent)
        _make_file(self.path)
        with self._explained():
            db = sqlite3.connect(self.path, timeout=self._lock_seconds, isolation_level=None, check_same_thread=False)
        try:
            with self._explained():
                db.execute("PRAGMA journal_mode = WAL")
                db.execute("PRAGMA synchronous = NORMAL")  # power loss may cost the last moment, never the file
                db.execute("PRAGMA secure_delete = ON")  # what a user deletes is gone from the disk, too
                migrate(db)
        except BaseException:
            db.close()
            raise
        self._db, self._identity, self._log_identity = db, _identity(self.path), None
        self.generation += 1
        return db

    def _close(self) -> None:
        if self._db is not None:
            self._db.close()
            self._db = None
        if self._process is not None:
            self._process.release()
            self._process = None

    @contextmanager
    def _explained(self) -> Iterator[None]:
        try:
            yield
        except sqlite3.Error as error:
            message = _("The history '{path}' cannot be used: {error}.", path=str(self.path), error=str(error))
            raise HistoryError(message, advice=_advice(error)) from error
        except OSError as error:
            reason = error.strerror or str(error)
            raise HistoryError(
                _("The history '{path}' cannot be used: {error}.", path=str(self.path), error=reason),
                advice=_("Check that its folder can be written and has room, or set COUNCIL_DATA_DIR to another one."),
            ) from error


def _identity(path: Path) -> tuple[int, int] | None:
    """What tells a file from another one under the same name; None where there is none."""
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_dev, found.st_ino


def _make_file(path: Path) -> None:
    """Make the file, readable by its owner alone."""
    if not path.parent.is_dir():
        raise HistoryError(
            _("The folder '{folder}' is gone.", folder=str(path.parent)),
            advice=_("Put it back, or make it anew."),
        )
    with suppress(OSError):  # SQLite says what is wrong with it
        if not path.is_dir():
            path.touch(mode=0o600)
    make_private(path.parent)


def _advice(error: sqlite3.Error) -> Text:
    match getattr(error, "sqlite_errorcode", 0) & 0xFF:
        case sqlite3.SQLITE_BUSY | sqlite3.SQLITE_LOCKED:
            return _("Another program holds it: close that one, or wait, and try again.")
        case sqlite3.SQLITE_FULL:
            return _("The disk is full: make room; what was stored before is kept.")
        case sqlite3.SQLITE_NOTADB | sqlite3.SQLITE_CORRUPT:
            return _("It is damaged, or not a history: move it away, and a new one is begun.")
        case sqlite3.SQLITE_READONLY | sqlite3.SQLITE_CANTOPEN | sqlite3.SQLITE_PERM:
            return _("Give yourself the right to write it and its folder, or set COUNCIL_DATA_DIR to another folder.")
        case sqlite3.SQLITE_IOERR:
            return _("The disk refuses: check that it has room and is healthy, then try again.")
        case _:
            return _("Restart the program; if that does not help, move the file away.")
