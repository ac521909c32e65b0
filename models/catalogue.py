"""A few well-known Q4_K_M files on the Hugging Face hub, offered when this machine has no weights.

Nothing here is fetched by itself: download.py does it, after the user agreed.
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class CatalogueEntry:
    """One file that can be downloaded; `name` is what the model is called once it is here.

    `size_bytes` is for the offer, rounded; the hub is asked for the exact size before the download.
    `ollama_names` are the names under which Ollama offers the same model.
    """

    title: str
    repository: str
    file: str
    size_bytes: int
    licence: str
    ollama_names: tuple[str, ...]

    @property
    def name(self) -> str:
        """Return the file's name without `.gguf`."""
        return self.file.removesuffix(".gguf")

    @property
    def family(self) -> str:
        """Return whose model it is; those of one family err alike."""
        return self.title.partition(" ")[0]

    @property
    def is_for_work(self) -> bool:
        """Whether the licence allows commercial use."""
        return self.licence != RESEARCH

    @property
    def memory_bytes(self) -> int:
        """Estimate what it takes to run: the weights, a quarter for the context, half a gigabyte to work in."""
        return self.size_bytes * 5 // 4 + 500_000_000


def _bartowski(title: str, model: str, size_bytes: int, licence: str, *ollama_names: str) -> CatalogueEntry:
    return CatalogueEntry(title, f"bartowski/{model}-GGUF", f"{model}-Q4_K_M.gguf", size_bytes, licence, ollama_names)


APACHE, MIT, GEMMA = "Apache 2.0", "MIT", "Gemma terms of use"
RESEARCH = "Qwen Research (not commercial)"
QUICK_BYTES = 3_000_000_000
"""Larger files take long to fetch, and on a CPU each answer takes long, too."""

CATALOGUE: tuple[CatalogueEntry, ...] = (
    _bartowski("Qwen 2.5 0.5B", "Qwen2.5-0.5B-Instruct", 398_000_000, APACHE, "qwen2.5:0.5b"),
    _bartowski("Gemma 3 1B", "google_gemma-3-1b-it", 806_000_000, GEMMA, "gemma3:1b"),
    _bartowski("Llama 3.2 1B", "Llama-3.2-1B-Instruct", 808_000_000, "Llama 3.2 Community", "llama3.2:1b"),
    _bartowski("Qwen 2.5 1.5B", "Qwen2.5-1.5B-Instruct", 986_000_000, APACHE, "qwen2.5:1.5b"),
    _bartowski("Qwen 3 1.7B", "Qwen_Qwen3-1.7B", 1_282_000_000, APACHE, "qwen3:1.7b"),
    _bartowski("Gemma 2 2B", "gemma-2-2b-it", 1_709_000_000, GEMMA, "gemma2:2b"),
    _bartowski("Qwen 2.5 3B", "Qwen2.5-3B-Instruct", 1_930_000_000, RESEARCH, "qwen2.5:3b"),
    _bartowski(
        "Llama 3.2 3B", "Llama-3.2-3B-Instruct", 2_019_000_000, "Llama 3.2 Community", "llama3.2:3b", "llama3.2"
    ),
    _bartowski("Phi 3.5 mini", "Phi-3.5-mini-instruct", 2_393_000_000, MIT, "phi3.5:3.8b", "phi3.5"),
    _bartowski("Gemma 3 4B", "google_gemma-3-4b-it", 2_490_000_000, GEMMA, "gemma3:4b", "gemma3"),
    _bartowski("Phi 4 mini", "microsoft_Phi-4-mini-instruct", 2_492_000_000, MIT, "phi4-mini:3.8b", "phi4-mini"),
    _bartowski("Mistral 7B v0.3", "Mistral-7B-Instruct-v0.3", 4_373_000_000, APACHE, "mistral:7b", "mistral"),
    _bartowski("Qwen 2.5 7B", "Qwen2.5-7B-Instruct", 4_683_000_000, APACHE, "qwen2.5:7b", "qwen2.5"),
    _bartowski(
        "Llama 3.1 8B", "Meta-Llama-3.1-8B-Instruct", 4_921_000_000, "Llama 3.1 Community", "llama3.1:8b", "llama3.1"
    ),
    _bartowski("Qwen 3 8B", "Qwen_Qwen3-8B", 5_028_000_000, APACHE, "qwen3:8b", "qwen3"),
    _bartowski("Gemma 2 9B", "gemma-2-9b-it", 5_761_000_000, GEMMA, "gemma2:9b", "gemma2"),
)


def fitting_entries(memory_bytes: int | None) -> list[CatalogueEntry]:
    """Return what would run in so much memory, smallest first; everything where the memory is not known."""
    return [entry for entry in CATALOGUE if memory_bytes is None or entry.memory_bytes <= memory_bytes]


def suggested_entries(memory_bytes: int | None) -> list[CatalogueEntry]:
    """Return the few to begin with, smallest first: of each family the largest that is quick and leaves room.

    Room is left for a second one of its size, since a council is better with two families. Where that cannot be, it
    is the smallest that fits; none where nothing fits.
    """
    roomy = fitting_entries(None if memory_bytes is None else memory_bytes // 2)
    quick = [entry for entry in roomy if entry.size_bytes <= QUICK_BYTES and entry.is_for_work]
    largest = {entry.family: entry for entry in quick}
    return sorted(largest.values(), key=lambda entry: entry.size_bytes) or fitting_entries(memory_bytes)[:1]
