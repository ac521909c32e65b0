"""In small, the simulation by which the rules of the vote were chosen: which vote finds the best answer most often?

Answers have a quality of N(0, 1); a judge sees it with noise and prefers what is shown earlier. The figures depend on
how judges are modelled, so only the direction is held here; the seed is fixed.
"""

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import pytest

from council.domain import Ballot
from council.method.voting.orders import ballot_orders, labels, shuffled
from council.method.voting.tally import count_ballots, position_bias

SEATS = ("seat-1", "seat-2", "seat-3", "seat-4")
RUNS = 400


@dataclass(frozen=True)
class Judge:
    """`bias` is what each position nearer to the front is worth, `noise` the spread of the quality seen."""

    bias: float
    noise: float

    def order(self, shown: Sequence[str], quality: Mapping[str, float], lot: random.Random) -> tuple[str, ...]:
        seen = {seat: quality[seat] + lot.gauss(0, self.noise) - self.bias * at for at, seat in enumerate(shown)}
        return tuple(sorted(shown, key=lambda seat: -seen[seat]))


WEAK, STRONG = Judge(1.6, 1.2), Judge(0.25, 0.35)


def cast(voter: str, judge: Judge, shown: Sequence[str], quality: Mapping[str, float], lot: random.Random) -> Ballot:
    return Ballot(
        voter=voter,
        labels=dict(zip(labels(len(shown)), shown, strict=True)),
        order=judge.order(shown, quality, lot),
        second_order=judge.order(shown[::-1], quality, lot),
    )


def one_look(ballots: Sequence[Ballot]) -> list[Ballot]:
    return [ballot.model_copy(update={"second_order": None}) for ballot in ballots]


def as_separate_voters(ballots: Sequence[Ballot]) -> list[Ballot]:
    """The same looks, each with the same weight whatever its voter's consistency."""
    seconds = [
        ballot.model_copy(update={"voter": f"{ballot.voter}-again", "order": ballot.second_order, "second_order": None})
        for ballot in ballots
    ]
    return one_look(ballots) + seconds


def found(ballots: Sequence[Ballot], best: str) -> float:
    """Whether the best answer leads; its share of the lead where several do."""
    leaders = [standing.seat for standing in count_ballots(ballots, SEATS, families={}).order if standing.place == 1]
    return (best in leaders) / len(leaders)


@pytest.mark.parametrize("judge", [WEAK, STRONG])
def test_balanced_orders_find_the_best_answer_more_often_and_second_looks_more_often_still(judge: Judge):
    lot, same, balanced, twice = random.Random(11), 0.0, 0.0, 0.0
    for run in range(RUNS):
        quality = {seat: lot.gauss(0, 1) for seat in SEATS}
        best = max(SEATS, key=quality.__getitem__)
        orders, shuffle = ballot_orders(SEATS, SEATS, run), shuffled(SEATS, run, "one for all")
        looked = [cast(voter, judge, orders[voter], quality, lot) for voter in SEATS]
        same += found(one_look([cast(voter, judge, shuffle, quality, lot) for voter in SEATS]), best)
        balanced += found(one_look(looked), best)
        twice += found(looked, best)
    assert RUNS / 4 < same < balanced < twice


def test_weighting_by_consistency_finds_the_best_answer_more_often_among_unequal_judges():
    lot, weighted, equal = random.Random(5), 0.0, 0.0
    judges = {"judge-1": STRONG, "judge-2": WEAK, "judge-3": WEAK, "judge-4": WEAK}
    for run in range(RUNS):
        quality = {seat: lot.gauss(0, 1) for seat in SEATS}
        best = max(SEATS, key=quality.__getitem__)
        orders = ballot_orders(SEATS, list(judges), run)
        ballots = [cast(voter, judge, orders[voter], quality, lot) for voter, judge in judges.items()]
        weighted += found(ballots, best)
        equal += found(as_separate_voters(ballots), best)
    assert weighted > equal + 0.01 * RUNS


def test_weak_judges_show_more_position_bias_than_strong_ones():
    lot = random.Random(2)
    biases = {}
    for name, judge in (("weak", WEAK), ("strong", STRONG), ("none", Judge(0.0, 1.0))):
        ballots = []
        for run in range(100):
            quality = {seat: lot.gauss(0, 1) for seat in SEATS}
            orders = ballot_orders(SEATS, SEATS, run)
            ballots += [cast(voter, judge, orders[voter], quality, lot) for voter in SEATS]
        biases[name] = position_bias(ballots) or 0.0
    assert biases["weak"] > biases["strong"] + 0.2 > 0.2
    assert abs(biases["none"]) < 0.05
