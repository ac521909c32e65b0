"""The terminal: what can be typed, and which command answers it."""

import logging
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Concatenate, Literal, ParamSpec

import typer

from council.application import Application, Opening, open_application
from council.asking import CouncilRequest
from council.configuration import load_settings
from council.domain import Council, Language, Mode, Policy
from council.evaluation.readers import Form
from council.seats import SeatWish, read_wish
from council.terminal import commands, evaluating
from council.terminal.command_line import COMPLETE, run, run_to_end
from council.terminal.console import Console, open_console
from council.terminal.settings_docs import as_env, as_markdown, as_used
from council.terminal.streams import read_input
from models.typed_lists import split_list

MOST_RUNS = 1_000_000
QUESTIONS, MODELS, INSTALLATION = "Questions", "Models", "This installation"
ROUNDS, TOKENS = Council.bounds("rounds"), Council.bounds("answer_tokens")
SEATS_HELP = 'Models, with personas and temperatures; in double quotes what holds a comma, "=" or "@" itself.'
EXIT_CODES = """\
exit codes:
  0    the run is complete, or the command did what it should
  1    it failed, or was interrupted, or standard output could not be written
  2    wrong use or a wrong setting
  3    the run ended with a seat or a ballot missing (partial)
  130  stopped with Ctrl-C; what was said is kept, `resume` goes on
  143  ended by SIGTERM; a run that was under way then: 1, and `resume` goes on
"""

program = typer.Typer(
    help="A council of local models: they answer, judge each other anonymously, debate, and conclude.",
    epilog=EXIT_CODES,
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
history = typer.Typer(help="List, show, export or delete what was asked.", invoke_without_command=True)
program.add_typer(history, name="history", rich_help_panel=QUESTIONS)

AsJson = Annotated[bool, typer.Option("--json", help="Print the result as JSON.")]
Quiet = Annotated[bool, typer.Option("--quiet", help="Do not tell what happens on the way.")]
Arguments = ParamSpec("Arguments")
Remote = Annotated[str, typer.Option(metavar="HOST,HOST", help="Hosts elsewhere that the question may be sent to.")]
RunId = Annotated[str, typer.Argument(metavar="RUN", help="The run's name, as `history` lists it.")]


@dataclass(frozen=True)
class Terminal:
    """What every command is given besides its arguments."""

    console: Console
    opened: Opening

    def run(
        self,
        command: Callable[Concatenate[Application, Console, Arguments], Awaitable[int]],
        *arguments: Arguments.args,
        **options: Arguments.kwargs,
    ) -> int:
        """Open the application for a command, and close it behind it."""

        async def run() -> int:
            async with self.opened(load_settings()) as application:
                return await command(application, self.console, *arguments, **options)

        return run_to_end(run())


def terminal_of(context: typer.Context) -> Terminal:
    """What `main` gave to the command."""
    terminal: Terminal = context.obj
    return terminal


def main(arguments: Sequence[str] | None = None, *, opened: Opening = open_application) -> int:
    """Run one command and return its exit code."""
    logging.basicConfig(level=logging.WARNING, format="%(levelname)s %(name)s: %(message)s")
    console = open_console()
    return run(program, arguments, console, name="python -m council", context=Terminal(console, opened))


@program.command(epilog=EXIT_CODES, rich_help_panel=QUESTIONS)
def ask(
    context: typer.Context,
    question: Annotated[str, typer.Argument(metavar="QUESTION", help='"-" reads it from standard input.')],
    mode: Annotated[Mode | None, typer.Option(help="How it is decided (default: COUNCIL_MODE).")] = None,
    seats: Annotated[str, typer.Option(metavar="A,B=PERSONA,C@0.3", help=SEATS_HELP)] = "",
    chairman: Annotated[str, typer.Option(metavar="MODEL", help="Who concludes (default: COUNCIL_CHAIRMAN).")] = "",
    remote: Remote = "",
    language: Annotated[Language | None, typer.Option(help="Of the answer (default: the question's).")] = None,
    after: Annotated[str, typer.Option(metavar="RUN", help="Follow up this run, with its council.")] = "",
    debate: Annotated[Policy, typer.Option(help="In the mode full.")] = "auto",
    rounds: Annotated[int, typer.Option(min=ROUNDS[0], max=ROUNDS[1], help="Debate rounds at most.")] = 1,
    second_look: Annotated[Policy, typer.Option(help="Have every voter vote twice.")] = "auto",
    answer_tokens: Annotated[
        int | None, typer.Option(min=TOKENS[0], max=TOKENS[1], help="Of an answer (default: COUNCIL_ANSWER_TOKENS).")
    ] = None,
    json: AsJson = False,
    quiet: Quiet = False,
) -> int:
    """Ask the council."""
    request = CouncilRequest(
        seats=_wishes(seats),
        chairman=chairman or None,
        mode=mode,
        debate=debate,
        rounds=rounds,
        second_look=second_look,
        answer_tokens=answer_tokens,
        agreed_hosts=_hosts(remote),
    )
    text = read_input() if question == "-" else question
    return terminal_of(context).run(
        commands.ask, text, request, language=language, after=after, as_json=json, is_quiet=quiet
    )


def _hosts(remote: str) -> tuple[str, ...]:
    return tuple(host.strip() for host in remote.split(",") if host.strip())


def _wishes(seats: str) -> tuple[SeatWish, ...] | None:
    return tuple(map(read_wish, split_list(seats))) or None


@program.command(epilog=EXIT_CODES, rich_help_panel=QUESTIONS)
def resume(context: typer.Context, run: RunId, json: AsJson = False, quiet: Quiet = False) -> int:
    """Go on with a run that ended early; only what is missing is asked again."""
    return terminal_of(context).run(commands.resume, run, as_json=json, is_quiet=quiet)


@history.callback()
def list_runs(
    context: typer.Context,
    search: Annotated[str, typer.Option(metavar="WORDS", help="Only runs that hold these words.")] = "",
    limit: Annotated[int, typer.Option(min=1, max=MOST_RUNS, metavar="N", help="The newest N.")] = 50,
) -> int:
    """List, show, export or delete what was asked."""
    if context.invoked_subcommand:
        return COMPLETE
    return terminal_of(context).run(commands.list_history, search=search, limit=limit)


@history.command()
def show(context: typer.Context, run: RunId) -> int:
    """Print a run."""
    return terminal_of(context).run(commands.export, run, form="md")


@history.command()
def export(
    context: typer.Context,
    run: RunId,
    form: Annotated[Literal["md", "json"], typer.Option("--format", help="Markdown or JSON.")] = "md",
) -> int:
    """Print a run for a file."""
    return terminal_of(context).run(commands.export, run, form=form)


@history.command()
def delete(context: typer.Context, run: RunId) -> int:
    """Remove a run for good."""
    return terminal_of(context).run(commands.delete, run)


@program.command(rich_help_panel=QUESTIONS)
def evaluate(
    context: typer.Context,
    questions: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Questions with answers (default: those of the program).")
    ] = None,
    form: Annotated[
        Form, typer.Option("--format", help="How FILE is written; of public sets, as published.")
    ] = "council",
    items: Annotated[int, typer.Option(min=0, max=MOST_RUNS, metavar="N", help="N of them, by lot; 0: all.")] = 100,
    seats: Annotated[str, typer.Option(metavar="A,B=PERSONA,C@0.3", help="Models, as for `ask`.")] = "",
    remote: Remote = "",
    modes: Annotated[str, typer.Option(metavar="A,B", help="Modes that are measured beside the rivals.")] = "council",
    answer_tokens: Annotated[
        int | None, typer.Option(min=TOKENS[0], max=TOKENS[1], help="Of an answer (default: COUNCIL_ANSWER_TOKENS).")
    ] = None,
    seed: Annotated[int, typer.Option(help="Of the lot.")] = 0,
    report: Annotated[Path | None, typer.Option(metavar="FILE", help="Write it there, .html or .md.")] = None,
    resume: Annotated[str, typer.Option(metavar="ID", help="Go on with an evaluation.")] = "",
    show: Annotated[str, typer.Option(metavar="ID", help="Report what is measured.")] = "",
    list_all: Annotated[bool, typer.Option("--list", help="List the evaluations.")] = False,
) -> int:
    """Measure what the council is worth against its seats alone, at the same cost."""
    terminal = terminal_of(context)
    if list_all:
        return terminal.run(evaluating.list_evaluations)
    if show:
        return terminal.run(evaluating.show, show, report=report)
    if resume:
        return terminal.run(evaluating.go_on, resume, report=report)
    request = CouncilRequest(seats=_wishes(seats), answer_tokens=answer_tokens, agreed_hosts=_hosts(remote))
    return terminal.run(
        evaluating.begin_and_run,
        request,
        questions=questions,
        form=form,
        items=items,
        modes=evaluating.read_modes(modes),
        seed=seed,
        report=report,
    )


@program.command(rich_help_panel=MODELS)
def models(context: typer.Context, json: AsJson = False) -> int:
    """List the models that can sit."""
    return terminal_of(context).run(commands.list_models, as_json=json)


@program.command(rich_help_panel=MODELS)
def pull(
    context: typer.Context, model: Annotated[str, typer.Argument(metavar="MODEL", help="Such as qwen3:4b.")]
) -> int:
    """Have Ollama fetch a model."""
    return terminal_of(context).run(commands.pull, model)


@program.command(rich_help_panel=MODELS)
def download(
    context: typer.Context,
    name: Annotated[str, typer.Argument(metavar="[NAME]", help="A model of the catalogue; none: list them.")] = "",
) -> int:
    """Fetch a GGUF file from the Hugging Face hub, for use without Ollama."""
    return terminal_of(context).run(commands.download, name)


@program.command(rich_help_panel=INSTALLATION)
def doctor(context: typer.Context) -> int:
    """Try everything, one token and one ballot per seat, and say what to do about faults."""
    terminal = terminal_of(context)
    return run_to_end(commands.examine(load_settings(), terminal.console, opened=terminal.opened))


@program.command(rich_help_panel=INSTALLATION)
def settings(
    context: typer.Context,
    markdown: Annotated[bool, typer.Option("--markdown", help="Print the README's table of all settings.")] = False,
    env: Annotated[bool, typer.Option("--env", help="Print .env.example.")] = False,
) -> int:
    """Show the settings that count."""
    lines = as_markdown() if markdown else as_env() if env else as_used(load_settings())
    terminal_of(context).console.out.write(lines)
    return COMPLETE
