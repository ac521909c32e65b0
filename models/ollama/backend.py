"""An Ollama server as a backend, by its own API, with requests in an order that suits its memory."""

import asyncio
import time
from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing, suppress
from typing import TypeVar

import httpx
from pydantic import BaseModel

from models.base import Chunk, GenerationConfig, Health, Message, ModelCard, check_place, closing_stream
from models.errors import BackendError
from models.http.client import authorise, open_client
from models.http.server import SILENT_WHILE_EMBEDDING, HttpServer, Request, Timeouts
from models.http.streamed_reply import read_reply
from models.http.tls import Trust
from models.http.token_estimates import TokenEstimates
from models.names import canonical
from models.ollama import wire
from models.ollama.concessions import concessions
from models.ollama.errors import ERRORS, REMEDY
from models.ollama.installed import InstalledModels
from models.ollama.pull import PullProgress, read_pull
from models.ollama.reply import OllamaReply
from models.ollama.request_queue import QueuedRequest, RequestQueue
from models.ollama.server_memory import ServerMemory
from models.text import Text, lazy_ngettext, sentences
from models.text import lazy_gettext as _

Body = TypeVar("Body", bound=BaseModel)

HEALTH_SECONDS = 10.0
SHOW_ALL_SECONDS = 2.0
NOTICE_SECONDS = 0.25
"""A model that is loaded already answers an empty request within milliseconds; after this long it is being loaded."""


def open_ollama(
    host: str,
    *,
    timeouts: Timeouts | None = None,
    keep_alive: str = "30m",
    parallel: int = 0,
    api_key: str = "",
    trust: Trust = Trust(),  # noqa: B008 - frozen
) -> "OllamaBackend":
    """Make a backend for an address in any form of OLLAMA_HOST; raises AddressError. Nothing is sent yet.

    The key is for a proxy before the server: Ollama itself wants none.
    """
    limits = httpx.Limits(max_connections=None, max_keepalive_connections=20)
    client = open_client(wire.server_url(host), trust=trust, limits=limits)
    return OllamaBackend(
        client, timeouts=timeouts or Timeouts(), keep_alive=keep_alive, parallel=parallel, api_key=api_key
    )


class OllamaBackend:
    """One Ollama server. `parallel=0` lets memory and shared prompts decide how many requests run at once."""

    name = wire.BACKEND

    def __init__(
        self,
        client: httpx.AsyncClient,
        *,
        timeouts: Timeouts = Timeouts(),  # noqa: B008 - frozen
        keep_alive: str = "30m",
        parallel: int = 0,
        api_key: str = "",
    ) -> None:
        secrets = authorise(client, api_key, _("the Ollama server"))
        self._client = client
        self._timeouts = timeouts
        self._keep_alive = keep_alive
        self._server = HttpServer(client, _("Ollama at {address!r}"), REMEDY, ERRORS, timeouts, secrets=secrets)
        self._memory = ServerMemory()
        self._queue = RequestQueue(self._memory, parallel=parallel)
        self._estimates = TokenEstimates()
        self._installed = InstalledModels(self._server, self._estimates)
        self._concessions = concessions()
        self._first_look: asyncio.Task[None] | None = None
        self._preloading: asyncio.Task[None] | None = None

    async def health(self) -> Health:
        """Ask for the installed models, and how long that takes; never raises a BackendError."""
        installed, began = self._installed, time.perf_counter()
        try:
            await self._read_installed(HEALTH_SECONDS)
        except BackendError as error:
            return Health.after(error, self.name, models=installed.cards, remote_host=installed.remote_host)
        latency_seconds = time.perf_counter() - began
        with suppress(TimeoutError):  # what is not known by then follows with a later check
            async with asyncio.timeout(SHOW_ALL_SECONDS):
                await installed.describe_all()
        cards = tuple(installed.cards)
        detail = installed.left_out if cards else self._lack()
        return Health(self.name, True, detail, latency_seconds, cards, remote_host=installed.remote_host)

    async def list_models(self) -> list[ModelCard]:
        """Return the installed models; those that only embed have no "completion" among their capabilities."""
        await self._read_installed(self._timeouts.stall_seconds)
        await self._installed.describe_all()
        return self._installed.cards

    async def describe(self, model: str) -> ModelCard:
        """Return what the server knows of a model, asked once per version of it; raises ModelNotFoundError."""
        return await self._installed.describe(model)

    async def count_tokens(self, model: str, text: str) -> int:
        """Estimate from above, the better the more of the model's prompts the server has counted."""
        await self.describe(model)
        return self._estimates.estimate(canonical(model), text)

    @closing_stream
    async def stream(
        self, model: str, messages: Sequence[Message], config: GenerationConfig
    ) -> AsyncGenerator[Chunk, None]:
        """Generate one answer; leaving the context ends the connection, and with it the generation."""
        card = await self.describe(model)
        check_place(card, config.remote_host)
        think = wire.think_value(config.think, card)
        payload = wire.chat_payload(model, messages, config, keep_alive=self._keep_alive, think=think)
        await self._know_memory()
        prompt = "\n".join(message.content for message in messages)
        with self._queue.enqueue(model, config.context_tokens, prompt) as request:
            if not request.admitted.is_set():
                yield Chunk(notice=self._waits_for(request))
                await request.admitted.wait()
            loading = asyncio.create_task(self._load(model, config.context_tokens))
            try:
                await asyncio.wait({loading}, timeout=NOTICE_SECONDS)
                if not loading.done():
                    yield Chunk(notice=_("loading {model!r}", model=model))
                await loading
            finally:
                await _end(loading)
            opened = self._installed.opened(model)
            reply = OllamaReply(self._server, card, model, messages, config, opened)
            chat = Request("POST", "/api/chat", payload, model, concessions=self._concessions)
            async with aclosing(self._answer(chat, reply)) as chunks:
                async for chunk in chunks:
                    yield chunk

    async def embed(self, model: str, texts: Sequence[str]) -> list[list[float]]:
        """Return one vector per text; a text longer than the model's context is refused, not cut."""
        check_place(await self.describe(model))
        payload = {
            "model": model,
            "input": list(texts),
            "truncate": False,
            "keep_alive": wire.keep_alive_value(self._keep_alive),
        }
        with self._queue.enqueue(model, 0, "") as queued:
            await queued.admitted.wait()
            request = Request("POST", "/api/embed", payload, model, SILENT_WHILE_EMBEDDING)
            seconds = self._timeouts.load_seconds + self._timeouts.first_token_seconds
            body = await self._fetch(wire.Embeddings, request, seconds=seconds)
            if not self._memory.is_loaded(queued.model):
                await self._look_at_memory()
        if len(body.embeddings) != len(texts):
            raise self._server.wrong_count(len(body.embeddings), len(texts))
        return body.embeddings

    async def pull(self, model: str) -> AsyncGenerator[PullProgress, None]:
        """Download a model into the server; ends after the status "success" or raises."""
        async with aclosing(read_pull(self._server, model)) as steps:
            async for step in steps:
                yield step
        self._installed.forget(canonical(model))

    async def close(self) -> None:
        """Close all connections; answers that are still being written end."""
        for task in (self._first_look, self._preloading):
            if task is not None:
                await _end(task)
        await self._client.aclose()

    async def _answer(self, request: Request, reply: OllamaReply) -> AsyncGenerator[Chunk, None]:
        has_begun = False
        async with aclosing(read_reply(self._server, request, reply)) as chunks:
            async for chunk in chunks:
                if reply.has_begun and not has_begun:
                    has_begun = True
                    self._preload_next()
                if chunk.completion is not None:
                    self._estimates.learn(
                        canonical(request.model), reply.prompt_bytes, chunk.completion.usage.prompt_tokens
                    )
                yield chunk

    async def _load(self, model: str, context_tokens: int) -> None:
        """Load the model with its context, by an empty request, so that loading has a clock of its own."""
        was_loaded, began = self._memory.is_loaded(canonical(model)), time.perf_counter()
        config = GenerationConfig(context_tokens=context_tokens)
        payload = wire.chat_payload(model, (), config, keep_alive=self._keep_alive, think=None)
        silence = _("{server} was silent for {seconds:g} s while loading {model!r}.", model=model)
        request = Request("POST", "/api/chat", payload, model, silence)
        await self._fetch(wire.ChatLine, request, seconds=self._timeouts.load_seconds)
        if not was_loaded or time.perf_counter() - began > NOTICE_SECONDS:
            await self._look_at_memory()

    def _preload_next(self) -> None:
        """Load the model of a waiting request while another one writes."""
        request = self._queue.next_to_load()
        if request is not None and (self._preloading is None or self._preloading.done()):
            self._preloading = asyncio.create_task(self._preload(request))

    async def _preload(self, request: QueuedRequest) -> None:
        # The request that waits for this model meets the same failure and tells it.
        with self._queue.preloading(request), suppress(BackendError):
            await self._load(request.name, request.context_tokens)

    async def _know_memory(self) -> None:
        """Look at the memory before the first requests: those that come together wait for one look.

        So they are queued at the same moment, and the queue has all of them to choose from.
        """
        if self._memory.was_seen:
            return
        if self._first_look is None or self._first_look.done():
            self._first_look = asyncio.create_task(self._look_at_memory())
        await asyncio.shield(self._first_look)

    async def _look_at_memory(self) -> None:
        try:
            request = Request("GET", "/api/ps")
            listed = await self._fetch(wire.Listed, request)
            running = self._server.read_records(wire.Running, listed.models, request).read
        except BackendError:
            return  # only the order of the requests depends on it
        loaded = {canonical(model.name): model.loaded() for model in running}
        self._memory.look(loaded, now=time.time())
        self._queue.review()

    async def _read_installed(self, seconds: float) -> None:
        await self._installed.read(seconds)
        self._memory.know_sizes(self._installed.sizes)

    async def _fetch(self, kind: type[Body], request: Request, *, seconds: float = 0.0) -> Body:
        return await self._server.fetch(kind, request, seconds=seconds or self._timeouts.stall_seconds)

    def _waits_for(self, request: QueuedRequest) -> Text:
        return lazy_ngettext(
            "waiting for {model!r}: {n} request before it",
            "waiting for {model!r}: {n} requests before it",
            n=self._queue.count_ahead(request),
            model=request.name,
        )

    def _lack(self) -> Text:
        no_model = _("{server} has no model yet.", server=self._server.name)
        return sentences([no_model, _("Get one with `ollama pull llama3.2:3b`.")])


async def _end(task: asyncio.Task[None]) -> None:
    """Cancel a task that is still running and wait for its end; its outcome no longer matters."""
    task.cancel()
    await asyncio.wait({task})
    if not task.cancelled():
        task.exception()
