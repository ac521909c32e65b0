"""Reads the entries of a GGUF file one after the other, and refuses to be led astray by what they say.

Knows the format, and nothing of what the entries mean. Time and memory are bounded whatever a file says: it is
somebody else's.
"""

import struct
from dataclasses import dataclass
from typing import BinaryIO

from models.text import Text
from models.text import lazy_gettext as _
from models.weights.gguf_types import BLOCKS

MAX_KEPT_STRING = 65_536
MAX_KEPT_ARRAY = 1_024
MAX_KEPT_BYTES = 16_000_000
"""Of all texts and arrays together; those of real models come to some ten thousand."""
MAX_PASSED_TEXTS = 2_000_000
"""The largest vocabularies have some 300,000 entries, and as many rules to merge them."""
MAX_TENSOR_NAME = 255
MAX_DIMENSIONS = 4
MAX_WEIGHTS = 2**63 - 1

_SCALARS = {0: "B", 1: "b", 2: "H", 3: "h", 4: "I", 5: "i", 6: "f", 7: "?", 10: "Q", 11: "q", 12: "d"}
_STRING, _ARRAY = 8, 9


@dataclass(frozen=True, slots=True)
class Passed:
    """An array that was passed over: a vocabulary, or more numbers than anything here asks for."""

    count: int


MetadataValue = str | int | float | bool | tuple[int | float | bool, ...] | Passed


@dataclass(frozen=True, slots=True)
class Tensors:
    """The table of tensors: their names, how many weights there are, where the last one ends after the first."""

    names: frozenset[str]
    weights: int
    end: int


class CutShortError(Exception):
    """The file ends before it should; `needed` is its whole size where that is known."""

    def __init__(self, needed: int = 0) -> None:
        super().__init__()
        self.needed = needed


class DamagedError(Exception):
    """The header contradicts the format."""

    def __init__(self, fault: Text) -> None:
        super().__init__()
        self.fault = fault


class GGUFReader:
    """Reads forward and refuses to pass the end of the file, so that a crafted length cannot ask for memory."""

    def __init__(self, file: BinaryIO, size: int) -> None:
        self.size = size
        self.position = 0
        self._file = file
        self._may_keep = MAX_KEPT_BYTES
        self._may_pass = MAX_PASSED_TEXTS

    def take(self, count: int) -> bytes:
        """Return the next bytes, all of them."""
        if count > self.size - self.position:
            raise CutShortError
        self.position += count
        taken = self._file.read(count)
        if len(taken) < count:  # the file was shortened meanwhile
            raise CutShortError
        return taken

    def skip(self, count: int) -> None:
        """Pass over bytes without keeping them."""
        if count > self.size - self.position:
            raise CutShortError
        self.position += count
        self._file.seek(count, 1)

    def unpack(self, layout: str) -> tuple[int, ...]:
        """Read numbers; GGUF is little-endian."""
        numbers: tuple[int, ...] = struct.unpack(layout, self.take(struct.calcsize(layout)))
        return numbers

    def string(self) -> str:
        """Read a text; one too long to be of use here is passed over."""
        (length,) = self.unpack("<Q")
        if length > MAX_KEPT_STRING:
            self.skip(length)
            return "…"
        self.note_kept(length)
        return self.take(length).decode(errors="replace")

    def note_kept(self, size: int) -> None:
        """Count what is kept in memory; raises DamagedError where it is more than any model's header holds."""
        self._may_keep -= size
        if self._may_keep < 0:
            raise DamagedError(_("its header holds more than that of any model"))

    def skip_strings(self, count: int) -> None:
        """Pass over a vocabulary: some hundred thousand short texts, so this loop is kept bare."""
        if count * 8 > self.size - self.position:
            raise CutShortError
        self._may_pass -= count
        if self._may_pass < 0:
            raise DamagedError(_("its header holds more than that of any model"))
        for _text in range(count):
            length = int.from_bytes(self.take(8), "little")
            # Reading is faster than seeking for the few bytes of a token; a crafted length must not fill the memory.
            (self.take if length <= MAX_KEPT_STRING else self.skip)(length)


def read_metadata(reader: GGUFReader, pairs: int) -> dict[str, MetadataValue]:
    """Read the key-value pairs; long texts and arrays are passed over."""
    metadata: dict[str, MetadataValue] = {}
    for _pair in range(pairs):
        key = reader.string()
        (kind,) = reader.unpack("<I")
        if key in metadata:
            raise DamagedError(_("{key!r} stands in it twice", key=key))
        metadata[key] = _read_value(reader, kind)
    return metadata


def _read_value(reader: GGUFReader, kind: int) -> MetadataValue:
    if kind in _SCALARS:
        return reader.unpack("<" + _SCALARS[kind])[0]
    if kind == _STRING:
        return reader.string()
    if kind != _ARRAY:
        raise DamagedError(_("value type {kind} is unknown", kind=str(kind)))
    item, count = reader.unpack("<IQ")
    if item in _SCALARS:
        if count <= MAX_KEPT_ARRAY:
            reader.note_kept(count * 8)
            return reader.unpack(f"<{count}{_SCALARS[item]}")
        reader.skip(count * struct.calcsize(_SCALARS[item]))
    elif item == _STRING:
        reader.skip_strings(count)
    else:
        raise DamagedError(_("arrays of type {kind} are unknown", kind=str(item)))
    return Passed(count)


def read_tensors(reader: GGUFReader, count: int) -> Tensors:
    """Read the table of tensors."""
    names: set[str] = set()
    weights, end = 0, 0
    for _tensor in range(count):
        name = reader.string()
        if len(name) > MAX_TENSOR_NAME:
            raise DamagedError(_("a tensor has a name of {length} characters", length=len(name)))
        names.add(name)
        (dimensions,) = reader.unpack("<I")
        if dimensions > MAX_DIMENSIONS:
            raise DamagedError(_("a tensor has {dimensions} dimensions", dimensions=dimensions))
        elements = 1
        for extent in reader.unpack(f"<{dimensions}Q"):
            elements *= extent
        kind, offset = reader.unpack("<IQ")
        # A type newer than this table counts as empty: its place is checked, its length is not.
        block, size = BLOCKS.get(kind, (1, 0))
        weights += elements
        end = max(end, offset + elements // block * size)
        if weights > MAX_WEIGHTS:
            raise DamagedError(_("it speaks of more weights than any file can hold"))
    return Tensors(frozenset(names), weights, end)
