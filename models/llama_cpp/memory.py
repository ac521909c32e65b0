"""How much memory a model will need, and a refusal with both numbers before anything is loaded."""

from models.errors import OutOfMemoryError
from models.machine import free_bytes
from models.text import Argument, Bytes, Text
from models.text import lazy_gettext as _
from models.weights.gguf_header import GGUFHeader

PROMPT_BATCH = 512


def estimate_need(header: GGUFHeader, size_bytes: int, *, context_tokens: int) -> int:
    """Estimate the bytes that a model takes once loaded: weights, key-value cache, working buffers.

    `context_tokens` counts those of all sequences together. An estimate from above: layers that only look back over a
    short window are counted at full length.
    """
    cache = header.kv_bytes_per_token * context_tokens
    buffers = PROMPT_BATCH * 4 * (header.vocabulary + 8 * header.embedding_length)
    return size_bytes + cache + buffers


def check_memory(needed_bytes: int, budget: int | None, *, what: Text) -> None:
    """Raise OutOfMemoryError unless `needed_bytes` fit into `budget`, or into what is free now when it is None.

    Where the system does not tell what is free, nothing is refused.
    """
    free = free_bytes() if budget is None else budget
    if free is None or needed_bytes <= free:
        return
    amounts: dict[str, Argument] = {"what": what, "needed": Bytes(needed_bytes), "free": Bytes(free)}
    if budget is None:
        raise OutOfMemoryError(
            _("{what} needs about {needed}, but {free} are free on this machine.", **amounts),
            advice=_("Choose a smaller model, a smaller quantisation or a shorter context, or close other programs."),
        )
    raise OutOfMemoryError(
        _("{what} needs about {needed}, but {free} are allowed.", **amounts),
        advice=_("Choose a smaller model, a smaller quantisation or a shorter context."),
        cause="memory_limit",
    )
