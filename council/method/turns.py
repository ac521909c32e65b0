"""One seat speaks once: started, deltas, then finished or failed; and several seats at once.

The only place of the council that calls a backend to generate.
"""

import asyncio
import functools
import hashlib
import json
from collections.abc import Callable, Coroutine, Mapping, Sequence
from dataclasses import asdict, replace
from typing import Any, TypeVar

from council.advice import explain
from council.domain import Effort, Seat, SeatId, Turn
from council.errors import DegenerateTextError
from council.events import (
    TurnDelta,
    TurnFailed,
    TurnFinished,
    TurnNotice,
    TurnRestarted,
    TurnReused,
    TurnStarted,
)
from council.method.degenerate.asked import Asked
from council.method.degenerate.watch import SpeechWatch
from council.method.deliberation import Deliberation, Prepared
from council.method.fitting import fit
from council.method.prompt import Prompt
from models.base import Chunk, Completion, GenerationConfig, Message, Thinking
from models.errors import BackendError, BadResponseError
from models.text import lazy_gettext as _
from models.text import sentences

T = TypeVar("T")
Outcome = TypeVar("Outcome", TurnFinished, TurnFailed)

MOST_CHARACTERS = 4_000_000
_EFFORTS: Mapping[Effort, Thinking | None] = {"": None, "off": False, "low": "low", "medium": "medium", "high": "high"}
LEFT_OUT = _("Left out, because the conclusion was asked for at once.")
ASKED_AGAIN = _("It is asked once more, and kept from repeating itself.")
LEAST_TEMPERATURE_AGAIN = 0.7
"""Who always takes the likeliest word would write the same again."""


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
    asked = Asked.by(prompt, deliberation)
    deliberation.emit(TurnStarted(turn=turn))
    for cut in fitted.cuts:
        deliberation.emit(cut)
    try:
        said = await _speak_or_try_again(turn, fitted.messages, config, asked, deliberation)
        return _end(said.model_copy(update={"prompt_hash": prompt_hash}), deliberation)
    except BackendError as error:
        return _end(TurnFailed(turn=turn, reason=explain(error)), deliberation)
    except DegenerateTextError as error:
        return _end(TurnFailed(turn=turn, reason=explain(error), cause="degenerate"), deliberation)
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
        think=_EFFORTS[deliberation.council.effort] if prompt.think is None else prompt.think,
        remote_host=turn.seat.remote_host,
    )


def _end(outcome: Outcome, deliberation: Deliberation) -> Outcome:
    deliberation.emit(outcome)
    return outcome


async def _speak_or_try_again(
    turn: Turn, messages: Sequence[Message], config: GenerationConfig, asked: Asked, deliberation: Deliberation
) -> TurnFinished:
    """Let a seat speak; one that writes what is no answer is asked a second time, where it is harder to repeat itself.

    Raises DegenerateTextError when that is no answer either.
    """
    try:
        return await _speak(turn, messages, config, asked, deliberation)
    except DegenerateTextError as error:
        deliberation.emit(TurnRestarted(turn=turn, reason=sentences([error.message, ASKED_AGAIN])))
    again = replace(
        config,
        temperature=max(config.temperature, LEAST_TEMPERATURE_AGAIN),
        seed=config.seed + 1,
        avoid_repetition=True,
    )
    return await _speak(turn, messages, again, asked, deliberation)


async def _speak(
    turn: Turn, messages: Sequence[Message], config: GenerationConfig, asked: Asked, deliberation: Deliberation
) -> TurnFinished:
    speech = _Speech(turn, asked, config)
    async with deliberation.backend.stream(turn.seat.model, messages, config) as chunks:
        async for chunk in chunks:
            _tell(turn, chunk, deliberation)
            speech.take(chunk)
    return speech.finish()


class _Speech:
    """What one turn has said so far; raises what makes it fail as soon as that is known."""

    def __init__(self, turn: Turn, asked: Asked, config: GenerationConfig) -> None:
        self._turn = turn
        self._new_watch = functools.partial(SpeechWatch, turn.seat.model, asked, config.json_schema)
        self._length = 0
        self._completion: Completion | None = None
        self._begin()

    def _begin(self) -> None:
        self._text: list[str] = []
        self._thinking: list[str] = []
        self._watch = self._new_watch()

    def take(self, chunk: Chunk) -> None:
        """Take what was newly said; what goes before a restart is void."""
        if chunk.restart:
            self._begin()
        self._text.append(chunk.text)
        self._thinking.append(chunk.thinking)
        self._completion = chunk.completion or self._completion
        self._length += len(chunk.text) + len(chunk.thinking)
        if self._length > MOST_CHARACTERS:
            raise BadResponseError(
                _("{model!r} wrote without an end.", model=self._turn.seat.model),
                advice=_("Choose another model or server."),
            )
        self._watch.push(chunk.text, chunk.thinking)

    def finish(self) -> TurnFinished:
        """Return the whole of it, judged."""
        text, completion = "".join(self._text).strip(), self._completion
        if completion is None or not text:
            raise BadResponseError(
                _("{model!r} ended without an answer.", model=self._turn.seat.model),
                advice=_("Ask it again, or choose another model."),
            )
        self._watch.finish(text, was_cut_off=completion.usage.truncated)
        return TurnFinished(
            turn=self._turn,
            text=text,
            thinking="".join(self._thinking).strip(),
            backend=completion.backend,
            model=completion.model,
            usage=completion.usage,
        )


def _tell(turn: Turn, chunk: Chunk, deliberation: Deliberation) -> None:
    if chunk.restart:
        deliberation.emit(TurnRestarted(turn=turn, reason=chunk.restart))
    if chunk.notice:
        deliberation.emit(TurnNotice(turn=turn, text=chunk.notice))
    if chunk.text or chunk.thinking:
        deliberation.emit(TurnDelta(turn=turn, text=chunk.text, thinking=chunk.thinking))


def _hash_prompt(turn: Turn, messages: Sequence[Message], config: GenerationConfig) -> str:
    """Hash what decides an answer; the size of the window, the place and whether it took a second try do not."""
    told = asdict(config) | {"context_tokens": 0}
    del told["remote_host"], told["avoid_repetition"]
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
