"""What llama.cpp in a worker costs: the same answers in this process and in a worker, in turns.

Usage: python -m scripts.benchmarking.worker [--model FILE] [--pairs 8]
"""

import argparse
import asyncio
import os
import statistics
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from models.base import Backend, GenerationConfig, Message
from models.llama_cpp.worker.backend import WorkerBackend
from models.llama_cpp.worker.setup import Setup
from tests.tiny_gguf import Shape, make_tiny_gguf

SHAPE = Shape(width=512, layers=8, heads=8, kv_heads=2, feed_forward=1536, vocabulary=8192)
SEATS = 3
TOKENS = 128
ASKED = "Should a small town replace its streetlights with LEDs, and what speaks against it? " * 6


@dataclass(frozen=True)
class Figures:
    """One question to all seats at once."""

    first_text_seconds: float
    tokens_per_second: float


async def ask(backend: Backend, model: str, turn: int) -> Figures:
    """Ask all seats at once, each with words of its own behind the head that they share."""
    began = time.perf_counter()

    async def answer(seat: int) -> tuple[float, int, float]:
        config = GenerationConfig(max_tokens=TOKENS, context_tokens=2048, seed=turn)
        messages = [Message("system", f"Turn {turn}. {ASKED}"), Message("user", f"You are seat {seat}.")]
        first, tokens = 0.0, 0
        async with backend.stream(model, messages, config) as chunks:
            async for chunk in chunks:
                if (chunk.text or chunk.thinking) and not first:
                    first = time.perf_counter()
                if chunk.completion:
                    tokens = chunk.completion.usage.completion_tokens
        return first, tokens, time.perf_counter()

    told = await asyncio.gather(*(answer(seat) for seat in range(SEATS)))
    first, end = min(one[0] for one in told), max(one[2] for one in told)
    return Figures(first - began, sum(one[1] for one in told) / (end - first))


async def measure(file: Path, folder: Path, pairs: int) -> None:
    """Ask both in turns, the one that begins alternating, and print what each took."""
    setup = Setup((file,), download_dir=folder / "none", trials=folder / "trials.json", gpu_layers=0)
    trials = setup.open_trials()
    backends: list[tuple[str, Backend]] = [
        ("in process", setup.open_backend(setup.open_finder(trials), trials)),
        ("worker", WorkerBackend(setup)),
    ]
    figures: dict[str, list[Figures]] = {name: [] for name, _ in backends}
    counts: dict[str, list[float]] = {name: [] for name, _ in backends}
    try:
        for name, backend in backends:
            began = time.perf_counter()
            await ask(backend, file.stem, 0)
            print(f"{name}: {time.perf_counter() - began:.1f} s to the end of the first answers, load included")
        for turn in range(1, pairs + 1):
            for name, backend in backends if turn % 2 else reversed(backends):
                figures[name].append(await ask(backend, file.stem, turn))
                began = time.perf_counter()
                await backend.count_tokens(file.stem, ASKED)
                counts[name].append(time.perf_counter() - began)
    finally:
        for _, backend in backends:
            await backend.close()
    _report(figures, counts)


def _report(figures: dict[str, list[Figures]], counts: dict[str, list[float]]) -> None:
    for name, seen in figures.items():
        rate = statistics.median(one.tokens_per_second for one in seen)
        first = statistics.median(one.first_text_seconds for one in seen)
        count = statistics.median(counts[name])
        print(f"{name}: {rate:.1f} tokens/s, first text after {first * 1000:.0f} ms, a count {count * 1000:.2f} ms")
    pairs = list(zip(*figures.values(), strict=True))
    _ratios("tokens/s, worker to in process", [b.tokens_per_second / a.tokens_per_second for a, b in pairs])
    _ratios("first text, worker to in process", [b.first_text_seconds / a.first_text_seconds for a, b in pairs])


def _ratios(what: str, ratios: Sequence[float]) -> None:
    ordered = sorted(ratios)
    print(f"{what}: median {statistics.median(ordered):.3f}, from {ordered[0]:.3f} to {ordered[-1]:.3f}")


def main() -> None:
    """Measure on a model of its own making, or on the file that is named."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--model", type=Path)
    parser.add_argument("--pairs", type=int, default=8)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        file = options.model or make_tiny_gguf(Path(folder) / "benchmark.gguf", shape=SHAPE, name="benchmark")
        print(f"{file.name}, {SEATS} seats, {os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}")
        asyncio.run(measure(file, Path(folder), options.pairs))


if __name__ == "__main__":
    main()
