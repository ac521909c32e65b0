"""Gives a running Ollama server the benchmark's model, and takes it away again."""

import contextlib
import hashlib
import json
import urllib.request
from collections.abc import Iterator
from pathlib import Path

from scripts.benchmarking.rivals import Ollama

NAME = "council-benchmark"


@contextlib.contextmanager
def ollama_with(url: str, model: Path, *, cells: int, threads: int) -> Iterator[Ollama | None]:
    """Yield the server with the model in it; None, with a line of explanation, where no server answers."""
    try:
        data = model.read_bytes()
        digest = f"sha256:{hashlib.sha256(data).hexdigest()}"
        _send(f"{url}/api/blobs/{digest}", data, "POST")
        _send_json(f"{url}/api/create", {"model": NAME, "files": {"model.gguf": digest}, "stream": False})
    except OSError as error:
        print(f"Ollama at {url} is left out: {error}")
        yield None
        return
    try:
        yield Ollama(url, NAME, cells=cells, threads=threads)
    finally:
        _send_json(f"{url}/api/delete", {"model": NAME}, "DELETE")


def _send_json(url: str, body: dict[str, object], method: str = "POST") -> None:
    _send(url, json.dumps(body).encode(), method)


def _send(url: str, data: bytes, method: str) -> None:
    request = urllib.request.Request(url, data, method=method)  # noqa: S310 - an address the user gave
    with urllib.request.urlopen(request, timeout=300) as reply:  # noqa: S310
        reply.read()
