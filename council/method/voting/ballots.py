"""Stage 2: every seat with an answer judges all answers without knowing whose they are.

The counting is in tally.py, what a ballot looks like in ballot_format.py.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from council.domain import Ballot, Note, Question, Seat, SeatId, Standings, Turn, Verdict
from council.errors import BallotError
from council.events import BallotCast, BallotVoid, StageStarted, StandingsComputed, TurnFailed
from council.method.candidates import anonymous
from council.method.degenerate.asked import Asked
from council.method.degenerate.whole import said
from council.method.deliberation import Prepared
from council.method.language import language_instruction
from council.method.prompt import Form, Material, Prompt
from council.method.turns import LEFT_OUT, collect, take_turn
from council.method.voting.ballot_format import (
    ParsedBallot,
    ballot_schema,
    ballot_tokens,
    parse_ballot,
)
from council.method.voting.orders import ballot_orders
from council.method.voting.tally import count_ballots, is_close
from models.base import Message
from models.text import NOTHING, Text


@dataclass(frozen=True)
class Reply:
    """What a voter wrote and the ballot read from it, or the fault for which there is none."""

    text: str
    ballot: ParsedBallot | None
    fault: Text = NOTHING


async def vote(
    deliberation: Prepared, answers: Mapping[SeatId, str], *, round: int = 0, before: Sequence[Ballot] = ()
) -> Verdict:
    """Collect the ballots on these answers, take a second look where it is close, and count.

    `before` is the ballots of the round before, to tell whose first place changed.
    """
    voters = [seat for seat in deliberation.council.seats if seat.id in answers]
    deliberation.emit(StageStarted(stage="ballots", round=round, turns=len(voters)))
    orders = ballot_orders(list(answers), [seat.id for seat in voters], deliberation.seed + round)
    cast = await collect(
        lambda seat: cast_ballot(seat, answers, orders[seat.id], round, deliberation), voters, deliberation
    )
    for seat in voters:
        if seat.id not in cast:
            deliberation.emit(BallotVoid(voter=seat.id, round=round, reason=LEFT_OUT))
    ballots = [ballot for ballot in cast.values() if ballot is not None]

    def count() -> Standings:
        return count_ballots(
            ballots,
            list(answers),
            families=deliberation.families,
            abstained=len(voters) - len(ballots),
            round=round,
            before=before,
        )

    standings = count()
    if _wants_second_look(deliberation, standings):
        ballots = await _look_again(ballots, answers, deliberation)
        standings = count()
    deliberation.emit(StandingsComputed(standings=standings))
    return Verdict(ballots=tuple(ballots), standings=standings)


def ballot_prompt(shown: Material, question: Question) -> Prompt:
    """Return what a voter is asked: notes on each answer, then the order."""
    labels = list(shown.labels)
    words = {
        "language": language_instruction(question),
        "letters": ", ".join(labels),
        "example": shown.wording.ballot_example(labels),
    }
    form = Form(ballot_schema(labels, notes=True), ballot_tokens(len(labels), notes=True))
    return Prompt(shown.wording.ballot, words, material=shown, form=form)


def order_prompt(shown: Material) -> Prompt:
    """Return what a voter is asked who gives the bare order."""
    labels = list(shown.labels)
    form = Form(ballot_schema(labels, notes=False), ballot_tokens(len(labels), notes=False))
    words = {"letters": ", ".join(labels), "example": shown.wording.order_example(labels)}
    return Prompt(shown.wording.second_look, words, material=shown, form=form)


async def cast_ballot(
    seat: Seat, answers: Mapping[SeatId, str], order: Sequence[SeatId], round: int, deliberation: Prepared
) -> Ballot | None:
    """Have a seat judge the answers, shown in this order; None where no valid ballot comes of it, which is told."""
    turn = Turn(kind="ballot", seat=seat, round=round)
    shown = anonymous(answers, order, turn, deliberation)
    is_roomy = 2 * ballot_tokens(len(order), notes=True) <= deliberation.windows[seat.model]
    prompt = ballot_prompt(shown, deliberation.question) if is_roomy else order_prompt(shown)
    reply = await _ask(turn, prompt, deliberation)
    if reply.ballot is None and reply.text:
        again = deliberation.wording.ballot_again.format(fault=reply.fault, example=prompt.words["example"])
        dialogue = (Message("assistant", reply.text), Message("user", again))
        reply = await _ask(turn, replace(prompt, dialogue=dialogue), deliberation)
    if reply.ballot is None:
        deliberation.emit(BallotVoid(voter=seat.id, round=round, reason=reply.fault, raw=reply.text))
        return None
    ballot = Ballot(
        voter=seat.id,
        round=round,
        labels=dict(shown.labels),
        order=tuple(shown.labels[label] for label in reply.ballot.order),
        notes={shown.labels[label]: note for label, note in reply.ballot.notes.items()},
        contradiction=reply.ballot.contradiction,
        raw=reply.text,
    )
    deliberation.emit(BallotCast(ballot=ballot))
    return ballot


async def _ask(turn: Turn, prompt: Prompt, deliberation: Prepared) -> Reply:
    outcome = await take_turn(turn, prompt, deliberation)
    if isinstance(outcome, TurnFailed):
        return Reply("", None, outcome.reason)
    try:
        ballot = parse_ballot(outcome.text, list(prompt.material.labels))
        return Reply(outcome.text, _without_empty_words(ballot, Asked.by(prompt, deliberation)))
    except BallotError as error:
        return Reply(outcome.text, None, error.text)


def _without_empty_words(ballot: ParsedBallot, asked: Asked) -> ParsedBallot:
    """Leave out notes that say nothing; a ballot that holds no others has failed as a turn."""
    notes = {
        label: Note(strength=said(note.strength, asked), flaw=said(note.flaw, asked))
        for label, note in ballot.notes.items()
    }
    return replace(ballot, notes=notes, contradiction=said(ballot.contradiction, asked))


def _wants_second_look(deliberation: Prepared, standings: Standings) -> bool:
    if deliberation.is_hurried or not standings.voters or deliberation.council.second_look == "never":
        return False
    return deliberation.council.second_look == "always" or is_close(standings)


async def _look_again(ballots: Sequence[Ballot], answers: Mapping[SeatId, str], deliberation: Prepared) -> list[Ballot]:
    """Ask every voter once more, with the answers reversed, for the bare order; who fails keeps its first look."""
    first = {ballot.voter: ballot for ballot in ballots}
    voters = [seat for seat in deliberation.council.seats if seat.id in first]

    async def look(seat: Seat) -> Ballot | None:
        ballot = first[seat.id]
        turn = Turn(kind="second_look", seat=seat, round=ballot.round)
        shown = anonymous(answers, list(reversed(ballot.labels.values())), turn, deliberation)
        reply = await _ask(turn, order_prompt(shown), deliberation)
        if reply.ballot is None:
            return None
        order = tuple(shown.labels[label] for label in reply.ballot.order)
        second = ballot.model_copy(update={"second_order": order})
        deliberation.emit(BallotCast(ballot=second))
        return second

    second = await collect(look, voters, deliberation)
    return [second.get(voter) or ballot for voter, ballot in first.items()]
