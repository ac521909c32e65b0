"""The three standard streams, in whatever state the program was given them: closed, full, read by nobody, not UTF-8."""

import errno
import io
import os
import sys
from contextlib import suppress
from typing import Any, TextIO

from council.errors import ConfigurationError
from models.text import lazy_gettext as _

MOST_CHARACTERS = 10_000_000  # what is longer is refused by whoever reads it, and what never ends must not fill memory


class Output(io.FileIO):
    """A standard stream that remembers why it cannot be written; what comes after that is dropped."""

    fault: OSError | None = None

    def write(self, content: Any, /) -> int:
        """Write what fits, as files do; raises OSError the first time that it fails."""
        if self.fault is not None:
            return memoryview(content).nbytes
        try:
            return super().write(content)
        except OSError as fault:
            self.fault = fault
            raise


def open_streams() -> tuple[TextIO, TextIO]:
    """Return standard output and standard error, ready to be written in any locale.

    A stream that was closed is opened again, so that no other file gets its number and takes what a library prints;
    what is written to standard output then fails, as on a full disk.
    """
    for number, mode in enumerate((os.O_WRONLY, os.O_RDONLY, os.O_WRONLY)):  # the wrong way round: using them fails
        if not _is_open(number):
            os.open(os.devnull, mode)
    if sys.stdin is None:
        sys.stdin = io.TextIOWrapper(io.BufferedReader(io.FileIO(0, closefd=False)))
    if sys.stdout is sys.__stdout__:
        sys.stdout = _guarded(sys.stdout, 1)
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="replace")  # a terminal may lack the letters of an answer
    if sys.stderr is sys.__stderr__:
        sys.stderr = _guarded(sys.stderr, 2)
    return sys.stdout, sys.stderr


def _guarded(stream: TextIO | None, number: int) -> TextIO:
    encoding = stream.encoding if stream else "utf-8"
    buffer = io.BufferedWriter(Output(number, "w", closefd=False))
    return io.TextIOWrapper(buffer, encoding, "backslashreplace", line_buffering=number == 2 or os.isatty(number))


def read_input() -> str:
    """Return all of standard input; bytes that are not UTF-8 become halves of surrogate pairs."""
    try:
        if isinstance(sys.stdin, io.TextIOWrapper):
            sys.stdin.reconfigure(encoding="utf-8-sig", errors="surrogateescape")
        return sys.stdin.read(MOST_CHARACTERS)
    except OSError as error:
        raise ConfigurationError(
            _("Standard input cannot be read: {reason}.", reason=str(error.strerror or error)),
            advice=_("Give the question as an argument, or send it through a pipe."),
        ) from error


def fault_of(stream: TextIO) -> OSError | None:
    """Return what keeps a stream from being written, None if nothing does."""
    with suppress(OSError):
        stream.flush()
    output = getattr(getattr(stream, "buffer", None), "raw", None)
    return output.fault if isinstance(output, Output) else None


def is_unread(fault: OSError) -> bool:
    """Whether the reader of a pipe has simply gone, as `head` does when it has enough."""
    return fault.errno == errno.EPIPE


def _is_open(number: int) -> bool:
    try:
        os.fstat(number)
    except OSError:
        return False
    return True
