"""What the commands of the terminal do; each returns an exit code and writes to the streams it is given."""

import asyncio
import io
import signal
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict
from typing import Literal

from council import events as ev
from council.advice import explain_health, faults_beside
from council.application import Application, Opening
from council.asking import (
    WAITING_FOR_MODELS,
    CouncilRequest,
    make_council,
    make_question,
    may_come,
    seat_when_ready,
    server_hosts,
)
from council.domain import Council, Language
from council.errors import ConfigurationError, MissingModelError, did_you_mean
from council.reports.as_json import to_json, to_markdown
from council.reports.words import STATUSES, unkept
from council.runs.ending import CLOSED
from council.runs.owners import LOCAL
from council.runs.run import Run
from council.settings import Settings
from council.terminal import doctor
from council.terminal.command_line import COMPLETE, FAILED, PARTIAL, STOPPED
from council.terminal.console import Console
from council.terminal.doctor import Check
from council.terminal.narrator import Narrator, one_line
from council.transcript import Transcript
from council.translation import translator
from models.catalogue import CATALOGUE, CatalogueEntry, fitting_entries
from models.machine import free_bytes
from models.text import NOTHING, Bytes, sentences
from models.text import lazy_gettext as _
from models.weights.download import Downloader

EXIT_CODES: Mapping[ev.Status, int] = {
    "running": FAILED,
    "complete": COMPLETE,
    "partial": PARTIAL,
    "failed": FAILED,
    "stopped": STOPPED,
    "interrupted": FAILED,
}


async def ask(
    application: Application,
    console: Console,
    text: str,
    request: CouncilRequest,
    *,
    language: Language | None = None,
    after: str = "",
    as_json: bool = False,
    is_quiet: bool = False,
) -> int:
    """Begin a run and follow it to its end."""
    past = application.runs.of(LOCAL).transcript(after) if after else None
    question = make_question(text, language=language, after=past)
    agreed = (*request.agreed_hosts, *server_hosts(application.settings))
    request = request.model_copy(update={"after": past.council if past else None, "agreed_hosts": agreed})
    try:
        council = await _seat(request, application, console)
    except ConfigurationError:
        await _note_faults(application, console)
        raise
    run = application.runs.of(LOCAL).start(question, council)
    return await _follow(application, run, console, as_json=as_json, is_quiet=is_quiet)


async def _seat(request: CouncilRequest, application: Application, console: Console) -> Council:
    backend, settings = application.backend, application.settings
    try:
        return make_council(request, await backend.list_models(), settings)
    except MissingModelError:
        if not may_come(await backend.healths()):
            raise
    console.note(WAITING_FOR_MODELS)
    return await seat_when_ready(request, backend, settings)


async def resume(
    application: Application, console: Console, run_id: str, *, as_json: bool = False, is_quiet: bool = False
) -> int:
    """Go on with a run that ended early, and follow it to its end."""
    run = application.runs.of(LOCAL).resume(run_id)
    return await _follow(application, run, console, as_json=as_json, is_quiet=is_quiet)


async def _follow(application: Application, run: Run, console: Console, *, as_json: bool, is_quiet: bool) -> int:
    """Tell what happens from now on; Ctrl-C stops the run, a second one breaks it off."""
    narrator = Narrator(
        progress=(lambda line: None) if is_quiet else console.note,
        answer=io.StringIO() if as_json else console.out,
        is_live=console.is_live and not as_json,
        words=translator(_language(application, run.transcript)),
    )
    for event in run.past:
        narrator.tell(event, is_past=True)
    with _signals(run):
        async for event in run.follow(since_resumption=True):
            narrator.tell(event)
    narrator.sum_up()
    if is_quiet and run.transcript.unkept:
        console.note(unkept(run.transcript.unkept))
    if as_json:
        console.say_json(to_json(run.transcript, _language(application, run.transcript)))
    return EXIT_CODES[run.transcript.status]


def _language(application: Application, transcript: Transcript) -> str | None:
    """The language that was set, else that of the question."""
    return application.settings.language or (transcript.question.language if transcript.question else None)


@contextmanager
def _signals(run: Run) -> Iterator[None]:
    loop = asyncio.get_running_loop()

    def stop() -> None:
        loop.remove_signal_handler(signal.SIGINT)
        run.stop()

    loop.add_signal_handler(signal.SIGINT, stop)
    loop.add_signal_handler(signal.SIGTERM, run.end, CLOSED)
    try:
        yield
    finally:
        loop.remove_signal_handler(signal.SIGINT)
        loop.remove_signal_handler(signal.SIGTERM)


async def list_models(application: Application, console: Console, *, as_json: bool = False) -> int:
    """List what can sit, and say of each backend that cannot be used what to do."""
    cards = await application.backend.list_models()
    if as_json:
        console.say_json([asdict(card) | {"remark": str(card.remark)} for card in cards])
    else:
        for card in cards:
            size = console.words.size(Bytes(card.size_bytes)) if card.size_bytes else "?"
            place = _("runs at {host}, not on this machine", host=card.remote_host) if card.remote_host else NOTHING
            remarks = (console.words.text(remark) for remark in (card.remark, place))
            notes = " ".join(filter(None, (card.family, card.quantization, *remarks)))
            console.say(f"{one_line(card.name):40} {size:>9}  {card.backend:10} {one_line(notes)}".rstrip())
    await _note_faults(application, console)
    return COMPLETE if cards else FAILED


async def _note_faults(application: Application, console: Console) -> None:
    for health in await application.backend.healths():
        if not health.ok or health.detail:
            console.note(_("{name}: {detail}", name=health.backend, detail=explain_health(health)))
        for fault in faults_beside(health):
            console.note(_("{name}: {detail}", name=health.backend, detail=fault))


async def pull(application: Application, console: Console, model: str) -> int:
    """Have Ollama fetch a model."""
    if application.ollama is None:
        raise ConfigurationError(
            _("COUNCIL_BACKENDS leaves Ollama out."), advice=_("Set COUNCIL_BACKENDS=ollama,llama_cpp.")
        )
    with console.progress() as progress:
        async for step in application.ollama.pull(model):
            progress.show(f"{model}: {step.status}", step.completed, step.total)
    console.note(_("{name} is here.", name=model))
    return COMPLETE


async def download(application: Application, console: Console, name: str) -> int:
    """Fetch one file of the catalogue from the Hugging Face hub; without a name, list what would fit."""
    if not name:
        return _list_catalogue(console)
    entry = _find_entry(name)
    size = Bytes(entry.size_bytes)
    console.note(_("{title}, {size}, licence: {licence}", title=entry.title, size=size, licence=entry.licence))
    with console.progress() as progress:
        async for step in Downloader(application.weights.download_dir).fetch(entry):
            progress.show(entry.name, step.completed_bytes, step.total_bytes)
    console.note(_("{name} is here.", name=entry.name))
    return COMPLETE


def _list_catalogue(console: Console) -> int:
    for entry in fitting_entries(free_bytes()):
        sizes = {"size": Bytes(entry.size_bytes), "memory": Bytes(entry.memory_bytes)}
        needs = console.words.text(_("{size} to fetch, {memory} of memory", **sizes))
        console.say(f"{entry.name:40} {needs}  {entry.licence}")
    console.note(_("Fetch one from the Hugging Face hub: {command}", command="python -m council download NAME"))
    return COMPLETE


def _find_entry(name: str) -> CatalogueEntry:
    wanted = name.casefold().removesuffix(".gguf")
    for entry in CATALOGUE:
        if wanted in (entry.name.casefold(), entry.title.casefold(), *entry.ollama_names):
            return entry
    near = did_you_mean(name, [entry.name for entry in CATALOGUE])
    listed = _("`python -m council download` lists it.")
    raise ConfigurationError(
        _("The catalogue has no {name!r}.", name=name), advice=sentences([near, listed]) if near else listed
    )


async def list_history(application: Application, console: Console, *, search: str = "", limit: int = 50) -> int:
    """List runs, newest first."""
    entries = application.history.of(LOCAL).entries(search=search, limit=limit)
    for entry in entries:
        date = time.strftime("%Y-%m-%d %H:%M", time.localtime(entry.started_at))
        status = console.words.text(STATUSES[entry.status])
        console.say(f"{entry.id}  {date}  {status:11}  {entry.mode:7}  {one_line(entry.question, 70)}")
    if not entries:
        console.note(_("Nothing was found.") if search else _("Nothing was asked yet."))
    return COMPLETE


async def export(application: Application, console: Console, run_id: str, *, form: Literal["md", "json"]) -> int:
    """Write a run as a document."""
    transcript = application.history.of(LOCAL).transcript(run_id)
    language = _language(application, transcript)
    if form == "json":
        console.say_json(to_json(transcript, language))
    else:
        console.say(to_markdown(transcript, language).rstrip("\n"))
    return COMPLETE


async def delete(application: Application, console: Console, run_id: str) -> int:
    """Remove a run for good."""
    await application.runs.of(LOCAL).delete(run_id)
    console.note(_("The run {run} is deleted.", run=run_id))
    return COMPLETE


async def examine(settings: Settings, console: Console, *, opened: Opening) -> int:
    """Try everything and write down what was found."""

    def report(check: Check) -> None:
        verdict = _("FAULT") if not check.is_ok else _("hint") if check.advice else _("ok")
        console.say(f"{console.words.text(verdict):6} {console.words.text(check.what)}")
        if check.advice:
            console.say(f"       → {console.words.text(check.advice)}")

    is_ok = await doctor.examine(settings, report, opened=opened)
    console.say(_("Everything works.") if is_ok else _("Not everything works: see the faults above."))
    return COMPLETE if is_ok else FAILED
