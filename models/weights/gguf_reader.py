"""Reads the entries of a GGUF file one after the other, and refuses to be led astray by what they say.

Knows the format, and nothing of what the entries mean.
"""

import struct
from typing import BinaryIO

from models.text import Text
from models.text import lazy_gettext as _
from models.weights.gguf_types import BLOCKS

MAX_KEPT_STRING = 65_536
MAX_KEPT_ARRAY = 1_024

_SCALARS = {0: "B", 1: "b", 2: "H", 3: "h", 4: "I", 5: "i", 6: "f", 7: "?", 10: "Q", 11: "q", 12: "d"}
_STRING, _ARRAY = 8, 9

MetadataValue = str | int | float | bool | tuple[int | float | bool, ...]


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

    def take(self, count: int) -> bytes:
        """Return the next bytes, all of them."""
        if count > self.size - self.position:
            raise CutShortError
        self.position += count
        return self._file.read(count)

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
        return self.take(length).decode(errors="replace")


def read_metadata(reader: GGUFReader, pairs: int) -> dict[str, MetadataValue]:
    """Read the key-value pairs; long texts and arrays are passed over."""
    metadata: dict[str, MetadataValue] = {}
    for _pair in range(pairs):
        key = reader.string()
        (kind,) = reader.unpack("<I")
        value = _read_value(reader, kind)
        metadata[key] = value
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
        layout = f"<{count}{_SCALARS[item]}" if count <= MAX_KEPT_ARRAY else ""
        if layout:
            return reader.unpack(layout)
        reader.skip(count * struct.calcsize(_SCALARS[item]))
    elif item == _STRING:
        _skip_strings(reader, count)
    else:
        raise DamagedError(_("arrays of type {kind} are unknown", kind=str(item)))
    return count


def _skip_strings(reader: GGUFReader, count: int) -> None:
    """Pass over a vocabulary: some hundred thousand short texts, so this loop is kept bare."""
    if count * 8 > reader.size - reader.position:
        raise CutShortError
    for _text in range(count):
        length = int.from_bytes(reader.take(8), "little")
        # Reading is faster than seeking for the few bytes of a token; a crafted length must not fill the memory.
        (reader.take if length <= MAX_KEPT_STRING else reader.skip)(length)


def read_tensors(reader: GGUFReader, count: int) -> tuple[int, int]:
    """Return how many weights there are, and where the last tensor ends, counted from the first one."""
    weights, end = 0, 0
    for _tensor in range(count):
        reader.string()
        (dimensions,) = reader.unpack("<I")
        if dimensions > 8:
            raise DamagedError(_("a tensor has {dimensions} dimensions", dimensions=dimensions))
        elements = 1
        for extent in reader.unpack(f"<{dimensions}Q"):
            elements *= extent
        kind, offset = reader.unpack("<IQ")
        # A type newer than this table counts as empty: its place is checked, its length is not.
        block, size = BLOCKS.get(kind, (1, 0))
        weights += elements
        end = max(end, offset + elements // block * size)
    return weights, end
