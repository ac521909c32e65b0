"""In which order each voter and the chairman see the answers: balanced over the voters, dealt by lot from a seed.

Knows nothing about texts or backends. The same arguments give the same orders in every process.
"""

import random
import string
from collections.abc import Sequence

from council.domain import Label, SeatId


def labels(count: int) -> tuple[Label, ...]:
    """Return the letters that stand for `count` answers on one ballot, in the order shown: A, B, C…"""
    if not 0 <= count <= len(string.ascii_uppercase):
        raise ValueError(f"{count} answers cannot be labelled with single letters")
    return tuple(Label(letter) for letter in string.ascii_uppercase[:count])


def shuffled(seat_ids: Sequence[SeatId], seed: int, salt: str) -> tuple[SeatId, ...]:
    """Put seats into an order by lot; another `salt` draws another order from the same seed."""
    drawn = sorted(seat_ids)
    random.Random(f"{salt}:{seed}").shuffle(drawn)
    return tuple(drawn)


def ballot_orders(seat_ids: Sequence[SeatId], voters: Sequence[SeatId], seed: int) -> dict[SeatId, tuple[SeatId, ...]]:
    """Deal every voter an order in which it sees the answers of `seat_ids`.

    With as many voters as answers, each answer stands in each position exactly once: the orders are the rows of a
    Latin square. It is a Williams design: with an even number of answers each one also follows each other exactly
    once, with an odd number it does so twice over both looks, as the second look shows the rows in reverse. With
    fewer or more voters the counts of a position differ by one at most. Which answer and which voter takes which
    place in the design is drawn by lot, so the place of the voter's own answer tells nothing.
    """
    for name, ids in (("seat_ids", seat_ids), ("voters", voters)):
        if len(set(ids)) != len(ids):
            raise ValueError(f"{name} names a seat twice: {list(ids)!r}")
    if not seat_ids:
        return {voter: () for voter in voters}
    answers = shuffled(seat_ids, seed, "answers")
    rows = [tuple(answers[index] for index in row) for row in _williams_square(len(answers))]
    random.Random(f"rows:{seed}").shuffle(rows)
    dealt = shuffled(voters, seed, "voters")
    orders = {voter: rows[place % len(rows)] for place, voter in enumerate(dealt)}
    return {voter: orders[voter] for voter in voters}


def _williams_square(size: int) -> list[tuple[int, ...]]:
    """Return the cyclic Latin square over 0, size-1, 1, size-2…, whose neighbours differ by ever another step."""
    first = [place // 2 if place % 2 == 0 else size - 1 - place // 2 for place in range(size)]
    return [tuple((index + shift) % size for index in first) for shift in range(size)]
