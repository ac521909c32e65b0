"""Checks whether everything works here, on real parts: one real token and one valid ballot from every seat.

Every fault comes with what to do about it.
"""

import asyncio
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass, replace

import httpx

from council.advice import explain, explain_health, faults_beside
from council.application import Application, Opening, open_application
from council.asking import CouncilRequest, make_council, server_hosts
from council.domain import Seat, SeatId
from council.errors import BallotError, ConfigurationError, CouncilError
from council.listening import listen
from council.method.candidates import letters
from council.method.fitting import write_head
from council.method.prompt import Material
from council.method.prompts import PROBE
from council.method.voting.ballot_format import parse_ballot
from council.method.voting.ballots import order_prompt
from council.method.wordings.wording import WORDINGS, wording_for
from council.settings import Settings
from models.base import Backend, GenerationConfig, Health, Message
from models.errors import BackendError
from models.machine import free_bytes
from models.text import Bytes, Text, lazy_ngettext, sentences
from models.text import lazy_gettext as _

LITTLE_MEMORY_BYTES = 1_000_000_000
PROBE_TOKENS = 16
CONTEXT_TOKENS = 4096
ASKED = "What is the capital of Australia?"
CANDIDATES = ("Canberra is the capital of Australia.", "It is Sydney, the largest city.", "I do not know.")
NONCE = "7d21f0c4be93"
ANOTHER_MODEL = _("Give the seat another model.")


@dataclass(frozen=True, slots=True)
class Check:
    """One thing that was looked at. `advice` says what to do where it is not ok, or what could be better."""

    what: Text
    is_ok: bool = True
    advice: Text | None = None


Report = Callable[[Check], None]


async def examine(settings: Settings, report: Report, *, opened: Opening = open_application) -> bool:
    """Report every check as soon as it is done; return whether all of them are ok."""
    checks: list[Check] = []

    def note(check: Check) -> None:
        checks.append(check)
        report(check)

    note(await asyncio.to_thread(check_data_dir, settings))
    note(await check_port(settings))
    note(check_memory_left(free_bytes()))
    try:
        async with opened(settings) as application:
            healths = await application.backend.healths(anew=True)
            is_enough = any(health.ok for health in healths)  # the others are there for when this one fails
            for health in healths:
                note(Check(_state_of(health), health.ok or is_enough, explain_health(health) or None))
                for fault in faults_beside(health):
                    note(Check(_("a file that cannot be used"), advice=fault))
            await _examine_seats(application, note)
    except (CouncilError, BackendError) as error:
        note(Check(_("the council cannot sit"), False, explain(error)))
    return all(check.is_ok for check in checks)


def _state_of(health: Health) -> Text:
    if not health.ok:
        return _("backend {name}: cannot be used", name=health.backend)
    number = len(health.models)
    if health.remote_host:
        place = _("runs at {host}, not on this machine", host=health.remote_host)
        return _("backend {name}: {detail}", name=health.backend, detail=place)
    return lazy_ngettext("backend {name}: {n} model", "backend {name}: {n} models", number, name=health.backend)


def check_data_dir(settings: Settings) -> Check:
    """Write a file where the history will be."""
    folder = settings.data_dir
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder) as file:
            file.write(bytes(4096))
    except OSError as error:
        advice = _("Give yourself the right to write there, make room, or set COUNCIL_DATA_DIR to another folder.")
        reason = str(error.strerror or error)
        return Check(_("folder {folder!r}: {reason}", folder=str(folder), reason=reason), False, advice)
    return Check(_("folder {folder!r} can be written", folder=str(folder)))


async def check_port(settings: Settings) -> Check:
    """Try to listen where the page will be; a page that is served there already is fine, too."""
    address = {"host": settings.host, "port": str(settings.port)}
    try:
        listen(settings.host, settings.port).close()
        return Check(_("{host} port {port} is free", **address))
    except ConfigurationError as error:
        if await _is_served(settings):
            return Check(_("{host} port {port}: the page is being served", **address))
        return Check(error.message, False, error.advice)


async def _is_served(settings: Settings) -> bool:
    try:
        async with httpx.AsyncClient(trust_env=False, timeout=2.0) as client:
            response = await client.get(f"http://127.0.0.1:{settings.port}/healthz")
            return bool(response.json() == {"status": "ok"})
    except (httpx.HTTPError, ValueError):
        return False


def check_memory_left(free: int | None) -> Check:
    """Tell how much memory is left; the models themselves are tried afterwards."""
    if free is None:
        return Check(_("memory: this system does not tell how much is free"))
    little = _("That is little: close other programs, or choose small models.")
    return Check(_("memory: {size} free", size=Bytes(free)), advice=little if free < LITTLE_MEMORY_BYTES else None)


async def _examine_seats(application: Application, note: Report) -> None:
    cards = await application.backend.list_models()
    request = CouncilRequest(agreed_hosts=server_hosts(application.settings))
    council = make_council(request, cards, application.settings)
    config = GenerationConfig(
        temperature=0.0,
        max_tokens=PROBE_TOKENS,
        context_tokens=min(CONTEXT_TOKENS, application.settings.max_context),
        think=False,
    )
    for seat in {seat.id: seat for seat in (*council.seats, council.chairman)}.values():
        agreed = replace(config, remote_host=seat.remote_host)
        words = await _try_words(seat, application.backend, agreed)
        note(words)
        if words.is_ok:
            note(await _try_ballot(seat, application.backend, agreed))


async def _try_words(seat: Seat, backend: Backend, config: GenerationConfig) -> Check:
    name, began = _name(seat), time.monotonic()
    try:
        async with backend.stream(seat.model, [Message("user", PROBE)], config) as chunks:
            async for chunk in chunks:
                if chunk.text or chunk.thinking:
                    return Check(_("{seat} speaks, after {seconds:.1f} s", seat=name, seconds=time.monotonic() - began))
    except BackendError as error:
        return Check(_("{seat} does not speak", seat=name), False, explain(error))
    silent = sentences([_("It ended without a word."), ANOTHER_MODEL])
    return Check(_("{seat} does not speak", seat=name), False, silent)


async def _try_ballot(seat: Seat, backend: Backend, config: GenerationConfig) -> Check:
    """Ask for the bare order of three made-up answers, constrained as in a run."""
    name = _name(seat)
    seats = [SeatId(f"seat-{number}") for number in range(len(CANDIDATES))]
    wording = WORDINGS[wording_for([seat.model])]
    shown = Material(NONCE, letters(seats), dict(zip(seats, CANDIDATES, strict=True)), wording)
    prompt = order_prompt(shown)
    assert prompt.form is not None
    messages = [Message("system", wording.system), Message("user", write_head(ASKED) + prompt.text)]
    constrained = replace(config, max_tokens=prompt.form.max_tokens, json_schema=prompt.form.json_schema)
    began = time.monotonic()
    text = ""
    try:
        async with backend.stream(seat.model, messages, constrained) as chunks:
            async for chunk in chunks:
                text = "" if chunk.restart else text + chunk.text
        order = parse_ballot(text, list(shown.labels)).order
    except (BackendError, BallotError) as error:
        return Check(_("{seat} gives no valid ballot", seat=name), False, sentences([explain(error), ANOTHER_MODEL]))
    seconds = time.monotonic() - began
    vote = " > ".join(order)
    return Check(_("{seat} gives a valid ballot, {vote}, after {seconds:.1f} s", seat=name, vote=vote, seconds=seconds))


def _name(seat: Seat) -> str:
    place = f" → {seat.remote_host}" if seat.remote_host else ""
    return f"{seat.id} ({seat.model}{place})"
