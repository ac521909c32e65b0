"""Any endpoint that speaks OpenAI's chat completions: vLLM, SGLang, llama-server, OpenRouter, Ray Serve.

The length of the context belongs to such a server, so `GenerationConfig.context_tokens` is not sent.
"""

import time
from collections.abc import AsyncGenerator, AsyncIterator, Sequence
from contextlib import aclosing, asynccontextmanager
from dataclasses import replace
from functools import partial
from typing import Any

import httpx

from models.base import Chunk, GenerationConfig, Health, Message, ModelCard
from models.errors import BackendError, ModelNotFoundError
from models.http.server import HttpServer, Request, Timeouts
from models.http.streamed_reply import read_reply
from models.http.token_estimates import TokenEstimates
from models.openai import wire as wire
from models.openai.reply import Reply

HEALTH_SECONDS = 10.0
REMEDY = "Start that server, or correct its address in the settings."


def open_openai_compatible(
    url: str, *, timeouts: Timeouts | None = None, api_key: str = ""
) -> "OpenAICompatibleBackend":
    """Make a backend for a server's address, with or without its closing /v1; raises ValueError. Sends nothing."""
    client = httpx.AsyncClient(base_url=wire.endpoint_url(url), trust_env=False)
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
        if not (api_key.isascii() and api_key.isprintable()):
            raise ValueError("The key of the OpenAI-compatible server holds a character that no key has. Copy it anew.")
        if api_key:
            client.headers["Authorization"] = f"Bearer {api_key}"
        self._client = client
        self._timeouts = timeouts
        self._server = HttpServer(client, self.name, "The server", REMEDY, timeouts, secret=api_key)
        self._estimates = TokenEstimates()
        self._cards: dict[str, ModelCard] = {}

    async def health(self) -> Health:
        """Ask for the models, and how long that takes; never raises a BackendError."""
        began = time.perf_counter()
        try:
            await self._read_models(HEALTH_SECONDS)
        except BackendError as error:
            return Health(self.name, ok=False, detail=error.text)
        latency_seconds = time.perf_counter() - began
        return Health(self.name, ok=True, latency_seconds=latency_seconds, models=tuple(self._cards.values()))

    async def list_models(self) -> list[ModelCard]:
        """Return the models that the endpoint offers."""
        await self._read_models(self._timeouts.stall_seconds)
        return list(self._cards.values())

    async def describe(self, model: str) -> ModelCard:
        """Return what the endpoint tells of a model; raises ModelNotFoundError."""
        if model not in self._cards:
            await self._read_models(self._timeouts.stall_seconds)
        if model not in self._cards:
            offered = ", ".join(map(repr, list(self._cards)[:5])) or "nothing"
            message = f"{self._server.name} does not serve {model!r}. It serves {offered}: choose one of these."
            raise ModelNotFoundError(message, backend=self.name)
        return self._cards[model]

    async def count_tokens(self, model: str, text: str) -> int:
        """Estimate from above, the better the more of the model's prompts the server has counted."""
        return self._estimates.estimate(model, text)

    @asynccontextmanager
    async def stream(
        self, model: str, messages: Sequence[Message], config: GenerationConfig
    ) -> AsyncIterator[AsyncIterator[Chunk]]:
        """Generate one answer; leaving the context ends the connection, and with it the generation."""
        async with aclosing(self._speak(model, messages, config)) as chunks:
            yield chunks

    async def embed(self, model: str, texts: Sequence[str]) -> list[list[float]]:
        """Return one vector per text, in order."""
        request = self._request("embeddings", {"model": model, "input": list(texts)}, model, doing="embedding")
        body = await self._server.fetch(wire.Embeddings, request, seconds=self._timeouts.first_token_seconds)
        if sorted(item.index for item in body.data) != list(range(len(texts))):
            what = f"sent {len(body.data)} vectors for {len(texts)} texts. Try again."
            raise self._server.bad_response(what)
        return [item.embedding for item in sorted(body.data, key=lambda item: item.index)]

    async def close(self) -> None:
        """Close all connections; answers that are still being written end."""
        await self._client.aclose()

    async def _speak(
        self, model: str, messages: Sequence[Message], config: GenerationConfig
    ) -> AsyncGenerator[Chunk, None]:
        reply = Reply(self._server, model, config)
        request = self._request("chat/completions", wire.chat_payload(model, messages, config), model)
        began = first_at = time.perf_counter()
        async with aclosing(read_reply(self._server, request, reply, model)) as chunks:
            async for chunk in chunks:
                if first_at == began:
                    first_at = time.perf_counter()
                yield chunk
        completion = reply.completion()
        now = time.perf_counter()
        usage = replace(completion.usage, prompt_seconds=first_at - began, completion_seconds=now - first_at)
        self._estimates.learn(model, sum(len(m.content.encode()) for m in messages), usage.prompt_tokens)
        yield Chunk(completion=replace(completion, usage=usage))

    async def _read_models(self, seconds: float) -> None:
        request = self._request("models", None, "", method="GET", doing="asked for its models")
        body = await self._server.fetch(wire.Models, request, seconds=seconds)
        self._cards = {model.id: model.card() for model in body.data}

    def _request(self, path: str, payload: Any, model: str, *, method: str = "POST", doing: str = "") -> Request:
        explain = partial(wire.error_for_status, self._server.name, model=model)
        return Request(method, path, doing, explain, payload)
