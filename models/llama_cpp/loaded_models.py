"""The models that are loaded in this process: as many as memory allows, the least recently used one leaves first."""

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

from models.errors import OutOfMemoryError, WeightsError
from models.llama_cpp.chat_template import ChatTemplate
from models.llama_cpp.engine.context import AnyContext, ContextShape
from models.llama_cpp.engine.engine import Engine
from models.llama_cpp.engine.fair_lock import FairLock
from models.llama_cpp.loading import Model, layer_attempts
from models.llama_cpp.memory import check_memory, estimate_need
from models.llama_cpp.runtime import BACKEND, Runtime, runtime
from models.llama_cpp.weight_layouts import WeightLayouts
from models.machine import gigabytes
from models.names import canonical
from models.weights.finder import Weights, WeightsFinder
from models.weights.gguf_header import GGUFHeader

Tell = Callable[[str], None]


ONE_THREAD_BYTES = 64_000_000
"""Threads meet after every layer. In models smaller than this they wait for each other longer than they work: on two
busy cores a 0.8 MB model wrote 776 tokens/s with one thread and 16 with two."""


@dataclass(frozen=True, slots=True)
class Limits:
    """How much of the machine the models may have; `memory_bytes=None` is what is free."""

    gpu_layers: int = -1
    memory_bytes: int | None = None
    threads: int = 1
    parallel: int = 4


@dataclass(eq=False)
class LoadedModel:
    """A loaded model and those who use it."""

    weights: Weights
    header: GGUFHeader
    copies: WeightLayouts
    engine: Engine
    template: ChatTemplate
    users: int = 0
    used: float = 0.0

    @property
    def model(self) -> Model:
        """The weights that read, and all that is known of them."""
        return self.copies.reader

    @property
    def window_limit(self) -> int:
        """The longest request that the model was trained for."""
        return self.model.trained_context

    def close(self) -> None:
        """End its requests and free its memory."""
        self.engine.close()
        self.copies.close()


@dataclass(eq=False)
class _Opening:
    """A load under way, and those who are told about it."""

    task: asyncio.Task[LoadedModel] = field(init=False)
    listeners: list[Tell] = field(default_factory=list)

    def tell(self, notice: str) -> None:
        for listener in self.listeners:
            listener(notice)


class LoadedModels:
    """Leases loaded models; loads one at a time, unloads what nobody uses, and waits for what is in use."""

    def __init__(self, finder: WeightsFinder, limits: Limits) -> None:
        self._finder = finder
        self._limits = limits
        self._loaded: dict[Path, LoadedModel] = {}
        self._openings: dict[Path, _Opening] = {}
        self._turn = asyncio.Lock()
        self._released = asyncio.Event()
        self._turnstile = FairLock()
        self._is_closing = False

    def loaded(self) -> list[LoadedModel]:
        """Return the models in memory."""
        return list(self._loaded.values())

    def find_loaded(self, name: str) -> LoadedModel | None:
        """Return a model in memory by name or alias, even if its file has been removed since."""
        wanted = canonical(name)
        names = ((r, (r.weights.name, *r.weights.aliases)) for r in self._loaded.values())
        return next((resident for resident, known in names if wanted in map(canonical, known)), None)

    async def lease(self, name: str, window: int, tell: Tell) -> LoadedModel:
        """Return a loaded model, to be given back with `release`; news about the load are told meanwhile.

        Raises ModelNotFoundError, WeightsError, OutOfMemoryError or BackendUnavailableError.
        """
        known = self.find_loaded(name)
        candidates = [known.weights] if known else await asyncio.to_thread(self._finder.candidates, name)
        for position, weights in enumerate(candidates, start=1):
            try:
                return await self._lease(weights, window, tell)
            except WeightsError as error:
                if position == len(candidates):
                    raise
                tell(f"{error} The next file with this model is tried.")
        raise AssertionError("a model that is found has a file")

    def release(self, resident: LoadedModel) -> None:
        """Give a leased model back; it stays loaded until its memory is needed."""
        resident.users -= 1
        resident.used = time.monotonic()
        self._released.set()

    async def close(self) -> None:
        """Unload everything; a load under way is waited for, because llama.cpp cannot be interrupted in it."""
        self._is_closing = True
        self._released.set()
        while self._loaded or self._openings:
            for resident in self.loaded():
                await self._unload(resident)
            if openings := [opening.task for opening in self._openings.values()]:
                await asyncio.wait(openings)
        self._is_closing = False

    async def _lease(self, weights: Weights, window: int, tell: Tell) -> LoadedModel:
        if resident := self._loaded.get(weights.path):
            if not resident.engine.is_closed:
                resident.users += 1
                return resident
            await self._unload(resident)  # its thread has died of a bug; the next one starts anew
        opening = self._openings.get(weights.path)
        if opening is None:
            opening = self._openings[weights.path] = _Opening()
            opening.task = asyncio.create_task(self._open(weights, window, opening))
            opening.task.add_done_callback(lambda task: task.cancelled() or task.exception())
        opening.listeners.append(tell)
        try:
            return await asyncio.shield(opening.task)
        except asyncio.CancelledError:
            opening.listeners.remove(tell)
            if opening.task.done() and not opening.task.cancelled() and opening.task.exception() is None:
                self.release(opening.task.result())
            raise

    async def _open(self, weights: Weights, window: int, opening: _Opening) -> LoadedModel:
        try:
            async with self._turn:
                library = await asyncio.to_thread(runtime)
                header = await asyncio.to_thread(self._finder.header, weights)
                resident = await self._load(library, weights, header, window, opening)
                resident.users = len(opening.listeners)  # whoever waits has leased it before anybody can unload it
                self._loaded[weights.path] = resident
                return resident
        finally:
            del self._openings[weights.path]

    async def _load(
        self, library: Runtime, weights: Weights, header: GGUFHeader, window: int, opening: _Opening
    ) -> LoadedModel:
        attempts = layer_attempts(self._limits.gpu_layers, layers=header.layers, supports_gpu=library.supports_gpu)
        opening.tell(f"Loading {weights.name!r} ({gigabytes(weights.size_bytes)}).")
        for layers in attempts:
            while True:
                try:
                    self._check(weights, header, layers, cells=min(window, header.context_tokens or window))
                    return await asyncio.to_thread(self._load_now, library, weights, header, layers, window)
                except OutOfMemoryError as error:
                    refusal = error
                if not await self._make_room(weights, opening):
                    break
            if layers != attempts[-1]:
                fewer = attempts[attempts.index(layers) + 1]
                how = f"with {fewer} of {header.layers} layers on it" if fewer else "on the CPU, which is slower"
                opening.tell(f"The GPU has no room for {weights.name!r} ({refusal}). Trying {how}.")
        raise refusal

    def _check(
        self, weights: Weights, header: GGUFHeader, layers: int, *, cells: int, spare: int = 0, copies: int = 1
    ) -> None:
        """Raise OutOfMemoryError if a model with so many KV cells does not fit beside the others.

        Weights of loaded models are mapped files, which the system counts as free although they are needed.
        """
        budget = self._limits.memory_bytes
        if layers and budget is None:
            return  # the GPU's memory is not known here; llama.cpp refuses by itself
        others = [resident for resident in self.loaded() if resident.weights.path != weights.path]
        taken = sum(r.weights.size_bytes if budget is None else _bytes_of(r) for r in others)
        need = estimate_need(header, copies * weights.size_bytes, context_tokens=cells + spare)
        check_memory(taken + need, budget, what=f"{weights.name!r} with {cells} tokens of context")

    def _has_room_twice(self, weights: Weights, header: GGUFHeader, cells: int) -> bool:
        """Whether the weights and so many cells fit a second time, and leave as much free as they take."""
        try:
            self._check(weights, header, 0, cells=2 * cells, spare=2 * cells, copies=3)
        except OutOfMemoryError:
            return False
        return True

    async def _make_room(self, weights: Weights, opening: _Opening) -> bool:
        """Unload the least recently used idle model, or wait until one is idle; False when none is loaded."""
        idle = [resident for resident in self.loaded() if not resident.users]
        if idle:
            oldest = min(idle, key=lambda resident: resident.used)
            opening.tell(f"Unloading {oldest.weights.name!r} to make room for {weights.name!r}.")
            await self._unload(oldest)
            return True
        if not self._loaded or self._is_closing:
            return False
        opening.tell(f"{weights.name!r} waits until another model has finished: they do not fit into memory together.")
        self._released.clear()
        await self._released.wait()
        return True

    def _load_now(
        self, library: Runtime, weights: Weights, header: GGUFHeader, layers: int, window: int
    ) -> LoadedModel:
        has_room = partial(self._has_room_twice, weights, header)
        copies = WeightLayouts(
            library, weights.path, quantization=header.quantization, gpu_layers=layers, has_room=has_room
        )
        model = copies.reader
        engine = Engine(
            library,
            model.vocabulary,
            open_context=partial(self._open_context, copies, weights, header, layers),
            fair_lock=self._turnstile,
            parallel=self._limits.parallel,
            can_share=model.can_share_heads,
            name=weights.name,
        )
        resident = LoadedModel(weights, header, copies, engine, ChatTemplate(model.chat_template, model.vocabulary))
        try:
            if not model.can_write:
                raise WeightsError(
                    f"{weights.name!r} is no model that writes text. Choose another one.", backend=BACKEND
                )
            if window and not header.is_embedding:
                engine.prepare(min(window, model.trained_context)).result()
        except BaseException:
            resident.close()
            raise
        return resident

    def _open_context(
        self, copies: WeightLayouts, weights: Weights, header: GGUFHeader, layers: int, window: int
    ) -> AnyContext:
        """Make a context with cells for as many whole windows as comfortably fit; one window is the least."""
        limits = self._limits
        window = -(-window // 256) * 256
        for windows in range(limits.parallel, 0, -1):
            # On a CPU looking past others' cells takes long; a GPU has room for the heads of earlier questions.
            is_apart = layers == 0 and windows == limits.parallel
            shape = ContextShape(
                cells=window * windows,
                sequences=limits.parallel + (0 if is_apart else 2 if layers == 0 else 12),
                batch=512 if layers == 0 else 2048,  # on a CPU a larger one brings nothing
                threads=1 if weights.size_bytes < ONE_THREAD_BYTES else limits.threads,
                shares_cells=not is_apart,
            )
            try:
                # More than one window is a convenience: it has to leave as much free as it takes.
                self._check(weights, header, layers, cells=shape.cells, spare=shape.cells - window)
                return copies.open_context(shape)
            except OutOfMemoryError:
                if windows == 1:
                    raise
        raise AssertionError("at least one window is tried")

    async def _unload(self, resident: LoadedModel) -> None:
        del self._loaded[resident.weights.path]
        await asyncio.to_thread(resident.close)


def _bytes_of(resident: LoadedModel) -> int:
    count = resident.copies.count
    return estimate_need(
        resident.header, count * resident.weights.size_bytes, context_tokens=count * resident.engine.cells
    )
