"""One llama_context and the batch that is fed to it: the only place where KV cells are touched.

Not safe for threads: the engine's thread owns it. Only `abort` may be called from elsewhere.
"""

import ctypes
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import numpy

from models.errors import OutOfMemoryError
from models.llama_cpp.runtime import Runtime
from models.text import lazy_gettext as _

Row = tuple[int, int, Sequence[int]]
"""A sequence's number, the position of the first token, and the tokens."""

DECODED, NO_ROOM, ABORTED = 0, 1, 2


@dataclass(frozen=True, slots=True)
class ContextShape:
    """How large a context is: KV cells for all sequences together, sequences, tokens a step, threads.

    With `shares_cells` all sequences draw on one store and a common head lies there once; but each token then looks
    past the others' cells, too. Without, each sequence has an equal part for itself, and a common head is copied.

    Flash attention reads prompts 1.4 times as fast on a CPU, but rounds in a way that depends on how a prompt was cut
    into steps; without it the same prompt gives the same logits within 1e-4.
    """

    cells: int
    sequences: int
    batch: int
    threads: int
    shares_cells: bool = True
    flash_attention: bool = True


class AnyContext(Protocol):
    """What the engine needs of a context; sequences are told by their numbers, lengths are in cells."""

    shape: ContextShape

    def decode(self, rows: Sequence[Row], outputs: Sequence[int]) -> int:
        """Feed one step and compute logits at the given places of it; returns DECODED, NO_ROOM, ABORTED or another.

        After anything but DECODED the caller trims its sequences back to what it knows.
        """

    def output(self, place: int) -> tuple[Any, int]:
        """Return the llama_context that computed the logits of that place of the last step, and their place there."""

    def set_threads(self, count: int) -> None:
        """Compute the next steps with so many threads."""

    def copy_head(self, source: int, target: int, length: int) -> int:
        """Give an empty target the source's first cells and return how many; nothing is computed."""

    def trim(self, sequence: int, length: int) -> int:
        """Keep only the first cells of a sequence and return how many; none where the architecture needs them all."""

    def settle(self, sequence: int, length: int) -> int:
        """Trim a sequence that nobody writes any more."""

    def clear(self) -> None:
        """Forget everything."""

    def abort(self, stop: bool = True) -> None:
        """Stop the running step as soon as possible, or take that back before the next one."""

    def close(self) -> None:
        """Free the cells."""


class Context:
    """KV cache and compute buffers of one model; what its methods do is told at AnyContext."""

    def __init__(self, runtime: Runtime, model: Any, shape: ContextShape) -> None:
        self._library = runtime.library
        self.shape = shape
        parameters = self._library.llama_context_default_params()
        parameters.n_ctx = shape.cells
        parameters.n_batch = shape.batch
        parameters.n_ubatch = min(shape.batch, 512)
        parameters.n_seq_max = shape.sequences
        parameters.n_outputs_max = shape.sequences  # fewer than sequences ends the process
        parameters.n_threads = parameters.n_threads_batch = shape.threads
        parameters.kv_unified = shape.shares_cells
        if not shape.flash_attention:
            parameters.flash_attn_type = self._library.LLAMA_FLASH_ATTN_TYPE_DISABLED
        self._flag = ctypes.create_string_buffer(b"\0\0")
        self._callback = _abort_callback(self._library)
        parameters.abort_callback = self._callback
        parameters.abort_callback_data = ctypes.cast(self._flag, ctypes.c_void_p)
        runtime.take_complaints()
        self.pointer = self._library.llama_init_from_model(model, parameters)
        if not self.pointer:
            raise OutOfMemoryError(
                _(
                    "llama.cpp has no room for a context of {cells} tokens ({said}).",
                    cells=shape.cells,
                    said=runtime.take_complaints(),
                ),
                advice=_("Ask for a smaller context, or use a smaller model."),
            )
        self._threads = shape.threads
        self._memory = self._library.llama_get_memory(self.pointer)
        self._batch = Batch(self._library, shape.batch)

    def decode(self, rows: Sequence[Row], outputs: Sequence[int]) -> int:
        return int(self._library.llama_decode(self.pointer, self._batch.fill(rows, outputs)))

    def output(self, place: int) -> tuple[Any, int]:
        return self.pointer, place

    def set_threads(self, count: int) -> None:
        if count != self._threads:
            self._threads = count
            self._library.llama_set_n_threads(self.pointer, count, count)

    def copy_head(self, source: int, target: int, length: int) -> int:
        if self.shape.shares_cells:
            self._library.llama_memory_seq_cp(self._memory, source, target, 0, length)
            return length
        # llama.cpp copies the part of one sequence to another's as a whole
        self._library.llama_memory_seq_cp(self._memory, source, target, -1, -1)
        return self.trim(target, length)

    def hand_over(self, sequence: int, other: "Context") -> bool:
        """Copy a sequence into another context of the same shape and weights; False where that is impossible."""
        library = self._library
        size = library.llama_state_seq_get_size(self.pointer, sequence)
        parcel = numpy.empty(size, numpy.uint8)  # as large as the sequence's cells, and gone at once
        data = parcel.ctypes.data_as(ctypes.POINTER(ctypes.c_uint8))
        packed = library.llama_state_seq_get_data(self.pointer, data, size, sequence)
        return bool(packed and library.llama_state_seq_set_data(other.pointer, data, packed, sequence))

    def trim(self, sequence: int, length: int) -> int:
        if self._library.llama_memory_seq_rm(self._memory, sequence, length, -1):
            return length
        self._library.llama_memory_seq_rm(self._memory, sequence, 0, -1)
        return 0

    def settle(self, sequence: int, length: int) -> int:
        return self.trim(sequence, length)

    def clear(self) -> None:
        self._library.llama_memory_clear(self._memory, True)

    def abort(self, stop: bool = True) -> None:
        self._flag[0] = b"\1" if stop else b"\0"

    def close(self) -> None:
        if self.pointer:
            self._library.llama_free(self.pointer)
            self.pointer = None


class Batch:
    """A llama_batch over numpy arrays, so that a step is filled by slices and not token by token."""

    def __init__(self, library: Any, capacity: int) -> None:
        self._tokens = numpy.zeros(capacity, numpy.int32)
        self._positions = numpy.zeros(capacity, numpy.int32)
        self._sequences = numpy.zeros(capacity, numpy.int32)
        self._counts = numpy.ones(capacity, numpy.int32)
        self._logits = numpy.zeros(capacity, numpy.int8)
        start = self._sequences.ctypes.data
        self._pointers = numpy.arange(start, start + 4 * capacity, 4, dtype=numpy.uintp)
        struct = library.llama_batch()
        for name, array in (
            ("token", self._tokens),
            ("pos", self._positions),
            ("n_seq_id", self._counts),
            ("seq_id", self._pointers),
            ("logits", self._logits),
        ):
            kind = dict(struct._fields_)[name]
            setattr(struct, name, ctypes.cast(array.ctypes.data, kind))
        self._struct = struct

    def fill(self, rows: Sequence[Row], outputs: Sequence[int]) -> Any:
        """Return the llama_batch; it points into this object and holds until the next call."""
        end = 0
        for sequence, position, tokens in rows:
            start, end = end, end + len(tokens)
            self._tokens[start:end] = tokens
            self._positions[start:end] = numpy.arange(position, position + len(tokens))
            self._sequences[start:end] = sequence
        self._logits[:end] = 0
        self._logits[list(outputs)] = 1
        self._struct.n_tokens = end
        return self._struct


def _abort_callback(library: Any) -> Any:
    """Return C's own `strlen` as the callback: it says "stop" once the flag's first byte is set.

    It is asked after every node of the graph; a Python function would wait for the interpreter lock each time.
    """
    c_library = ctypes.CDLL(None) if sys.platform != "win32" else ctypes.cdll.msvcrt
    return ctypes.cast(c_library.strlen, library.ggml_abort_callback)
