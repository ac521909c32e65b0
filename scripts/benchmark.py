"""Measure the in-process engine against the `Llama` object, llama-server and Ollama, in one run on this machine.

Makes its own model with random weights, so it needs no download. Every rival is asked in every way it knows (one
request after the other, or all at once), in turns; its better way counts. Usage: python scripts/benchmark.py [--quick]
"""

import argparse
import contextlib
import json
import os
import platform
import statistics
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from scripts.benchmarking.cold_start import measure_cold_start
from scripts.benchmarking.limits import Rates, measure_memory_per_seat, measure_rates
from scripts.benchmarking.ollama_model import ollama_with
from scripts.benchmarking.page import describe, measure_page
from scripts.benchmarking.rivals import LlamaObject, Ours, Rival, llama_server
from scripts.benchmarking.two_models import measure_two_models
from scripts.benchmarking.workloads import FULL, QUICK, WORKLOADS, Size, least_tokens
from tests.tiny_gguf import Shape, make_tiny_gguf

FULL_SHAPE = Shape(width=1024, layers=16, heads=16, kv_heads=4, feed_forward=4096, vocabulary=35328)
QUICK_SHAPE = Shape(width=512, layers=8, heads=8, kv_heads=2, feed_forward=1536, vocabulary=8192)
CELLS = 8192

Seconds = dict[str, dict[str, dict[str, list[float]]]]
"""Workload, rival, way, and then one number per repetition."""


def main() -> None:
    options = _parse()
    size, shape = (QUICK, QUICK_SHAPE) if options.quick else (FULL, FULL_SHAPE)
    with tempfile.TemporaryDirectory() as folder:
        model = options.model or make_tiny_gguf(Path(folder) / "benchmark.gguf", shape=shape, name="benchmark")
        rates = measure_rates(model, threads=options.threads)
        print(f"{platform.processor() or platform.machine()}, {options.threads} threads, load {os.getloadavg()[0]:.1f}")
        print(f"reads {rates.read:.0f} tokens/s; writes {rates.write_alone:.0f} alone, {rates.write:.0f} four at once")
        with _rivals(model, options) as rivals:
            single = [name for name in options.workloads if name in WORKLOADS]
            seconds = measure(rivals, size, single, repeat=options.repeat)
            for name, fit in (("two_that_fit", True), ("two_that_do_not", False)):
                if name in options.workloads:
                    seconds[name] = _measure_pairs(name, model, Path(folder) / "two", size, options, fit=fit)
        memory = measure_memory_per_seat(model, threads=options.threads)
        cold_start = statistics.median(measure_cold_start(Path(folder)) for _ in range(3))
        page = measure_page(Path(folder) / "page") if "page" in options.workloads else None
    report = summarise(seconds, size, rates)
    print(table(seconds, report, size, rates))
    print(
        "memory: one seat {one_seat_mb:.0f} MB, four seats {four_seats_mb:.0f} (limit {limit_mb:.0f})".format(**memory)
    )
    print(f"cold start to a served page: {cold_start:.2f} s")
    if page is not None:
        print(describe(page))
    if options.json:
        figures = {"workloads": report, "memory": memory, "cold_start": cold_start, "page": page}
        options.json.write_text(json.dumps({**figures, "machine": _machine(rates), "raw": seconds}, indent=1))


def measure(rivals: list[Rival], size: Size, names: list[str], *, repeat: int) -> Seconds:
    """Let every rival serve every workload in every way, in turns, so that a busy moment hits all of them."""
    seconds: Seconds = {}
    seed = 0
    for name in names:
        for repetition in range(repeat):
            for rival in rivals if repetition % 2 == 0 else rivals[::-1]:
                for way in rival.ways:
                    seed += 1  # a prompt that was seen before would be answered from a cache
                    taken = rival.run(WORKLOADS[name](size, seed), way)
                    seconds.setdefault(name, {}).setdefault(rival.name, {}).setdefault(way, []).append(taken)
                    print(f"  {name} {repetition + 1}/{repeat}: {rival.name}, {way}: {taken:.2f} s", flush=True)
    return seconds


def summarise(seconds: Seconds, size: Size, rates: Rates) -> dict[str, dict[str, float]]:
    """Return for each workload the better median of every rival over ours, and the limit over ours."""
    report = {}
    for name, rivals in seconds.items():
        best = {rival: min(map(statistics.median, ways.values())) for rival, ways in rivals.items()}
        ours = best.pop("council")
        report[name] = {rival: round(taken / ours, 3) for rival, taken in best.items()}
        if "llama_server" in rivals:
            at_once = statistics.median(rivals["llama_server"]["all at once"])
            report[name]["llama_server_at_once"] = round(at_once / ours, 3)
        if name in WORKLOADS:
            report[name]["limit"] = round(rates.seconds(*least_tokens(WORKLOADS[name](size, 0))) / ours, 3)
    return report


def table(seconds: Seconds, report: dict[str, dict[str, float]], size: Size, rates: Rates) -> str:
    """Write the medians and the ratios for a person."""
    lines = []
    for name, rivals in seconds.items():
        lines.append(f"\n{name}")
        if name in WORKLOADS:
            read, written = least_tokens(WORKLOADS[name](size, 0))
            limit = rates.seconds(read, written)
            lines[-1] += f": {read} tokens to read, {written} to write; limit {limit:.2f} s"
        for rival, ways in rivals.items():
            for way, taken in ways.items():
                spread = f"{min(taken):.2f} to {max(taken):.2f}"
                lines.append(f"  {rival:14} {way:12} {statistics.median(taken):7.2f} s  ({spread})")
        lines.append(
            "  others over ours: " + ", ".join(f"{rival} {ratio:.2f}" for rival, ratio in report[name].items())
        )
    return "\n".join(lines)


def _machine(rates: Rates) -> dict[str, object]:
    return {
        "processor": platform.processor(),
        "cores": os.cpu_count(),
        "load": os.getloadavg(),
        "rates": vars(rates),
    }


def _measure_pairs(
    name: str, model: Path, folder: Path, size: Size, options: argparse.Namespace, *, fit: bool
) -> dict[str, dict[str, list[float]]]:
    folder.mkdir(exist_ok=True)
    taken: dict[str, dict[str, list[float]]] = {}
    for repetition in range(options.repeat):
        pair = measure_two_models(model, folder, size, threads=options.threads, fit=fit, seed=repetition)
        for rival, seconds in pair.items():
            taken.setdefault(rival, {}).setdefault("loads included", []).append(seconds)
            print(f"  {name} {repetition + 1}/{options.repeat}: {rival}: {seconds:.2f} s", flush=True)
    return taken


@contextlib.contextmanager
def _rivals(model: Path, options: argparse.Namespace) -> Iterator[list[Rival]]:
    with contextlib.ExitStack() as stack:
        sizes = {"cells": CELLS, "threads": options.threads}
        ours, llama = Ours(model, **sizes), LlamaObject(model, **sizes)
        stack.callback(ours.close)
        stack.callback(llama.close)
        rivals: list[Rival] = [ours, llama]
        if options.llama_server:
            rivals.append(stack.enter_context(llama_server(options.llama_server, model, **sizes)))
        if options.ollama and (ollama := stack.enter_context(ollama_with(options.ollama, model, **sizes))):
            rivals.append(ollama)
        yield rivals


def _parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="Compare the engine with others on this machine.")
    parser.add_argument("--quick", action="store_true", help="a small model and short texts: a look, not a measurement")
    parser.add_argument("--repeat", type=int, default=5, help="repetitions; medians count")
    parser.add_argument("--threads", type=int, default=len(os.sched_getaffinity(0)))
    parser.add_argument("--model", type=Path, help="a GGUF file instead of random weights")
    parser.add_argument("--llama-server", type=Path, help="path of the llama-server program")
    parser.add_argument("--ollama", help="address of an Ollama server, for example http://127.0.0.1:11434")
    names = [*WORKLOADS, "two_that_fit", "two_that_do_not", "page"]
    parser.add_argument("--workloads", nargs="+", choices=names, default=names)
    parser.add_argument("--json", type=Path, help="write the numbers there")
    return parser.parse_args()


if __name__ == "__main__":
    main()
