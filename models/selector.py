"""Several backends as one: asks them in order, and begins an answer again on the next one when one fails."""

import asyncio
import time
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import aclosing, asynccontextmanager
from dataclasses import replace
from typing import TypeVar

from models.attempts import Attempt, Patience, next_attempt, opening_of, waiting_for
from models.base import LLAMA_CPP, Backend, Chunk, GenerationConfig, Health, Message, ModelCard, estimate_tokens
from models.errors import (
    AllBackendsFailedError,
    BackendError,
    BackendUnavailableError,
    BadResponseError,
    ModelNotFoundError,
    RemoteModelError,
    RequestRejectedError,
)
from models.listing import merge_cards
from models.names import canonical, is_same
from models.text import NOTHING, sentences
from models.text import lazy_gettext as _
from models.watched import WatchedBackend

Result = TypeVar("Result")

SHORT_WAIT_SECONDS = 10.0
"""For what is asked before anybody could be told of the wait."""


class BackendSelector:
    """A backend made of several, in order of preference.

    A model that no backend can run is replaced by its stand-in, where `stand_ins` names one. A RequestRejectedError
    stops at once: no other backend would take the request. No answer goes from here to another machine by failover:
    a backend that would send it there refuses, unless the request agrees to that very host.
    """

    name = "selector"

    def __init__(
        self,
        backends: Sequence[Backend],
        *,
        stand_ins: Mapping[str, str] | None = None,
        health_seconds: float = 5.0,
        patience_seconds: float = 3.0,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._watched = [
            WatchedBackend(
                backend,
                fresh_seconds=health_seconds,
                patience_seconds=None if backend.name == LLAMA_CPP else patience_seconds,  # its disk may be slow
                clock=clock,
            )
            for backend in backends
        ]
        self._stand_ins = {canonical(model): stand_in for model, stand_in in (stand_ins or {}).items()}

    async def healths(self, *, anew: bool = False) -> list[Health]:
        """Return every backend's health, in order; a few seconds old at most, or checked now with `anew`."""
        return list(await asyncio.gather(*(watched.health(anew=anew) for watched in self._watched)))

    async def health(self) -> Health:
        """Be well as long as one backend is; the detail tells what is wrong with the others."""
        healths = await self.healths()
        down = (health for health in healths if not health.ok)
        faults = [_("{backend}: {fault}", backend=health.backend, fault=health.detail) for health in down]
        return Health(
            self.name,
            ok=any(health.ok for health in healths),
            detail=sentences(faults) if healths else _("No backend is set."),
            latency_seconds=max((health.latency_seconds for health in healths), default=0.0),
            models=tuple(merge_cards(healths)),
        )

    async def list_models(self) -> list[ModelCard]:
        """Return the models of all backends that can be reached; one that several serve is the first one's.

        A model that is run here, too, is listed as run here, whichever comes first.
        """
        return merge_cards(await self.healths())

    async def describe(self, model: str) -> ModelCard:
        """Return what the first backend that serves the model knows of it."""
        try:
            return await self._first(model, lambda backend, name: backend.describe(name))
        except AllBackendsFailedError as error:
            if error.errors and all(isinstance(cause, ModelNotFoundError) for cause in error.errors):
                raise ModelNotFoundError(error.message, backend=self.name, errors=error.errors) from error
            raise

    async def count_tokens(self, model: str, text: str) -> int:
        """Count with the first backend that serves the model; estimated from above where none can count."""
        try:
            return await self._first(model, lambda backend, name: backend.count_tokens(name, text))
        except AllBackendsFailedError:
            return estimate_tokens(text)

    async def embed(self, model: str, texts: Sequence[str]) -> list[list[float]]:
        """Embed all texts with the first backend that can: vectors of two backends are never mixed."""
        return await self._first(model, lambda backend, name: backend.embed(name, texts))

    @asynccontextmanager
    async def stream(
        self, model: str, messages: Sequence[Message], config: GenerationConfig
    ) -> AsyncIterator[AsyncIterator[Chunk]]:
        """Generate one answer; a chunk with `restart` voids what came before it, when another backend begins anew."""
        errors: list[BackendError] = []
        async with (
            aclosing(self._attempts_to_answer(model, config, errors)) as attempts,
            aclosing(self._answer(attempts, model, messages, config, errors)) as chunks,
        ):
            yield chunks

    async def close(self) -> None:
        """Close every backend, also when one of them fails to."""
        outcomes = await asyncio.gather(*(watched.close() for watched in self._watched), return_exceptions=True)
        for outcome in outcomes:
            if isinstance(outcome, BaseException):
                raise outcome

    async def _answer(
        self,
        attempts: AsyncIterator[Attempt],
        model: str,
        messages: Sequence[Message],
        config: GenerationConfig,
        errors: list[BackendError],
    ) -> AsyncGenerator[Chunk, None]:
        lost, has_text = NOTHING, False
        async for attempt in attempts:
            has_begun = False
            if attempt.wait_seconds:
                lost = lost if has_text else NOTHING
                yield Chunk(notice=waiting_for(errors[-1], attempt.wait_seconds))
                await asyncio.sleep(attempt.wait_seconds)
            try:
                async with aclosing(_speak(attempt, messages, config, opening_of(attempt, model, lost))) as chunks:
                    async for chunk in chunks:
                        has_begun, lost = True, NOTHING
                        has_text = not chunk.restart and (has_text or bool(chunk.text or chunk.thinking))
                        yield chunk
                return
            except RequestRejectedError:
                raise
            except BackendError as error:
                _note(error, attempt, errors)
                if has_begun or not isinstance(error, ModelNotFoundError | RemoteModelError):
                    lost = error.message
        raise _all_failed(model, errors)

    async def _first(self, model: str, ask: Callable[[Backend, str], Awaitable[Result]]) -> Result:
        errors: list[BackendError] = []
        patience = Patience(SHORT_WAIT_SECONDS)
        async with aclosing(self._attempts(model, errors)) as attempts:
            async for attempt in attempts:
                seconds: float | None = 0.0
                while seconds is not None:
                    await asyncio.sleep(seconds)
                    try:
                        return await ask(attempt.backend, attempt.model)
                    except RequestRejectedError:
                        raise
                    except BackendError as error:
                        _note(error, attempt, errors)
                        seconds = patience.grant(error) or None
        raise _all_failed(model, errors)

    async def _attempts_to_answer(
        self, model: str, config: GenerationConfig, errors: list[BackendError]
    ) -> AsyncGenerator[Attempt, None]:
        """Yield every way to serve a model; after one that only thought, the same and all others without thinking.

        One whose server asks for time comes again.
        """
        is_unthinking, patience = False, Patience()
        async with aclosing(self._attempts(model, errors)) as attempts:
            async for attempt in attempts:
                current: Attempt | None = replace(attempt, is_unthinking=is_unthinking)
                while current is not None:
                    yield current
                    is_unthinking = current.is_unthinking
                    current = next_attempt(current, errors[-1], config, patience)

    async def _attempts(self, model: str, errors: list[BackendError]) -> AsyncGenerator[Attempt, None]:
        """Yield the ways to serve a model, best first; a backend that is down goes into `errors`.

        A backend believed to be down is checked again before the stand-in is asked: it may be back.
        """
        down: list[WatchedBackend] = []
        for watched in self._watched:
            if (await watched.health()).ok:
                yield Attempt(watched, model)
            else:
                down.append(watched)
        async for attempt in self._under_other_names(model):
            yield attempt
        for watched in down:
            health = await watched.health(anew=True)
            if health.ok:
                yield Attempt(watched, model)
            else:
                errors.append(_unavailable(health))
        stand_in = self._stand_ins.get(canonical(model), "")
        for watched in self._watched if stand_in else ():
            # One that failed only now may have lost a large model's process, and not itself.
            if (await watched.health()).ok or (watched not in down and (await watched.health(anew=True)).ok):
                yield Attempt(watched, stand_in, is_stand_in=True)

    async def _under_other_names(self, model: str) -> AsyncIterator[Attempt]:
        """Yield backends that have the same model under another name: a GGUF file for Ollama's, and back."""
        for watched in self._watched:
            health = await watched.health()
            for card in health.models if health.ok else ():
                if canonical(card.name) != canonical(model) and is_same(card.name, model):
                    yield Attempt(watched, card.name)


async def _speak(
    attempt: Attempt, messages: Sequence[Message], config: GenerationConfig, opening: Chunk | None
) -> AsyncGenerator[Chunk, None]:
    """Pass an answer on up to its completion; raises BadResponseError where it ends without one.

    `opening` goes before the first chunk and not earlier: this backend may fail as well.
    """
    asked = replace(config, think=False) if attempt.is_unthinking else config
    async with attempt.backend.stream(attempt.model, messages, asked) as chunks:
        async for chunk in chunks:
            if opening is not None:
                yield opening
                opening = None
            yield chunk
            if chunk.completion is not None:
                return
    raise BadResponseError(
        _("{backend} broke off its answer with {model!r}.", backend=attempt.backend.name, model=attempt.model),
        advice=_("Ask again."),
    )


def _note(error: BackendError, attempt: Attempt, errors: list[BackendError]) -> None:
    """Keep an error, with the name of the backend whose it is."""
    error.backend = error.backend or attempt.backend.name
    errors.append(error)
    attempt.watched.note(error)


def _unavailable(health: Health) -> BackendUnavailableError:
    if (fault := health.error) is not None:
        return BackendUnavailableError(fault.message, advice=fault.advice, backend=health.backend, cause=fault.cause)
    detail = health.detail or _("It is not ready.")
    return BackendUnavailableError(detail, backend=health.backend, cause="no_weights" if health.lacks_weights else "")


def _all_failed(model: str, errors: Sequence[BackendError]) -> AllBackendsFailedError:
    if not errors:
        return AllBackendsFailedError(
            _("{model!r} cannot be run: no backend is set.", model=model), backend="selector", cause="no_backend"
        )
    return AllBackendsFailedError(_("{model!r} cannot be run.", model=model), backend="selector", errors=errors)
