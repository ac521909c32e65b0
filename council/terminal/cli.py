"""The terminal: reads the command line, opens what the command needs, and turns errors into one sentence."""

import argparse
import asyncio
import io
import logging
import os
import re
import sys
from collections.abc import Callable, Sequence
from contextlib import AbstractAsyncContextManager
from typing import get_args

from pydantic import SecretStr

from council.advice import explain, explain_health
from council.application import Application, open_application
from council.asking import CouncilRequest, is_unicode, make_council, make_question
from council.domain import Language, Mode, Policy
from council.errors import ConfigurationError, CouncilError
from council.seats import read_wish
from council.setting_lines import setting_name
from council.settings import Settings, load_settings
from council.terminal import commands
from council.terminal.commands import COMPLETE, FAILED, STOPPED, WRONG_USE, Console
from council.terminal.doctor import Check, examine
from council.terminal.settings_docs import as_env, as_markdown
from models.errors import BackendError

EXIT_CODES = """\
exit codes:
  0    the run is complete, or the command did what it should
  1    it failed, or was interrupted
  2    wrong use or a wrong setting
  3    the run ended with a seat or a ballot missing (partial)
  130  stopped with Ctrl-C; what was said is kept, `resume` goes on
"""

MOST_RUNS = 1_000_000

Opening = Callable[[Settings], AbstractAsyncContextManager[Application]]


def main(arguments: Sequence[str] | None = None, *, opened: Opening = open_application) -> int:
    """Run one command and return its exit code; argparse itself exits with 2."""
    given = sys.argv[1:] if arguments is None else arguments
    chosen = build_parser().parse_args(given)
    logging.basicConfig(level=logging.WARNING, format="%(levelname)s %(name)s: %(message)s")
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="replace")  # a terminal may lack the letters of an answer
    console = Console(sys.stdout, sys.stderr, is_live=sys.stdout.isatty())
    try:
        if not all(map(is_unicode, given)):
            raise ConfigurationError("The command line holds bytes that are not UTF-8. Type it anew in a UTF-8 locale.")
        settings = load_settings()
        if chosen.command == "settings":
            return _show_settings(chosen, settings, console)
        return asyncio.run(_run(chosen, settings, console, opened))
    except ConfigurationError as error:
        console.progress(str(explain(error)))
        return WRONG_USE
    except (CouncilError, BackendError) as error:
        console.progress(str(explain(error)))
        return FAILED
    except KeyboardInterrupt:
        return STOPPED
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # or Python complains once more at its exit
        return FAILED


async def _run(chosen: argparse.Namespace, settings: Settings, console: Console, opened: Opening) -> int:
    if chosen.command == "doctor":
        return await _examine(settings, console, opened)
    async with opened(settings) as application:
        match chosen.command:
            case "ask":
                return await _ask(chosen, application, console)
            case "resume":
                return await commands.resume(
                    application, chosen.run, console, as_json=chosen.json, is_quiet=chosen.quiet
                )
            case "models":
                return await commands.list_models(application, console, as_json=chosen.json)
            case "pull":
                return await commands.pull(application, chosen.model, console)
            case "download":
                return await commands.download(application, chosen.name, console)
            case _:
                return await _look_back(chosen, application, console)


async def _ask(chosen: argparse.Namespace, application: Application, console: Console) -> int:
    after = application.history.transcript(chosen.after) if chosen.after else None
    text = sys.stdin.read() if chosen.question == "-" else chosen.question
    question = make_question(text, language=chosen.language, after=after)
    cards = await application.backend.list_models()
    try:
        seats = tuple(read_wish(seat) for seat in chosen.seats.split(",") if seat.strip())
        request = CouncilRequest(
            seats=seats or None,
            chairman=chosen.chairman or None,
            mode=chosen.mode,
            debate=chosen.debate,
            second_look=chosen.second_look,
            rounds=chosen.rounds,
            answer_tokens=chosen.answer_tokens,
            after=after.council if after else None,
        )
        council = make_council(request, cards, application.settings)
    except ConfigurationError:
        for health in await application.backend.healths():
            if not health.ok:
                console.progress(f"{health.backend}: {explain_health(health)}")
        raise
    return await commands.ask(application, question, council, console, as_json=chosen.json, is_quiet=chosen.quiet)


async def _look_back(chosen: argparse.Namespace, application: Application, console: Console) -> int:
    match chosen.action:
        case "show":
            return commands.export(application, chosen.run, console, form="md")
        case "export":
            return commands.export(application, chosen.run, console, form=chosen.format)
        case "delete":
            return await commands.delete(application, chosen.run, console)
        case _:
            return commands.list_history(application, console, search=chosen.search, limit=chosen.limit)


async def _examine(settings: Settings, console: Console, opened: Opening) -> int:
    def report(check: Check) -> None:
        verdict = "FAULT" if not check.is_ok else "hint " if check.advice else "ok   "
        console.say(f"{verdict} {check.what}")
        if check.advice:
            console.say(f"      → {check.advice}")

    is_ok = await examine(settings, report, opened=opened)
    console.say("Everything works." if is_ok else "Not everything works: see the faults above.")
    return COMPLETE if is_ok else FAILED


def _show_settings(chosen: argparse.Namespace, settings: Settings, console: Console) -> int:
    if chosen.markdown or chosen.env:
        console.out.write(as_markdown() if chosen.markdown else as_env())
        return COMPLETE
    for name in Settings.model_fields:
        value = getattr(settings, name)
        match value:
            case SecretStr():
                shown = "(set)" if value.get_secret_value() else ""
            case dict():
                shown = ",".join(f"{big}={small}" for big, small in value.items())
            case tuple():
                shown = ",".join(map(str, value))
            case _:
                shown = re.sub(r"//[^/@]*@", "//(set)@", str(value))
        console.say(f"{setting_name(name)}={shown}")
    return COMPLETE


def build_parser() -> argparse.ArgumentParser:
    """Describe the command line."""
    parser = argparse.ArgumentParser(
        prog="python -m council",
        description="A council of local models: they answer, judge each other anonymously, debate, and conclude.",
        epilog=EXIT_CODES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    of = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    _add_runs(of)
    _add_history(of)
    models = of.add_parser("models", help="list the models that can sit")
    models.add_argument("--json", action="store_true", help="print them as JSON")
    of.add_parser("doctor", help="try everything, one token and one ballot per seat, and say what to do about faults")
    of.add_parser("pull", help="have Ollama fetch a model").add_argument("model", help="such as qwen3:4b")
    download = of.add_parser("download", help="fetch a GGUF file from the Hugging Face hub, for use without Ollama")
    download.add_argument("name", nargs="?", default="", help="a model of the catalogue; without it, the catalogue")
    settings = of.add_parser("settings", help="show the settings that count")
    form = settings.add_mutually_exclusive_group()
    form.add_argument("--markdown", action="store_true", help="print the README's table of all settings")
    form.add_argument("--env", action="store_true", help="print .env.example")
    return parser


def _add_runs(of: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    ask = of.add_parser(
        "ask", help="ask the council", epilog=EXIT_CODES, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    ask.add_argument("question", help='what you want to know; "-" reads it from standard input')
    ask.add_argument("--mode", choices=get_args(Mode), help="how it is decided (default: COUNCIL_MODE)")
    ask.add_argument("--seats", default="", metavar="A,B=PERSONA,…", help="who sits (default: COUNCIL_SEATS)")
    ask.add_argument("--chairman", default="", metavar="C", help="who concludes (default: COUNCIL_CHAIRMAN)")
    ask.add_argument("--language", choices=get_args(Language), help="language of the answer (default: the question's)")
    ask.add_argument("--after", default="", metavar="RUN", help="follow up this run, with its council")
    ask.add_argument("--debate", choices=get_args(Policy), default="auto", help="in the mode full (default: auto)")
    ask.add_argument("--rounds", type=int, choices=(1, 2, 3), default=1, help="debate rounds at most (default: 1)")
    ask.add_argument("--answer-tokens", type=int, help="longest answer of a seat (default: COUNCIL_ANSWER_TOKENS)")
    ask.add_argument("--second-look", choices=get_args(Policy), default="auto", help="vote twice (default: auto)")
    resume = of.add_parser("resume", help="go on with a run that ended early; only what is missing is asked again")
    resume.add_argument("run", help="its name, as `history` lists it")
    for parser in (ask, resume):
        parser.add_argument("--json", action="store_true", help="print the finished transcript as JSON")
        parser.add_argument("--quiet", action="store_true", help="do not tell what happens on the way")


def _count(text: str) -> int:
    if not text.isascii() or not text.isdigit() or not 1 <= int(text[:10]) <= MOST_RUNS:
        raise argparse.ArgumentTypeError(f"{text[:20]!r} is no number from 1 to {MOST_RUNS}")
    return int(text)


def _add_history(of: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    history = of.add_parser("history", help="list, show, export or delete what was asked")
    history.add_argument("--search", default="", metavar="WORDS", help="only runs that hold these words")
    history.add_argument("--limit", type=_count, default=50, metavar="N", help="the newest N (default: 50)")
    actions = history.add_subparsers(dest="action", metavar="ACTION")
    for name, purpose in (("show", "print a run"), ("delete", "remove a run for good"), ("export", "print for a file")):
        action = actions.add_parser(name, help=purpose)
        action.add_argument("run", help="its name")
        if name == "export":
            action.add_argument("--format", choices=("md", "json"), default="md", help="Markdown (default) or JSON")
