"""Makes ballots over one-letter seats, and elections of every shape."""

from collections.abc import Mapping, Sequence

from hypothesis import strategies as st

from council.domain import Ballot, Standings
from council.method.voting.orders import labels
from council.method.voting.tally import count_ballots

ABC = ("a", "b", "c")


def ballot(voter: str, order: str, second: str | None = None, *, shown: str = "", round: int = 0) -> Ballot:
    """A ballot over one-letter seats; "bac" is b before a before c."""
    shown = shown or "".join(sorted(order))
    return Ballot(
        voter=voter,
        round=round,
        labels=dict(zip(labels(len(shown)), shown, strict=True)),
        order=tuple(order),
        second_order=None if second is None else tuple(second),
    )


def count(*ballots: Ballot, answers: Sequence[str] = ABC, families: Mapping[str, str] | None = None) -> Standings:
    return count_ballots(ballots, answers, families=families or {})


def scores(standings: Standings) -> dict[str, float]:
    return {standing.seat: standing.score for standing in standings.order}


@st.composite
def elections(draw: st.DrawFn, looks: bool = True) -> tuple[tuple[Ballot, ...], tuple[str, ...]]:
    answers = tuple("abcdef"[: draw(st.integers(2, 6))])
    voters = draw(st.lists(st.sampled_from([*answers, "x", "y"]), min_size=1, max_size=8, unique=True))
    orders = st.permutations(answers).map("".join)
    seconds = st.none() | orders if looks else st.none()
    return tuple(ballot(voter, draw(orders), draw(seconds), shown=draw(orders)) for voter in voters), answers
