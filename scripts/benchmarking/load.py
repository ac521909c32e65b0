"""Many people at once: is everybody served, and alike, is nothing lost or asked twice, and does the memory stay flat?

The real program runs in a process of its own and is used as browsers use it; the models are a scripted Ollama server
that speaks at a fixed pace. Usage: python -m scripts.benchmarking.load [--users 20] [--seconds 120]
"""

import argparse
import asyncio
import statistics
import tempfile
import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

import httpx

from tests.load.web_visitor import WebVisitor
from tests.programs import Served
from tests.scripted_ollama import ScriptedOllama, scripted_ollama

MODELS = ("alpha:1b", "beta:1b", "gamma:1b")
WORD_SECONDS = 0.02
PROBE_SECONDS = 0.25
PATIENCE_SECONDS = 300.0


@dataclass
class Load:
    """What happened; times are in seconds, memory in MB."""

    served: Counter[str] = field(default_factory=Counter)
    faults: list[str] = field(default_factory=list)
    asked_twice: int = 0
    alive: list[float] = field(default_factory=list)
    """How long each probe of `/healthz` took."""
    first_pictures: list[float] = field(default_factory=list)
    """From asking to the first picture of the run."""
    gaps: list[float] = field(default_factory=list)
    """From each picture of a run to the next."""
    processor: float = 0.0
    """Processor time that the program used."""
    memory: list[tuple[float, float]] = field(default_factory=list)
    """The moment since the beginning, and how much the program held then."""

    def megabytes_at(self, seconds: float) -> float:
        """How much the program held at a moment."""
        return min(self.memory, key=lambda sample: abs(sample[0] - seconds))[1]


def run_load(folder: Path, *, users: int = 20, seconds: float = 0.0, word_seconds: float = WORD_SECONDS) -> Load:
    """Let users ask one question after the other for so long; each asks one at least, and sees it answered."""
    load = Load()
    with (
        scripted_ollama(*MODELS) as ollama,
        Served(folder, ollama_host=ollama.url, backends="ollama", allow_public="true") as served,
    ):
        ollama.word_seconds = word_seconds
        asyncio.run(_use(served, load, users, seconds))
        load.asked_twice = _asked_twice(ollama)
        if "Traceback" in served.log():
            load.faults.append(served.log())
    return load


async def _use(served: Served, load: Load, users: int, seconds: float) -> None:
    began, used = time.monotonic(), served.processor_seconds()
    watching = asyncio.create_task(_watch(served, load, began))
    async with asyncio.timeout(seconds + PATIENCE_SECONDS):
        await asyncio.gather(*[_visit(served, load, f"user {n}", began + seconds) for n in range(1, users + 1)])
    watching.cancel()
    load.memory.append((time.monotonic() - began, served.megabytes()))
    load.processor = served.processor_seconds() - used


async def _visit(served: Served, load: Load, name: str, until: float) -> None:
    async with WebVisitor(served.url) as visitor:
        await visitor.open()
        number = 0
        while not number or time.monotonic() < until:
            number += 1
            asked = time.monotonic()
            if not await visitor.ask(f"What is question {number} of {name}?", mode="council"):
                load.faults.append(f"{name} was refused: {visitor.shown('message')}")
                continue
            await _watch_run(visitor, load, asked)
            if "chip good" in visitor.shown("progress"):
                load.served[name] += 1
            else:
                load.faults.append(f"{name}: {visitor.shown('progress')} {visitor.shown('notices')}")


async def _watch_run(visitor: WebVisitor, load: Load, asked: float) -> None:
    last = 0.0
    async for _ in visitor.follow():
        now = time.monotonic()
        if last:
            load.gaps.append(now - last)
        else:
            load.first_pictures.append(now - asked)
        last = now


async def _watch(served: Served, load: Load, began: float) -> None:
    async with httpx.AsyncClient(base_url=served.url, trust_env=False, timeout=60) as client:
        while True:
            asked = time.monotonic()
            (await client.get("/healthz")).raise_for_status()
            load.alive.append(time.monotonic() - asked)
            load.memory.append((asked - began, served.megabytes()))
            await asyncio.sleep(PROBE_SECONDS)


def _asked_twice(ollama: ScriptedOllama) -> int:
    return sum(times - 1 for times in ollama.prompts.values())


def p95(times: list[float]) -> float:
    """The time that 95 of 100 kept."""
    return statistics.quantiles(times, n=20, method="inclusive")[-1]


def describe(load: Load, users: int) -> str:
    """Write the figures for a person."""
    counts = [load.served[f"user {n}"] for n in range(1, users + 1)]
    ends = load.memory[-1][0]
    return "\n".join(
        [
            f"{sum(counts)} runs in {ends:.0f} s: {min(counts)} to {max(counts)} for each of {users} users",
            f"faults: {len(load.faults)}; asked twice: {load.asked_twice}",
            f"/healthz: median {1000 * statistics.median(load.alive):.0f} ms, p95 {1000 * p95(load.alive):.0f} ms",
            f"first picture after asking: median {1000 * statistics.median(load.first_pictures):.0f} ms, "
            f"p95 {1000 * p95(load.first_pictures):.0f} ms",
            f"from picture to picture: median {1000 * statistics.median(load.gaps):.0f} ms, "
            f"p95 {1000 * p95(load.gaps):.0f} ms, longest {1000 * max(load.gaps):.0f} ms",
            f"memory: {load.memory[0][1]:.0f} MB at first, {load.megabytes_at(60):.0f} MB after a minute, "
            f"{load.memory[-1][1]:.0f} MB at the end",
            f"the program's processor time: {100 * load.processor / ends:.0f} % of a core",
            *load.faults,
        ]
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--users", type=int, default=20)
    parser.add_argument("--seconds", type=float, default=120.0)
    parser.add_argument("--word-seconds", type=float, default=WORD_SECONDS)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        load = run_load(Path(folder), users=options.users, seconds=options.seconds, word_seconds=options.word_seconds)
    print(describe(load, options.users))


if __name__ == "__main__":
    main()
