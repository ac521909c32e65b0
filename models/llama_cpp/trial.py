"""Every weights file is tried in a process of its own before it comes into this one.

llama.cpp ends the whole process for faults that no look at a header foresees. A file that has been loaded, given a
context and a few tokens elsewhere has shown that it does none of that. What became of it is kept by the file's identity
and the library's version, so a file costs its second once. Where the library refuses a file without dying, it refuses
it here, too, with its own words. `trial_run.py` is what the other process does.
"""

import json
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Sequence
from contextlib import suppress
from importlib import metadata
from pathlib import Path

from models.errors import WeightsError
from models.text import lazy_gettext as _

PROGRAM = Path(__file__).parents[2]
SLOWEST_BYTES_PER_SECOND = 20e6  # a disk that is slower than this cannot be told from a trial that hangs
LONGEST_REASON = 300


class Trials:
    """Tries files and remembers how it went, in a file beside the program's data if `kept_in` names one."""

    def __init__(
        self,
        kept_in: Path | None = None,
        *,
        command: Sequence[str] = (sys.executable, "-m", "models.llama_cpp.trial_run"),
        least_seconds: float = 120.0,
    ) -> None:
        self._kept_in = kept_in
        self._command = tuple(command)
        self._least_seconds = least_seconds
        self._lock = threading.Lock()
        self._faults = _read(kept_in) if kept_in else {}
        self._child: subprocess.Popen[str] | None = None
        self._is_closed = False

    def check(self, path: Path, size_bytes: int) -> None:
        """Try a file unless its verdict is known; blocks for as long as that takes.

        Raises WeightsError, naming the file, where this process would not survive it.
        """
        with self._lock:  # one at a time: each takes the memory of a model
            identity = _identity(path)
            fault = self._faults.get(identity)
            if fault is None:
                fault = self._try(path, size_bytes)
                self._keep(identity, fault)
        if fault:
            raise WeightsError(
                _("{path!r} makes llama.cpp break down ({reason}), so it is not loaded.", path=str(path), reason=fault),
                advice=_("Fetch the file again, choose another model, or run this one with Ollama."),
            )

    def close(self) -> None:
        """End the trial that is under way, and try nothing more."""
        self._is_closed = True
        if (child := self._child) is not None:
            child.kill()

    def _try(self, path: Path, size_bytes: int) -> str:
        """Return what a process died of that used the file; "" where it lived."""
        code, words = -signal.SIGKILL, ""
        if not self._is_closed:
            code, words = self._run(path, self._least_seconds + size_bytes / SLOWEST_BYTES_PER_SECOND)
        if code == -signal.SIGKILL:  # out of time, out of memory, or the program is being closed: no word on the file
            raise WeightsError(
                _("The trial of {path!r} in a process of its own did not come to its end.", path=str(path)),
                advice=_("Ask again when the machine is less busy, or choose a smaller model."),
            )
        return _cause_of_death(code, words) if code else ""

    def _run(self, path: Path, seconds: float) -> tuple[int, str]:
        with subprocess.Popen(  # noqa: S603 - the program itself, with a path as its one argument
            [*self._command, str(path.absolute())],
            cwd=PROGRAM,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
            errors="replace",
        ) as self._child:
            try:
                words = self._child.communicate(timeout=seconds)[1]
                return self._child.returncode, words
            except subprocess.TimeoutExpired:
                self._child.kill()
                return -signal.SIGKILL, ""
            finally:
                self._child = None

    def _keep(self, identity: str, fault: str) -> None:
        self._faults[identity] = fault
        if self._kept_in is None:
            return
        kept = {"library": _library(), "faults": self._faults}
        partial = self._kept_in.with_name(f"{self._kept_in.name}.{os.getpid()}")
        try:
            self._kept_in.parent.mkdir(parents=True, exist_ok=True)
            partial.write_text(json.dumps(kept, indent=1), encoding="utf-8")
            partial.replace(self._kept_in)
        except OSError:  # a full or read-only disk: the file is tried again after the next start
            with suppress(OSError):
                partial.unlink()


def _cause_of_death(code: int, words: str) -> str:
    """Return the library's assertion, else the last line that was written, else the signal."""
    lines = [line.strip() for line in words.splitlines() if line.strip()]
    assertion = next(
        (line[line.index("GGML_") :] for line in lines if "GGML_ASSERT" in line or "GGML_ABORT" in line), ""
    )
    how = lines[-1] if lines and code > 0 else f"exit code {code}" if code > 0 else signal.Signals(-code).name
    return (assertion or how)[:LONGEST_REASON]


def _identity(path: Path) -> str:
    """Tell a file from every other one, and from itself after a change, without reading it; raises WeightsError."""
    try:
        found = path.stat()
    except OSError as error:
        raise WeightsError(
            _("{path!r} cannot be read: {reason}.", path=str(path), reason=error.strerror or "")
        ) from error
    return f"{path.absolute()}|{found.st_dev}|{found.st_ino}|{found.st_size}|{found.st_mtime_ns}"


def _library() -> str:
    try:
        return metadata.version("llama-cpp-python")
    except metadata.PackageNotFoundError:
        return ""


def _read(path: Path) -> dict[str, str]:
    """Return what was kept for this version of the library; nothing where the file cannot be read."""
    try:
        kept = json.loads(path.read_text(encoding="utf-8"))
        return (
            {str(name): str(fault) for name, fault in kept["faults"].items()} if kept["library"] == _library() else {}
        )
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return {}
