"""Walks folders for GGUF files and gives each one a name; looks at names and places, never inside."""

import os
import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from models.errors import WeightsError
from models.names import file_name, readable
from models.text import Text
from models.text import lazy_gettext as _

MAX_DEPTH = 4

_PART = re.compile(r"-([0-9]{5})-of-([0-9]{5})\.gguf$", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class FoundFile:
    """A file that may hold a model; `qualifier` tells it from another file of the same name."""

    name: str
    path: Path
    qualifier: str
    problem: WeightsError | None = None

    def with_readable_name(self) -> "FoundFile":
        """Return the same file under names that can be shown, stored and sent: a path may hold any bytes."""
        return replace(self, name=readable(self.name), qualifier=readable(self.qualifier))


def find_gguf_files(path: Path, *, is_given: bool = False) -> Iterator[FoundFile]:
    """Yield the GGUF files at a path: the file itself, whatever its ending, or those in a folder, by name.

    A path that the user gave and that leads nowhere yields its problem; any other one yields nothing.
    """
    if os.path.isdir(path):  # unlike Path.is_dir(), False also where permission is missing
        files = list(_walk(path))
        yield from (FoundFile(file_name(file.name), file, file.parent.name) for file in files)
        if is_given and not files:
            yield _problem(path, _("The weights folder {path!r} holds no .gguf file that can be read.", path=str(path)))
    elif os.path.isfile(path):
        yield FoundFile(file_name(path.name), path, path.parent.name)
    elif is_given:
        yield _problem(path, _("The weights path {path!r} does not exist or may not be read.", path=str(path)))


def find_cached_files(hf_cache: Path) -> Iterator[FoundFile]:
    """Yield the GGUF files in a Hugging Face cache: `models--<owner>--<name>/snapshots/<revision>/<file>`."""
    for repository in sorted(_folders(hf_cache)):
        if repository.name.startswith("models--"):
            title = repository.name.removeprefix("models--").replace("--", "/")
            for file in _walk(repository / "snapshots"):
                yield FoundFile(file_name(file.name), file, title)


def part_paths(path: Path) -> list[Path]:
    """Return all files of a model, given its first one; one file alone is its own only part."""
    match = _PART.search(path.name)
    if match is None:
        return [path]
    stem = path.name[: match.start()]
    others = (path.with_name(f"{stem}-{number:05}-of-{match[2]}.gguf") for number in range(2, int(match[2]) + 1))
    return [path, *others]


def _walk(folder: Path) -> Iterator[Path]:
    depth = len(folder.parts)
    for place, folders, files in os.walk(folder):
        is_deep = len(Path(place).parts) - depth >= MAX_DEPTH
        folders[:] = [] if is_deep else sorted(name for name in folders if not name.startswith("."))
        for name in sorted(files):
            path = Path(place) / name
            if _is_model_name(name) and os.path.isfile(path):  # a pipe would be waited for
                yield path


def _is_model_name(name: str) -> bool:
    """Tell the file of a model from a later part of one and from a hidden file."""
    part = _PART.search(name)
    return name.lower().endswith(".gguf") and not name.startswith(".") and (part is None or int(part[1]) == 1)


def _folders(folder: Path) -> list[Path]:
    try:
        return [path for path in folder.iterdir() if path.is_dir()]
    except OSError:
        return []


def _problem(path: Path, fault: Text) -> FoundFile:
    error = WeightsError(fault, cause="weights_path")
    return FoundFile(file_name(path.name), path, path.parent.name, error)
