"""The sequences of one context: which tokens lie in its cells, and whose head a new prompt can share.

Knows nothing about scheduling or sampling. A finished sequence stays until its place is needed; the least recently
used one goes first.
"""

from dataclasses import dataclass, field

from models.llama_cpp.engine.context import AnyContext

WORTH_SHARING = 32  # tokens; fewer are read as fast as they are copied
_STRIDE = 256


@dataclass(eq=False)
class TokenSequence:
    """One numbered sequence: `tokens` is all that is to be read, the first `cached` of them lie in the cells.

    `since` orders the running ones by when they were taken, `used` the finished ones by when they last helped.
    """

    number: int
    tokens: list[int] = field(default_factory=list)
    cached: int = 0
    is_running: bool = False
    since: int = 0
    used: int = 0

    @property
    def pending(self) -> int:
        """How many tokens have not been read."""
        return len(self.tokens) - self.cached


class Sequences:
    """All sequences of one context; they share cells wherever their heads are the same."""

    def __init__(self, context: AnyContext, *, can_share: bool) -> None:
        self._context = context
        self._can_share = can_share
        self._all = [TokenSequence(number) for number in range(context.shape.sequences)]
        self._clock = 0

    def take(self, tokens: list[int]) -> TokenSequence:
        """Take an idle sequence and give it a prompt to read; what it holds of the prompt's head stays.

        One that holds as much of the head as any other comes first, then an empty one, then the least recently used.
        """
        _, most = self.find_donor(tokens)
        heads = {s: self._kept_head(tokens, s) for s in self._all if not s.is_running}
        chosen = min(heads, key=lambda s: (most - heads[s] >= WORTH_SHARING, bool(s.tokens), s.used, s.number))
        self.shorten(chosen, heads[chosen])
        chosen.tokens, chosen.is_running, chosen.since = list(tokens), True, self._tick()
        return chosen

    def _kept_head(self, tokens: list[int], idle: TokenSequence) -> int:
        return min(common_head(tokens, idle.tokens), idle.cached, len(tokens) - 1) if self._can_share else 0

    def find_donor(self, tokens: list[int], taker: TokenSequence | None = None) -> tuple[TokenSequence | None, int]:
        """Return the sequence with the longest common head, and its length; a running one may still have to read it.

        Of the running ones only those taken earlier count, so that no two wait for each other. The last token of a
        prompt is always left out: the answer starts from its logits.
        """
        best, length = None, 0
        for sequence in self._all if self._can_share else ():
            if taker is not None and (sequence is taker or (sequence.is_running and sequence.since > taker.since)):
                continue
            reach = len(sequence.tokens) if sequence.is_running else sequence.cached
            common = min(common_head(tokens, sequence.tokens), reach, len(tokens) - 1)
            if common > length:
                best, length = sequence, common
        return best, length

    def share(self, source: TokenSequence, target: TokenSequence, length: int) -> None:
        """Let the target have the source's first cells instead of its own."""
        self._context.trim(target.number, 0)
        target.cached = self._context.copy_head(source.number, target.number, length)
        source.used = self._tick()

    def shorten(self, sequence: TokenSequence, length: int) -> None:
        """Keep only the first cells of a sequence; all are forgotten where the architecture cannot keep a part."""
        sequence.cached = self._context.trim(sequence.number, length)

    def finish(self, sequence: TokenSequence, keep: int) -> None:
        """Stop using a sequence; its first `keep` cells stay for prompts that begin alike, as far as they can."""
        sequence.cached = self._context.settle(sequence.number, min(keep, sequence.cached))
        sequence.is_running, sequence.used = False, self._tick()
        del sequence.tokens[sequence.cached :]

    def give_way(self) -> bool:
        """Empty the least recently used finished sequence; False if there is none with cells."""
        idle = [sequence for sequence in self._all if not sequence.is_running and sequence.cached]
        if not idle:
            return False
        self.drop(min(idle, key=lambda sequence: sequence.used))
        return True

    def drop(self, sequence: TokenSequence) -> None:
        """Stop using a sequence and empty it."""
        self.shorten(sequence, 0)
        sequence.is_running, sequence.tokens = False, []

    def forget_all(self) -> None:
        """Empty every cell; running sequences have to read all of their tokens again."""
        self._context.clear()
        for sequence in self._all:
            sequence.cached = 0
            if not sequence.is_running:
                sequence.tokens = []

    def _tick(self) -> int:
        self._clock += 1
        return self._clock


def common_head(first: list[int], second: list[int]) -> int:
    """Return how many tokens two lists have in common at their beginning."""
    end = min(len(first), len(second))
    start = 0
    while start < end and first[start : start + _STRIDE] == second[start : start + _STRIDE]:
        start += _STRIDE
    while start < end and first[start] == second[start]:
        start += 1
    return min(start, end)
