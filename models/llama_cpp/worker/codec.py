"""Values that travel between the program and its worker, as JSON: only the kinds named here, and no code."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import MISSING, fields, is_dataclass
from pathlib import Path
from typing import Any

from models.base import Chunk, Completion, GenerationConfig, Health, Message, ModelCard, Usage
from models.errors import BackendError
from models.llama_cpp.worker.setup import Setup
from models.text import Bytes, Text

KIND = "<kind>"


def _errors(kind: type[BackendError]) -> Iterator[type[BackendError]]:
    yield kind
    for narrower in kind.__subclasses__():
        yield from _errors(narrower)


VALUES = (Bytes, Chunk, Completion, GenerationConfig, Health, Message, ModelCard, Setup, Text, Usage)
KINDS: Mapping[str, type[Any]] = {kind.__name__: kind for kind in (Path, *VALUES, *_errors(BackendError))}


def pack(value: Any) -> Any:
    """Return a value as JSON has it; sequences become lists, and what stands at its default is left out."""
    if value is None or isinstance(value, str | int | float):
        return value
    if isinstance(value, Path):
        return {KIND: "Path", "text": str(value)}
    if isinstance(value, BackendError):
        return {KIND: type(value).__name__, **{name: pack(part) for name, part in vars(value).items()}}
    if is_dataclass(value):
        parts = {field.name: getattr(value, field.name) for field in fields(value)}
        defaults = {field.name: field.default for field in fields(value) if field.default is not MISSING}
        said = {name: pack(part) for name, part in parts.items() if name not in defaults or part != defaults[name]}
        return {KIND: type(value).__name__, **said}
    if isinstance(value, Mapping):
        return {name: pack(part) for name, part in value.items()}
    assert isinstance(value, Sequence), f"{type(value).__name__} does not travel"
    return [pack(part) for part in value]


def unpack(value: Any) -> Any:
    """Return what was packed; sequences become tuples."""
    if isinstance(value, list):
        return tuple(map(unpack, value))
    if not isinstance(value, dict):
        return value
    parts = {name: unpack(part) for name, part in value.items() if name != KIND}
    if KIND not in value:
        return parts
    kind = KINDS[value[KIND]]
    if kind is Path:
        return Path(parts["text"])
    return kind(parts.pop("message"), **parts) if issubclass(kind, BackendError) else kind(**parts)
