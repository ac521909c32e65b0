"""The counting: shares, winners, ties, cycles, and the defects that others' tallies have."""

import random
from itertools import combinations, permutations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from council.domain import Ballot
from council.method.voting.tally import count_ballots
from tests.council.method.voting.elections import ABC, ballot, count, elections, scores

# Who wins


def test_a_unanimous_council_has_a_clear_winner_and_full_agreement():
    standings = count(ballot("a", "bac"), ballot("b", "bac"), ballot("c", "bac"))
    assert standings.winner == "b" and standings.tied == ()
    assert [(s.seat, s.place, s.first_places) for s in standings.order] == [("b", 1, 3), ("a", 2, 0), ("c", 3, 0)]
    assert scores(standings) == {"b": 1.0, "a": 0.5, "c": 0.0}
    assert standings.agreement == 1.0 and not standings.cycle
    assert standings.margin == 2.0
    assert standings.central_order == ("b", "a", "c")


def test_a_pair_with_the_voters_own_answer_weighs_half():
    assert count(ballot("a", "abc")).wins == {
        "a": {"b": 0.5, "c": 0.5},
        "b": {"a": 0.0, "c": 1.0},
        "c": {"a": 0.0, "b": 0.0},
    }


def test_voters_that_all_vote_for_themselves_bring_no_winner():
    standings = count(ballot("a", "abc"), ballot("b", "bca"), ballot("c", "cab"))
    assert standings.winner is None and standings.tied == ABC


def test_a_lead_of_one_ballot_is_clear_and_half_a_ballot_is_not():
    whole = count(ballot("a", "abc"), ballot("b", "bac"), ballot("c", "abc"))
    assert whole.margin == 1.0 and whole.winner == "a"
    half = count(ballot("a", "abc"), ballot("c", "bac"), ballot("d", "abc"))
    assert half.margin == 0.5 and half.winner is None and half.tied == ("a", "b")


def test_with_two_answers_both_voters_must_agree():
    assert count(ballot("a", "ab"), ballot("b", "ab"), answers="ab").winner == "a"
    split = count(ballot("a", "ab"), ballot("b", "ba"), answers="ab")
    assert split.winner is None and split.tied == ("a", "b") and split.agreement == 0.5


def test_where_borda_and_kemeny_name_different_leaders_both_are_tied():
    ballots = [ballot(f"x{n}", "abc") for n in range(3)] + [ballot(f"y{n}", "bca") for n in range(2)]
    standings = count(*ballots)
    assert standings.order[0].seat == "b" and standings.central_order[0] == "a"
    assert standings.winner is None and set(standings.tied) == {"a", "b"}


def voters_with(nets: dict[str, int], answers: str) -> list[Ballot]:
    """Voters whose net pairwise votes are exactly these even numbers, and 0 elsewhere (McGarvey's construction)."""
    orders = []
    for (first, second), net in nets.items():
        rest = "".join(answer for answer in answers if answer not in (first, second))
        orders += [first + second + rest, rest[::-1] + first + second] * (net // 2)
    return [ballot(f"voter-{number}", order) for number, order in enumerate(orders)]


def test_kemenys_leader_is_among_the_tied_even_if_the_leader_by_shares_beats_it():
    standings = count(*voters_with({"km": 4, "ml": 4, "lk": 2, "lz": 8}, "klmz"), answers="klmz")
    assert standings.order[0].seat == "l" and standings.central_order[0] == "k"
    assert standings.wins["l"]["k"] - standings.wins["k"]["l"] == 2
    assert standings.winner is None and set(standings.tied) == {"l", "m", "k"} and standings.cycle


def test_an_answer_that_beats_each_rival_is_no_clear_winner_while_another_has_its_share():
    ballots = [ballot(f"x{n}", "abc") for n in range(4)] + [ballot(f"y{n}", "bca") for n in range(2)]
    standings = count(*ballots)
    assert standings.margin == 2.0 and scores(standings)["a"] == pytest.approx(scores(standings)["b"])
    assert standings.winner is None and standings.tied == ("a", "b")


def test_equal_scores_share_a_place():
    standings = count(ballot("x", "abcd"), ballot("y", "badc"), answers="abcd")
    assert [standing.place for standing in standings.order] == [1, 1, 3, 3]


@given(elections())
def test_a_winner_beats_every_rival_by_one_ballot_and_leads_both_orders(
    election: tuple[tuple[Ballot, ...], tuple[str, ...]],
):
    standings = count(*election[0], answers=election[1])
    winner = standings.winner
    if winner is None:
        assert len(standings.tied) >= 2
        return
    one_ballot = max(standings.weights.values())
    nets = [votes - standings.wins[rival][winner] for rival, votes in standings.wins[winner].items()]
    assert min(nets) >= one_ballot - 1e-6 and standings.margin == min(nets)
    assert standings.order[0].seat == standings.central_order[0] == winner
    assert standings.tied == ()


@given(elections(looks=False))
def test_leaving_out_any_one_voter_never_turns_a_clear_win_round(
    election: tuple[tuple[Ballot, ...], tuple[str, ...]],
):
    ballots, answers = election
    winner = count(*ballots, answers=answers).winner
    if winner is None:
        return
    for left_out in ballots:
        wins = count(*(kept for kept in ballots if kept is not left_out), answers=answers).wins
        assert all(wins[winner][rival] >= wins[rival][winner] for rival in wins[winner])


# What others get wrong


def test_the_same_model_on_two_seats_counts_as_two_seats_of_one_family():
    standings = count(
        ballot("a", "bac"), ballot("b", "bca"), ballot("c", "bac"), families={"a": "qwen3", "b": "qwen3", "c": "llama"}
    )
    assert standings.voters == 3 and standings.families == 2
    assert set(standings.weights) == set(ABC)
    assert [standing.seat for standing in standings.order] == ["b", "a", "c"]


def test_voters_of_unknown_family_count_as_one_family():
    assert count(ballot("a", "abc"), ballot("b", "abc"), families={"a": "", "b": ""}).families == 1
    assert count(ballot("a", "abc"), ballot("b", "abc"), families={"a": "llama"}).families == 2


def test_the_answer_of_a_voter_that_dropped_out_is_judged_like_the_rest():
    standings = count_ballots([ballot("a", "cab"), ballot("b", "cab")], ABC, families={}, abstained=1)
    assert standings.winner == "c" and scores(standings)["c"] == 1.0
    assert standings.voters == 2 and standings.abstained == 1


def test_a_missing_voter_changes_no_score_where_all_agree():
    orders = ["bac"] * 3
    whole = count(*(ballot(voter, order) for voter, order in zip("abc", orders, strict=True)))
    for missing in "abc":
        kept = [ballot(voter, "bac") for voter in "abc" if voter != missing]
        assert scores(count(*kept)) == scores(whole)


@given(elections(looks=False))
def test_an_answer_less_changes_no_vote_among_the_rest(election: tuple[tuple[Ballot, ...], tuple[str, ...]]):
    ballots, answers = election
    gone, kept = answers[0], answers[1:]
    shortened = [cast.model_copy(update={"order": tuple(a for a in cast.order if a != gone)}) for cast in ballots]
    before, after = count(*ballots, answers=answers).wins, count(*shortened, answers=kept).wins
    assert all(before[x][y] == after[x][y] for x, y in permutations(kept, 2))


@given(st.permutations("abcde"), st.sampled_from("abcdex"))
def test_one_ballot_leaves_its_own_order_wherever_the_voters_own_answer_stands(order: list[str], voter: str):
    standings = count(ballot(voter, "".join(order)), answers="abcde")
    assert [standing.seat for standing in standings.order] == order
    assert standings.central_order == tuple(order)


@given(elections(), st.data())
def test_where_a_voter_puts_its_own_answer_changes_no_vote_among_the_others(
    election: tuple[tuple[Ballot, ...], tuple[str, ...]], data: st.DataObject
):
    ballots, answers = election
    voter = ballots[0].voter
    if voter not in answers:
        return
    others = [answer for answer in ballots[0].order if answer != voter]
    place = data.draw(st.integers(0, len(others)))
    moved = ballots[0].model_copy(update={"order": (*others[:place], voter, *others[place:]), "second_order": None})
    first = ballots[0].model_copy(update={"second_order": None})
    plain = [kept.model_copy(update={"second_order": None}) for kept in ballots[1:]]
    before, after = (count(changed, *plain, answers=answers).wins for changed in (first, moved))
    for x, y in permutations(others, 2):
        assert before[x][y] == after[x][y]


def test_majorities_in_a_circle_are_told_and_read_as_disagreement():
    standings = count(ballot("x", "abc"), ballot("y", "bca"), ballot("z", "cab"))
    assert standings.cycle
    assert standings.winner is None and standings.tied == ABC
    assert standings.agreement == pytest.approx(5 / 9)


def test_a_circle_through_ties_and_four_answers_is_found():
    cyclic = count(ballot("w", "abcd"), ballot("x", "bcda"), ballot("y", "cdab"), ballot("z", "dabc"), answers="abcd")
    assert cyclic.cycle
    assert not count(ballot("x", "abcd"), ballot("y", "dcba"), answers="abcd").cycle


def test_no_ballots_bring_no_winner_no_places_and_no_measure():
    standings = count_ballots([], ABC, families={}, abstained=3)
    assert standings.winner is None and standings.order == () and standings.tied == ()
    assert standings.agreement is None and standings.central_order == () and standings.margin == 0.0
    assert standings.voters == 0 and standings.abstained == 3 and standings.families == 0


def test_one_answer_is_no_vote():
    standings = count_ballots([ballot("a", "a")], "a", families={})
    assert standings.winner is None and standings.agreement is None


@given(elections(), st.randoms(use_true_random=False))
def test_letters_permuted_per_voter_give_the_same_result(
    election: tuple[tuple[Ballot, ...], tuple[str, ...]], lot: random.Random
):
    ballots, answers = election
    relabelled = []
    for cast in ballots:
        seats = list(cast.labels.values())
        lot.shuffle(seats)
        relabelled.append(cast.model_copy(update={"labels": dict(zip(cast.labels, seats, strict=True))}))
    assert count(*relabelled, answers=answers) == count(*ballots, answers=answers)


@given(elections())
def test_the_result_does_not_depend_on_who_is_listed_first(election: tuple[tuple[Ballot, ...], tuple[str, ...]]):
    ballots, answers = election
    one, other = count(*ballots, answers=answers), count(*ballots[::-1], answers=answers[::-1])
    assert one.winner == other.winner and one.cycle == other.cycle
    assert scores(one) == pytest.approx(scores(other))
    if one.winner is not None:
        assert one.agreement == pytest.approx(other.agreement)


@given(elections())
def test_shares_lie_between_nothing_and_all_and_every_vote_is_won_once(
    election: tuple[tuple[Ballot, ...], tuple[str, ...]],
):
    ballots, answers = election
    standings = count(*ballots, answers=answers)
    assert all(0.0 <= score <= 1.0 for score in scores(standings).values())
    for x, y in combinations(answers, 2):
        said = sum(weight * (0.5 if voter in (x, y) else 1.0) for voter, weight in standings.weights.items())
        assert standings.wins[x][y] + standings.wins[y][x] == pytest.approx(said)
    if standings.agreement is not None:
        assert 0.5 - 1e-9 <= standings.agreement <= 1.0 + 1e-9


@pytest.mark.parametrize(
    ("ballots", "named"),
    [
        ([ballot("a", "ab")], "orders"),
        ([ballot("a", "abcd")], "orders"),
        ([ballot("a", "abb", shown="abc")], "orders"),
        ([ballot("a", "abc", "ab")], "orders"),
        ([ballot("a", "abc"), ballot("a", "abc")], "two ballots"),
        ([ballot("a", "abc", round=1)], "round 1"),
    ],
)
def test_ballots_that_do_not_belong_together_are_refused(ballots: list[Ballot], named: str):
    with pytest.raises(ValueError, match=named):
        count(*ballots)


@pytest.mark.parametrize("answers", ["aab", "abcdefghi"])
def test_answers_that_cannot_be_are_refused(answers: str):
    with pytest.raises(ValueError, match="different seats"):
        count(answers=answers)
