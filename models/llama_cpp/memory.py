"""How much memory is free, how much a model will need, and a refusal with both numbers before anything is loaded."""

from models.errors import OutOfMemoryError
from models.machine import free_bytes, gigabytes
from models.weights.gguf_header import GGUFHeader

PROMPT_BATCH = 512


def estimate_need(header: GGUFHeader, size_bytes: int, *, context_tokens: int, sequences: int = 1) -> int:
    """Estimate the bytes that a model takes once loaded: weights, key-value cache, working buffers.

    `context_tokens` is the length of one sequence; with a shared cache give the total and leave `sequences` at 1.
    An estimate from above: layers that only look back over a short window are counted at full length.
    """
    cache = header.kv_bytes_per_token * context_tokens * sequences
    buffers = PROMPT_BATCH * 4 * (header.vocabulary + 8 * header.embedding_length)
    return size_bytes + cache + buffers


def check_memory(needed_bytes: int, budget: int | None, *, what: str) -> None:
    """Raise OutOfMemoryError unless `needed_bytes` fit into `budget`, or into what is free now when it is None.

    Where the system does not tell what is free, nothing is refused.
    """
    free = free_bytes() if budget is None else budget
    if free is None or needed_bytes <= free:
        return
    where = "free on this machine" if budget is None else "allowed by COUNCIL_MEMORY_GB"
    raise OutOfMemoryError(
        f"{what} needs about {gigabytes(needed_bytes)}, but {gigabytes(free)} are {where}. "
        "Choose a smaller model, a smaller quantisation or a shorter context, or close other programs.",
        backend="llama_cpp",
    )
