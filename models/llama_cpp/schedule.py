"""Which tokens go into an engine's next step."""

from collections.abc import Sequence

LONGEST_STEP_SECONDS = 0.3  # while somebody writes, prompts are read in pieces of about this length
SMALLEST_PIECE = 32


class Pace:
    """How fast this machine reads prompts, learnt from the steps so far."""

    def __init__(self) -> None:
        self._tokens_per_second = 400.0

    def learn(self, tokens: int, seconds: float) -> None:
        """Take in one step; those of a few tokens say nothing about reading."""
        if tokens > SMALLEST_PIECE and seconds > 0:
            self._tokens_per_second = (self._tokens_per_second + tokens / seconds) / 2

    @property
    def piece(self) -> int:
        """How much of a prompt may be read in one step while others wait for their next token."""
        return max(SMALLEST_PIECE, int(self._tokens_per_second * LONGEST_STEP_SECONDS))


def plan_step(pending: Sequence[int], *, batch: int, piece: int) -> list[int]:
    """Say how many of each sequence's pending tokens the next step takes; at most `batch` in all.

    Writers (one token pending) always get theirs, so that a long prompt never holds them up; of the prompts, the one
    with the least left goes first, because its writer then joins the others soonest.
    """
    writers = sum(1 for count in pending if count == 1)
    room = min(batch, writers + piece) if writers else batch
    taken = [0] * len(pending)
    for index in sorted(range(len(pending)), key=lambda index: pending[index]):
        taken[index] = min(pending[index], room)
        room -= taken[index]
    return taken
