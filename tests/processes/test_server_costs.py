"""What the page's server costs while nothing happens, and when the system gives it no more handles."""

import re
import resource
import socket
import time
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import httpx
import pytest

from tests.programs import Served


@pytest.fixture(scope="module")
def council(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(soft, 512), hard))  # which the program inherits
    try:
        served = Served(tmp_path_factory.mktemp("served"), backends="llama_cpp").__enter__()
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
    yield served
    served.__exit__(None, None, None)


def naps(council: Served) -> int:
    """How often the program's first thread went to sleep so far."""
    status = Path(f"/proc/{council.process.pid}/status").read_text()
    found = re.search(r"^voluntary_ctxt_switches:\s*(\d+)", status, re.MULTILINE)
    assert found
    return int(found[1])


def processor_seconds(council: Served) -> float:
    used = Path(f"/proc/{council.process.pid}/stat").read_text().rpartition(")")[2].split()
    return (int(used[11]) + int(used[12])) / 100


def test_an_idle_server_wakes_seldom(council: Served) -> None:
    before = naps(council)
    time.sleep(2.0)
    assert naps(council) - before < 2 * 250, "Gradio alone would wake a thousand times a second"


def test_it_takes_as_many_handles_as_the_system_gives(council: Served) -> None:
    soft, hard = resource.prlimit(council.process.pid, resource.RLIMIT_NOFILE)
    assert soft == (min(hard, 8192) if hard != resource.RLIM_INFINITY else 8192)


def test_without_handles_it_neither_spins_nor_floods_its_log_and_serves_again_afterwards(council: Served) -> None:
    pid = council.process.pid
    limits = resource.prlimit(pid, resource.RLIMIT_NOFILE)
    used = len(list(Path(f"/proc/{pid}/fd").iterdir()))
    with ExitStack() as stack:
        stack.callback(resource.prlimit, pid, resource.RLIMIT_NOFILE, limits)
        resource.prlimit(pid, resource.RLIMIT_NOFILE, (used + 5, limits[1]))
        for _ in range(30):
            stack.enter_context(socket.create_connection(("127.0.0.1", council.port), timeout=10))
        time.sleep(0.5)
        began, logged = processor_seconds(council), len(council.log())
        time.sleep(3.0)
        assert processor_seconds(council) - began < 1.0
        assert len(council.log()) - logged < 2000
    told = council.log()
    assert told.count("no more connections can be taken") == 1 and "Traceback" not in told
    assert httpx.get(f"{council.url}/healthz", trust_env=False, timeout=30).json() == {"status": "ok"}
