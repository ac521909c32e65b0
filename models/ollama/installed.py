"""Which models an Ollama server has, and what it tells of each: asked once per version of a model."""

import asyncio
from contextlib import suppress
from dataclasses import replace

from models.base import ModelCard
from models.errors import BackendError, BadResponseError
from models.http.places import host_elsewhere
from models.http.server import HttpServer, Request
from models.http.token_estimates import TokenEstimates
from models.marks.families import Family
from models.names import canonical
from models.ollama import wire
from models.text import NOTHING

SHOWS_AT_ONCE = 4
SMALL_VOCABULARY = 1000


class InstalledModels:
    """The models of one server. `left_out` tells of those that it lists in a form that cannot be read."""

    def __init__(self, server: HttpServer, estimates: TokenEstimates) -> None:
        self.remote_host = host_elsewhere(server.client.base_url)
        self.left_out = NOTHING
        self._server = server
        self._estimates = estimates
        self._tags: dict[str, wire.Tag] = {}
        self._cards: dict[str, ModelCard] = {}
        self._opened: dict[str, Family | None] = {}

    async def read(self, seconds: float) -> None:
        """Ask for the list of models."""
        request = Request("GET", "/api/tags")
        listed = await self._server.fetch(wire.Listed, request, seconds=seconds)
        tags = self._server.read_records(wire.Tag, listed.models, request)
        self.left_out = tags.left_out
        old, self._tags = self._tags, {canonical(tag.name): tag for tag in tags.read}
        for name, tag in old.items():
            if name not in self._tags or tag.digest != self._tags[name].digest:
                self.forget(name)

    async def describe_all(self) -> None:
        """Describe every model that is not described yet, a few at once."""
        at_once = asyncio.Semaphore(SHOWS_AT_ONCE)

        async def show(tag: wire.Tag) -> None:
            async with at_once:
                with suppress(BackendError):  # one model that cannot be shown does not hide the others
                    await self.describe(tag.name)

        await asyncio.gather(*(show(tag) for tag in self._tags.values()))

    async def describe(self, model: str) -> ModelCard:
        """Return what the server knows of a model; raises ModelNotFoundError."""
        name = canonical(model)
        if name not in self._cards:
            request = Request("POST", "/api/show", {"model": model}, model)
            try:
                show = await self._server.fetch(wire.Show, request, seconds=self._server.timeouts.stall_seconds)
            except BadResponseError:
                if name not in self._tags:
                    raise
                return self._card(self._tags[name])  # it may well speak
            tag = self._tags.get(name) or wire.Tag(name=model, details=show.details)
            remote = {"remote_host": show.remote_host, "remote_model": show.remote_model}
            tag = tag.model_copy(update={key: told for key, told in remote.items() if told})
            if 0 < show.number("vocab_size") < SMALL_VOCABULARY:
                self._estimates.learn_bytewise(name)
            self._opened[name] = show.opened
            self._cards[name] = replace(
                self._card(tag),
                capabilities=tuple(show.capabilities),
                context_tokens=show.number("context_length"),
            )
        return self._cards[name]

    def opened(self, model: str) -> Family | None:
        """Return whose thinking a model's template opens without the server's knowing, as far as it is described."""
        return self._opened.get(canonical(model))

    def forget(self, name: str) -> None:
        """Describe a model anew when it is asked for: it may be another version now."""
        self._cards.pop(name, None)

    @property
    def cards(self) -> list[ModelCard]:
        """What is known of each model so far."""
        return [self._cards.get(name) or self._card(tag) for name, tag in self._tags.items()]

    @property
    def sizes(self) -> dict[str, int]:
        """How large each is on disk."""
        return {name: tag.size for name, tag in self._tags.items()}

    def _card(self, tag: wire.Tag) -> ModelCard:
        card = wire.card_from_tag(tag)
        return replace(card, remote_host=card.remote_host or self.remote_host)
