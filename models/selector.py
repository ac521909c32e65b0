"""Several backends as one: asks them in order, and begins an answer again on the next one when one fails."""

import asyncio
import time
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import aclosing, asynccontextmanager
from dataclasses import dataclass, replace
from typing import TypeVar

from models.base import Backend, Chunk, GenerationConfig, Health, Message, ModelCard, estimate_tokens
from models.errors import (
    AllBackendsFailedError,
    BackendError,
    BackendOverloadedError,
    BackendTimeoutError,
    BackendUnavailableError,
    BadResponseError,
    ModelNotFoundError,
    NoAnswerError,
    OutOfMemoryError,
    WeightsError,
)
from models.names import canonical, is_same
from models.text import verbatim
from models.watched import WatchedBackend

FAILOVER_ON = (
    BackendUnavailableError,
    BackendTimeoutError,
    BackendOverloadedError,
    ModelNotFoundError,
    BadResponseError,
    OutOfMemoryError,
    WeightsError,
    AllBackendsFailedError,
)

Result = TypeVar("Result")


@dataclass(frozen=True, slots=True)
class _Attempt:
    """One way to serve a request: a backend, and what it calls the model."""

    watched: WatchedBackend
    model: str
    is_stand_in: bool


class BackendSelector:
    """A backend made of several, in order of preference.

    A model that no backend can run is replaced by its stand-in, where `stand_ins` names one. A RequestRejectedError
    stops at once: no other backend would take the request.
    """

    name = "selector"

    def __init__(
        self,
        backends: Sequence[Backend],
        *,
        stand_ins: Mapping[str, str] | None = None,
        health_seconds: float = 5.0,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._watched = [WatchedBackend(backend, fresh_seconds=health_seconds, clock=clock) for backend in backends]
        self._stand_ins = {canonical(model): stand_in for model, stand_in in (stand_ins or {}).items()}

    async def healths(self, *, anew: bool = False) -> list[Health]:
        """Return every backend's health, in order; a few seconds old at most, or checked now with `anew`."""
        return list(await asyncio.gather(*(watched.health(anew=anew) for watched in self._watched)))

    async def health(self) -> Health:
        """Be well as long as one backend is; the detail tells what is wrong with the others."""
        healths = await self.healths()
        faults = [f"{health.backend}: {health.detail}" for health in healths if not health.ok]
        return Health(
            self.name,
            ok=any(health.ok for health in healths),
            detail=verbatim(" ".join(faults) or ("" if healths else _NO_BACKEND)),
            latency_seconds=max((health.latency_seconds for health in healths), default=0.0),
            models=tuple(_merge(healths)),
        )

    async def list_models(self) -> list[ModelCard]:
        """Return the models of all backends that can be reached; one that several serve is the first one's."""
        return _merge(await self.healths())

    async def describe(self, model: str) -> ModelCard:
        """Return what the first backend that serves the model knows of it."""
        try:
            return await self._first(model, lambda backend, name: backend.describe(name))
        except AllBackendsFailedError as error:
            if error.errors and all(isinstance(cause, ModelNotFoundError) for cause in error.errors):
                raise ModelNotFoundError(str(error), backend=self.name) from error
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
        async with aclosing(self._answer(model, messages, config)) as chunks:
            yield chunks

    async def close(self) -> None:
        """Close every backend, also when one of them fails to."""
        outcomes = await asyncio.gather(*(watched.close() for watched in self._watched), return_exceptions=True)
        for outcome in outcomes:
            if isinstance(outcome, BaseException):
                raise outcome

    async def _answer(
        self, model: str, messages: Sequence[Message], config: GenerationConfig
    ) -> AsyncGenerator[Chunk, None]:
        errors: list[BackendError] = []
        asked, void = config, ""
        async with aclosing(self._attempts(model, errors)) as attempts:
            async for attempt in attempts:
                for _ in range(2):
                    news = _news(attempt, model, void, is_unthinking=asked is not config)
                    has_spoken = False
                    try:
                        async with aclosing(_speak(attempt, messages, asked)) as chunks:
                            async for chunk in chunks:
                                # Told with the first sign of life, not before: this backend may fail as well.
                                if news is not None:
                                    yield news
                                    news, void = None, ""
                                has_spoken = True
                                yield chunk
                        return
                    except FAILOVER_ON as error:
                        errors.append(_named(error, attempt))
                        attempt.watched.note(error)
                        if has_spoken or not isinstance(error, ModelNotFoundError):
                            void = str(error)
                        if not _only_thought(error) or asked.think is False:
                            break
                        asked = replace(config, think=False)
        raise _all_failed(model, errors)

    async def _first(self, model: str, ask: Callable[[Backend, str], Awaitable[Result]]) -> Result:
        errors: list[BackendError] = []
        async with aclosing(self._attempts(model, errors)) as attempts:
            async for attempt in attempts:
                try:
                    return await ask(attempt.watched.backend, attempt.model)
                except FAILOVER_ON as error:
                    errors.append(_named(error, attempt))
                    attempt.watched.note(error)
        raise _all_failed(model, errors)

    async def _attempts(self, model: str, errors: list[BackendError]) -> AsyncGenerator[_Attempt, None]:
        """Yield the ways to serve a model, best first; a backend that is down goes into `errors`.

        A backend believed to be down is checked again before the stand-in is asked: it may be back.
        """
        down: list[WatchedBackend] = []
        for watched in self._watched:
            if (await watched.health()).ok:
                yield _Attempt(watched, model, is_stand_in=False)
            else:
                down.append(watched)
        async for attempt in self._equivalents(model):
            yield attempt
        for watched in down:
            health = await watched.health(anew=True)
            if health.ok:
                yield _Attempt(watched, model, is_stand_in=False)
            else:
                errors.append(
                    BackendUnavailableError(health.detail or verbatim("It is not ready."), backend=health.backend)
                )
        stand_in = self._stand_ins.get(canonical(model), "")
        for watched in self._watched if stand_in else ():
            # One that failed only now may have lost a large model's process, and not itself.
            if (await watched.health()).ok or (watched not in down and (await watched.health(anew=True)).ok):
                yield _Attempt(watched, stand_in, is_stand_in=True)

    async def _equivalents(self, model: str) -> AsyncIterator[_Attempt]:
        """Yield backends that have the same model under another name: a GGUF file for Ollama's, and back."""
        for watched in self._watched:
            health = await watched.health()
            for card in health.models if health.ok else ():
                if canonical(card.name) != canonical(model) and is_same(card.name, model):
                    yield _Attempt(watched, card.name, is_stand_in=False)


_ASK_AGAIN = " Ask again."
_NO_BACKEND = "No backend is set. Set COUNCIL_BACKENDS=ollama,llama_cpp."


async def _speak(
    attempt: _Attempt, messages: Sequence[Message], config: GenerationConfig
) -> AsyncGenerator[Chunk, None]:
    """Pass an answer on up to its completion; raises BadResponseError where it ends without one."""
    backend = attempt.watched.backend
    async with backend.stream(attempt.model, messages, config) as chunks:
        async for chunk in chunks:
            yield chunk
            if chunk.completion is not None:
                return
    raise BadResponseError(
        f"{backend.name} broke off its answer with {attempt.model!r}.{_ASK_AGAIN}", backend=backend.name
    )


def _only_thought(error: BackendError) -> bool:
    """Tell whether the same model may well answer when its thinking is switched off."""
    return isinstance(error, NoAnswerError) and error.has_thinking


def _news(attempt: _Attempt, model: str, void: str, *, is_unthinking: bool) -> Chunk | None:
    """Tell why this attempt begins where another one failed; None where nothing was begun."""
    speaker = f"{attempt.model!r} on {attempt.watched.backend.name}"
    if attempt.is_stand_in:
        speaker += f" stands in for {model!r} and"
    if void:
        how = ", without thinking" if is_unthinking else ""
        return Chunk(restart=verbatim(f"{void.removesuffix(_ASK_AGAIN)} {speaker} begins the answer anew{how}."))
    return Chunk(notice=verbatim(f"{speaker} answers.")) if attempt.is_stand_in else None


def _named(error: BackendError, attempt: _Attempt) -> BackendError:
    """Make sure that an error says whose it is."""
    error.backend = error.backend or attempt.watched.backend.name
    return error


def _all_failed(model: str, errors: Sequence[BackendError]) -> AllBackendsFailedError:
    causes = dict.fromkeys(f"{error.backend}: {error}" for error in errors)
    return AllBackendsFailedError(f"{model!r} cannot be run. {' '.join(causes) or _NO_BACKEND}", errors=errors)


def _merge(healths: Sequence[Health]) -> list[ModelCard]:
    cards: list[ModelCard] = []
    for health in healths:
        for card in health.models if health.ok else ():
            if not any(_is_same_blob(card, known) for known in cards):
                cards.append(card)
    return cards


def _is_same_blob(card: ModelCard, known: ModelCard) -> bool:
    """Tell a second listing of the same weights: the same name, or another tag of one model with the very same size."""
    if canonical(card.name) == canonical(known.name):
        return True
    same_size = card.size_bytes == known.size_bytes != 0
    return same_size and canonical(card.name).rsplit(":", 1)[0] == canonical(known.name).rsplit(":", 1)[0]
