"""A file's weights in memory: one copy, or two where reading and writing want different layouts.

llama.cpp can lay 4-bit and 2-bit K weights out anew while it loads them ("repack"): good for a few tokens at a time,
and so for writing. Left as they lie in the file, they are multiplied in tiles, which read prompts 1.4 times as fast on
processors with AVX-512 VNNI (measured on an AMD EPYC, Zen 4); there both layouts are kept, memory permitting.
"""

from collections.abc import Callable
from pathlib import Path

from models.errors import OutOfMemoryError
from models.llama_cpp.engine.context import AnyContext, Context, ContextShape
from models.llama_cpp.engine.read_write_context import ReadWriteContext
from models.llama_cpp.loading import Model
from models.llama_cpp.runtime import Runtime

WITH_TWO_LAYOUTS = ("Q4_K", "Q2_K")


class WeightLayouts:
    """The loaded weights of one file; `reader` is also where the vocabulary and all other knowledge come from.

    `has_room` is asked before a second copy is made: it is told how many KV cells both copies would then hold.
    """

    def __init__(
        self,
        runtime: Runtime,
        path: Path,
        *,
        quantization: str = "",
        gpu_layers: int = 0,
        has_room: Callable[[int], bool] = lambda cells: False,
    ) -> None:
        self._runtime = runtime
        self._has_room = has_room
        is_tiled = gpu_layers == 0 and runtime.multiplies_in_tiles and quantization.startswith(WITH_TWO_LAYOUTS)
        self.reader = Model(runtime, path, gpu_layers=gpu_layers, repack=not is_tiled)
        self._writer: Model | None = None
        if is_tiled and has_room(0):
            self._writer = Model(runtime, path, repack=True)

    @property
    def count(self) -> int:
        """How many copies there are."""
        return 1 if self._writer is None else 2

    def open_context(self, shape: ContextShape) -> AnyContext:
        """Make a context of that shape, one to read and one to write where there are two copies and room for both.

        Raises OutOfMemoryError where there is no room for it once.
        """
        reader = Context(self._runtime, self.reader.pointer, shape)
        if self._writer is None or shape.shares_cells or not self._has_room(shape.cells):
            return reader
        try:
            return ReadWriteContext(reader, Context(self._runtime, self._writer.pointer, shape))
        except OutOfMemoryError:
            return reader

    def close(self) -> None:
        """Give the memory back; every context must be closed before."""
        for model in (self.reader, self._writer):
            if model is not None:
                model.close()
