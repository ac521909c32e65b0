"""Reads the header of a GGUF file: what model it is and whether the file is whole. No tensor is loaded.

The layout is the published GGUF format, versions 2 and 3, little-endian: magic, version, counts, key-value pairs, then
one entry per tensor, then the tensors. A file is whole when it reaches to the end of its last tensor.
"""

from dataclasses import dataclass
from pathlib import Path

from models.errors import WeightsError
from models.text import Text
from models.text import lazy_gettext as _
from models.weights.gguf_kind import Contents, tell_kind
from models.weights.gguf_metadata import Metadata
from models.weights.gguf_reader import CutShortError, DamagedError, GGUFReader, Tensors, read_metadata, read_tensors
from models.weights.gguf_types import QUANTIZATIONS

MAX_ENTRIES = 65_536
MAX_ALIGNMENT = 65_536
MAX_LAYERS = 512
"""With more, or with none, llama.cpp does not refuse a file but ends the whole process."""

_VERSIONS, _SWAPPED_VERSIONS = (2, 3), (0x02000000, 0x03000000)
_FETCH_AGAIN = _("Fetch the file again.")
_GIVE_MODEL = _("Give the path of a model that writes texts.")


@dataclass(frozen=True, slots=True)
class GGUFHeader:
    """What a GGUF file says of itself; 0 and "" mean that it does not say.

    `parameter_count` counts the weights in this file. `kv_heads` holds one number per layer.
    """

    architecture: str
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
            reader = GGUFReader(file, path.stat().st_size)
            _check_magic(reader, path)
            tensors, pairs = reader.unpack("<QQ")
            if max(tensors, pairs) > MAX_ENTRIES:
                raise DamagedError(_("its GGUF header makes no sense"))
            metadata = Metadata(read_metadata(reader, pairs))
            table = read_tensors(reader, tensors)
            step = metadata.number("general.alignment", default=32, least=1, most=MAX_ALIGNMENT)
            needed = -(-reader.position // step) * step + table.end if tensors else reader.position
            if needed > reader.size:
                raise CutShortError(needed)
            return _summarise(path, metadata, table)
    except OSError as error:
        raise WeightsError(
            _("{path!r} cannot be read ({said}).", path=str(path), said=str(error.strerror or error)),
            advice=_("Check that the file is there and that this user may read it."),
        ) from error
    except CutShortError as error:
        raise WeightsError(_cut_short(path, reader.size, error.needed), advice=_FETCH_AGAIN) from error
    except DamagedError as error:
        raise WeightsError(
            _("{path!r} is damaged: {fault}.", path=str(path), fault=error.fault), advice=_FETCH_AGAIN
        ) from error


def _cut_short(path: Path, size: int, needed: int) -> Text:
    if not needed:
        return _(
            "{path!r} is only a part of a GGUF file ({size} bytes are there): the download or copy was cut short.",
            path=str(path),
            size=size,
        )
    return _(
        "{path!r} is only a part of a GGUF file ({size} of {needed} bytes are there): the download or copy was cut "
        "short.",
        path=str(path),
        size=size,
        needed=needed,
    )


def _check_magic(reader: GGUFReader, path: Path) -> None:
    start = reader.take(min(4, reader.size))
    if start == b"vers":
        raise WeightsError(
            _("{path!r} is not a GGUF file but a Git LFS pointer to one.", path=str(path)),
            advice=_("Run `git lfs pull` in its repository."),
        )
    if start != b"GGUF":
        raise WeightsError(
            _("{path!r} is not a GGUF file (it does not begin with 'GGUF').", path=str(path)),
            advice=_("Give the path of a .gguf file, for example one that ends in Q4_K_M.gguf."),
        )
    (version,) = reader.unpack("<I")
    if version not in _VERSIONS:
        raise WeightsError(_wrong_version(path, version), advice=_("Fetch a newer file."))


def _wrong_version(path: Path, version: int) -> Text:
    if version in _SWAPPED_VERSIONS:
        return _("{path!r} is big-endian; versions 2 and 3, little-endian, can be run.", path=str(path))
    return _(
        "{path!r} is of GGUF version {version}; versions 2 and 3, little-endian, can be run.",
        path=str(path),
        version=str(version),
    )


def _summarise(path: Path, metadata: Metadata, tensors: Tensors) -> GGUFHeader:
    architecture = metadata.name("general.architecture")
    kind = tell_kind(Contents(str(path), architecture, metadata, tensors))
    if isinstance(kind, Text):
        raise WeightsError(kind, advice=_GIVE_MODEL)

    def number(key: str, **options: int) -> int:
        return metadata.number(f"{architecture}.{key}", **options)

    embedding_length = number("embedding_length")
    heads = max(metadata.numbers(f"{architecture}.attention.head_count"), default=0)
    head_length = embedding_length // heads if heads else 0
    layers = number("block_count", most=2**32 - 1)
    if not 1 <= layers <= MAX_LAYERS:
        raise DamagedError(_("it speaks of {layers} layers", layers=layers))
    kv_heads = metadata.numbers(f"{architecture}.attention.head_count_kv") or (heads,)
    return GGUFHeader(
        architecture=architecture,
        quantization=QUANTIZATIONS.get(metadata.number("general.file_type", default=-1), ""),
        parameter_count=tensors.weights,
        context_tokens=number("context_length"),
        embedding_length=embedding_length,
        vocabulary=metadata.count("tokenizer.ggml.tokens") or number("vocab_size"),
        kv_heads=kv_heads if len(kv_heads) == layers else (max(kv_heads),) * layers,
        key_length=number("attention.key_length", default=head_length),
        value_length=number("attention.value_length", default=head_length),
        has_chat_template=metadata.has("tokenizer.chat_template"),
        is_embedding=kind == "embeds",
    )
