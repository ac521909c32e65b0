"""The same situations in the words of each HTTP backend: what its server does when something goes well or wrong."""

import json
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any

from models.base import Backend
from models.http.server import Timeouts
from models.ollama.backend import open_ollama
from models.openai.backend import open_openai_compatible
from tests.models.http.wire_server import Call, Handler, Wire, WireServer, serve

QUICK = Timeouts(connect_seconds=2.0, load_seconds=0.3, first_token_seconds=0.3, stall_seconds=0.3)
PATIENT = Timeouts(connect_seconds=5.0, load_seconds=30.0, first_token_seconds=30.0, stall_seconds=30.0)
Speaks = Callable[[Wire], Awaitable[None]]


def ollama_line(text: str = "", **fields: Any) -> bytes:
    """One line of Ollama's /api/chat."""
    return json.dumps({"message": {"role": "assistant", "content": text}, "done": False} | fields).encode() + b"\n"


OLLAMA_DONE = ollama_line(
    done=True, done_reason="stop", prompt_eval_count=20, prompt_eval_duration=5_000_000, eval_count=3, eval_duration=9
)


def sse(piece: object) -> bytes:
    """One event of OpenAI's stream."""
    return b"data: " + (piece if isinstance(piece, bytes) else json.dumps(piece).encode()) + b"\n\n"


def openai_piece(text: str = "", **choice: Any) -> bytes:
    """One event with text."""
    return sse({"choices": [{"index": 0, "delta": {"content": text}} | choice]})


OPENAI_DONE = (
    openai_piece(finish_reason="stop")
    + sse({"choices": [], "usage": {"prompt_tokens": 20, "completion_tokens": 3}})
    + sse(b"[DONE]")
)


def ollama_server(speak: Speaks, **routes: Speaks) -> Handler:
    """An Ollama server with the models `tiny` and `thinker`; `routes` replace what it does ("ps", "load", …)."""

    async def handle(call: Call, wire: Wire) -> None:
        name, model = call.path.removeprefix("/api/"), call.body.get("model", "").removesuffix(":latest")
        if name == "chat" and not call.body["messages"]:
            name = "load"
        if name in routes:
            await routes[name](wire)
        elif name == "chat":
            await speak(wire)
        elif name == "load":
            await wire.json({"done": True, "done_reason": "load"})
        elif name == "show" and model not in ("tiny", "thinker"):
            await wire.json({"error": f"model '{model}' not found"}, status=404)
        elif name == "show":
            capabilities = ["completion", *(["thinking"] if model == "thinker" else [])]
            await wire.json({"capabilities": capabilities, "model_info": {"llama.context_length": 4096}})
        elif name == "tags":
            details = {"family": "llama", "parameter_size": "1M", "quantization_level": "Q4_K_M"}
            await wire.json({"models": [{"name": "tiny:latest", "size": 7, "digest": "d", "details": details}]})
        else:
            await wire.json({"models": []})

    return handle


def openai_server(speak: Speaks, **routes: Speaks) -> Handler:
    """An OpenAI-compatible server with the model `tiny`."""

    async def handle(call: Call, wire: Wire) -> None:
        name = call.path.removeprefix("/v1/")
        if name in routes:
            await routes[name](wire)
        elif name == "models":
            await wire.json({"object": "list", "data": [{"id": "tiny", "max_model_len": 4096}]})
        elif call.body["model"] != "tiny":
            await wire.json({"error": {"message": f"The model `{call.body['model']}` does not exist."}}, status=404)
        else:
            await speak(wire)

    return handle


def says(*pieces: bytes, ends: bool = True) -> Speaks:
    """Send these pieces, then end properly, or break off."""

    async def speak(wire: Wire) -> None:
        await wire.begin()
        for piece in pieces:
            await wire.piece(piece)
        if ends:
            await wire.end()
        else:
            wire.break_off()

    return speak


def falls_silent_after(*pieces: bytes) -> Speaks:
    """Send these pieces and then nothing more, not even an end."""

    async def speak(wire: Wire) -> None:
        if pieces:
            await wire.begin()
        for piece in pieces:
            await wire.piece(piece)
        await wire.silence()

    return speak


def refuses(status: int, body: object, **headers: str) -> Speaks:
    """Answer with an error status."""

    async def speak(wire: Wire) -> None:
        await wire.json(body, status=status, headers={name.replace("_", "-"): value for name, value in headers.items()})

    return speak


class ScriptedOllama:
    """How Ollama puts each situation."""

    name = "ollama"
    hello = staticmethod(lambda text: ollama_line(text))
    done = OLLAMA_DONE
    error_line = json.dumps({"error": "llama runner process has terminated"}).encode() + b"\n"
    cut_short = ollama_line(done=True, done_reason="length", prompt_eval_count=20, eval_count=3)
    only_thought = ollama_line(message={"role": "assistant", "content": "", "thinking": "Hmm"}) + OLLAMA_DONE

    @asynccontextmanager
    async def open(
        self, speak: Speaks, timeouts: Timeouts = PATIENT, **routes: Speaks
    ) -> AsyncIterator[tuple[Backend, WireServer]]:
        """Serve the script and open a backend for it."""
        async with serve(ollama_server(speak, **routes)) as server:
            backend = open_ollama(server.url, timeouts=timeouts)
            yield backend, server
            await backend.close()

    def at(self, url: str) -> Backend:
        """Open a backend for an address."""
        return open_ollama(url, timeouts=QUICK)


class ScriptedOpenAI:
    """How an OpenAI-compatible server puts each situation."""

    name = "openai"
    hello = staticmethod(lambda text: openai_piece(text))
    done = OPENAI_DONE
    error_line = sse({"error": {"message": "engine died", "code": 500}})
    cut_short = openai_piece(finish_reason="length") + sse(b"[DONE]")
    only_thought = sse({"choices": [{"delta": {"reasoning_content": "Hmm"}}]}) + OPENAI_DONE

    @asynccontextmanager
    async def open(
        self, speak: Speaks, timeouts: Timeouts = PATIENT, **routes: Speaks
    ) -> AsyncIterator[tuple[Backend, WireServer]]:
        """Serve the script and open a backend for it."""
        async with serve(openai_server(speak, **routes)) as server:
            backend = open_openai_compatible(server.url, timeouts=timeouts)
            yield backend, server
            await backend.close()

    def at(self, url: str) -> Backend:
        """Open a backend for an address."""
        return open_openai_compatible(url, timeouts=QUICK)
