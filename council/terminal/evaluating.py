"""The command that measures what a council is worth on the user's own models."""

import asyncio
import signal
import time
from pathlib import Path

from council.application import Application
from council.asking import CouncilRequest, make_council, server_hosts
from council.domain import MODES, Mode
from council.errors import ConfigurationError, did_you_mean
from council.evaluation.evaluate import begin, draw, evaluate
from council.evaluation.readers import Form, read_questions
from council.evaluation.report import to_html, to_markdown
from council.evaluation.store import EvaluationStore, Plan
from council.evaluation.summary import summarise
from council.runs.owners import LOCAL
from council.terminal.command_line import COMPLETE, STOPPED
from council.terminal.console import Console
from models.text import lazy_gettext as _
from models.text import lazy_ngettext


def open_store(application: Application) -> EvaluationStore:
    """Return the evaluations of this machine's user."""
    return EvaluationStore(application.history.file, LOCAL)


def read_modes(names: str) -> tuple[Mode, ...]:
    """Read the modes that are to be measured, the one whose cost the rivals are given first."""
    named = [name.strip() for name in names.split(",") if name.strip()]
    known: dict[str, Mode] = {mode: mode for mode, method in MODES.items() if method.votes}
    for name in named or [names]:
        if name not in known:
            raise ConfigurationError(
                _("The mode {name!r} cannot be measured.", name=name),
                advice=did_you_mean(name, known) or _("Name some of these: {known}.", known=", ".join(known)),
            )
    return tuple(dict.fromkeys(known[name] for name in named))


async def begin_and_run(
    application: Application,
    console: Console,
    request: CouncilRequest,
    *,
    questions: Path | None,
    form: Form,
    items: int,
    modes: tuple[Mode, ...],
    seed: int,
    report: Path | None,
) -> int:
    """Begin an evaluation and carry it out; what of the question set cannot be read is named."""
    read = read_questions(questions, form=form)
    for fault in read.faults:
        console.note(fault)
    cards = await application.backend.list_models()
    agreed = (*request.agreed_hosts, *server_hosts(application.settings))
    request = request.model_copy(update={"mode": "council", "agreed_hosts": agreed})
    council = make_council(request, cards, application.settings)
    if len(council.seats) < 2:
        raise ConfigurationError(
            _("One seat alone is no council to be measured."), advice=_("Name two or more with --seats.")
        )
    plan = Plan(
        name=read.name,
        items=draw(read.items, items, seed=seed),
        council=council,
        modes=modes,
        seed=seed,
        max_context=application.settings.max_context,
        left_out=len(read.faults),
    )
    return await go_on(application, console, begin(plan, open_store(application)), report=report)


async def go_on(application: Application, console: Console, evaluation: str, *, report: Path | None) -> int:
    """Measure what is missing, and write the report; Ctrl-C ends it, and what was measured is kept."""
    store = open_store(application)
    plan = store.plan(evaluation)
    seats = ", ".join(seat.model for seat in plan.council.seats)
    items = lazy_ngettext("{n} item", "{n} items", len(plan.items))
    console.note(
        _(
            "Evaluation {id}: {items} of '{name}', seats {seats}",
            id=evaluation,
            items=items,
            name=plan.name,
            seats=seats,
        )
    )
    if hosts := plan.council.remote_hosts:
        console.note(_("The question is sent to {hosts}", hosts=", ".join(hosts)))
    task = asyncio.current_task()
    assert task is not None
    loop = asyncio.get_running_loop()
    loop.add_signal_handler(signal.SIGINT, task.cancel)
    try:
        with console.progress(of="items") as progress:
            async for step in evaluate(evaluation, store, application.backend):
                progress.show(plan.name, step.done, step.total)
    except asyncio.CancelledError:
        console.note(
            _("Stopped. Go on with it: {command}", command=f"python -m council evaluate --resume {evaluation}")
        )
        return STOPPED
    finally:
        loop.remove_signal_handler(signal.SIGINT)
    return await show(application, console, evaluation, report=report)


async def show(application: Application, console: Console, evaluation: str, *, report: Path | None) -> int:
    """Print the report, or write it to a file: HTML where its name ends so, else Markdown."""
    store, words = open_store(application), console.words
    plan = store.plan(evaluation)
    measured = store.measured(evaluation)
    if not measured:
        raise ConfigurationError(
            _("Nothing is measured yet."),
            advice=_("Go on with it: {command}", command=f"python -m council evaluate --resume {evaluation}"),
        )
    summary = summarise(plan, measured)
    if report is None:
        console.say(to_markdown(plan, summary, words).rstrip("\n"))
        return COMPLETE
    make = to_html if report.suffix.lower() in (".html", ".htm") else to_markdown
    _write(report, make(plan, summary, words), evaluation)
    console.note(_("The report is in '{path}'.", path=str(report)))
    return COMPLETE


async def list_evaluations(application: Application, console: Console) -> int:
    """List evaluations, newest first."""
    entries = open_store(application).entries()
    for entry in entries:
        date = time.strftime("%Y-%m-%d %H:%M", time.localtime(entry.started_at))
        console.say(f"{entry.id}  {date}  {entry.measured:5} / {entry.items:<5}  {entry.name}")
    if not entries:
        console.note(_("Nothing was evaluated yet."))
    return COMPLETE


def _write(report: Path, text: str, evaluation: str) -> None:
    try:
        report.write_text(text, encoding="utf-8")
    except OSError as error:
        raise ConfigurationError(
            _("The report cannot be written to '{path}': {reason}.", path=str(report), reason=error.strerror or "?"),
            advice=_("Print it: {command}", command=f"python -m council evaluate --show {evaluation}"),
        ) from error
