"""What a worker is told before its first request: where weights are, and how much of the machine it may have."""

from dataclasses import dataclass
from pathlib import Path

from models.llama_cpp.backend import LlamaCppBackend
from models.llama_cpp.trial import Trials
from models.weights.finder import Judge, WeightsFinder


@dataclass(frozen=True, slots=True)
class Setup:
    """The arguments of a WeightsFinder, of Trials and of a LlamaCppBackend."""

    paths: tuple[Path, ...]
    download_dir: Path
    ollama_stores: tuple[Path, ...] = ()
    hf_cache: Path | None = None
    demonstration_dir: Path | None = None
    trials: Path | None = None
    gpu_layers: int = -1
    memory_bytes: int | None = None
    threads: int | None = None
    parallel: int = 4

    def open_trials(self) -> Trials:
        """Return what tries files before they are loaded."""
        return Trials(self.trials)

    def open_finder(self, judge: Judge | None) -> WeightsFinder:
        """Return what finds the weights."""
        return WeightsFinder(
            self.paths,
            ollama_stores=self.ollama_stores,
            hf_cache=self.hf_cache,
            download_dir=self.download_dir,
            demonstration_dir=self.demonstration_dir,
            judge=judge,
        )

    def open_backend(self, finder: WeightsFinder, trials: Trials) -> LlamaCppBackend:
        """Return what runs them in this very process."""
        return LlamaCppBackend(
            finder,
            gpu_layers=self.gpu_layers,
            memory_bytes=self.memory_bytes,
            threads=self.threads,
            parallel=self.parallel,
            trials=trials,
        )
