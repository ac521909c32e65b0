"""The ballots: who placed whom where, and what each voter noted, with its letters told."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from council.domain import Ballot, SeatId
from council.events import BallotVoid
from council.method.voting.tally import first_shown_first, position_bias
from council.reports.words import position_meaning
from council.transcript import Transcript
from council.translation import Translator
from council.ui.drawing import draw
from council.ui.html_parts import seat_number


@dataclass(frozen=True)
class _Round:
    """The ballots of one round, what they were worth, and the seats that were judged, the best first."""

    round: int
    cast: Sequence[Ballot]
    void: Sequence[BallotVoid]
    weights: Mapping[SeatId, float]
    judged: Sequence[str]
    remarks: Sequence[str]


def render_ballots(transcript: Transcript, words: Translator) -> str:
    """Draw the last round's ballots as a table and each voter's notes; earlier rounds are folded away below."""
    rounds = transcript.vote_rounds
    if not rounds:
        return ""
    return draw(
        "ballots", words, run=transcript, rounds=[_read(transcript, round, words) for round in reversed(rounds)]
    )


def _read(transcript: Transcript, round: int, words: Translator) -> _Round:
    cast = [ballot for (_, told), ballot in transcript.ballots.items() if told == round]
    cast.sort(key=lambda ballot: seat_number(transcript, ballot.voter))
    void = [event for (_, told), event in transcript.void_ballots.items() if told == round]
    standings = transcript.standings.get(round)
    weights = standings.weights if standings else {}
    judged = [s.seat for s in standings.order] if standings else sorted({s for ballot in cast for s in ballot.order})
    remarks = [" ".join(told) for told in (_why_light(cast, weights, words), _position(cast, words))]
    return _Round(round, cast, void, weights, judged, [remark for remark in remarks if remark])


def _why_light(cast: Sequence[Ballot], weights: Mapping[SeatId, float], words: Translator) -> Iterator[str]:
    """Say in one sentence why a ballot counts for less than 1; nothing where all count in full."""
    if all(weights.get(ballot.voter, 1.0) >= 1 for ballot in cast):
        return
    looked_twice = [ballot for ballot in cast if ballot.second_order is not None]
    yield words.ngettext(
        "Asked again with the answers reversed, {n} voter changed its order; "
        "a ballot weighs by how far the two agree, from 0 to 1.",
        "Asked again with the answers reversed, {n} voters changed their order; "
        "a ballot weighs by how far the two agree, from 0 to 1.",
        sum(ballot.second_order != ballot.order for ballot in looked_twice),
    )
    if len(looked_twice) < len(cast):
        yield words.gettext("Who answered only once weighs as the others do on average.")


def _position(cast: Sequence[Ballot], words: Translator) -> Iterator[str]:
    """Say whether the votes go by where an answer stood; nothing where that cannot be told from its quality."""
    bias = position_bias(cast)
    if bias is not None:
        firsts, looks = first_shown_first(cast)
        yield words.gettext(
            "The answer shown first was put first in {firsts} of {looks} looks.", firsts=firsts, looks=looks
        )
        yield words.text(position_meaning(bias))
