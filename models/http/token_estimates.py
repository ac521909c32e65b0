"""Token counts for models whose tokenizer is out of reach, learned from what a server counted before."""

import math

from models.base import estimate_tokens

MARGIN = 1.2
LEAST_TOKENS_PER_BYTE = 0.25
LEAST_BYTES = 200
"""Shorter prompts are mostly chat markers and tell nothing about the text."""


class TokenEstimates:
    """Estimates from above: the most tokens per byte that a model was seen to need, and a margin."""

    def __init__(self) -> None:
        self._tokens_per_byte: dict[str, float] = {}

    def learn(self, model: str, text_bytes: int, tokens: int) -> None:
        """Note that a prompt of so many bytes was so many tokens."""
        if text_bytes >= LEAST_BYTES:
            seen = min(1.0, tokens / text_bytes)
            self._tokens_per_byte[model] = max(seen, self._tokens_per_byte.get(model, 0.0))

    def learn_bytewise(self, model: str) -> None:
        """Note that the model's vocabulary is so small that every byte may be a token."""
        self._tokens_per_byte[model] = 1.0

    def estimate(self, model: str, text: str) -> int:
        """Return an upper estimate; no tokenizer makes more than one token of a byte."""
        seen = self._tokens_per_byte.get(model)
        if seen is None:
            return estimate_tokens(text)
        rate = min(1.0, max(seen * MARGIN, LEAST_TOKENS_PER_BYTE))
        return math.ceil(len(text.encode()) * rate) + 1
