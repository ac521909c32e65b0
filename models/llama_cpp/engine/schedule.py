"""Which tokens go into an engine's next step."""

from collections.abc import Sequence

LONGEST_STEP_SECONDS = 1.5  # while somebody writes, prompts are read in pieces of about this length
TILE = 64  # tokens: llama.cpp's attention works on so many at a time, and takes three times as long for each of fewer


class Pace:
    """How fast this machine reads prompts, learnt from the steps so far."""

    def __init__(self) -> None:
        self._tokens_per_second = 400.0

    def learn(self, tokens: int, seconds: float) -> None:
        """Take in one step; those of a few tokens say nothing about reading."""
        if tokens >= TILE and seconds > 0:
            self._tokens_per_second = (self._tokens_per_second + tokens / seconds) / 2

    @property
    def step(self) -> int:
        """How many tokens a step may hold while somebody waits for the next one."""
        return max(TILE, int(self._tokens_per_second * LONGEST_STEP_SECONDS) // TILE * TILE)


def plan_step(pending: Sequence[int], *, batch: int, step: int) -> list[int]:
    """Say how many of each sequence's pending tokens the next step takes: at most `batch`, with writers at most `step`.

    Writers (one token pending) always get theirs, so that a long prompt never holds them up; of the prompts, the one
    with the least left goes first, because its writer then joins the others soonest.
    """
    room = min(batch, max(step, len(pending))) if 1 in pending else batch
    taken = [0] * len(pending)
    is_reading = False
    for index in sorted(range(len(pending)), key=lambda index: pending[index]):
        piece = _piece(pending[index], room, batch)
        taken[index] = piece if piece or is_reading else room
        is_reading = is_reading or taken[index] > 1
        room -= taken[index]
    return taken


def _piece(pending: int, room: int, batch: int) -> int:
    """Cut a prompt that does not fit into even pieces of whole tiles, for a last one of a few tokens is read slowly."""
    if pending <= room:
        return pending
    pieces = -(-pending // batch)
    even = -(-pending // pieces // TILE) * TILE
    return min(even, room // TILE * TILE, (pending - 1) // TILE * TILE)
