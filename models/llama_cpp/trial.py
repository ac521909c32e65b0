"""Every weights file is tried in a process of its own before it comes into this one.

llama.cpp ends the whole process for faults that no look at a header foresees. A file that has been loaded, given a
context and a few tokens elsewhere has shown that it does none of that. What became of it is kept by the file's identity
and the library's version, so a file costs its second once. Where the library refuses a file without dying, it refuses
it here, too, with its own words. `trial_run.py` is what the other process does. It also finds out which architectures
the library does not know, before a file of one is offered to anybody.
"""

import json
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Collection, Sequence
from contextlib import suppress
from importlib import metadata
from pathlib import Path

from models.errors import WeightsError
from models.llama_cpp.loading import NEWER_NEEDED
from models.text import lazy_gettext as _

ARCHITECTURES = "--architectures"
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
        self._asking = threading.Lock()
        self._keeping = threading.Lock()
        self._faults, self._architectures = _read(kept_in) if kept_in else ({}, {})
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
                fault = self._faults[identity] = self._try(path, size_bytes)
                self._keep()
        if fault:
            raise _breaks_down(path, fault)

    def known_fault(self, path: Path) -> WeightsError | None:
        """Return what `check` would raise, where the file has been tried before."""
        try:
            fault = self._faults.get(_identity(path))
        except WeightsError as error:
            return error
        return _breaks_down(path, fault) if fault else None

    def unknown_architectures(self, names: Collection[str]) -> dict[str, WeightsError]:
        """Return those that the library does not know, each with an error that tells so; asked once for each."""
        with self._asking:
            if new := sorted(set(names) - self._architectures.keys()):
                unknown = self._ask_for(new)
                if unknown is not None:
                    self._architectures |= {name: name not in unknown for name in new}
                    self._keep()
        return {name: _unknown(name) for name in names if not self._architectures.get(name, True)}

    def _ask_for(self, architectures: Sequence[str]) -> set[str] | None:
        """Ask another process which ones are unknown; None where it did not say."""
        try:
            told = subprocess.run(  # noqa: S603 - the program itself
                [*self._command, ARCHITECTURES, *architectures],
                cwd=PROGRAM,
                stdin=subprocess.DEVNULL,
                capture_output=True,
                text=True,
                timeout=self._least_seconds,
                check=True,
            )
        except subprocess.SubprocessError:
            return None
        return set(told.stdout.split("\n"))

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
        return cause_of_death(code, words) if code else ""

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

    def _keep(self) -> None:
        kept = {"library": _library(), "faults": self._faults, "architectures": self._architectures}
        with self._keeping:
            if self._kept_in is not None:
                _write(self._kept_in, json.dumps(kept, indent=1))


def _breaks_down(path: Path, fault: str) -> WeightsError:
    return WeightsError(
        _("{path!r} makes llama.cpp break down ({reason}), so it is not loaded.", path=str(path), reason=fault),
        advice=_("Fetch the file again, choose another model, or run this one with Ollama."),
    )


def _unknown(architecture: str) -> WeightsError:
    said = _("this version of llama.cpp ({version}) does not know the architecture {architecture!r}.")
    return WeightsError(said.fill(version=_library(), architecture=architecture), advice=NEWER_NEEDED)


def cause_of_death(code: int, words: str) -> str:
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


def _read(path: Path) -> tuple[dict[str, str], dict[str, bool]]:
    """Return what was kept for this version of the library: faults of files, and which architectures it knows."""
    try:
        kept = json.loads(path.read_text(encoding="utf-8"))
        if kept["library"] != _library():
            return {}, {}
        faults = {str(name): str(fault) for name, fault in kept["faults"].items()}
        return faults, {str(name): bool(is_known) for name, is_known in kept.get("architectures", {}).items()}
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return {}, {}


def _write(path: Path, text: str) -> None:
    """Replace a file as a whole; on a full or read-only disk it stays away, and all is tried anew another time."""
    partial = path.with_name(f"{path.name}.{os.getpid()}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        partial.write_text(text, encoding="utf-8")
        partial.replace(path)
    except OSError:
        with suppress(OSError):
            partial.unlink()
