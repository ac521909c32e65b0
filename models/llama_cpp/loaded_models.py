"""The models that are loaded in this process: as many as memory allows, the least recently used one leaves first.

                                         ┌──────── acquire ────────┐
                                         ▼                         │
    on disk ── acquire ──► loading ──► in use ── last release ──► idle
       ▲                      │                                    │
       ├────── refused ───────┘                                    │
       └────────────── its room is needed, or close ───────────────┘

Who acquires a model that is loading waits for that load. Loads go one at a time; one that lacks room takes that of idle
models, and waits for those in use.
"""

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path

from models.errors import OutOfMemoryError, WeightsError
from models.llama_cpp.engine.fair_lock import FairLock
from models.llama_cpp.loader import Limits, LoadedModel, ModelLoader
from models.llama_cpp.loading import layer_attempts
from models.llama_cpp.runtime import runtime
from models.llama_cpp.trial import Trials
from models.names import canonical
from models.text import Bytes, Text, sentences
from models.text import lazy_gettext as _
from models.weights.finder import Weights, WeightsFinder

Tell = Callable[[Text], None]


@dataclass(eq=False)
class _Load:
    """A load under way, and those who wait for it and are told about it."""

    weights: Weights
    task: asyncio.Task[LoadedModel] = field(init=False)
    listeners: list[Tell] = field(default_factory=list)

    def tell(self, notice: Text) -> None:
        for listener in self.listeners:
            listener(notice)


class LoadedModels:
    """Lends loaded models out; loads one at a time, unloads what nobody uses, and waits for what is in use."""

    def __init__(self, finder: WeightsFinder, limits: Limits, trials: Trials | None = None) -> None:
        self._finder = finder
        self._limits = limits
        self._trials = trials
        self._loaded: dict[Path, LoadedModel] = {}
        self._loads: dict[Path, _Load] = {}
        self._one_at_a_time = asyncio.Lock()
        self._released = asyncio.Event()
        self._fair_lock = FairLock()
        self._is_closing = False

    def loaded(self) -> list[LoadedModel]:
        """Return the models in memory."""
        return list(self._loaded.values())

    def acquire_loaded(self, name: str) -> LoadedModel | None:
        """Return a model that is in memory already, to be given back with `release`."""
        loaded = self._find_loaded(name)
        if loaded is not None:
            loaded.users += 1
        return loaded

    async def acquire(self, name: str, window: int, tell: Tell) -> LoadedModel:
        """Return a loaded model, to be given back with `release`; `tell` hears about the load meanwhile.

        Raises ModelNotFoundError, WeightsError, OutOfMemoryError or BackendUnavailableError.
        """
        known = self._find_loaded(name)
        *files, last = [known.weights] if known else await asyncio.to_thread(self._finder.candidates, name)
        for weights in files:
            try:
                return await self._acquire(weights, window, tell)
            except WeightsError as error:
                tell(sentences([error.message, _("The next file with this model is tried.")]))
        return await self._acquire(last, window, tell)

    def release(self, loaded: LoadedModel) -> None:
        """Give an acquired model back; it stays loaded until its memory is needed."""
        loaded.users -= 1
        loaded.last_used = time.monotonic()
        self._released.set()

    async def close(self) -> None:
        """Unload everything; a load under way is waited for, because llama.cpp cannot be interrupted in it."""
        self._is_closing = True
        self._released.set()
        while self._loaded or self._loads:
            for loaded in self.loaded():
                await self._unload(loaded)
            if loads := [load.task for load in self._loads.values()]:
                await asyncio.wait(loads)
        self._is_closing = False

    def _find_loaded(self, name: str) -> LoadedModel | None:
        """Look for a name or alias; a model stays known when its file has been removed since."""
        wanted = canonical(name)
        for loaded in self._loaded.values():
            if wanted in map(canonical, (loaded.weights.name, *loaded.weights.aliases)):
                return loaded
        return None

    async def _acquire(self, weights: Weights, window: int, tell: Tell) -> LoadedModel:
        if loaded := self._loaded.get(weights.path):
            if not loaded.engine.is_closed:
                loaded.users += 1
                return loaded
            await self._unload(loaded)  # its thread has died of a bug; the next one starts anew
        load = self._loads.get(weights.path)
        if load is None:
            load = self._loads[weights.path] = _Load(weights)
            load.task = asyncio.create_task(self._run(load, window))
            load.task.add_done_callback(lambda task: task.cancelled() or task.exception())
        load.listeners.append(tell)
        try:
            return await asyncio.shield(load.task)
        except asyncio.CancelledError:
            load.listeners.remove(tell)
            if load.task.done() and not load.task.cancelled() and load.task.exception() is None:
                self.release(load.task.result())
            raise

    async def _run(self, load: _Load, window: int) -> LoadedModel:
        path = load.weights.path
        try:
            async with self._one_at_a_time:
                if self._trials is not None:
                    await asyncio.to_thread(self._trials.check, path, load.weights.size_bytes)
                loaded = await self._load(load, window)
                if fault := loaded.template.fault:
                    load.tell(_template_fault(load.weights.name, fault))
                loaded.users = len(load.listeners)  # whoever waits has acquired it before anybody can unload it
                self._loaded[path] = loaded
                return loaded
        finally:
            del self._loads[path]

    async def _load(self, load: _Load, window: int) -> LoadedModel:
        """Load with fewer and fewer layers on the GPU, until there is room for them."""
        library = await asyncio.to_thread(runtime)
        weights, limits = load.weights, self._limits
        header = await asyncio.to_thread(self._finder.header, weights)

        def loader(gpu_layers: int) -> ModelLoader:
            return ModelLoader(library, weights, header, gpu_layers, limits, self._fair_lock, self.loaded)

        load.tell(_("Loading {model!r} ({size}).", model=weights.name, size=Bytes(weights.size_bytes)))
        attempts = layer_attempts(limits.gpu_layers, layers=header.layers, supports_gpu=library.supports_gpu)
        for gpu_layers, fewer in pairwise(attempts):
            try:
                return await self._load_once_there_is_room(loader(gpu_layers), load, window)
            except OutOfMemoryError as refusal:
                load.tell(_trying_fewer_layers(weights.name, refusal, fewer, header.layers))
        return await self._load_once_there_is_room(loader(attempts[-1]), load, window)

    async def _load_once_there_is_room(self, loader: ModelLoader, load: _Load, window: int) -> LoadedModel:
        while True:
            try:
                loader.check_room(min(window, loader.header.context_tokens or window))
                return await asyncio.to_thread(loader.load, window)
            except OutOfMemoryError:
                if not await self._make_room(load):
                    raise

    async def _make_room(self, load: _Load) -> bool:
        """Unload the least recently used idle model, or wait until one is idle; False when none is loaded."""
        name = load.weights.name
        if idle := [loaded for loaded in self.loaded() if not loaded.users]:
            oldest = min(idle, key=lambda loaded: loaded.last_used)
            load.tell(_("Unloading {idle!r} to make room for {model!r}.", idle=oldest.weights.name, model=name))
            await self._unload(oldest)
            return True
        if not self._loaded or self._is_closing:
            return False
        load.tell(
            _("{model!r} waits until another model has finished: they do not fit into memory together.", model=name)
        )
        self._released.clear()
        await self._released.wait()
        return True

    async def _unload(self, loaded: LoadedModel) -> None:
        del self._loaded[loaded.weights.path]
        await asyncio.to_thread(loaded.close)


def _template_fault(name: str, fault: Text) -> Text:
    return _(
        "The chat template in {model!r} cannot be used ({fault}); that of its family takes its place.",
        model=name,
        fault=fault,
    )


def _trying_fewer_layers(name: str, refusal: OutOfMemoryError, layers: int, all_layers: int) -> Text:
    refused = _("The GPU has no room for {model!r} ({said}).", model=name, said=refusal.message)
    if not layers:
        return sentences([refused, _("Trying on the CPU, which is slower.")])
    return sentences([refused, _("Trying with {layers} of {all} layers on it.", layers=layers, all=all_layers)])
