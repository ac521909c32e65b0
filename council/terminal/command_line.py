"""Runs what a command line asks for: exit codes, and every expected failure in one line."""

import sys
from collections.abc import Sequence

import typer

from council.advice import explain
from council.errors import ConfigurationError, CouncilError
from council.terminal.console import Console
from models.characters import is_unicode
from models.errors import BackendError
from models.text import lazy_gettext as _

COMPLETE, FAILED, WRONG_USE, PARTIAL, STOPPED = 0, 1, 2, 3, 130


def run(
    program: typer.Typer, arguments: Sequence[str] | None, console: Console, *, name: str, context: object = None
) -> int:
    """Run a command, which returns its exit code, and return that; `context` is the command's `context.obj`."""
    given = sys.argv[1:] if arguments is None else list(arguments)
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
