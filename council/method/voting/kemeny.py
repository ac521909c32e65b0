"""Kemeny's rule, exactly: the order of all answers that goes against as few pairwise votes as possible.

By dynamic programming over subsets: 2^n · n² steps, so for at most a dozen answers.
"""

from collections.abc import Mapping, Sequence

from council.domain import SeatId

Wins = Mapping[SeatId, Mapping[SeatId, float]]

_EPSILON = 1e-9


def central_order(answers: Sequence[SeatId], wins: Wins) -> tuple[SeatId, ...]:
    """Return the best order; of several equally good ones the one nearest to the order of `answers`, from the top on.

    `wins[a][b]` is the number of votes that place a before b.
    """
    best = _best_tails(answers, wins)
    order: list[SeatId] = []
    left = (1 << len(answers)) - 1
    while left:
        firsts = _firsts(left, best, answers, wins)
        order.append(answers[firsts[0]])
        left &= ~(1 << firsts[0])
    return tuple(order)


def possible_winners(answers: Sequence[SeatId], wins: Wins) -> frozenset[SeatId]:
    """Return the answers that stand first in any of the best orders; more than one is a tie."""
    best = _best_tails(answers, wins)
    return frozenset(answers[index] for index in _firsts((1 << len(answers)) - 1, best, answers, wins))


def _best_tails(answers: Sequence[SeatId], wins: Wins) -> list[float]:
    """Return for every subset of answers (as bits) the most votes that an order of it can accord with."""
    best = [0.0] * (1 << len(answers))
    for subset in range(1, len(best)):
        best[subset] = max(_accord(first, subset, best, answers, wins) for first in _members(subset))
    return best


def _accord(first: int, subset: int, best: Sequence[float], answers: Sequence[SeatId], wins: Wins) -> float:
    rest = subset & ~(1 << first)
    return best[rest] + sum(wins[answers[first]][answers[other]] for other in _members(rest))


def _firsts(subset: int, best: Sequence[float], answers: Sequence[SeatId], wins: Wins) -> list[int]:
    return [
        first for first in _members(subset) if _accord(first, subset, best, answers, wins) > best[subset] - _EPSILON
    ]


def _members(subset: int) -> list[int]:
    return [index for index in range(subset.bit_length()) if subset >> index & 1]
