"""Intervals and tests against values that are known, and on data whose answer was planted."""

from random import Random

import pytest

from council.evaluation.figures import mcnemar, paired_difference, recovered, wilson


@pytest.mark.parametrize(
    ("right", "total", "low", "high"),
    [(10, 20, 0.2993, 0.7007), (0, 10, 0.0, 0.2775), (10, 10, 0.7225, 1.0), (81, 263, 0.2553, 0.3662)],
)
def test_wilsons_interval_has_its_published_values(right: int, total: int, low: float, high: float) -> None:
    interval = wilson(right, total)  # the last: Newcombe 1998, table I, method 3
    assert (interval.low, interval.high) == (pytest.approx(low, abs=1e-4), pytest.approx(high, abs=1e-4))


def test_of_no_items_nothing_is_known() -> None:
    assert (wilson(0, 0).low, wilson(0, 0).high) == (0.0, 1.0)
    assert recovered([], []) is None


@pytest.mark.parametrize(
    ("only_first", "only_second", "p"), [(0, 0, 1.0), (5, 0, 0.0625), (1, 9, 0.021484), (6, 6, 1.0)]
)
def test_mcnemars_p_is_that_of_a_fair_coin(only_first: int, only_second: int, p: float) -> None:
    first = [True] * only_first + [False] * only_second + [True] * 7
    second = [False] * only_first + [True] * only_second + [True] * 7
    assert mcnemar(first, second) == pytest.approx(p, abs=1e-6)


def test_a_planted_difference_is_found_with_its_sign_and_none_is_not() -> None:
    dice = Random(3)
    base = [dice.random() < 0.5 for _ in range(300)]
    better = [right or dice.random() < 0.3 for right in base]
    assert paired_difference(better, base).low > 0 > paired_difference(base, better).high
    other = [dice.random() < 0.5 for _ in range(300)]
    assert paired_difference(base, other).low < 0 < paired_difference(base, other).high


def test_an_oracle_recovers_the_whole_gap_and_the_lot_nothing() -> None:
    dice = Random(5)
    seats = [[dice.random() < 0.5 for _ in range(4)] for _ in range(2000)]
    assert recovered([any(right) for right in seats], seats) == pytest.approx(1.0)
    assert recovered([dice.choice(right) for right in seats], seats) == pytest.approx(0.0, abs=0.06)
    assert recovered([True, True], [[True, True], [True, True]]) is None
