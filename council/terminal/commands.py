"""What the commands of the terminal do; each returns an exit code and writes to the streams it is given."""

import asyncio
import io
import json
import signal
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from typing import Literal, TextIO

from council import events as ev
from council.advice import explain_health
from council.application import Application
from council.domain import Council, Question
from council.errors import ConfigurationError, did_you_mean
from council.reports.as_json import to_json, to_markdown
from council.runs.run import CLOSED, Run
from council.terminal.narrator import Narrator, escaped, one_line, printable
from models.catalogue import CATALOGUE, CatalogueEntry, fitting_entries
from models.machine import free_bytes, gigabytes
from models.text import lazy_gettext as _
from models.text import sentences
from models.weights.download import Downloader

COMPLETE, FAILED, WRONG_USE, PARTIAL, STOPPED = 0, 1, 2, 3, 130
EXIT_CODES: Mapping[ev.Status, int] = {
    "running": FAILED,
    "complete": COMPLETE,
    "partial": PARTIAL,
    "failed": FAILED,
    "stopped": STOPPED,
    "interrupted": FAILED,
}


@dataclass(frozen=True)
class Console:
    """Where a command writes: results to `out`, the rest to `err`; where `is_live`, answers are streamed to `out`."""

    out: TextIO
    err: TextIO
    is_live: bool = False

    def say(self, line: str = "") -> None:
        print(printable(line), file=self.out, flush=True)

    def say_json(self, value: object) -> None:
        print(escaped(json.dumps(value, ensure_ascii=False, indent=2)), file=self.out, flush=True)

    def progress(self, line: str) -> None:
        print(printable(line), file=self.err, flush=True)

    def percent(self, what: str, completed: int, total: int) -> None:
        """Write how far something is, over the line before."""
        share = f"{completed / total:4.0%} of {gigabytes(total)}" if total else ""
        self.err.write(f"\r{one_line(what, 60):60} {share}" if self.err.isatty() else "")
        self.err.flush()


async def ask(
    application: Application, question: Question, council: Council, console: Console, *, as_json: bool, is_quiet: bool
) -> int:
    """Begin a run and follow it to its end."""
    run = application.runs.start(question, council)
    return await _follow(run, 0, console, as_json=as_json, is_quiet=is_quiet)


async def resume(application: Application, run_id: str, console: Console, *, as_json: bool, is_quiet: bool) -> int:
    """Go on with a run that ended early, and follow it to its end."""
    before = application.history.events(run_id)
    resumptions = sum(isinstance(event, ev.DeliberationResumed) for event in before)
    run = application.runs.resume(run_id)
    return await _follow(run, resumptions + 1, console, as_json=as_json, is_quiet=is_quiet)


async def _follow(run: Run, resumptions: int, console: Console, *, as_json: bool, is_quiet: bool) -> int:
    """Tell what happens from the given resumption on; Ctrl-C stops the run, a second one breaks it off."""
    narrator = Narrator(
        progress=(lambda line: None) if is_quiet else console.progress,
        answer=io.StringIO() if as_json else console.out,
        is_live=console.is_live and not as_json,
    )
    with _signals(run):
        async for event in run.follow():
            resumptions -= isinstance(event, ev.DeliberationResumed)
            narrator.tell(event, is_past=resumptions > 0)
    narrator.sum_up()
    if as_json:
        console.say_json(to_json(run.transcript))
    return EXIT_CODES[run.transcript.status]


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


async def list_models(application: Application, console: Console, *, as_json: bool) -> int:
    """List what can sit, and say of each backend that cannot be used what to do."""
    healths = await application.backend.healths()
    cards = await application.backend.list_models()
    if as_json:
        console.say_json([asdict(card) for card in cards])
    else:
        for card in cards:
            size = gigabytes(card.size_bytes) if card.size_bytes else "?"
            notes = " ".join(filter(None, (card.family, card.quantization, card.remark)))
            console.say(f"{one_line(card.name):40} {size:>9}  {card.backend:10} {one_line(notes)}".rstrip())
    for health in healths:
        if not health.ok:
            console.progress(f"{health.backend}: {explain_health(health)}")
    return COMPLETE if cards else FAILED


async def pull(application: Application, model: str, console: Console) -> int:
    """Have Ollama fetch a model."""
    if application.ollama is None:
        raise ConfigurationError("COUNCIL_BACKENDS leaves Ollama out. Set COUNCIL_BACKENDS=ollama,llama_cpp.")
    async for step in application.ollama.pull(model):
        console.percent(f"{model}: {step.status}", step.completed, step.total)
    console.progress(f"\n{model} is here.")
    return COMPLETE


async def download(application: Application, name: str, console: Console) -> int:
    """Fetch one file of the catalogue from the Hugging Face hub; without a name, list what would fit."""
    if not name:
        for entry in fitting_entries(free_bytes()):
            needs = f"{gigabytes(entry.size_bytes)} to fetch, {gigabytes(entry.memory_bytes)} of memory"
            console.say(f"{entry.name:40} {needs}  {entry.licence}")
        console.progress("\nFetch one from the Hugging Face hub: python -m council download NAME")
        return COMPLETE
    entry = _find_entry(name)
    console.progress(f"{entry.title}, {gigabytes(entry.size_bytes)}, licence: {entry.licence}")
    async for step in Downloader(application.weights.download_dir).fetch(entry):
        console.percent(entry.name, step.completed_bytes, step.total_bytes)
    console.progress(f"\n{entry.name} is here.")
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


def list_history(application: Application, console: Console, *, search: str, limit: int) -> int:
    """List runs, newest first."""
    entries = application.history.entries(search=search, limit=limit)
    for entry in entries:
        date = time.strftime("%Y-%m-%d %H:%M", time.localtime(entry.started_at))
        console.say(f"{entry.id}  {date}  {entry.status:11}  {entry.mode:7}  {one_line(entry.question, 70)}")
    if not entries:
        console.progress("Nothing was found." if search else "Nothing was asked yet.")
    return COMPLETE


def export(application: Application, run_id: str, console: Console, *, form: Literal["md", "json"]) -> int:
    """Write a run as a document."""
    transcript = application.history.transcript(run_id)
    if form == "json":
        console.say_json(to_json(transcript))
    else:
        language = transcript.question.language if transcript.question else "en"
        console.say(to_markdown(transcript, language).rstrip("\n"))
    return COMPLETE


async def delete(application: Application, run_id: str, console: Console) -> int:
    """Remove a run for good."""
    await application.runs.delete(run_id)
    console.progress(f"The run {run_id} is deleted.")
    return COMPLETE
