"""What second looks, later rounds and positions do to the counting."""

from collections.abc import Callable, Sequence

import pytest

from council.domain import Ballot, Flip
from council.method.voting.orders import ballot_orders
from council.method.voting.tally import (
    consistency,
    count_ballots,
    first_shown_first,
    is_close,
    position_bias,
    voter_weights,
)
from tests.council.method.voting.elections import ABC, ballot, count

Judge = Callable[[Sequence[str]], Sequence[str]]

# Second looks


@pytest.mark.parametrize(
    ("first", "second", "expected"),
    [("abc", "abc", 1.0), ("abc", "cba", 0.0), ("abc", "acb", 2 / 3), ("abcd", "badc", 4 / 6), ("ab", "ba", 0.0)],
)
def test_consistency_is_the_share_of_pairs_on_which_both_looks_agree(first: str, second: str, expected: float):
    assert consistency(ballot("a", first, second)) == pytest.approx(expected)


def test_one_look_or_one_answer_has_no_consistency():
    assert consistency(ballot("a", "abc")) is None
    assert consistency(ballot("a", "a", "a")) is None


def test_a_voter_weighs_by_its_consistency_and_one_look_weighs_as_the_mean():
    weights = voter_weights([ballot("a", "abc", "abc"), ballot("b", "abc", "cab"), ballot("c", "abc")])
    assert weights == pytest.approx({"a": 1.0, "b": 1 / 3, "c": 2 / 3})
    assert voter_weights([ballot("a", "abc"), ballot("b", "cba")]) == {"a": 1.0, "b": 1.0}


def test_where_two_looks_disagree_the_voter_says_nothing():
    wins = count(ballot("x", "abc", "bac")).wins
    assert wins["a"]["b"] == wins["b"]["a"]
    assert wins["a"]["c"] == pytest.approx(2 / 3) and wins["c"]["a"] == 0.0


def test_a_consistent_voter_outweighs_two_that_go_by_position():
    swayed = [ballot("x", "bca", "acb"), ballot("y", "bca", "acb")]
    assert count(*swayed, ballot("z", "abc", "abc")).winner == "a"


def test_one_ballot_is_the_voice_of_the_heaviest_voter():
    doubtful = [ballot("x", "abc", "acb"), ballot("y", "abc", "acb"), ballot("z", "bac", "bca")]
    standings = count(*doubtful)
    assert standings.margin == pytest.approx(2 / 3) and standings.winner == "a"
    sure = ballot("w", "bac", "bac")
    assert count(doubtful[0], doubtful[1], sure).winner is None


def test_voters_that_only_reverse_what_they_see_leave_nothing_to_count():
    standings = count(ballot("a", "abc", "cba"), ballot("b", "bca", "acb"))
    assert standings.weights == {"a": 0.0, "b": 0.0}
    assert standings.winner is None and standings.tied == ABC and standings.agreement is None
    assert not is_close(standings)


def test_a_vote_is_close_when_one_voter_that_changed_its_mind_would_overturn_it():
    assert not is_close(count(ballot("a", "abc"), ballot("b", "abc"), ballot("c", "abc")))
    assert is_close(count(ballot("a", "abc"), ballot("b", "bac"), ballot("c", "abc")))
    assert is_close(count(ballot("a", "abc"), ballot("b", "bca"), ballot("c", "cab")))
    assert not is_close(count_ballots([], ABC, families={}))


# Rounds, contradictions


def test_a_voter_whose_first_place_changed_is_a_flip():
    before = [ballot("a", "abc"), ballot("b", "bac"), ballot("x", "cab")]
    after = [ballot("a", "bac", round=1), ballot("b", "bca", round=1), ballot("c", "cab", round=1)]
    standings = count_ballots(after, ABC, families={}, round=1, before=before)
    assert standings.flips == (Flip(voter="a", before="a", after="b"),) and standings.round == 1


def test_voters_that_saw_a_contradiction_are_counted():
    seen = ballot("a", "abc").model_copy(update={"contradiction": "the year"})
    assert count(seen, ballot("b", "abc")).contradictions == 1


# Position bias


def looks_of(judge: Judge, size: int, second: bool = True) -> list[Ballot]:
    """What voters of one kind cast in balanced orders over answers whose quality falls with the alphabet."""
    seats = "abcdefgh"[:size]
    dealt = ballot_orders(seats, seats, 1)
    return [
        ballot(voter, "".join(judge(shown)), "".join(judge(shown[::-1])) if second else None, shown="".join(shown))
        for voter, shown in dealt.items()
    ]


def takes_the_first(shown: Sequence[str]) -> Sequence[str]:
    return [shown[0], *sorted(shown[1:])]


def takes_the_last(shown: Sequence[str]) -> Sequence[str]:
    return [shown[-1], *sorted(shown[:-1])]


@pytest.mark.parametrize("size", [2, 3, 4, 5, 8])
@pytest.mark.parametrize("second", [False, True])
def test_a_judge_that_always_takes_the_first_shows_as_biased_with_the_right_sign(size: int, second: bool):
    first, last = (position_bias(looks_of(judge, size, second)) for judge in (takes_the_first, takes_the_last))
    assert first is not None and first > 0.1
    assert last is not None and last < -0.1


@pytest.mark.parametrize("size", [2, 3, 4, 5, 8])
@pytest.mark.parametrize("second", [False, True])
def test_judges_that_go_by_quality_alone_show_no_bias(size: int, second: bool):
    assert position_bias(looks_of(sorted, size, second)) == pytest.approx(0.0)


def test_judges_that_copy_the_order_shown_are_wholly_biased():
    assert position_bias(looks_of(list, 4)) == pytest.approx(1.0)
    assert position_bias(looks_of(lambda shown: shown[::-1], 4)) == pytest.approx(-1.0)


def test_without_votes_there_is_no_bias_to_measure():
    assert position_bias([]) is None
    assert position_bias([ballot("a", "a")]) is None


def test_where_answers_did_not_stand_everywhere_equally_often_bias_cannot_be_told_from_quality():
    assert position_bias([ballot("a", "abc", shown="abc"), ballot("b", "abc", shown="bca")]) is None
    assert position_bias([ballot("a", "abc", "abc", shown="abc")]) is None
    assert position_bias([ballot("a", "ab", "ab", shown="ab")]) == pytest.approx(0.0)


@pytest.mark.parametrize("second", [False, True])
def test_how_often_the_answer_shown_first_was_put_first_is_counted_over_all_looks(second: bool):
    looks = 8 if second else 4
    assert first_shown_first(looks_of(takes_the_first, 4, second)) == (looks, looks)
    assert first_shown_first(looks_of(takes_the_last, 4, second)) == (0, looks)
    assert first_shown_first(looks_of(sorted, 4, second)) == (looks // 4, looks)
