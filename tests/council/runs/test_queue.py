"""The queue of runs: a few at once, owners by turns, an honest place for whoever waits, and a bound."""

from collections import Counter
from itertools import count

import pytest
from hypothesis import given
from hypothesis import strategies as st

from council.errors import BusyError
from council.runs.queue import A_MINUTE, Place, RunQueue


class Clock:
    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


def test_a_run_begins_at_once_where_there_is_room() -> None:
    queue = RunQueue(at_once=2)
    assert [queue.join("ada").before for _ in range(3)] == [None, None, 0]


def test_a_run_that_ends_lets_the_next_one_in_and_the_others_move_up() -> None:
    queue = RunQueue(at_once=1)
    first, second, third = (queue.join("ada") for _ in range(3))
    assert (second.before, third.before) == (0, 1)
    queue.leave(first)
    assert (second.before, third.before) == (None, 0)


def test_owners_take_turns_whoever_has_asked_for_more() -> None:
    queue = RunQueue(at_once=1)
    at_work = queue.join("ada")
    adas = [queue.join("ada") for _ in range(4)]
    alan = queue.join("alan")
    assert [place.before for place in (*adas, alan)] == [0, 2, 3, 4, 1]
    order = []
    places = {place: place.owner for place in (*adas, alan)}
    while places:
        queue.leave(at_work)
        [at_work] = [place for place in places if place.before is None]
        order.append(places.pop(at_work))
    assert order == ["ada", "alan", "ada", "ada", "ada"]


def test_a_waiting_run_that_is_cancelled_gives_its_place_up() -> None:
    queue = RunQueue(at_once=1)
    first, second, third = (queue.join("ada") for _ in range(3))
    queue.leave(second)
    queue.leave(second)
    assert third.before == 0
    queue.leave(first)
    assert third.before is None


def test_too_many_runs_of_one_owner_are_refused_with_a_time_and_others_are_not() -> None:
    clock = Clock()
    queue = RunQueue(at_once=1, waiting_of_one=2, clock=clock)
    first = queue.join("ada")
    queue.join("ada")
    clock.now = 200.0
    queue.leave(first)
    queue.join("ada")
    queue.join("ada")
    with pytest.raises(BusyError, match=r"2 runs of yours wait already\. Try again in about 4 minutes\.") as caught:
        queue.join("ada")
    assert caught.value.retry_after_seconds == 200.0
    assert queue.join("alan").before == 1


def test_the_whole_line_has_a_bound_too() -> None:
    queue = RunQueue(at_once=1, waiting=3)
    for owner in "abcd":
        queue.join(owner)
    with pytest.raises(BusyError, match="3 runs wait already"):
        queue.join("e")


def test_a_run_that_is_refused_for_the_line_does_not_count_as_begun() -> None:
    queue = RunQueue(at_once=1, waiting_of_one=1, clock=Clock())
    first, _ = queue.join("ada"), queue.join("ada")
    for _ in range(100):
        with pytest.raises(BusyError, match="waits already"):
            queue.join("ada")
    queue.leave(first)
    assert queue.join("ada").before == 0


def test_too_many_runs_within_a_minute_are_refused() -> None:
    queue = RunQueue(clock=Clock())
    for _ in range(A_MINUTE):
        queue.leave(queue.join("ada"))
    with pytest.raises(BusyError, match=r"many runs within a minute\. Try again in about 1 minute\."):
        queue.join("ada")
    assert queue.join("alan").before is None


@given(st.lists(st.tuples(st.sampled_from("abc"), st.integers(0, 9)), max_size=60), st.integers(1, 3))
def test_whatever_comes_and_goes_the_line_stays_in_order(steps: list[tuple[str, int]], at_once: int) -> None:
    queue, places = RunQueue(at_once=at_once, waiting_of_one=3, waiting=6, clock=count(step=60).__next__), list[Place]()
    for owner, leaving in steps:
        if leaving < 4 and places:
            queue.leave(places.pop(leaving % len(places)))
        else:
            try:
                places.append(queue.join(owner))
            except BusyError:
                assert sum(place.before is not None for place in places) >= 3
        waiting = [place for place in places if place.before is not None]
        assert sorted(place.before or 0 for place in waiting) == list(range(len(waiting)))
        assert len(places) - len(waiting) == min(at_once, len(places))
        assert len(waiting) <= 6 and max(Counter(place.owner for place in waiting).values(), default=0) <= 3
