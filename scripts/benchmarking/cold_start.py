"""From the start of the program to a page that is served."""

import contextlib
import os
import socket
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent


def measure_cold_start(folder: Path) -> float:
    """Return the seconds until the page's first byte; raises RuntimeError when the program ends before."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    environment = os.environ | {
        "COUNCIL_PORT": str(port),
        "COUNCIL_DATA_DIR": str(folder / "data"),
    }
    began = time.perf_counter()
    process = subprocess.Popen(
        [sys.executable, "app.py"],
        cwd=ROOT,
        env=environment,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        while process.poll() is None and time.perf_counter() - began < 120:
            with contextlib.suppress(OSError), urllib.request.urlopen(f"http://127.0.0.1:{port}/", timeout=30) as page:
                page.read(1)
                return time.perf_counter() - began
            time.sleep(0.02)
        raise RuntimeError(f"app.py did not serve its page (status {process.returncode}).")
    finally:
        process.terminate()
        process.wait(30)
