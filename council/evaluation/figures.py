"""Figures that say how sure a comparison is: intervals, paired tests, and what judges recover; pure functions."""

import math
import random
from collections.abc import Sequence
from dataclasses import dataclass

Z = 1.959963984540054
"""Both sides of a 95 % interval of the normal distribution."""
DRAWS = 2000


@dataclass(frozen=True)
class Interval:
    """A share or a difference of shares, with its 95 % interval."""

    value: float
    low: float
    high: float


def wilson(right: int, total: int) -> Interval:
    """Return a share with Wilson's score interval (Wilson 1927), which holds for few items and near 0 and 1, too."""
    if total <= 0:
        return Interval(0.0, 0.0, 1.0)
    share, square = right / total, Z * Z
    centre = (share + square / (2 * total)) / (1 + square / total)
    half = Z * math.sqrt(share * (1 - share) / total + square / (4 * total * total)) / (1 + square / total)
    return Interval(share, max(0.0, centre - half), min(1.0, centre + half))


def paired_difference(first: Sequence[bool], second: Sequence[bool], *, seed: int = 0) -> Interval:
    """Return by how much the first is right more often, on the same items, with a bootstrap interval over items."""
    if len(first) != len(second):
        raise ValueError("paired items must be as many")
    if not first:
        return Interval(0.0, -1.0, 1.0)
    differences = [a - b for a, b in zip(first, second, strict=True)]
    dice, size = random.Random(seed), len(differences)
    means = sorted(sum(dice.choices(differences, k=size)) / size for _ in range(DRAWS))
    return Interval(sum(differences) / size, means[int(0.025 * DRAWS)], means[int(0.975 * DRAWS) - 1])


def mcnemar(first: Sequence[bool], second: Sequence[bool]) -> float:
    """Return the exact two-sided p of McNemar's test: how likely so uneven a split is, were both equally good."""
    only_first = sum(a and not b for a, b in zip(first, second, strict=True))
    only_second = sum(b and not a for a, b in zip(first, second, strict=True))
    parted = only_first + only_second
    tail = sum(math.comb(parted, k) for k in range(min(only_first, only_second) + 1))
    return min(1.0, float(2 * tail / 2**parted))


def recovered(picked: Sequence[bool], seats: Sequence[Sequence[bool]]) -> float | None:
    """Return the share of the gap between a seat by lot and the best pick possible that the picks recover.

    `seats` holds, for each item, whether each seat was right. 0 is as good as by lot, 1 is an oracle; None where all
    seats were always alike, so that there was nothing to pick.
    """
    if not picked:
        return None
    by_lot = sum(sum(right) / len(right) for right in seats if right)
    gap = sum(any(right) for right in seats) - by_lot
    return (sum(picked) - by_lot) / gap if gap > 1e-9 else None
