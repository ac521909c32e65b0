"""Those who are measured: our engine, the `Llama` object, llama-server, Ollama. Each can be asked in two ways."""

import contextlib
import json
import os
import queue
import socket
import subprocess
import time
import urllib.request
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, Protocol

import llama_cpp

from models.base import Usage
from models.llama_cpp.engine.context import ContextShape
from models.llama_cpp.engine.engine import Engine
from models.llama_cpp.engine.fair_lock import FairLock
from models.llama_cpp.engine.generation import Request as EngineRequest
from models.llama_cpp.engine.sampling import Sampling
from models.llama_cpp.runtime import runtime
from models.llama_cpp.weight_layouts import WeightLayouts
from models.weights.gguf_header import read_header
from scripts.benchmarking.workloads import Request, Workload

SEATS = 4


class Rival(Protocol):
    """Somebody who can be asked for texts."""

    name: str
    ways: tuple[str, ...]

    def run(self, workload: Workload, way: str) -> float:
        """Serve a workload and return the seconds it took."""
        ...


class Ours:
    """The engine as the application uses it."""

    name = "council"
    ways = ("all at once",)

    def __init__(self, path: Path, *, cells: int, threads: int, parallel: int = SEATS) -> None:
        self.layouts = WeightLayouts(
            runtime(), path, quantization=read_header(path).quantization, has_room=lambda cells: True
        )
        self.model = self.layouts.reader
        shape = ContextShape(cells=cells, sequences=parallel, batch=512, threads=threads, shares_cells=False)
        self.engine = Engine(
            runtime(),
            self.model.vocabulary,
            open_context=lambda window: self.layouts.open_context(shape),
            fair_lock=FairLock(),
            parallel=parallel,
            can_share=True,
        )
        self.engine.prepare(cells).result()

    def run(self, workload: Workload, way: str) -> float:
        began = time.perf_counter()
        for stage in workload:
            events: queue.Queue[object] = queue.Queue()
            for request in stage:
                self.engine.submit(self._engine_request(request, events))
            left = len(stage)
            while left:
                event = events.get()
                if isinstance(event, Exception):
                    raise event
                left -= isinstance(event, Usage)
        return time.perf_counter() - began

    def _engine_request(self, request: Request, events: "queue.Queue[object]") -> EngineRequest:
        tokens = self.model.vocabulary.tokenize(request.prompt, opens=True)
        return EngineRequest(
            prompt=tokens,
            window=len(tokens) + request.new_tokens,
            max_tokens=request.new_tokens,
            sampling=Sampling(temperature=0.0),
            emit=events.put,
            ignore_end=True,
        )

    def close(self) -> None:
        self.engine.close()
        self.layouts.close()


class LlamaObject:
    """llama-cpp-python's own `Llama`: one sequence, and it keeps the head of its last prompt."""

    name = "llama_object"
    ways = ("one by one",)

    def __init__(self, path: Path, *, cells: int, threads: int) -> None:
        self._llama = llama_cpp.Llama(
            str(path),
            n_ctx=cells,
            n_batch=512,
            n_threads=threads,
            n_threads_batch=threads,
            flash_attn=True,
            verbose=False,
        )

    def run(self, workload: Workload, way: str) -> float:
        began = time.perf_counter()
        for stage in workload:
            for request in stage:
                tokens = self._llama.tokenize(request.prompt.encode(), add_bos=True)
                answer = self._llama.generate(tokens, temp=0.0)
                for _ in range(request.new_tokens):
                    next(answer)
                answer.close()
        return time.perf_counter() - began

    def close(self) -> None:
        self._llama.close()


class HttpRival:
    """A server: asked for the requests of a stage one by one or all at once."""

    ways = ("one by one", "all at once")

    def __init__(self, name: str, url: str) -> None:
        self.name = name
        self._url = url

    def run(self, workload: Workload, way: str) -> float:
        began = time.perf_counter()
        with ThreadPoolExecutor(SEATS if way == "all at once" else 1) as pool:
            for stage in workload:
                list(pool.map(self._ask, stage))
        return time.perf_counter() - began

    def _ask(self, request: Request) -> None:
        raise NotImplementedError

    def _post(self, path: str, body: dict[str, object]) -> dict[str, Any]:
        request = urllib.request.Request(  # noqa: S310 - the address of a server on this machine
            self._url + path, json.dumps(body).encode(), {"Content-Type": "application/json"}
        )
        with urllib.request.urlopen(request, timeout=900) as reply:  # noqa: S310
            answer: dict[str, Any] = json.loads(reply.read())
            return answer


class LlamaServer(HttpRival):
    """llama.cpp's C++ server with four slots over one cache."""

    def _ask(self, request: Request) -> None:
        body = {
            "prompt": request.prompt,
            "n_predict": request.new_tokens,
            "temperature": 0,
            "ignore_eos": True,
            "cache_prompt": True,
        }
        answer = self._post("/completion", body)
        if answer["tokens_predicted"] != request.new_tokens:
            raise RuntimeError(f"llama-server wrote {answer['tokens_predicted']} of {request.new_tokens} tokens.")


class Ollama(HttpRival):
    """An Ollama server that has the same file under the name `model`."""

    def __init__(self, url: str, model: str, *, cells: int, threads: int) -> None:
        super().__init__("ollama", url)
        self._model = model
        self._options = {"temperature": 0, "num_ctx": cells // SEATS, "num_thread": threads}

    def _ask(self, request: Request) -> None:
        options = {**self._options, "num_predict": request.new_tokens}
        body = {"model": self._model, "prompt": request.prompt, "raw": True, "stream": False, "options": options}
        written = self._post("/api/generate", body)["eval_count"]
        if written < request.new_tokens:
            raise RuntimeError(f"Ollama wrote {written} of {request.new_tokens} tokens.")


@contextlib.contextmanager
def llama_server(program: Path, model: Path, *, cells: int, threads: int) -> Iterator[LlamaServer]:
    """Start llama-server with four slots on a free port and stop it at the end."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    options = ["-m", str(model), "-c", str(cells), "-np", str(SEATS), "-t", str(threads), "-fa", "on", "-b", "512"]
    process = subprocess.Popen(
        [str(program), *options, "--host", "127.0.0.1", "--port", str(port)],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        env=os.environ | {"LLAMA_ARG_THREADS_HTTP": "8"},
    )
    url = f"http://127.0.0.1:{port}"
    try:
        _wait_until_healthy(url, process)
        yield LlamaServer("llama_server", url)
    finally:
        process.terminate()
        process.wait(30)


def _wait_until_healthy(url: str, process: "subprocess.Popen[bytes]") -> None:
    for _ in range(600):
        if process.poll() is not None:
            raise RuntimeError(f"llama-server ended with status {process.returncode} while starting.")
        with contextlib.suppress(OSError), urllib.request.urlopen(f"{url}/health", timeout=2) as reply:  # noqa: S310
            if reply.status == 200:
                return
        time.sleep(0.2)
    raise RuntimeError("llama-server does not become healthy within two minutes.")
