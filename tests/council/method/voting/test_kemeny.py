"""Kemeny's rule against every possible order."""

import random
import time
from collections.abc import Sequence
from itertools import combinations, permutations

from hypothesis import given, settings
from hypothesis import strategies as st

from council.method.voting.kemeny import central_order, possible_winners
from tests.council.method.voting.elections import ABC, ballot, count


@settings(max_examples=40)
@given(st.integers(1, 5), st.data())
def test_the_central_order_goes_against_no_more_votes_than_any_other(size: int, data: st.DataObject):
    answers = "abcde"[:size]
    votes = st.integers(0, 4)
    wins = {x: {y: float(data.draw(votes)) for y in answers if y != x} for x in answers}

    def accord(order: Sequence[str]) -> float:
        return sum(wins[x][y] for x, y in combinations(order, 2))

    best = max(map(accord, permutations(answers)))
    assert accord(central_order(answers, wins)) == best
    firsts = {order[0] for order in permutations(answers) if accord(order) == best}
    assert possible_winners(answers, wins) == firsts


def test_of_equally_good_central_orders_the_first_listed_is_taken():
    none = {x: {y: 0.0 for y in ABC if y != x} for x in ABC}
    assert central_order("cab", none) == ("c", "a", "b")
    assert possible_winners("cab", none) == set(ABC)


def test_eight_answers_are_counted_in_a_moment():
    seats = "abcdefgh"
    lot = random.Random(1)
    ballots = [ballot(voter, "".join(lot.sample(seats, 8))) for voter in seats]
    started = time.perf_counter()
    count(*ballots, answers=seats)
    assert time.perf_counter() - started < 2
