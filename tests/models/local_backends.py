"""The backends that run a GGUF file on this machine: in this process, and in a worker."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from models.base import Backend
from models.llama_cpp.backend import LlamaCppBackend
from models.llama_cpp.worker.backend import WorkerBackend
from models.llama_cpp.worker.setup import Setup
from models.weights.finder import WeightsFinder


@asynccontextmanager
async def open_local(file: Path, folder: Path, *, in_worker: bool = False) -> AsyncIterator[Backend]:
    """Open a backend over one file; nothing else on this machine is looked at."""
    backend: Backend
    if in_worker:
        backend = WorkerBackend(Setup((file,), download_dir=folder, gpu_layers=0))
    else:
        backend = LlamaCppBackend(WeightsFinder([file], download_dir=folder), gpu_layers=0)
    yield backend
    await backend.close()
