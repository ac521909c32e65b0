"""How much fits: fair cutting of what is too long, and the window a model is loaded with.

Pure functions over token counts; who counts the tokens, and who tells the user of a cut, is elsewhere.
"""

from collections.abc import Sequence

from council.method.prompts import CUT

WINDOW_STEP = 1024
MARK_TOKENS = 24
"""What the mark of a cut costs, estimated from above."""


def fair_shares(lengths: Sequence[int], budget: int) -> list[int]:
    """Share a budget of tokens among texts: what a short text does not need goes to the long ones.

    No text gets more than its length; texts that are cut get equal shares (a rest of single tokens goes to the first
    of them). Everything is kept where it fits, and nothing of the budget is left where it does not.
    """
    if any(length < 0 for length in lengths):
        raise ValueError(f"a length is negative: {list(lengths)!r}")
    shares = [0] * len(lengths)
    left = max(0, budget)
    for done, index in enumerate(sorted(range(len(lengths)), key=lambda index: (lengths[index], -index))):
        shares[index] = min(lengths[index], left // (len(lengths) - done))
        left -= shares[index]
    return shares


def cut(text: str, tokens_kept: int, tokens_total: int) -> str:
    """Shorten a text of `tokens_total` tokens to about `tokens_kept`, with a visible mark where something is missing.

    The beginning and the end stay, two parts to one, as conclusions tend to stand there. Characters are taken in
    proportion to the tokens, so the result has to be counted where the limit is hard.
    """
    if tokens_kept >= tokens_total:
        return text
    share = max(0, tokens_kept - MARK_TOKENS) / tokens_total
    characters = int(len(text) * share)
    tail_length = characters // 3
    head = _to_last_space(text[: characters - tail_length])
    tail = _to_last_space(text[len(text) - tail_length :][::-1])[::-1]
    missing = tokens_total - min(tokens_kept, int(tokens_total * share))
    mark = CUT.format(missing=missing, total=tokens_total)
    return "\n".join(part for part in (head, mark, tail) if part)


def window(longest_prompt: int, answer_tokens: int, *, trained: int, limit: int) -> int:
    """Return the context window (Ollama's `num_ctx`) for a run's longest prompt and the longest answer to it.

    Rounded up to a step, so that prompts of nearly the same length do not load the model anew, and never more than
    the model was trained for (0: unknown) or than the limit.
    """
    needed = -(-(longest_prompt + answer_tokens) // WINDOW_STEP) * WINDOW_STEP
    return min([max(needed, 2 * WINDOW_STEP), limit, *([trained] if trained else [])])


def _to_last_space(text: str) -> str:
    """Drop a word that was cut in two, unless the text has no space near its end."""
    kept = text.rstrip()
    space = max(kept.rfind(" "), kept.rfind("\n"))
    return kept[:space].rstrip() if space > len(kept) - 40 and space > 0 and kept == text else kept
