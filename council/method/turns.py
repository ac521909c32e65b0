"""One seat speaks once: started, deltas, then finished or failed; and several seats at once.

The only place of the council that calls a backend to generate.
"""

import asyncio
import hashlib
import json
from collections.abc import Coroutine, Sequence
from dataclasses import asdict
from typing import Any, TypeVar

from council.advice import explain
from council.domain import Turn
from council.events import (
    TurnDelta,
    TurnFailed,
    TurnFinished,
    TurnNotice,
    TurnRestarted,
    TurnReused,
    TurnStarted,
)
from council.method.deliberation import Deliberation
from council.method.fitting import Prompt, fit
from models.base import Chunk, Completion, GenerationConfig, Message
from models.errors import BackendError, BadResponseError

T = TypeVar("T")
Outcome = TypeVar("Outcome", TurnFinished, TurnFailed)

MOST_CHARACTERS = 4_000_000
LEFT_OUT = "Left out, because the conclusion was asked for at once."


async def take_turn(turn: Turn, prompt: Prompt, deliberation: Deliberation) -> TurnFinished | TurnFailed:
    """Let a seat speak and tell everything that happens as events.

    A resumed run takes over what the seat said before, if it was asked the very same thing. An expected failure is
    returned as TurnFailed, never raised.
    """
    config = GenerationConfig(
        temperature=prompt.temperature,
        max_tokens=prompt.max_tokens,
        context_tokens=deliberation.windows[turn.seat.model],
        seed=deliberation.turn_seed(turn),
        json_schema=prompt.json_schema,
        think=prompt.think,
    )
    try:
        fitted = await fit(prompt, turn, deliberation)
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
            _end(TurnFailed(turn=turn, reason=LEFT_OUT), deliberation)
        raise


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
                raise BadResponseError(f"{turn.seat.model!r} wrote without an end. Choose another model or server.")
            _tell(turn, chunk, deliberation)
    answer = "".join(text).strip()
    if completion is None or not answer:
        raise BadResponseError(f"{turn.seat.model!r} ended without an answer. Ask it again, or choose another model.")
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
    """Hash what decides an answer; the size of the window does not."""
    asked = {
        "model": turn.seat.model,
        "messages": [asdict(message) for message in messages],
        "config": asdict(config) | {"context_tokens": 0},
    }
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


async def all_unless_hurried(
    coroutines: Sequence[Coroutine[Any, Any, T]], deliberation: Deliberation
) -> list[T | None]:
    """Run coroutines at once and return their results in order; None for those that a hurried user cut off."""
    tasks = [asyncio.create_task(coroutine) for coroutine in coroutines]
    hurry = asyncio.create_task(deliberation.controls.synthesise_now.wait())
    try:
        pending: set[asyncio.Task[Any]] = set(tasks)
        while pending and not hurry.done():
            done, _ = await asyncio.wait({*pending, hurry}, return_when=asyncio.FIRST_COMPLETED)
            for task in done:
                task.result()  # a bug surfaces at once, not when the slowest seat is done
            pending -= done
    finally:
        await cancel_all([*tasks, hurry])
    return [None if task.cancelled() else task.result() for task in tasks]


async def cancel_all(tasks: Sequence[asyncio.Task[Any]]) -> None:
    """Cancel what is still running and wait until it has cleaned up."""
    for task in tasks:
        task.cancel()
    if tasks:
        await asyncio.wait(tasks)
