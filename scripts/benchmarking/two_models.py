"""Two models, two seats each: both fit into memory, or only one at a time. Loading is part of the time."""

import asyncio
import random
import shutil
import time
from pathlib import Path

import llama_cpp

from models.base import GenerationConfig, Message
from models.llama_cpp.backend import LlamaCppBackend
from models.llama_cpp.memory import estimate_need
from models.weights.finder import WeightsFinder
from models.weights.gguf_header import read_header
from scripts.benchmarking.workloads import LETTERS, Size

WINDOW = 2048
STAGES = 2


def measure_two_models(
    model: Path, folder: Path, size: Size, *, threads: int, fit: bool, seed: int
) -> dict[str, float]:
    """Return the seconds of ours and of the `Llama` object for two stages in which two models speak twice each.

    The `Llama` object keeps both models where they fit; where not, it loads each one once a stage.
    """
    names = ("first", "second")
    paths = [folder / f"{name}.gguf" for name in names]
    for path in paths:
        if not path.exists():
            shutil.copy(model, path)
    draw = random.Random(seed)
    stages = [[("".join(draw.choices(LETTERS, k=size.distinct))) for _ in range(2)] for _ in range(2 * STAGES)]
    budget = _budget(paths[0], models=2 if fit else 1)
    ours = asyncio.run(_run_ours(folder, stages[:STAGES], size, threads, budget))
    return {"council": ours, "llama_object": _run_llama(paths, stages[STAGES:], size, threads, fit)}


def _budget(path: Path, *, models: int) -> int:
    each = estimate_need(read_header(path), path.stat().st_size, context_tokens=WINDOW * 3)
    return models * each


async def _run_ours(folder: Path, stages: list[list[str]], size: Size, threads: int, budget: int) -> float:
    backend = LlamaCppBackend(
        WeightsFinder([folder], download_dir=folder / "downloads"), gpu_layers=0, memory_bytes=budget, threads=threads
    )
    config = GenerationConfig(max_tokens=size.new, context_tokens=WINDOW, temperature=0.0)

    async def ask(model: str, question: str) -> None:
        async with backend.stream(model, [Message("user", question)], config) as chunks:
            async for _ in chunks:
                pass

    began = time.perf_counter()
    for questions in stages:
        async with asyncio.TaskGroup() as group:
            for model in ("first", "second"):
                for question in questions:
                    group.create_task(ask(model, question))
    taken = time.perf_counter() - began
    await backend.close()
    return taken


def _run_llama(paths: list[Path], stages: list[list[str]], size: Size, threads: int, fit: bool) -> float:
    began = time.perf_counter()
    loaded: dict[Path, llama_cpp.Llama] = {}
    for questions in stages:
        for path in paths:
            if path not in loaded:
                options = {"n_threads": threads, "n_threads_batch": threads, "flash_attn": True, "verbose": False}
                loaded[path] = llama_cpp.Llama(str(path), n_ctx=WINDOW, **options)
            for question in questions:
                messages = [{"role": "user", "content": question}]
                loaded[path].create_chat_completion(messages, max_tokens=size.new, temperature=0.0)  # type: ignore[arg-type]
            if not fit:
                loaded.pop(path).close()
    for llama in loaded.values():
        llama.close()
    return time.perf_counter() - began
