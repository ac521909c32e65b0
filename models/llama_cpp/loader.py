"""Makes a loaded model of a file: as much of it on the GPU as is wanted, and a context that leaves room for others."""

import time
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass, field

from models.errors import OutOfMemoryError, WeightsError
from models.llama_cpp.chat_template import ChatTemplate
from models.llama_cpp.engine.context import AnyContext, ContextShape
from models.llama_cpp.engine.engine import Engine
from models.llama_cpp.engine.fair_lock import FairLock
from models.llama_cpp.loading import Model
from models.llama_cpp.memory import check_memory, estimate_need
from models.llama_cpp.runtime import Runtime
from models.llama_cpp.weight_layouts import WeightLayouts
from models.text import lazy_gettext as _
from models.weights.finder import Weights
from models.weights.gguf_header import GGUFHeader

ONE_THREAD_BYTES = 64_000_000
"""Threads meet after every layer. In models smaller than this they wait for each other longer than they work: on two
busy cores a 0.8 MB model wrote 776 tokens/s with one thread and 16 with two."""

WINDOW_STEP = 256
"""llama.cpp rounds a context up to a multiple of this."""

BATCH_ON_CPU, BATCH_ON_GPU = 512, 2048
"""Tokens in a step; on a CPU more bring nothing."""

KEPT_ON_CPU, KEPT_ON_GPU = 2, 12
"""Sequences for the heads of earlier questions: a CPU takes long to look past their cells, a GPU has room for them."""


@dataclass(frozen=True, slots=True)
class Limits:
    """How much of the machine the models may have; `memory_bytes=None` is what is free."""

    gpu_layers: int = -1
    memory_bytes: int | None = None
    threads: int = 1
    parallel: int = 4


@dataclass(eq=False)
class LoadedModel:
    """A model in memory, and how many use it at the moment."""

    weights: Weights
    header: GGUFHeader
    layouts: WeightLayouts
    engine: Engine
    template: ChatTemplate
    users: int = 0
    last_used: float = field(default_factory=time.monotonic)

    @property
    def model(self) -> Model:
        """The weights that read, and all that is known of them."""
        return self.layouts.reader

    @property
    def window_limit(self) -> int:
        """The longest request that the model was trained for."""
        return self.model.trained_context

    @property
    def bytes_taken(self) -> int:
        """What it takes of the memory now, by estimate."""
        copies = self.layouts.count
        return estimate_need(self.header, copies * self.weights.size_bytes, context_tokens=copies * self.engine.cells)

    def close(self) -> None:
        """End its requests and free its memory."""
        self.template.close()
        self.engine.close()
        self.layouts.close()


@dataclass(frozen=True, slots=True)
class ModelLoader:
    """Loads one file with so many layers on the GPU; `list_loaded` tells which models are in memory by then."""

    library: Runtime
    weights: Weights
    header: GGUFHeader
    gpu_layers: int
    limits: Limits
    fair_lock: FairLock
    list_loaded: Callable[[], Iterable[LoadedModel]]

    def check_room(self, cells: int, *, spare: int = 0, copies: int = 1) -> None:
        """Raise OutOfMemoryError if the model with so many KV cells does not fit beside the others.

        Weights of loaded models are mapped files, which the system counts as free although they are needed.
        """
        budget = self.limits.memory_bytes
        if self.gpu_layers and budget is None:
            return  # the GPU's memory is not known here; llama.cpp refuses by itself
        others = [loaded for loaded in self.list_loaded() if loaded.weights.path != self.weights.path]
        taken = sum(other.weights.size_bytes if budget is None else other.bytes_taken for other in others)
        need = estimate_need(self.header, copies * self.weights.size_bytes, context_tokens=cells + spare)
        what = _("{model!r} with {cells} tokens of context", model=self.weights.name, cells=cells)
        check_memory(taken + need, budget, what=what)

    def load(self, window: int) -> LoadedModel:
        """Load the file, with a context for requests of that length; takes long.

        Raises OutOfMemoryError, and WeightsError for a file that is no model that writes or embeds text.
        """
        layouts = WeightLayouts(
            self.library,
            self.weights.path,
            quantization=self.header.quantization,
            gpu_layers=self.gpu_layers,
            has_room=self._has_room_twice,
        )
        model = layouts.reader
        engine = Engine(
            self.library,
            model.vocabulary,
            open_context=lambda window: self._open_largest_context(layouts, window),
            fair_lock=self.fair_lock,
            parallel=self.limits.parallel,
            can_share=model.can_share_heads,
            name=self.weights.name,
        )
        template = ChatTemplate(model.chat_template, model.vocabulary)
        loaded = LoadedModel(self.weights, self.header, layouts, engine, template)
        try:
            if not model.can_write:
                raise WeightsError(
                    _("{model!r} is no model that writes text.", model=self.weights.name),
                    advice=_("Choose another one."),
                )
            if not self.header.is_embedding:
                template.check()
            if window and not self.header.is_embedding:
                engine.prepare(min(window, model.trained_context)).result()
        except BaseException:
            loaded.close()
            raise
        return loaded

    def _has_room_twice(self, cells: int) -> bool:
        """Whether the weights and so many cells fit a second time, and leave as much free as they take."""
        try:
            self.check_room(2 * cells, spare=2 * cells, copies=3)
        except OutOfMemoryError:
            return False
        return True

    def _open_largest_context(self, layouts: WeightLayouts, window: int) -> AnyContext:
        """Make a context with cells for as many whole windows as comfortably fit; one window is the least."""
        for windows in range(self.limits.parallel, 1, -1):
            with suppress(OutOfMemoryError):
                return self._open_context(layouts, window, windows)
        return self._open_context(layouts, window, 1)

    def _open_context(self, layouts: WeightLayouts, window: int, windows: int) -> AnyContext:
        window = -(-window // WINDOW_STEP) * WINDOW_STEP
        shape = self._shape(window * windows, is_apart=self.gpu_layers == 0 and windows == self.limits.parallel)
        # More than one window is a convenience: it has to leave as much free as it takes.
        self.check_room(shape.cells, spare=shape.cells - window)
        return layouts.open_context(shape)

    def _shape(self, cells: int, *, is_apart: bool) -> ContextShape:
        """On a CPU every sequence gets cells of its own where there is room: looking past others' takes long there."""
        kept = KEPT_ON_GPU if self.gpu_layers else KEPT_ON_CPU
        return ContextShape(
            cells=cells,
            sequences=self.limits.parallel + (0 if is_apart else kept),
            batch=BATCH_ON_GPU if self.gpu_layers else BATCH_ON_CPU,
            threads=1 if self.weights.size_bytes < ONE_THREAD_BYTES else self.limits.threads,
            shares_cells=not is_apart,
        )
