"""What the hardware allows: bare rates of reading and writing, and what a seat costs in memory."""

import multiprocessing
import time
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from models.llama_cpp.engine.context import DECODED, Context, ContextShape
from models.llama_cpp.loading import Model
from models.llama_cpp.runtime import runtime
from models.weights.gguf_header import read_header
from scripts.benchmarking.rivals import Ours
from scripts.benchmarking.workloads import Request

READ_TOKENS = 1024
WRITE_STEPS = 24


@dataclass(frozen=True)
class Rates:
    """Tokens per second of the bare library: no sampling, no text, no scheduling."""

    read: float
    write: float
    write_alone: float

    def seconds(self, read: int, written: int) -> float:
        """Return how long so many tokens take when nothing is read twice and four write together."""
        return read / self.read + written / self.write


def measure_rates(path: Path, *, threads: int) -> Rates:
    """Take the best of three with each layout of the weights: a limit is what the machine can do undisturbed."""
    runs = []
    for repack in (False, True):
        model = Model(runtime(), path, repack=repack)
        context = Context(runtime(), model.pointer, ContextShape(4096, 8, 512, threads))
        try:
            runs += [_measure_once(context) for _ in range(3)]
        finally:
            context.close()
            model.close()
    return Rates(*(max(run[kind] for run in runs) for kind in range(3)))


def _measure_once(context: Context) -> tuple[float, float, float]:
    context.clear()
    tokens = [100 + position % 20 for position in range(READ_TOKENS)]
    began = time.perf_counter()
    for start in range(0, READ_TOKENS, 512):
        _step(context, [(0, start, tokens[start : start + 512])], [511])
    read = READ_TOKENS / (time.perf_counter() - began)
    for sequence in (1, 2, 3):
        context.copy_head(0, sequence, 250)
    for sequence in range(4):
        context.trim(sequence, 250)
    began = time.perf_counter()
    for step in range(WRITE_STEPS):
        _step(context, [(sequence, 250 + step, [100 + sequence]) for sequence in range(4)], range(4))
    write = 4 * WRITE_STEPS / (time.perf_counter() - began)
    began = time.perf_counter()
    for step in range(WRITE_STEPS):
        _step(context, [(0, 250 + WRITE_STEPS + step, [100])], [0])
    return read, write, WRITE_STEPS / (time.perf_counter() - began)


def _step(context: Context, rows: list[tuple[int, int, list[int]]], outputs: range | list[int]) -> None:
    status = context.decode(rows, list(outputs))
    if status != DECODED:
        raise RuntimeError(f"llama.cpp answers {status} while its rates are measured.")


def measure_memory_per_seat(path: Path, *, threads: int, window: int = 2048) -> dict[str, float]:
    """Return the megabytes that one and four seats of one model take, weights included, and the limit for four.

    The limit is 1.2 times that of one seat, and the other three seats' KV cells. Each is measured in a process of its
    own, for memory that was freed is not always given back.
    """
    kv = read_header(path).kv_bytes_per_token * window / 1e6
    one, four = (_in_own_process(_megabytes_with, path, threads, window, seats) for seats in (1, 4))
    return {"one_seat_mb": one, "four_seats_mb": four, "limit_mb": 1.2 * one + 3 * kv}


def _in_own_process(function: Callable[..., float], *arguments: object) -> float:
    with ProcessPoolExecutor(1, mp_context=multiprocessing.get_context("spawn")) as pool:
        return pool.submit(function, *arguments).result()


def _megabytes_with(path: Path, threads: int, window: int, seats: int) -> float:
    before = _resident_megabytes()
    engine = Ours(path, cells=window * seats, threads=threads, parallel=seats)
    engine.run([[Request("x" * 512, 8)] * seats], "")
    megabytes = _resident_megabytes() - before
    engine.close()
    return megabytes


def _resident_megabytes() -> float:
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith("VmRSS"):
            return int(line.split()[1]) / 1000
    return 0.0
