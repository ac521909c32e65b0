"""A server that speaks Ollama's wire format and answers as it is told: for what a real one cannot be made to do on cue.

It runs in a thread of the test, so it outlives a program that is killed.
"""

import json
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from models.base import GenerationConfig, Message
from tests.fakes import kind_of, obedient

HOLD_SECONDS = 60.0


class ScriptedOllama:
    """What was asked, by kind of turn, and which requests are held back until `release()`.

    It takes `word_seconds` for each word that it says. `prompts` counts how often the very same was asked of a model.
    """

    def __init__(self, models: tuple[str, ...]) -> None:
        self.models = models
        self.word_seconds = 0.0
        self.asked: list[str] = []
        self.spoke: list[str] = []  # the model of every request that holds a text
        self.prompts: Counter[str] = Counter()
        self.url = ""
        self._quota: dict[str, int] = {}
        self._released = threading.Event()
        self._is_silent = False
        self.is_hanging = False
        self._lock = threading.Lock()

    def hold(self, kind: str, *, after: int) -> None:
        """Answer so many requests of a kind; the ones that follow get no answer before `release()`."""
        self._quota[kind] = after

    def hang(self) -> None:
        """Take connections, and answer nothing at all before `release()`."""
        self._is_silent = True

    def wait(self) -> None:
        """Hold a request back if the server hangs."""
        if self._is_silent:
            self.is_hanging = True
            self._released.wait(HOLD_SECONDS)

    def release(self) -> None:
        """Let everything through, what waits included."""
        self._released.set()

    def count(self, kind: str) -> int:
        """How many requests of a kind have come."""
        return self.asked.count(kind)

    def answer(self, request: dict[str, Any]) -> str:
        """Return what the model says to a chat request, after the wait that was ordered."""
        messages = [Message(**message) for message in request["messages"]]
        config = GenerationConfig(json_schema=request.get("format"))
        kind = kind_of(messages, config) if len(messages) > 1 else "other"
        with self._lock:
            self.asked.append(kind)
            self.spoke.append(request["model"])
            self.prompts[json.dumps([request["model"], request["messages"]])] += 1
            is_held = kind in self._quota and self.count(kind) > self._quota[kind]
        if is_held:
            self._released.wait(HOLD_SECONDS)
        return obedient(request["model"], messages, config)

    def card(self, name: str) -> dict[str, Any]:
        """What /api/tags says of a model."""
        return {
            "name": name,
            "model": name,
            "size": 1_000_000,
            "digest": f"{hash(name):x}",
            "details": {"family": name.partition(":")[0], "parameter_size": "1B", "quantization_level": "Q4_K_M"},
        }


@contextmanager
def scripted_ollama(*models: str) -> Iterator[ScriptedOllama]:
    """Serve the models on a free port until the block is left."""
    script = ScriptedOllama(models)
    server = ThreadingHTTPServer(("127.0.0.1", 0), type("Handler", (_Handler,), {"script": script}))
    server.daemon_threads = True
    script.url = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    try:
        yield script
    finally:
        script.release()
        server.shutdown()
        server.server_close()
        thread.join()


class _Handler(BaseHTTPRequestHandler):
    """One connection; `script` is set in a class made for each server."""

    script: ScriptedOllama

    def do_GET(self) -> None:
        self.script.wait()
        replies: dict[str, Any] = {
            "/api/version": {"version": "0.9.3"},
            "/api/tags": {"models": [self.script.card(name) for name in self.script.models]},
            "/api/ps": {"models": []},
        }
        self._send(replies.get(self.path, {"status": "Ollama is running"}))

    def do_POST(self) -> None:
        self.script.wait()
        request = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        if self.path == "/api/show":
            details = self.script.card(request["model"])["details"]
            lengths = {f"{details['family']}.context_length": 32_768}
            self._send({"details": details, "model_info": lengths, "capabilities": ["completion"]})
        elif self.path == "/api/pull":
            self._send({"status": "success"})
        elif request["messages"]:
            text = self.script.answer(request)
            last = {"done_reason": "stop", "prompt_eval_count": 50, "eval_count": 20, "eval_duration": 1_000_000}
            words = text.split(" ") if self.script.word_seconds else [text]
            said = [word if number == 0 else f" {word}" for number, word in enumerate(words)]
            self._send(
                *({"message": {"role": "assistant", "content": word}, "done": False} for word in said),
                {"message": {"role": "assistant", "content": ""}, "done": True, **last},
                pause=self.script.word_seconds,
            )
        else:  # a request without messages only loads the model
            self._send({"message": {"role": "assistant", "content": ""}, "done": True, "done_reason": "load"})

    def _send(self, *objects: dict[str, Any], pause: float = 0.0) -> None:
        lines = [json.dumps(part).encode() + b"\n" for part in objects]
        self.send_response(200)
        self.send_header("Content-Type", "application/x-ndjson")
        self.send_header("Content-Length", str(sum(map(len, lines))))
        try:
            self.end_headers()
            for line in lines if pause else [b"".join(lines)]:
                self.wfile.write(line)
                time.sleep(pause)
        except ConnectionError:
            self.close_connection = True  # the program was killed while it waited, as the test wants

    def log_message(self, format: str, *arguments: object) -> None:
        """Say nothing: the test's own output is what counts."""
