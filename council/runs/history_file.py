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
from council.runs.history_schema import migrate
from council.runs.liveness import ProcessLock
from models.text import Text
from models.text import lazy_gettext as _


class HistoryFile:
    """The file; may be used from several threads, and by several processes at once. Only its owner can read it."""

    def __init__(self, path: Path, *, lock_seconds: float) -> None:
        self.path = path
        self._lock_seconds = lock_seconds
        self._lock = threading.Lock()
        self._process: ProcessLock | None = None
        _make_private(path)
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
        """Close the file; what was written is in it. A second call does nothing."""
        with self._lock:
            self._db.close()
            if self._process is not None:
                self._process.release()
                self._process = None

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
            message = _("The history '{path}' cannot be used: {error}.", path=str(self.path), error=str(error))
            raise HistoryError(message, advice=_advice(error)) from error
        except OSError as error:
            reason = error.strerror or str(error)
            raise HistoryError(
                _("The history '{path}' cannot be used: {error}.", path=str(self.path), error=reason),
                advice=_("Check that its folder can be written and has room, or set COUNCIL_DATA_DIR to another one."),
            ) from error


def _make_private(path: Path) -> None:
    """Make the file, and its folder where there is none, readable by their owner alone."""
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise HistoryError(
            _("The folder '{folder}' cannot be made: {error}.", folder=str(path.parent), error=error.strerror or ""),
            advice=_("Set COUNCIL_DATA_DIR to another one."),
        ) from error
    if path.is_dir():
        return  # SQLite says so
    with suppress(OSError):  # where nothing can be written, what is there may still be read
        path.touch(mode=0o600)
        for file in path.parent.glob(f"{path.name}*"):
            file.chmod(0o700 if file.is_dir() else 0o600)


def _advice(error: sqlite3.Error) -> Text:
    match getattr(error, "sqlite_errorcode", 0) & 0xFF:
        case sqlite3.SQLITE_BUSY | sqlite3.SQLITE_LOCKED:
            return _("Another program holds it: close that one, or wait, and try again.")
        case sqlite3.SQLITE_FULL:
            return _("The disk is full: make room and resume the run; what was stored before is kept.")
        case sqlite3.SQLITE_NOTADB | sqlite3.SQLITE_CORRUPT:
            return _("It is damaged, or not a history: move it away, and a new one is begun.")
        case sqlite3.SQLITE_READONLY | sqlite3.SQLITE_CANTOPEN | sqlite3.SQLITE_PERM:
            return _("Give yourself the right to write it and its folder, or set COUNCIL_DATA_DIR to another folder.")
        case sqlite3.SQLITE_IOERR:
            return _("The disk refuses: check that it has room and is healthy, then try again.")
        case _:
            return _("Restart the program; if that does not help, move the file away.")
