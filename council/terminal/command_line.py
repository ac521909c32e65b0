"""Runs what a command line asks for: exit codes, signals, and every expected failure in one line."""

import asyncio
import signal
import sys
from collections.abc import Coroutine, Iterator, Sequence
from contextlib import contextmanager

import typer

from council.advice import explain
from council.errors import ConfigurationError, CouncilError
from council.terminal.console import Console
from council.terminal.streams import fault_of, is_unread
from models.characters import is_unicode
from models.errors import BackendError
from models.text import lazy_gettext as _

COMPLETE, FAILED, WRONG_USE, PARTIAL, STOPPED, ENDED = 0, 1, 2, 3, 130, 143


def run(
    program: typer.Typer, arguments: Sequence[str] | None, console: Console, *, name: str, context: object = None
) -> int:
    """Run a command, which returns its exit code, and return that; `context` is the command's `context.obj`."""
    given = sys.argv[1:] if arguments is None else list(arguments)
    with _interruptible():
        code = _run(program, given, console, name, context)
    fault_of(console.err)
    if fault := fault_of(console.out):
        if not is_unread(fault):
            reason = str(fault.strerror or fault)
            console.note(_("Standard output cannot be written: {reason}.", reason=reason))
        return code or FAILED
    return code


def _run(program: typer.Typer, given: Sequence[str], console: Console, name: str, context: object) -> int:
    try:
        if not all(map(is_unicode, given)):
            raise ConfigurationError(
                _("The command line holds bytes that are not UTF-8."), advice=_("Type it anew in a UTF-8 locale.")
            )
        code: int = typer.main.get_command(program).main(given, prog_name=name, standalone_mode=False, obj=context)
        return code
    except typer.TyperException as error:
        if problem := error.format_message().replace("Value error, ", "").rstrip("."):  # else the help was printed
            console.note(_("{problem}. `{program} --help` tells more.", problem=problem, program=name))
        return error.exit_code
    except ConfigurationError as error:
        console.note(explain(error))
        return WRONG_USE
    except (CouncilError, BackendError) as error:
        console.note(explain(error))
        return FAILED
    except OSError:
        if fault_of(console.out) is None:  # else `run` tells it
            raise
        return FAILED


def run_to_end(work: Coroutine[None, None, int]) -> int:
    """Run what a command does and return its exit code; on SIGTERM everything is closed in good order, as on Ctrl-C."""

    async def until_ended() -> int:
        task = asyncio.current_task()
        assert task is not None
        asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, task.cancel)
        return await work

    try:
        return asyncio.run(until_ended())
    except asyncio.CancelledError:
        return ENDED


@contextmanager
def _interruptible() -> Iterator[None]:
    """Let Ctrl-C interrupt the command; before and after it, the system does what it did."""
    before = signal.getsignal(signal.SIGINT)
    if before != signal.SIG_DFL:
        yield
        return
    signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)
