"""What lies in an Ollama server's memory, and which models fit into it together, as far as it let us see.

The server does not tell how much memory it has. It tells what is loaded: models seen side by side fit together, and
a model that had to go for another does not fit beside it.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class LoadedModel:
    """One loaded model: its bytes in all, those of them on a GPU, and when it will leave by itself (epoch seconds)."""

    size_bytes: int
    gpu_bytes: int
    expires_at: float = 0.0


@dataclass(slots=True)
class ServerMemory:
    """Learns from one look at the server after another; models are named in canonical form."""

    loaded: dict[str, LoadedModel] = field(default_factory=dict)
    _sizes: dict[str, int] = field(default_factory=dict)
    _together: set[frozenset[str]] = field(default_factory=set)
    _too_much: set[frozenset[str]] = field(default_factory=set)

    @property
    def was_seen(self) -> bool:
        """Tell whether the server was looked at before."""
        return bool(self._together)

    def know_sizes(self, sizes: Mapping[str, int]) -> None:
        """Note how large models are on disk, for those that were never seen loaded."""
        for model, size in sizes.items():
            self._sizes.setdefault(model, size)

    def look(self, loaded: Mapping[str, LoadedModel], *, now: float) -> None:
        """Compare what is loaded now with what was before, and learn from it what fits together."""
        seen = frozenset(loaded)
        evicted = {model for model, old in self.loaded.items() if model not in loaded and old.expires_at > now}
        came = seen - self.loaded.keys()
        if evicted and came:
            self._too_much.add(seen | evicted)
            self._together = {models for models in self._together if not models >= seen | evicted}
        self._together.add(seen)
        self._too_much = {models for models in self._too_much if not models <= seen}
        self._sizes |= {model: found.size_bytes for model, found in loaded.items()}
        self.loaded = dict(loaded)

    def is_loaded(self, model: str) -> bool:
        """Tell whether the model was loaded when the server was last looked at."""
        return model in self.loaded

    def reads_slowly(self, model: str) -> bool:
        """Tell whether reading a prompt is dear: the model runs on the CPU, or nobody knows yet."""
        found = self.loaded.get(model)
        return found is None or found.gpu_bytes == 0

    def fits(self, models: Iterable[str]) -> bool | None:
        """Tell whether these models fit into memory together; None if only trying can tell."""
        wanted = frozenset(models)
        if len(wanted) < 2 or any(wanted <= seen for seen in self._together):
            return True
        if any(wanted >= refused for refused in self._too_much):
            return False
        if any(0 < r.gpu_bytes < r.size_bytes for model, r in self.loaded.items() if model in wanted):
            return False  # the server splits a model between GPU and CPU only when the GPU is full with it alone
        needed = self._total(wanted)
        if needed is None:
            return None
        if any((least := self._total(refused)) is not None and needed >= least for refused in self._too_much):
            return False
        if any((most := self._total(seen)) is not None and needed <= most for seen in self._together):
            return True
        return None

    def _total(self, models: frozenset[str]) -> int | None:
        sizes = [self._sizes.get(model, 0) for model in models]
        return sum(sizes) if all(sizes) else None
