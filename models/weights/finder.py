"""Finds the GGUF files on this machine, in this order: the settings, Ollama's store, the Hugging Face cache, downloads,
and last the demonstration weights.

Knows nothing of llama.cpp: it looks at names and headers only.
"""

import os
import time
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal, Protocol

from models.errors import ModelNotFoundError, WeightsError
from models.names import aliases_of_file, canonical
from models.text import Text, sentences
from models.text import lazy_gettext as _
from models.weights.gguf_files import FoundFile, find_cached_files, find_gguf_files, part_paths
from models.weights.gguf_header import GGUFHeader, read_header
from models.weights.ollama_store import is_store, read_store

Source = Literal["settings", "ollama", "hugging_face", "download", "demonstration"]
FRESH_SECONDS = 3.0
MAX_FAULTS_TOLD = 3
MAX_NAMES_TOLD = 8


@dataclass(frozen=True, slots=True)
class Weights:
    """One model that can be run in this process; `aliases` are other names it answers to.

    `path` is the file to load, the first one of a model in parts; `size_bytes` counts all parts.
    """

    name: str
    path: Path
    source: Source
    size_bytes: int
    aliases: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class _Found:
    weights: tuple[Weights, ...]
    problems: tuple[tuple[str, WeightsError], ...]


class Judge(Protocol):
    """Who knows what the library that runs the files makes of them."""

    def unknown_architectures(self, names: Collection[str]) -> dict[str, WeightsError]:
        """Return the architectures that it does not know, each with an error that tells so."""
        ...

    def known_fault(self, path: Path) -> WeightsError | None:
        """Return why a file cannot be used, where that has been found out before."""
        ...


class WeightsFinder:
    """Lists and resolves the models whose weights lie on this disk; one bad file never hides the others."""

    def __init__(
        self,
        paths: Sequence[Path],
        *,
        ollama_stores: Sequence[Path] | None = None,
        hf_cache: Path | None = None,
        download_dir: Path,
        demonstration_dir: Path | None = None,
        judge: Judge | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.download_dir = download_dir
        self._paths = tuple(path.expanduser() for path in paths)
        self._stores = tuple(ollama_stores or ())
        self._hf_cache = hf_cache
        self._demonstration_dir = demonstration_dir
        self._judge = judge
        self._clock = clock
        self._found: tuple[float, _Found] | None = None
        self._headers: dict[Path, tuple[tuple[int, int], GGUFHeader | WeightsError]] = {}

    def find(self) -> list[Weights]:
        """Return every usable model, best source first; looks at the disk again after a few seconds."""
        return list(self._look().weights)

    def problems(self) -> list[WeightsError]:
        """Return what was found and cannot be used, each with its cause and what to do."""
        return [problem for _, problem in self._look().problems]

    def explain_lack(self) -> Text:
        """Say why nothing can be run here; the faults of what was found come first."""
        faults = [problem.text for problem in self.problems()[:MAX_FAULTS_TOLD]]
        return sentences([*faults, _("No usable GGUF weights on this disk.")])

    def refresh(self) -> None:
        """Look at the disk again at the next call, for example after a download."""
        self._found = None

    def resolve(self, name: str) -> Weights:
        """Return the weights for a model's name or alias.

        Raises WeightsError when its file is there but cannot be used, ModelNotFoundError when there is none.
        """
        return self.candidates(name)[0]

    def candidates(self, name: str) -> list[Weights]:
        """Return every file that holds the model, best source first, for when the first one cannot be loaded.

        Raises like resolve().
        """
        found = self._look()
        wanted = canonical(name)
        by_name = [weights for weights in found.weights if canonical(weights.name) == wanted]
        by_alias = [weights for weights in found.weights if wanted in map(canonical, weights.aliases)]
        if chosen := [*by_name, *(weights for weights in by_alias if weights not in by_name)]:
            return chosen
        for broken, problem in found.problems:
            if broken and canonical(broken) == wanted:
                raise problem
        raise ModelNotFoundError(_not_found(name, found), cause="no_weights", model=name)

    def header(self, weights: Weights) -> GGUFHeader:
        """Return what the file says of itself; read once as long as the file does not change. Raises WeightsError."""
        return self._read(weights.path)

    def _look(self) -> _Found:
        if self._found is None or self._clock() - self._found[0] > FRESH_SECONDS:
            self._found = (self._clock(), self._search())
        return self._found[1]

    def _search(self) -> _Found:
        weights: dict[Path, Weights] = {}
        problems: list[tuple[str, WeightsError]] = []
        names: set[str] = set()
        files = [(source, file.with_readable_name()) for source, file in self._files()]
        unknown = self._unknown_architectures(file for _, file in files)
        for source, file in files:
            place = Path(os.path.realpath(file.path))  # unlike resolve(), a loop of links does not raise
            if known := weights.get(place):
                weights[place] = replace(known, aliases=_joined(known, file.name))
                continue
            try:
                size = self._check(file, unknown)
            except WeightsError as error:
                problems.append((file.name, error))
                continue
            name = file.name if canonical(file.name) not in names else f"{file.qualifier}/{file.name}"
            names.add(canonical(name))
            weights[place] = Weights(name, file.path, source, size)
            weights[place] = replace(weights[place], aliases=_joined(weights[place], file.name, *aliases_of_file(name)))
        return _Found(tuple(weights.values()), tuple(problems))

    def _unknown_architectures(self, files: Iterable[FoundFile]) -> dict[str, WeightsError]:
        if self._judge is None:
            return {}
        architectures = set()
        for file in files:
            with suppress(WeightsError):
                architectures |= set() if file.problem else {self._read(file.path).architecture}
        return self._judge.unknown_architectures(architectures)

    def _check(self, file: FoundFile, unknown: Mapping[str, WeightsError]) -> int:
        """Return the size of all parts of a usable model; raises WeightsError."""
        if file.problem is not None:
            raise file.problem
        architecture = self._read(file.path).architecture
        if architecture in unknown:
            raise _of_file(file.path, unknown[architecture])
        if self._judge and (fault := self._judge.known_fault(file.path)):
            raise fault
        parts = part_paths(file.path)
        missing = [part for part in parts[1:] if not os.path.isfile(part)]
        try:
            if not missing:
                return sum(os.path.getsize(part) for part in parts)
        except OSError:  # it went away just now
            missing = [part for part in parts if not os.path.isfile(part)] or parts
        raise WeightsError(
            _(
                "{path!r} is the first part of a model, and {missing!r} is missing beside it.",
                path=str(file.path),
                missing=missing[0].name,
            ),
            advice=_("Fetch all parts into one folder."),
        )

    def _files(self) -> Iterator[tuple[Source, FoundFile]]:
        for path in self._paths:
            if is_store(path):
                yield from (("ollama", file) for file in _stored_files(path))
            else:
                yield from (("settings", file) for file in find_gguf_files(path, is_given=True))
        for store in self._stores:
            yield from (("ollama", file) for file in _stored_files(store))
        if self._hf_cache is not None:
            yield from (("hugging_face", file) for file in find_cached_files(self._hf_cache))
        yield from (("download", file) for file in find_gguf_files(self.download_dir))
        if self._demonstration_dir is not None:
            yield from (("demonstration", file) for file in find_gguf_files(self._demonstration_dir))

    def _read(self, path: Path) -> GGUFHeader:
        try:
            status = path.stat()
            stamp = (status.st_size, status.st_mtime_ns)
        except OSError:
            stamp = (-1, 0)
        known = self._headers.get(path)
        if known is None or known[0] != stamp:
            outcome: GGUFHeader | WeightsError
            try:
                outcome = read_header(path)
            except WeightsError as error:
                outcome = error
            known = self._headers[path] = (stamp, outcome)
        if isinstance(known[1], WeightsError):
            raise known[1]
        return known[1]


def default_hf_cache(environ: Mapping[str, str]) -> Path | None:
    """Return where the Hugging Face libraries keep what they download, by their own variables."""
    if chosen := environ.get("HF_HUB_CACHE"):
        return Path(chosen)
    if home := environ.get("HF_HOME"):
        return Path(home) / "hub"
    if cache := environ.get("XDG_CACHE_HOME"):
        return Path(cache) / "huggingface" / "hub"
    user = environ.get("HOME") or environ.get("USERPROFILE")
    return Path(user) / ".cache" / "huggingface" / "hub" if user else None


def _stored_files(store: Path) -> Iterator[FoundFile]:
    try:
        # One blob may have several tags: it is called by the telling one, and `latest` becomes an alias.
        models = sorted(read_store(store), key=lambda model: (model.name.endswith(":latest"), model.name))
    except WeightsError as error:
        yield FoundFile("", store, "ollama", error)
        return
    for model in models:
        yield FoundFile(model.name, model.blob or store, "ollama", model.problem)


def _of_file(path: Path, fault: WeightsError) -> WeightsError:
    """Name the file in what is the matter with its kind."""
    said = _("{path!r} cannot be used: {fault}", path=str(path), fault=fault.message)
    return WeightsError(said, advice=fault.advice)


def _joined(weights: Weights, *names: str) -> tuple[str, ...]:
    """Add names to the aliases, each once, without the name itself."""
    aliases = dict.fromkeys((*weights.aliases, *names))
    aliases.pop(weights.name, None)
    return tuple(aliases)


def _not_found(name: str, found: _Found) -> Text:
    names = ", ".join(repr(item.name) for item in found.weights[:MAX_NAMES_TOLD])
    if names:
        lack = _("No weights for {name!r} on this disk (here: {names}).", name=name, names=names)
    else:
        lack = _("No weights for {name!r} on this disk (here: none).", name=name)
    return sentences([lack, *(problem.text for broken, problem in found.problems if not broken)])
