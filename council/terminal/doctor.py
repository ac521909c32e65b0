"""Checks whether everything works here, on real parts: one real token and one valid ballot from every seat.

Every fault comes with what to do about it.
"""

import asyncio
import socket
import tempfile
import time
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, replace

import httpx

from council.advice import explain, explain_health
from council.application import Application, open_application
from council.asking import CouncilRequest, make_council
from council.domain import Seat
from council.errors import BallotError, CouncilError
from council.method.prompts import CANDIDATE, PROBE, QUESTION, SECOND_LOOK, SYSTEM
from council.method.voting.ballot_format import ballot_schema, parse_ballot
from council.method.voting.ballots import ballot_example, ballot_tokens
from council.method.voting.orders import labels
from council.settings import Settings
from models.base import Backend, GenerationConfig, Message
from models.errors import BackendError
from models.machine import free_bytes, gigabytes

LITTLE_MEMORY_BYTES = 1_000_000_000
PROBE_TOKENS = 16
CONTEXT_TOKENS = 4096
ASKED = "What is the capital of Australia?"
CANDIDATES = ("Canberra is the capital of Australia.", "It is Sydney, the largest city.", "I do not know.")
ANOTHER_MODEL = "Give the seat another model."


@dataclass(frozen=True, slots=True)
class Check:
    """One thing that was looked at. `advice` says what to do where it is not ok, or what could be better."""

    what: str
    is_ok: bool = True
    advice: str = ""


Report = Callable[[Check], None]
Opening = Callable[[Settings], AbstractAsyncContextManager[Application]]


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
                found = f"{len(health.models)} models" if health.ok else "cannot be used"
                note(Check(f"backend {health.backend}: {found}", health.ok or is_enough, str(explain_health(health))))
            await _examine_seats(application, note)
    except (CouncilError, BackendError) as error:
        note(Check("the council cannot sit", False, str(explain(error))))
    return all(check.is_ok for check in checks)


def check_data_dir(settings: Settings) -> Check:
    """Write a file where the history will be."""
    folder = settings.data_dir
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder) as file:
            file.write(bytes(4096))
    except OSError as error:
        advice = "Give yourself the right to write there, make room, or set COUNCIL_DATA_DIR to another folder."
        return Check(f"folder '{folder}': {error.strerror}", False, advice)
    return Check(f"folder '{folder}' can be written")


async def check_port(settings: Settings) -> Check:
    """Try to listen where the page will be; a page that is served there already is fine, too."""
    address = f"{settings.host} port {settings.port}"
    try:
        family = socket.AF_INET6 if ":" in settings.host else socket.AF_INET
        with socket.socket(family) as listener:
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            listener.bind((settings.host, settings.port))
        return Check(f"{address} is free")
    except OSError as error:
        if await _is_served(settings):
            return Check(f"{address}: the page is being served")
        advice = (
            f"Set COUNCIL_PORT to a free port, for example {settings.port % 65_535 + 1}, or end what uses this one."
        )
        return Check(f"{address}: {error.strerror}", False, advice)


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
        return Check("memory: this system does not tell how much is free")
    advice = "That is little: close other programs, or choose small models." if free < LITTLE_MEMORY_BYTES else ""
    return Check(f"memory: {gigabytes(free)} free", advice=advice)


async def _examine_seats(application: Application, note: Report) -> None:
    cards = await application.backend.list_models()
    council = make_council(CouncilRequest(), cards, application.settings)
    config = GenerationConfig(
        temperature=0.0,
        max_tokens=PROBE_TOKENS,
        context_tokens=min(CONTEXT_TOKENS, application.settings.max_context),
        think=False,
    )
    for seat in {seat.id: seat for seat in (*council.seats, council.chairman)}.values():
        words = await _try_words(seat, application.backend, config)
        note(words)
        if words.is_ok:
            note(await _try_ballot(seat, application.backend, config))


async def _try_words(seat: Seat, backend: Backend, config: GenerationConfig) -> Check:
    name = f"{seat.id} ({seat.model})"
    began = time.monotonic()
    try:
        async with backend.stream(seat.model, [Message("user", PROBE)], config) as chunks:
            async for chunk in chunks:
                if chunk.text or chunk.thinking:
                    return Check(f"{name} speaks, after {time.monotonic() - began:.1f} s")
    except BackendError as error:
        return Check(f"{name} does not speak", False, str(explain(error)))
    return Check(f"{name} does not speak", False, f"It ended without a word. {ANOTHER_MODEL}")


async def _try_ballot(seat: Seat, backend: Backend, config: GenerationConfig) -> Check:
    """Ask for the bare order of three made-up answers, constrained as in a run."""
    name = f"{seat.id} ({seat.model})"
    letters = labels(len(CANDIDATES))
    candidates = "".join(
        CANDIDATE.format(label=label, text=text) for label, text in zip(letters, CANDIDATES, strict=True)
    )
    task = SECOND_LOOK.format(candidates=candidates, example=ballot_example(letters, notes=False))
    messages = [Message("system", SYSTEM), Message("user", QUESTION.format(question=ASKED) + task)]
    constrained = replace(
        config,
        max_tokens=ballot_tokens(len(letters), notes=False),
        json_schema=ballot_schema(letters, notes=False),
    )
    began = time.monotonic()
    text = ""
    try:
        async with backend.stream(seat.model, messages, constrained) as chunks:
            async for chunk in chunks:
                text = "" if chunk.restart else text + chunk.text
        order = parse_ballot(text, letters).order
    except (BackendError, BallotError) as error:
        return Check(f"{name} gives no valid ballot", False, f"{error} {ANOTHER_MODEL}")
    return Check(f"{name} gives a valid ballot, {' > '.join(order)}, after {time.monotonic() - began:.1f} s")
