"""Reads Ollama's own model store on disk, so that with the daemon down its models go on answering.

Layout: `manifests/<host>/<namespace>/<model>/<tag>` is JSON; its layer of the model media type names the digest of
`blobs/sha256-<digest>`, a plain GGUF file. Nothing is ever written here.
"""

import json
import os
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from models.errors import WeightsError
from models.names import ollama_name
from models.text import lazy_gettext as _

MODEL_LAYER = "application/vnd.ollama.image.model"
MAX_MANIFEST_BYTES = 1_000_000

_DIGEST = re.compile(r"sha256:([0-9a-f]{64})")


@dataclass(frozen=True, slots=True)
class StoredModel:
    """One installed model: its name as Ollama shows it, and its weights, or why they cannot be used."""

    name: str
    blob: Path | None
    problem: WeightsError | None = None


def default_ollama_stores(environ: Mapping[str, str]) -> list[Path]:
    """Return where Ollama keeps its models: where its variable says, else the user's and the service's folder."""
    if chosen := environ.get("OLLAMA_MODELS", "").strip():
        return [Path(chosen)]
    home = environ.get("HOME") or environ.get("USERPROFILE")
    own = [Path(home) / ".ollama" / "models"] if home else []
    return [*own, Path("/usr/share/ollama/.ollama/models")]


def is_store(folder: Path) -> bool:
    """Tell whether a folder is laid out as Ollama does it."""
    return os.path.isdir(folder / "manifests") and os.path.isdir(folder / "blobs")


def read_store(store: Path) -> Iterator[StoredModel]:
    """Yield every model of a store, by name; a broken manifest yields its problem, a store that is absent nothing.

    Raises WeightsError when the store is there but may not be read.
    """
    root = store / "manifests"
    try:
        manifests = sorted(path for path in root.glob("*/*/*/*") if not path.name.startswith(".") and path.is_file())
        if not manifests and root.is_dir():
            next(root.iterdir(), None)
    except OSError as error:
        raise WeightsError(
            _("Ollama's models in {path!r} cannot be read ({said}).", path=str(store), said=str(error.strerror)),
            advice=_("Let this user read them, for example with `sudo usermod -aG ollama $USER` and a new login."),
        ) from error
    for manifest in manifests:
        name = ollama_name(*manifest.relative_to(root).parts)
        try:
            yield StoredModel(name, _find_blob(store, manifest))
        except WeightsError as error:
            yield StoredModel(name, None, error)


def _find_blob(store: Path, manifest: Path) -> Path:
    name = ollama_name(*manifest.relative_to(store / "manifests").parts)
    shown, mend = str(manifest), _("Run `ollama pull {name}`.", name=name)
    try:
        with manifest.open("rb") as file:
            layers = json.loads(file.read(MAX_MANIFEST_BYTES))["layers"]
        digests = [layer["digest"] for layer in layers if _is_model(layer)]
    except (OSError, ValueError, KeyError, TypeError, RecursionError) as error:
        unreadable = _("Ollama's manifest {path!r} cannot be read ({said}).", path=shown, said=str(error))
        raise WeightsError(unreadable, advice=mend) from error
    if not digests:
        raise WeightsError(
            _("{name!r} in Ollama has no weights on this disk: it runs elsewhere, or only in Ollama itself.", name=name)
        )
    # A digest becomes a part of a path, so nothing but a digest is let through.
    digest = _DIGEST.fullmatch(digests[0]) if isinstance(digests[0], str) else None
    if digest is None:
        raise WeightsError(
            _(
                "Ollama's manifest {path!r} names no valid digest ({digest!r}).",
                path=shown,
                digest=str(digests[0])[:80],
            ),
            advice=mend,
        )
    blob = store / "blobs" / f"sha256-{digest[1]}"
    if not os.path.isfile(blob):  # unlike Path.is_file(), False also where permission is missing
        raise WeightsError(
            _(
                "The weights of {name!r} in Ollama's store are missing or may not be read ({path!r}).",
                name=name,
                path=str(blob),
            ),
            advice=mend,
        )
    return blob


def _is_model(layer: object) -> bool:
    return isinstance(layer, dict) and layer.get("mediaType") == MODEL_LAYER
