"""Counts ballots: pairwise votes, shares, the central order, ties, cycles and how far the voters accord.

Pure functions over seat ids; a ballot's letters are never looked at, except to see where an answer was shown.

A ballot says for every pair of answers which one is better. With two looks it says so with half its voice each, and
where they disagree it says nothing. A pair that holds the voter's own answer counts half, and all that a voter says
is multiplied by its consistency: both were measured to find the best answer more often than to drop the own answer
or to believe every voter alike.

One ballot is the voice of the heaviest voter on a pair that is not its own. The margin is the leader's net pairwise
votes over the rival that comes nearest to it. Under one ballot, leaving out a single voter could turn the two round.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from itertools import combinations, permutations

from council.domain import MAX_SEATS, Ballot, Flip, SeatId, Standing, Standings
from council.method.voting.kemeny import central_order, possible_winners

OWN_PAIR_WEIGHT = 0.5
EPSILON = 1e-9
"""Sums of weights that differ by less are equal."""
STRONG_BIAS = 0.5
"""From here on, and down from its negative, position says more of the votes than anything else does."""

Wins = dict[SeatId, dict[SeatId, float]]


def count_ballots(
    ballots: Sequence[Ballot],
    answers: Sequence[SeatId],
    *,
    families: Mapping[SeatId, str],
    abstained: int = 0,
    round: int = 0,
    before: Sequence[Ballot] = (),
    own_pair_weight: float = OWN_PAIR_WEIGHT,
) -> Standings:
    """Count the ballots of one round over `answers` (seat ids).

    `families` maps a voter to its model's family, "" where unknown; all unknown ones count as one family. `before`
    are the ballots of the round before, for the flips. A pair that holds the voter's own answer has `own_pair_weight`.
    Without ballots `order` is empty: no place was won. Raises ValueError for ballots that do not belong together.
    """
    _check(ballots, answers, round)
    weights = voter_weights(ballots)
    wins = _count_pairs(ballots, answers, weights, own_pair_weight)
    scores = {answer: _share(wins, answer) for answer in answers} if ballots else {}
    places = sorted(scores, key=lambda answer: -_rounded(scores[answer]))
    central = central_order(places, wins) if _has_votes(wins) else ()
    tied, margin = _closest(places, scores, wins, weights)
    return Standings(
        round=round,
        order=tuple(_standing(answer, scores, ballots) for answer in places),
        winner=tied[0] if len(tied) == 1 and _has_votes(wins) else None,
        tied=tied if len(tied) > 1 else (),
        margin=margin,
        agreement=_agreement(central, wins),
        central_order=central,
        cycle=_has_cycle(answers, wins),
        voters=len(ballots),
        abstained=abstained,
        families=len({families.get(ballot.voter, "") for ballot in ballots}),
        contradictions=sum(bool(ballot.contradiction) for ballot in ballots),
        weights=weights,
        wins=wins,
        flips=_flips(before, ballots),
    )


def is_close(standings: Standings) -> bool:
    """Tell whether a second look is worth its time: one voter who changed its mind would overturn the lead.

    A change of mind moves the lead by two ballots. Without votes there is nothing to look at again.
    """
    if standings.agreement is None:
        return False
    return standings.winner is None or standings.margin < 2 * max(standings.weights.values()) - EPSILON


def consistency(ballot: Ballot) -> float | None:
    """Return the share of pairs on which both looks of a voter agree, 0 to 1 (Kendall's tau is 2 x this - 1).

    None without a second look. A voter that goes by position alone turns its order round with the answers: 0.
    """
    if ballot.second_order is None or len(ballot.order) < 2:
        return None
    second = {answer: place for place, answer in enumerate(ballot.second_order)}
    pairs = list(combinations(ballot.order, 2))
    return sum(second[a] < second[b] for a, b in pairs) / len(pairs)


def voter_weights(ballots: Sequence[Ballot]) -> dict[SeatId, float]:
    """Return each voter's weight: how far its two looks agree.

    A voter with one look only gets the mean of the others' weights (1 where nobody looked twice), so that a lost second
    look is neither a gain nor a loss.
    """
    known = {ballot.voter: consistency(ballot) for ballot in ballots}
    seen = [value for value in known.values() if value is not None]
    unknown = sum(seen) / len(seen) if seen else 1.0
    return {voter: unknown if value is None else value for voter, value in known.items()}


def position_bias(ballots: Sequence[Ballot]) -> float | None:
    """Return how far the voters follow the order in which the answers were shown: 1 they do, 0 not, -1 they reverse it.

    The mean over all looks of Spearman's rank correlation between the position shown and the place given. Where every
    answer stood in every position equally often, voters that agree on the quality add nothing to it: what remains is
    position alone. None where that is not so, as quality could pass for position there, and without votes.
    """
    looks = _looks(ballots)
    columns = zip(*(shown for shown, _ in looks), strict=False)
    if not looks or not all(_is_even(column, len(looks[0][0])) for column in columns):
        return None
    known = [value for shown, given in looks if (value := _rank_correlation(shown, given)) is not None]
    return sum(known) / len(known) if known else None


def first_shown_first(ballots: Sequence[Ballot]) -> tuple[int, int]:
    """Return how often the answer that was shown first was put first, and how often voters looked."""
    looks = _looks(ballots)
    return sum(shown[0] == given[0] for shown, given in looks), len(looks)


def _looks(ballots: Sequence[Ballot]) -> list[tuple[list[SeatId], Sequence[SeatId]]]:
    """Each look of each voter: the answers as shown (labels in alphabetical order, reversed the second time), and the
    order given. One that does not order all that was shown is left out: a history may be old or odd."""
    looks: list[tuple[list[SeatId], Sequence[SeatId]]] = []
    for ballot in ballots:
        shown = [ballot.labels[label] for label in sorted(ballot.labels)]
        looks += [(shown, ballot.order), (shown[::-1], ballot.second_order or ())]
    return [(shown, given) for shown, given in looks if shown and sorted(shown) == sorted(given)]


def _is_even(column: Sequence[SeatId], size: int) -> bool:
    """Whether each of so many answers stands in this position equally often."""
    counts = Counter(column)
    return len(counts) == size and len(set(counts.values())) == 1


def _check(ballots: Sequence[Ballot], answers: Sequence[SeatId], round: int) -> None:
    if len(set(answers)) != len(answers) or len(answers) > MAX_SEATS:
        raise ValueError(f"the answers must be at most {MAX_SEATS} different seats, not {list(answers)!r}")
    voters = [ballot.voter for ballot in ballots]
    if len(set(voters)) != len(voters):
        raise ValueError(f"a voter has two ballots in one round: {voters!r}")
    for ballot in ballots:
        if ballot.round != round:
            raise ValueError(f"the ballot of {ballot.voter!r} is of round {ballot.round}, not {round}")
        for order in (ballot.order, ballot.second_order):
            if order is not None and sorted(order) != sorted(answers):
                raise ValueError(f"the ballot of {ballot.voter!r} orders {list(order)!r}, not all of {list(answers)!r}")


def _count_pairs(
    ballots: Sequence[Ballot], answers: Sequence[SeatId], weights: Mapping[SeatId, float], own_pair_weight: float
) -> Wins:
    wins: Wins = {a: {b: 0.0 for b in answers if b != a} for a in answers}
    for ballot in ballots:
        looks = [ballot.order] if ballot.second_order is None else [ballot.order, ballot.second_order]
        for look in looks:
            for a, b in combinations(look, 2):
                own = own_pair_weight if ballot.voter in (a, b) else 1.0
                wins[a][b] += own * weights[ballot.voter] / len(looks)
    return wins


def _share(wins: Wins, answer: SeatId) -> float:
    """The share of votes that an answer won, averaged over its rivals; one half against a rival without votes.

    Not all votes in one sum: a pair whose own voter is missing holds more votes, and would weigh more.
    """
    shares = []
    for rival, won in wins[answer].items():
        votes = won + wins[rival][answer]
        shares.append(won / votes if votes > EPSILON else 0.5)
    return sum(shares) / len(shares) if shares else 0.5


def _closest(
    places: Sequence[SeatId], scores: Mapping[SeatId, float], wins: Wins, weights: Mapping[SeatId, float]
) -> tuple[tuple[SeatId, ...], float]:
    """Return the leader with every answer that cannot be told from it, and its margin.

    Alone, the leader is a clear winner: ahead of each rival by one ballot or more, with a score that no other has,
    and the only one to stand first in an order that Kemeny's rule allows. Without votes nothing can be told apart.
    """
    if not _has_votes(wins):
        return tuple(places), 0.0
    leader, ballot = places[0], max(weights.values())
    nets = {rival: wins[leader][rival] - wins[rival][leader] for rival in places[1:]}
    firsts = possible_winners(places, wins)
    tied = [leader]
    for rival, net in nets.items():
        same_score = _rounded(scores[rival]) == _rounded(scores[leader])
        if net < ballot - EPSILON or same_score or rival in firsts:
            tied.append(rival)
    return tuple(tied), min(nets.values())


def _has_votes(wins: Wins) -> bool:
    return any(votes > EPSILON for row in wins.values() for votes in row.values())


def _agreement(central: Sequence[SeatId], wins: Wins) -> float | None:
    """One half is the least that is possible: an order and its reverse share all votes."""
    accord = sum(wins[a][b] for a, b in combinations(central, 2))
    votes = sum(sum(row.values()) for row in wins.values())
    return accord / votes if votes > EPSILON else None


def _has_cycle(answers: Sequence[SeatId], wins: Wins) -> bool:
    """Tell whether strict majorities lead from an answer back to itself."""
    beats = {(a, b) for a, b in permutations(answers, 2) if wins[a][b] - wins[b][a] > EPSILON}
    for middle in answers:
        beats |= {(a, b) for a in answers for b in answers if (a, middle) in beats and (middle, b) in beats}
    return any((a, a) in beats for a in answers)


def _standing(answer: SeatId, scores: Mapping[SeatId, float], ballots: Sequence[Ballot]) -> Standing:
    better = sum(_rounded(score) > _rounded(scores[answer]) for score in scores.values())
    firsts = sum(ballot.order[0] == answer for ballot in ballots)
    return Standing(seat=answer, place=better + 1, score=scores[answer], first_places=firsts)


def _flips(before: Sequence[Ballot], after: Sequence[Ballot]) -> tuple[Flip, ...]:
    earlier = {ballot.voter: ballot.order[0] for ballot in before}
    return tuple(
        Flip(voter=ballot.voter, before=earlier[ballot.voter], after=ballot.order[0])
        for ballot in after
        if ballot.voter in earlier and earlier[ballot.voter] != ballot.order[0]
    )


def _rank_correlation(shown: Sequence[SeatId], given: Sequence[SeatId]) -> float | None:
    """Spearman's rho of two orders of the same answers."""
    size = len(shown)
    if size < 2:
        return None
    place = {answer: index for index, answer in enumerate(given)}
    squares = sum((index - place[answer]) ** 2 for index, answer in enumerate(shown))
    return 1 - 6 * squares / (size * (size * size - 1))


def _rounded(score: float) -> float:
    return round(score, 9)
