"""One model, several names: maps what Ollama, a GGUF file and the catalogue call it onto each other.

Ollama's `llama3.2` is `llama3.2:latest`; a GGUF file is called by its name without `.gguf`; the catalogue knows that
`Llama-3.2-3B-Instruct-Q4_K_M.gguf` holds what Ollama calls `llama3.2:3b`.
"""

import re
from functools import lru_cache

from models.catalogue import CATALOGUE, CatalogueEntry

OLLAMA_HOST = "registry.ollama.ai"
OLLAMA_NAMESPACE = "library"

_QUANTIZATION = re.compile(r"[-._](?:i?q\d\w*|b?f16|f32|mxfp4\w*)$", re.IGNORECASE)
_TAKES_LEVELS = re.compile(r"gpt-?oss|\bgpt-5|(?:^|/)o\d(?:-|$)", re.IGNORECASE)
_SPLIT = re.compile(r"-\d{5}-of-\d{5}$")


def ollama_name(host: str, namespace: str, model: str, tag: str) -> str:
    """Write a model's name as Ollama shows it: host and namespace only where they are not the usual ones."""
    parts = [model]
    if (host, namespace) != (OLLAMA_HOST, OLLAMA_NAMESPACE):
        parts.insert(0, namespace)
    if host != OLLAMA_HOST:
        parts.insert(0, host)
    return f"{'/'.join(parts)}:{tag}"


def readable(name: str) -> str:
    """Write out what cannot be shown, stored or sent, such as the bytes of a file's name that are not UTF-8."""
    return "".join(letter if letter.isprintable() else letter.encode("unicode_escape").decode() for letter in name)


def file_name(name: str) -> str:
    """Return what a GGUF file is called: no `.gguf`, no numbering of its parts."""
    stem = name[: -len(".gguf")] if name.lower().endswith(".gguf") else name
    return _SPLIT.sub("", stem)


def canonical(name: str) -> str:
    """Return the form under which two spellings of one name are equal: lower case, with a tag."""
    plain = file_name(name.strip()).lower().removeprefix(f"{OLLAMA_HOST}/").removeprefix(f"{OLLAMA_NAMESPACE}/")
    return plain if ":" in plain.rsplit("/", 1)[-1] else f"{plain}:latest"


def is_same(first: str, second: str) -> bool:
    """Tell whether two names mean the same model."""
    return not every_name(first).isdisjoint(every_name(second))


@lru_cache(maxsize=4096)
def every_name(name: str) -> frozenset[str]:
    """Return all names of a model, its own among them, each in canonical form."""
    known = {canonical(name)}
    title = _without_quantization(name)
    for entry in CATALOGUE:
        names = {canonical(alias) for alias in (entry.name, *entry.ollama_names)}
        if not names.isdisjoint(known) or title == _without_quantization(entry.name):
            known |= names
    return frozenset(known)


def find_entry(name: str) -> CatalogueEntry | None:
    """Return the catalogue's entry for a model, by any of its names; None where it has none."""
    wanted = canonical(name)
    names = ((entry, (entry.name, entry.title, *entry.ollama_names)) for entry in CATALOGUE)
    return next((entry for entry, known in names if wanted in map(canonical, known)), None)


def aliases_of_file(name: str) -> tuple[str, ...]:
    """Return what Ollama calls the model in a GGUF file, as far as the catalogue knows; any quantisation will do."""
    title = _without_quantization(name)
    return tuple(
        alias for entry in CATALOGUE if _without_quantization(entry.name) == title for alias in entry.ollama_names
    )


def _without_quantization(name: str) -> str:
    return _QUANTIZATION.sub("", file_name(name.rsplit("/", 1)[-1]).lower())


def takes_levels(name: str) -> bool:
    """Whether a model of this name or family always thinks, and is told only how much: gpt-oss, OpenAI's own."""
    return _TAKES_LEVELS.search(name) is not None
