"""Which processes are writing to a history, so that a run is called interrupted only when its process is gone.

Each process holds a lock on a small file of its own; the system lets go of it however the process ends, `kill -9`
included.
"""

import fcntl
import os
import secrets
from pathlib import Path


class ProcessLock:
    """This process's mark beside a history file, held until `release` or until the process ends."""

    def __init__(self, history: Path) -> None:
        self.token = secrets.token_hex(8)
        self._path = _mark(history, self.token)
        self._path.parent.mkdir(exist_ok=True)
        self._file = os.open(self._path, os.O_CREAT | os.O_RDWR, 0o600)
        fcntl.flock(self._file, fcntl.LOCK_EX)

    def release(self) -> None:
        """Take the mark away."""
        self._path.unlink(missing_ok=True)
        os.close(self._file)


def is_writing(history: Path, token: str) -> bool:
    """Whether the process that holds this mark is alive; the mark of a dead one is taken away."""
    if not token:
        return False
    path = _mark(history, token)
    try:
        file = os.open(path, os.O_RDWR)
    except FileNotFoundError:
        return False
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    else:
        path.unlink(missing_ok=True)
        return False
    finally:
        os.close(file)


def _mark(history: Path, token: str) -> Path:
    return history.parent / f"{history.name}-writers" / token
