"""Any endpoint that speaks OpenAI's chat completions: vLLM, SGLang, llama-server, OpenRouter, Ray Serve.

The length of the context belongs to such a server, so `GenerationConfig.context_tokens` is not sent.
"""

import time
from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing
from dataclasses import replace

import httpx

from models.base import Chunk, GenerationConfig, Health, Message, ModelCard, check_place, closing_stream
from models.errors import BackendError, ModelNotFoundError
from models.http.client import authorise, open_client
from models.http.places import host_elsewhere
from models.http.server import SILENT_WHILE_EMBEDDING, HttpServer, Request, Timeouts
from models.http.streamed_reply import read_reply
from models.http.tls import Trust
from models.http.token_estimates import TokenEstimates
from models.openai import wire
from models.openai.concessions import concessions
from models.openai.errors import ERRORS, REMEDY
from models.openai.reply import OpenAIReply
from models.text import NOTHING, Text
from models.text import lazy_gettext as _

HEALTH_SECONDS = 10.0


def open_openai_compatible(
    url: str,
    *,
    timeouts: Timeouts | None = None,
    api_key: str = "",
    trust: Trust = Trust(),  # noqa: B008 - frozen
) -> "OpenAICompatibleBackend":
    """Make a backend for a server's address, with or without its closing /v1; raises AddressError. Sends nothing."""
    client = open_client(wire.endpoint_url(url), trust=trust)
    return OpenAICompatibleBackend(client, timeouts=timeouts or Timeouts(), api_key=api_key)


class OpenAICompatibleBackend:
    """One endpoint; the client's base address ends where `chat/completions` begins."""

    name = wire.BACKEND

    def __init__(
        self,
        client: httpx.AsyncClient,
        *,
        timeouts: Timeouts = Timeouts(),  # noqa: B008 - frozen
        api_key: str = "",
    ) -> None:
        secrets = authorise(client, api_key, _("the OpenAI-compatible server"))
        self._client = client
        self._timeouts = timeouts
        self._server = HttpServer(client, _("The server at {address!r}"), REMEDY, ERRORS, timeouts, secrets=secrets)
        self._estimates = TokenEstimates()
        self._remote_host = host_elsewhere(client.base_url)
        self._concessions = concessions()
        self._cards: dict[str, ModelCard] = {}
        self._left_out = NOTHING

    async def health(self) -> Health:
        """Ask for the models, and how long that takes; never raises a BackendError."""
        began = time.perf_counter()
        try:
            await self._read_models(HEALTH_SECONDS)
        except BackendError as error:
            return Health.after(error, self.name, models=self._cards.values(), remote_host=self._remote_host)
        latency_seconds, models = time.perf_counter() - began, tuple(self._cards.values())
        return Health(self.name, True, self._left_out, latency_seconds, models, remote_host=self._remote_host)

    async def list_models(self) -> list[ModelCard]:
        """Return the models that the endpoint offers."""
        await self._read_models(self._timeouts.stall_seconds)
        return list(self._cards.values())

    async def describe(self, model: str) -> ModelCard:
        """Return what the endpoint tells of a model; raises ModelNotFoundError."""
        if model not in self._cards:
            await self._read_models(self._timeouts.stall_seconds)
        if model not in self._cards:
            raise ModelNotFoundError(
                _("{server} does not have {model!r}.", server=self._server.name, model=model),
                advice=self._offer(),
                backend=self.name,
            )
        return self._cards[model]

    async def count_tokens(self, model: str, text: str) -> int:
        """Estimate from above, the better the more of the model's prompts the server has counted."""
        return self._estimates.estimate(model, text)

    @closing_stream
    async def stream(
        self, model: str, messages: Sequence[Message], config: GenerationConfig
    ) -> AsyncGenerator[Chunk, None]:
        """Generate one answer; leaving the context ends the connection, and with it the generation."""
        if self._remote_host != config.remote_host:
            check_place(await self.describe(model), config.remote_host)
        reply = OpenAIReply(self._server, model, config)
        payload = wire.chat_payload(model, messages, config)
        request = Request("POST", "chat/completions", payload, model, concessions=self._concessions)
        began = first_at = time.perf_counter()
        async with aclosing(read_reply(self._server, request, reply)) as chunks:
            async for chunk in chunks:
                if first_at == began:
                    first_at = time.perf_counter()
                yield chunk
        ended_at = time.perf_counter()
        completion = reply.completion(prompt_seconds=first_at - began, completion_seconds=ended_at - first_at)
        prompt_bytes = sum(len(message.content.encode()) for message in messages)
        self._estimates.learn(model, prompt_bytes, completion.usage.prompt_tokens)
        yield Chunk(completion=completion)

    async def embed(self, model: str, texts: Sequence[str]) -> list[list[float]]:
        """Return one vector per text, in order."""
        check_place(ModelCard(model, self.name, remote_host=self._remote_host))
        payload = {"model": model, "input": list(texts)}
        request = Request("POST", "embeddings", payload, model, SILENT_WHILE_EMBEDDING)
        body = await self._server.fetch(wire.Embeddings, request, seconds=self._timeouts.first_token_seconds)
        if sorted(item.index for item in body.data) != list(range(len(texts))):
            raise self._server.wrong_count(len(body.data), len(texts))
        return [item.embedding for item in sorted(body.data, key=lambda item: item.index)]

    async def close(self) -> None:
        """Close all connections; answers that are still being written end."""
        await self._client.aclose()

    async def _read_models(self, seconds: float) -> None:
        request = Request("GET", "models")
        listed = await self._server.fetch(wire.Listed, request, seconds=seconds)
        models = self._server.read_records(wire.Model, listed.data, request)
        self._left_out = models.left_out
        self._cards = {model.id: replace(model.card(), remote_host=self._remote_host) for model in models.read}

    def _offer(self) -> Text:
        if not self._cards:
            return _("It offers no model: check its address.")
        names = ", ".join(map(repr, list(self._cards)[:5]))
        return _("It offers {names}: choose one of these.", names=names)
