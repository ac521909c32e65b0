"""Reads the header of a GGUF file: what model it is and whether the file is whole. No tensor is loaded.

The layout is the published GGUF format, versions 2 and 3, little-endian: magic, version, counts, key-value pairs, then
one entry per tensor, then the tensors. A file is whole when it reaches to the end of its last tensor.
"""

import struct
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from models.errors import WeightsError
from models.weights.gguf_types import BLOCKS, QUANTIZATIONS

MAX_ENTRIES = 1_000_000
MAX_KEPT_STRING = 65_536
MAX_KEPT_ARRAY = 1_024
MAX_LAYERS = 512
"""With more, or with none, llama.cpp does not refuse a file but ends the whole process."""

_SCALARS = {0: "B", 1: "b", 2: "H", 3: "h", 4: "I", 5: "i", 6: "f", 7: "?", 10: "Q", 11: "q", 12: "d"}
_STRING, _ARRAY = 8, 9
_NOT_CHAT_KINDS = {"adapter": "a LoRA adapter", "mmproj": "an image projector", "imatrix": "quantisation statistics"}

MetadataValue = str | int | float | bool | tuple[int | float | bool, ...]


@dataclass(frozen=True, slots=True)
class GGUFHeader:
    """What a GGUF file says of itself; 0 and "" mean that it does not say.

    `parameter_count` counts the weights in this file. `kv_heads` holds one number per layer. `split_count` is the
    number of files the model is spread over, 0 or 1 when it is one file.
    """

    architecture: str
    name: str
    quantization: str
    parameter_count: int
    context_tokens: int
    embedding_length: int
    vocabulary: int
    kv_heads: tuple[int, ...]
    key_length: int
    value_length: int
    has_chat_template: bool
    is_embedding: bool
    split_count: int

    @property
    def layers(self) -> int:
        """Count the transformer blocks."""
        return len(self.kv_heads)

    @property
    def parameters(self) -> str:
        """Say the size as people do: "3.2B", "494M"."""
        if self.parameter_count >= 1_000_000_000:
            return f"{self.parameter_count / 1e9:.1f}B"
        millions = self.parameter_count / 1e6
        return f"{millions:.{0 if millions >= 10 else 1}f}M" if self.parameter_count else ""

    @property
    def capabilities(self) -> tuple[str, ...]:
        """Use Ollama's words: a model either completes text or embeds it."""
        return ("embedding",) if self.is_embedding else ("completion",)

    @property
    def kv_bytes_per_token(self) -> int:
        """Bytes that one token takes in the key-value cache, at 16 bits a number, all layers together."""
        return sum(self.kv_heads) * (self.key_length + self.value_length) * 2


def read_header(path: Path) -> GGUFHeader:
    """Read a file's header and check that the file is a whole language model.

    Raises WeightsError: unreadable, not a GGUF, cut short, of an unknown version, or no language model.
    """
    try:
        with path.open("rb") as file:
            reader = _Reader(file, path.stat().st_size)
            _check_magic(reader, path)
            tensors, pairs = reader.unpack("<QQ")
            if max(tensors, pairs) > MAX_ENTRIES:
                raise _weights_error(f"{str(path)!r} is damaged: its GGUF header makes no sense. Fetch the file again.")
            metadata = _read_metadata(reader, pairs)
            parameter_count, end = _read_tensors(reader, tensors)
            alignment = metadata.get("general.alignment")
            step = alignment if isinstance(alignment, int) and alignment > 0 else 32
            needed = -(-reader.position // step) * step + end if tensors else reader.position
            if needed > reader.size:
                raise _CutShortError(needed)
    except OSError as error:
        raise _weights_error(
            f"{str(path)!r} cannot be read ({error.strerror or error}). Check that the file is there and that this "
            "user may read it."
        ) from error
    except _CutShortError as error:
        known = f" of {error.needed:,}" if error.needed else ""
        raise _weights_error(
            f"{str(path)!r} is only a part of a GGUF file ({reader.size:,}{known} bytes are there): the download or "
            "copy was cut short. Fetch the file again."
        ) from error
    except _DamagedError as error:
        raise _weights_error(f"{str(path)!r} is damaged: {error}. Fetch the file again.") from error
    return _summarise(path, metadata, parameter_count)


def _weights_error(message: str) -> WeightsError:
    return WeightsError(message, backend="llama_cpp")


class _CutShortError(Exception):
    """The file ends before it should; `needed` is its whole size where that is known."""

    def __init__(self, needed: int = 0) -> None:
        super().__init__()
        self.needed = needed


class _DamagedError(Exception):
    """The header contradicts the format."""


class _Reader:
    """Reads forward and refuses to pass the end of the file, so that a crafted length cannot ask for memory."""

    def __init__(self, file: BinaryIO, size: int) -> None:
        self.size = size
        self.position = 0
        self._file = file

    def take(self, count: int) -> bytes:
        """Return the next bytes, all of them."""
        if count > self.size - self.position:
            raise _CutShortError
        self.position += count
        return self._file.read(count)

    def skip(self, count: int) -> None:
        """Pass over bytes without keeping them."""
        if count > self.size - self.position:
            raise _CutShortError
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


def _check_magic(reader: _Reader, path: Path) -> None:
    start = reader.take(min(4, reader.size))
    if start == b"vers":
        raise _weights_error(
            f"{str(path)!r} is not a GGUF file but a Git LFS pointer to one. Run `git lfs pull` in its repository."
        )
    if start != b"GGUF":
        raise _weights_error(
            f"{str(path)!r} is not a GGUF file (it does not begin with 'GGUF'). Give the path of a .gguf file, for "
            "example one that ends in Q4_K_M.gguf."
        )
    (version,) = reader.unpack("<I")
    if version not in (2, 3):
        cause = "big-endian" if version in (0x02000000, 0x03000000) else f"of GGUF version {version}"
        raise _weights_error(
            f"{str(path)!r} is {cause}; versions 2 and 3, little-endian, can be run. Fetch a newer file."
        )


def _read_metadata(reader: _Reader, pairs: int) -> dict[str, MetadataValue]:
    metadata: dict[str, MetadataValue] = {}
    for _ in range(pairs):
        key = reader.string()
        (kind,) = reader.unpack("<I")
        value = _read_value(reader, kind)
        metadata[key] = value
    return metadata


def _read_value(reader: _Reader, kind: int) -> MetadataValue:
    if kind in _SCALARS:
        return reader.unpack("<" + _SCALARS[kind])[0]
    if kind == _STRING:
        return reader.string()
    if kind != _ARRAY:
        raise _DamagedError(f"value type {kind} is unknown")
    item, count = reader.unpack("<IQ")
    if item in _SCALARS:
        layout = f"<{count}{_SCALARS[item]}" if count <= MAX_KEPT_ARRAY else ""
        if layout:
            return reader.unpack(layout)
        reader.skip(count * struct.calcsize(_SCALARS[item]))
    elif item == _STRING:
        _skip_strings(reader, count)
    else:
        raise _DamagedError(f"arrays of type {item} are unknown")
    return count


def _skip_strings(reader: _Reader, count: int) -> None:
    """Pass over a vocabulary: some hundred thousand short texts, so this loop is kept bare."""
    if count * 8 > reader.size - reader.position:
        raise _CutShortError
    for _ in range(count):
        length = int.from_bytes(reader.take(8), "little")
        # Reading is faster than seeking for the few bytes of a token; a crafted length must not fill the memory.
        (reader.take if length <= MAX_KEPT_STRING else reader.skip)(length)


def _read_tensors(reader: _Reader, count: int) -> tuple[int, int]:
    """Return how many weights there are, and where the last tensor ends, counted from the first one."""
    weights, end = 0, 0
    for _ in range(count):
        reader.string()
        (dimensions,) = reader.unpack("<I")
        if dimensions > 8:
            raise _DamagedError(f"a tensor has {dimensions} dimensions")
        elements = 1
        for extent in reader.unpack(f"<{dimensions}Q"):
            elements *= extent
        kind, offset = reader.unpack("<IQ")
        # A type newer than this table counts as empty: its place is checked, its length is not.
        block, size = BLOCKS.get(kind, (1, 0))
        weights += elements
        end = max(end, offset + elements // block * size)
    return weights, end


def _summarise(path: Path, metadata: dict[str, MetadataValue], parameter_count: int) -> GGUFHeader:
    architecture = _text(metadata, "general.architecture")
    kind = _NOT_CHAT_KINDS.get(_text(metadata, "general.type"), "")
    if architecture == "clip":
        kind = _NOT_CHAT_KINDS["mmproj"]
    elif not architecture:
        kind = "no model architecture"
    elif not parameter_count:
        kind = kind or "a vocabulary without weights"
    if kind:
        raise _weights_error(f"{str(path)!r} holds {kind}, not a language model. Give the path of the model itself.")
    embedding_length = _number(metadata, f"{architecture}.embedding_length")
    heads = max(_numbers(metadata, f"{architecture}.attention.head_count"), default=0)
    head_length = embedding_length // heads if heads else 0
    layers = _number(metadata, f"{architecture}.block_count")
    if not 1 <= layers <= MAX_LAYERS:
        raise _weights_error(f"{str(path)!r} is damaged: it speaks of {layers} layers. Fetch the file again.")
    kv_heads = _numbers(metadata, f"{architecture}.attention.head_count_kv") or (heads,)
    return GGUFHeader(
        architecture=architecture,
        name=_text(metadata, "general.name"),
        quantization=QUANTIZATIONS.get(_number(metadata, "general.file_type", default=-1), ""),
        parameter_count=parameter_count,
        context_tokens=_number(metadata, f"{architecture}.context_length"),
        embedding_length=embedding_length,
        vocabulary=_number(metadata, "tokenizer.ggml.tokens") or _number(metadata, f"{architecture}.vocab_size"),
        kv_heads=kv_heads if len(kv_heads) == layers else (max(kv_heads),) * layers,
        key_length=_number(metadata, f"{architecture}.attention.key_length", default=head_length),
        value_length=_number(metadata, f"{architecture}.attention.value_length", default=head_length),
        has_chat_template=bool(_text(metadata, "tokenizer.chat_template")),
        is_embedding=_number(metadata, f"{architecture}.pooling_type") > 0,
        split_count=_number(metadata, "split.count"),
    )


def _text(metadata: dict[str, MetadataValue], key: str) -> str:
    value = metadata.get(key)
    return value if isinstance(value, str) else ""


def _number(metadata: dict[str, MetadataValue], key: str, *, default: int = 0) -> int:
    value = metadata.get(key)
    return int(value) if isinstance(value, int) else default


def _numbers(metadata: dict[str, MetadataValue], key: str) -> tuple[int, ...]:
    value = metadata.get(key)
    if isinstance(value, tuple):
        return tuple(int(number) for number in value)
    return (int(value),) if isinstance(value, int) else ()
