"""Starts Council the way a user does: `python app.py` and `python -m council`, as processes of their own."""

import contextlib
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from types import TracebackType
from typing import Self

import httpx

from tests.ollama_server import free_port

ROOT = Path(__file__).parent.parent
START_SECONDS = 60.0


def environment(folder: Path, **settings: str) -> dict[str, str]:
    """An environment that shares nothing with the developer's but the programs on the PATH."""
    names = {f"COUNCIL_{name.upper()}": value for name, value in settings.items()}
    return {
        "PATH": os.environ["PATH"],
        "HOME": str(folder / "home"),
        "PYTHONPATH": str(ROOT),
        "PYTHONUNBUFFERED": "1",
        "COUNCIL_DATA_DIR": str(folder / "data"),
        "COUNCIL_DEMONSTRATION": "false",
        **names,
    }


def run_cli(folder: Path, *arguments: str, seconds: float = 60, **settings: str) -> subprocess.CompletedProcess[str]:
    """Run `python -m council` to its end."""
    return subprocess.run(
        [sys.executable, "-m", "council", *arguments],
        cwd=folder,
        env=environment(folder, **settings),
        capture_output=True,
        text=True,
        timeout=seconds,
        stdin=subprocess.DEVNULL,
        check=False,
    )


class Served:
    """A running `python app.py`; leaving the block ends it."""

    def __init__(self, folder: Path, **settings: str) -> None:
        self.folder = folder
        self.port = int(settings.get("port") or free_port())
        self.url = f"http://127.0.0.1:{self.port}"
        self._environment = environment(folder, **(settings | {"port": str(self.port)}))
        self._log = folder / "app.log"

    def __enter__(self) -> Self:
        with self._log.open("ab") as log:
            self.process = subprocess.Popen(
                [sys.executable, str(ROOT / "app.py")],
                cwd=self.folder,
                env=self._environment,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        deadline = time.monotonic() + START_SECONDS
        while True:
            with contextlib.suppress(httpx.TransportError):
                httpx.get(f"{self.url}/healthz", trust_env=False, timeout=10).raise_for_status()
                return self
            if self.process.poll() is not None or time.monotonic() > deadline:
                self.kill()
                raise RuntimeError(f"the application did not start:\n{self.log()}")
            time.sleep(0.05)

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self.process.poll() is None:
            self.process.terminate()
            with contextlib.suppress(subprocess.TimeoutExpired):
                self.process.wait(20)
        self.kill()

    def kill(self) -> None:
        """End the program and whatever it started, without giving it a chance to do anything."""
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait(10)

    def megabytes(self) -> float:
        """The memory that the program has at the moment."""
        status = Path(f"/proc/{self.process.pid}/status").read_text()
        return int(status.partition("VmRSS:")[2].split()[0]) / 1000

    def processor_seconds(self) -> float:
        """The processor time that the program has used so far."""
        fields = Path(f"/proc/{self.process.pid}/stat").read_text().rpartition(")")[2].split()
        return sum(map(int, fields[11:13])) / os.sysconf("SC_CLK_TCK")

    def log(self) -> str:
        """What the program wrote to its console."""
        return self._log.read_text(errors="replace")
