"""One seat speaks once: started, deltas, then finished or failed; and several seats at once.

The only place of the council that calls a backend to generate.
"""

import asyncio
import hashlib
import json
from collections.abc import Callable, Coroutine, Sequence
from dataclasses import asdict
from typing import Any, TypeVar

from council.advice import explain
from council.domain import Seat, SeatId, Turn
from council.events import (
    TurnDelta,
    TurnFailed,
    TurnFinished,
    TurnNotice,
    TurnRestarted,
    TurnReused,
    TurnStarted,
)
from council.method.deliberation import Deliberation, Prepared
from council.method.fitting import fit
from council.method.prompt import Prompt
from models.base import Chunk, Completion, GenerationConfig, Message
from models.errors import BackendError, BadResponseError
from models.text import lazy_gettext as _

T = TypeVar("T")
Outcome = TypeVar("Outcome", TurnFinished, TurnFailed)

MOST_CHARACTERS = 4_000_000
LEFT_OUT = _("Left out, because the conclusion was asked for at once.")


async def take_turn(turn: Turn, prompt: Prompt, deliberation: Prepared) -> TurnFinished | TurnFailed:
    """Let a seat speak and tell everything that happens as events.

    A resumed run takes over what the seat said before, if it was asked the very same thing. An expected failure is
    returned as TurnFailed, never raised.
    """
    config = _configure(turn, prompt, deliberation)
    try:
        fitted = await fit(prompt, turn, config, deliberation)
    except BackendError as error:
        deliberation.emit(TurnStarted(turn=turn))
        return _end(TurnFailed(turn=turn, reason=explain(error)), deliberation)
    prompt_hash = _hash_prompt(turn, fitted.messages, config)
    if earlier := _said_before(turn, prompt_hash, deliberation):
        deliberation.emit(TurnReused(turn=turn, prompt_hash=prompt_hash))
        return earlier
    deliberation.emit(TurnStarted(turn=turn))
    for cut in fitted.cuts:
        deliberation.emit(cut)
    try:
        return _end(await _speak(turn, fitted.messages, config, prompt_hash, deliberation), deliberation)
    except BackendError as error:
        return _end(TurnFailed(turn=turn, reason=explain(error)), deliberation)
    except asyncio.CancelledError:
        if deliberation.is_hurried:
            _end(TurnFailed(turn=turn, reason=LEFT_OUT, cause="hurried"), deliberation)
        raise


async def collect(
    speak: Callable[[Seat], Coroutine[Any, Any, T]], seats: Sequence[Seat], deliberation: Deliberation
) -> dict[SeatId, T]:
    """Let seats speak at once, and return what came of it in their order, without those that a hurried user cut off.

    A seat whose turn failed is asked again when a reader wants that, as long as another one still speaks.
    """
    controls, by_id = deliberation.controls, {seat.id: seat for seat in seats}
    tasks = {seat.id: asyncio.create_task(speak(seat)) for seat in seats}
    hurry = asyncio.create_task(controls.synthesise_now.wait())
    retry = asyncio.create_task(controls.retries.get())
    try:
        while not hurry.done() and (pending := [task for task in tasks.values() if not task.done()]):
            await asyncio.wait([*pending, hurry, retry], return_when=asyncio.FIRST_COMPLETED)
            outcomes = {seat_id: task.result() for seat_id, task in tasks.items() if task.done()}  # a bug surfaces now
            if retry.done():
                again = by_id.get(SeatId(retry.result()))
                if again and isinstance(outcomes.get(again.id), TurnFailed):
                    tasks[again.id] = asyncio.create_task(speak(again))
                retry = asyncio.create_task(controls.retries.get())
    finally:
        await _cancel([*tasks.values(), hurry, retry])
    return {seat_id: task.result() for seat_id, task in tasks.items() if not task.cancelled()}


async def _cancel(tasks: Sequence[asyncio.Task[Any]]) -> None:
    """Cancel what is still running and wait until it has cleaned up."""
    for task in tasks:
        task.cancel()
    await asyncio.wait(tasks)


def _configure(turn: Turn, prompt: Prompt, deliberation: Prepared) -> GenerationConfig:
    """Free text is sampled at the seat's temperature; of a form the likeliest is taken."""
    model, form = turn.seat.model, prompt.form
    return GenerationConfig(
        temperature=0.0 if form else turn.seat.temperature,
        max_tokens=form.max_tokens if form else deliberation.longest_text(model),
        context_tokens=deliberation.windows[model],
        seed=deliberation.turn_seed(turn),
        json_schema=form.json_schema if form else None,
        think=prompt.think,
        remote_host=turn.seat.remote_host,
    )


def _end(outcome: Outcome, deliberation: Deliberation) -> Outcome:
    deliberation.emit(outcome)
    return outcome


async def _speak(
    turn: Turn, messages: Sequence[Message], config: GenerationConfig, prompt_hash: str, deliberation: Deliberation
) -> TurnFinished:
    text: list[str] = []
    thinking: list[str] = []
    completion: Completion | None = None
    length = 0
    async with deliberation.backend.stream(turn.seat.model, messages, config) as chunks:
        async for chunk in chunks:
            if chunk.restart:
                text.clear()
                thinking.clear()
            text.append(chunk.text)
            thinking.append(chunk.thinking)
            completion = chunk.completion or completion
            length += len(chunk.text) + len(chunk.thinking)
            if length > MOST_CHARACTERS:
                raise BadResponseError(
                    _("{model!r} wrote without an end.", model=turn.seat.model),
                    advice=_("Choose another model or server."),
                )
            _tell(turn, chunk, deliberation)
    answer = "".join(text).strip()
    if completion is None or not answer:
        raise BadResponseError(
            _("{model!r} ended without an answer.", model=turn.seat.model),
            advice=_("Ask it again, or choose another model."),
        )
    return TurnFinished(
        turn=turn,
        text=answer,
        thinking="".join(thinking).strip(),
        backend=completion.backend,
        model=completion.model,
        usage=completion.usage,
        prompt_hash=prompt_hash,
    )


def _tell(turn: Turn, chunk: Chunk, deliberation: Deliberation) -> None:
    if chunk.restart:
        deliberation.emit(TurnRestarted(turn=turn, reason=chunk.restart))
    if chunk.notice:
        deliberation.emit(TurnNotice(turn=turn, text=chunk.notice))
    if chunk.text or chunk.thinking:
        deliberation.emit(TurnDelta(turn=turn, text=chunk.text, thinking=chunk.thinking))


def _hash_prompt(turn: Turn, messages: Sequence[Message], config: GenerationConfig) -> str:
    """Hash what decides an answer; the size of the window and the place do not."""
    told = asdict(config) | {"context_tokens": 0}
    del told["remote_host"]
    asked = {"model": turn.seat.model, "messages": [asdict(message) for message in messages], "config": told}
    return hashlib.sha256(json.dumps(asked, sort_keys=True).encode()).hexdigest()[:32]


def _said_before(turn: Turn, prompt_hash: str, deliberation: Deliberation) -> TurnFinished | None:
    speech = deliberation.past.earlier_speeches.get((*turn.key, prompt_hash)) if deliberation.past else None
    if speech is None:
        return None
    return TurnFinished(
        turn=turn,
        text=speech.text,
        thinking=speech.thinking,
        backend=speech.backend,
        model=speech.model,
        usage=speech.usage,
        prompt_hash=prompt_hash,
    )
