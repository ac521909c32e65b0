"""A real Ollama server for tests: its own process group, a free port, and its own home and model store."""

import contextlib
import hashlib
import os
import shutil
import signal
import socket
import subprocess
import time
from pathlib import Path

import httpx

ROOT = Path(__file__).parent.parent
START_SECONDS = 60.0


def find_ollama() -> Path | None:
    """Return the server's program: the one on the PATH, else what `scripts/ollama_for_tests.sh` brought."""
    brought = ROOT / ".cache/ollama/bin/ollama"
    program = shutil.which("ollama") or (brought if brought.exists() else None)
    return Path(program) if program else None


def free_port() -> int:
    """Return a port of the loopback interface that nothing listens on at this moment."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class OllamaServer:
    """A running server; whoever starts it stops it, and a stopped one can be started again on the same port."""

    def __init__(self, program: Path, home: Path) -> None:
        self.program, self.home = program, home
        self.models_dir = home / "models"
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self._process: subprocess.Popen[bytes] | None = None
        home.mkdir(parents=True, exist_ok=True)
        self.start()

    @property
    def pid(self) -> int:
        """The server's process; the runners that it starts are its children."""
        assert self._process is not None, "the server was stopped"
        return self._process.pid

    def start(self) -> None:
        """Start the server and wait until it answers."""
        environment = {
            "PATH": os.environ["PATH"],
            "HOME": str(self.home),
            "OLLAMA_HOST": f"127.0.0.1:{self.port}",
            "OLLAMA_MODELS": str(self.models_dir),
            "OLLAMA_NUM_PARALLEL": "2",
            "NO_PROXY": "127.0.0.1",
        }
        with (self.home / "server.log").open("ab") as log:
            self._process = subprocess.Popen(
                [self.program, "serve"], env=environment, stdout=log, stderr=log, start_new_session=True
            )
        deadline = time.monotonic() + START_SECONDS
        while True:
            with contextlib.suppress(httpx.TransportError):
                httpx.get(f"{self.url}/api/version", trust_env=False).raise_for_status()
                return
            if self._process.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError(f"Ollama did not start:\n{self.log()}")
            time.sleep(0.05)

    def log(self) -> str:
        """Return the end of what the server wrote."""
        return (self.home / "server.log").read_text(errors="replace")[-4000:]

    def create(self, name: str, gguf: Path) -> None:
        """Make a model from a GGUF file; it runs on one thread, for two would wait for each other on a busy machine."""
        content = gguf.read_bytes()
        digest = f"sha256:{hashlib.sha256(content).hexdigest()}"
        with httpx.Client(base_url=self.url, timeout=60, trust_env=False) as client:
            client.post(f"/api/blobs/{digest}", content=content).raise_for_status()
            recipe = {"model": name, "files": {gguf.name: digest}, "stream": False, "parameters": {"num_thread": 1}}
            client.post("/api/create", json=recipe).raise_for_status()

    def kill(self) -> None:
        """Kill the server and its runners at once, as `kill -9` or a crash of the machine's memory guard would."""
        self._end(signal.SIGKILL)

    def stop(self) -> None:
        """End the server and whatever it started; harmless when it has ended already."""
        self._end(signal.SIGTERM)

    def _end(self, kind: signal.Signals) -> None:
        if self._process is None:
            return
        group = self._process.pid
        with contextlib.suppress(ProcessLookupError):
            os.killpg(group, kind)
        try:
            self._process.wait(10)
        except subprocess.TimeoutExpired:
            kind = signal.SIGTERM
        with contextlib.suppress(ProcessLookupError):  # a runner may outlive the server that started it
            os.killpg(group, signal.SIGKILL)
        self._process.wait(10)
        self._process = None
