"""Balanced orders: positions, neighbours, the lot."""

from collections import Counter
from itertools import pairwise

import pytest

from council.method.voting.orders import ballot_orders, labels, shuffled

SIZES = range(1, 9)


def seat_ids(count: int) -> list[str]:
    return [f"seat-{number}" for number in range(1, count + 1)]


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("seed", [0, 7, 2**63])
def test_every_answer_stands_in_every_position_exactly_once(size: int, seed: int):
    orders = ballot_orders(seat_ids(size), seat_ids(size), seed)
    for column in zip(*orders.values(), strict=True):
        assert sorted(column) == seat_ids(size)
    assert all(sorted(order) == seat_ids(size) for order in orders.values())


@pytest.mark.parametrize("size", [size for size in SIZES if size % 2 == 0])
def test_with_an_even_number_every_answer_follows_every_other_exactly_once(size: int):
    orders = ballot_orders(seat_ids(size), seat_ids(size), 3).values()
    neighbours = Counter(pair for order in orders for pair in pairwise(order))
    assert set(neighbours.values()) == {1} and len(neighbours) == size * (size - 1)


@pytest.mark.parametrize("size", [3, 5, 7])
def test_with_an_odd_number_both_looks_together_balance_the_neighbours(size: int):
    orders = ballot_orders(seat_ids(size), seat_ids(size), 3).values()
    looks = [look for order in orders for look in (order, order[::-1])]
    neighbours = Counter(pair for look in looks for pair in pairwise(look))
    assert set(neighbours.values()) == {2} and len(neighbours) == size * (size - 1)


def test_with_fewer_voters_no_answer_stands_in_a_position_twice():
    orders = ballot_orders(seat_ids(5), seat_ids(5)[:3], 11)
    assert set(orders) == set(seat_ids(3))
    assert all(len(set(column)) == 3 for column in zip(*orders.values(), strict=True))


def test_with_more_voters_than_answers_positions_differ_by_one_at_most():
    orders = ballot_orders(seat_ids(3), seat_ids(8), 11)
    for column in zip(*orders.values(), strict=True):
        counts = Counter(column).values()
        assert sum(counts) == 8 and max(counts) - min(counts) <= 1


def test_the_place_of_the_own_answer_tells_nothing_over_many_runs():
    own = Counter(ballot_orders(seat_ids(4), seat_ids(4), seed)["seat-2"].index("seat-2") for seed in range(2000))
    assert all(440 < own[position] < 560 for position in range(4))


def test_the_same_seed_deals_the_same_orders_however_the_seats_are_listed():
    dealt = ballot_orders(seat_ids(4), seat_ids(4), 5)
    assert dealt == ballot_orders(seat_ids(4)[::-1], seat_ids(4)[::-1], 5)
    assert dealt == {
        "seat-1": ("seat-1", "seat-3", "seat-4", "seat-2"),
        "seat-2": ("seat-2", "seat-4", "seat-3", "seat-1"),
        "seat-3": ("seat-4", "seat-1", "seat-2", "seat-3"),
        "seat-4": ("seat-3", "seat-2", "seat-1", "seat-4"),
    }


def test_another_seed_deals_other_orders():
    assert len({str(ballot_orders(seat_ids(4), seat_ids(4), seed)) for seed in range(50)}) > 30


def test_the_chairman_sees_another_order_for_another_salt():
    orders = {shuffled(seat_ids(5), 1, salt) for salt in ("chairman", "minutes", "debate", "more", "again")}
    assert len(orders) > 2
    assert all(sorted(order) == seat_ids(5) for order in orders)


def test_the_orders_dealt_by_lot_are_all_equally_likely():
    drawn = Counter(shuffled(["a", "b", "c"], seed, "chairman") for seed in range(3000))
    assert len(drawn) == 6 and all(400 < count < 600 for count in drawn.values())


def test_nothing_to_judge_gives_every_voter_an_empty_order():
    assert ballot_orders([], ["seat-1"], 1) == {"seat-1": ()}


@pytest.mark.parametrize(("answers", "voters"), [(["a", "a"], ["a"]), (["a", "b"], ["a", "a"])])
def test_a_seat_named_twice_is_refused(answers: list[str], voters: list[str]):
    with pytest.raises(ValueError, match="twice"):
        ballot_orders(answers, voters, 1)


def test_labels_are_letters_in_the_order_shown():
    assert labels(0) == ()
    assert labels(8) == ("A", "B", "C", "D", "E", "F", "G", "H")


@pytest.mark.parametrize("count", [-1, 27])
def test_more_answers_than_letters_are_refused(count: int):
    with pytest.raises(ValueError, match="letters"):
        labels(count)
