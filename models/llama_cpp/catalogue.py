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
    def memory_bytes(self) -> int:
        """Estimate what it takes to run: the weights, a quarter for the context, half a gigabyte to work in."""
        return self.size_bytes * 5 // 4 + 500_000_000


def _bartowski(title: str, model: str, size_bytes: int, licence: str, *ollama_names: str) -> CatalogueEntry:
    return CatalogueEntry(title, f"bartowski/{model}-GGUF", f"{model}-Q4_K_M.gguf", size_bytes, licence, ollama_names)


CATALOGUE: tuple[CatalogueEntry, ...] = (
    _bartowski("Qwen 2.5 0.5B Instruct", "Qwen2.5-0.5B-Instruct", 398_000_000, "Apache 2.0", "qwen2.5:0.5b"),
    _bartowski("Llama 3.2 1B Instruct", "Llama-3.2-1B-Instruct", 808_000_000, "Llama 3.2 Community", "llama3.2:1b"),
    _bartowski(
        "Llama 3.2 3B Instruct",
        "Llama-3.2-3B-Instruct",
        2_019_000_000,
        "Llama 3.2 Community",
        "llama3.2:3b",
        "llama3.2",
    ),
)
