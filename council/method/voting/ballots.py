"""Stage 2: every seat with an answer judges all answers without knowing whose they are.

The counting is in tally.py, what a ballot looks like in ballot_text.py.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

from council.domain import Ballot, Seat, Standings, Turn, Verdict
from council.errors import BallotError
from council.events import BallotCast, BallotVoid, StageStarted, StandingsComputed, TurnFailed
from council.method.candidates import anonymous, label_map, show
from council.method.deliberation import Deliberation
from council.method.fitting import Prompt
from council.method.language import language_instruction
from council.method.prompts import BALLOT, BALLOT_AGAIN, BALLOT_FORMAT, SECOND_LOOK
from council.method.turns import LEFT_OUT, all_unless_hurried, take_turn
from council.method.voting.ballot_format import ParsedBallot, ballot_schema, parse_ballot
from council.method.voting.orders import ballot_orders
from council.method.voting.tally import count_ballots, is_close
from models.base import Message


def ballot_tokens(answers: int, *, notes: bool) -> int:
    """Return a bound for a ballot's length that its schema cannot exceed in any common language."""
    return answers * 480 + 400 if notes else answers * 8 + 64


def ballot_example(labels: Sequence[str], *, notes: bool) -> str:
    """Return the form of a ballot as it is shown to a voter; it names no order, which would be copied."""
    noted = ", ".join(f'"{label}": {{"strength": "…", "flaw": "…"}}' for label in labels)
    order = f'"order": "{" > ".join("…" for _ in labels)}"'
    return f'{{{noted}, "contradiction": "…", {order}}}' if notes else f"{{{order}}}"


async def vote(
    deliberation: Deliberation, answers: Mapping[str, str], *, round: int = 0, before: Sequence[Ballot] = ()
) -> Verdict:
    """Collect the ballots on these answers, take a second look where it is close, and count.

    `before` is the ballots of the round before, to tell whose first place changed.
    """
    voters = [seat for seat in deliberation.council.seats if seat.id in answers]
    deliberation.emit(StageStarted(stage="ballots", round=round, turns=len(voters)))
    orders = ballot_orders(list(answers), [seat.id for seat in voters], deliberation.seed + round)
    cast = await all_unless_hurried(
        [_cast(seat, answers, orders[seat.id], round, deliberation) for seat in voters], deliberation
    )
    for seat, ballot in zip(voters, cast, strict=True):
        if ballot is None and deliberation.is_hurried:
            deliberation.emit(BallotVoid(voter=seat.id, round=round, reason=LEFT_OUT))
    ballots = tuple(ballot for ballot in cast if ballot is not None)

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
    return Verdict(ballots=ballots, standings=standings)


async def _cast(
    seat: Seat, answers: Mapping[str, str], order: Sequence[str], round: int, deliberation: Deliberation
) -> Ballot | None:
    turn = Turn(kind="ballot", seat=seat, round=round)
    mapping = label_map(order)
    notes = 2 * ballot_tokens(len(mapping), notes=True) <= deliberation.windows[seat.model]
    look = _first_look if notes else _bare_look  # a small window has no room for reasons
    asked = look(turn, mapping, answers, deliberation)
    raw, parsed, fault = await _ask(turn, asked, list(mapping), deliberation)
    if parsed is None and raw:
        again = BALLOT_AGAIN.format(fault=fault, example=ballot_example(list(mapping), notes=notes))
        asked = replace(asked, dialogue=(Message("assistant", raw), Message("user", again)))
        raw, parsed, fault = await _ask(turn, asked, list(mapping), deliberation)
    if parsed is None:
        deliberation.emit(BallotVoid(voter=seat.id, round=round, reason=fault, raw=raw))
        return None
    ballot = Ballot(
        voter=seat.id,
        round=round,
        labels=mapping,
        order=tuple(mapping[label] for label in parsed.order),
        notes={mapping[label]: note for label, note in parsed.notes.items()},
        contradiction=parsed.contradiction,
        raw=raw,
    )
    deliberation.emit(BallotCast(ballot=ballot))
    return ballot


def _first_look(turn: Turn, mapping: dict[str, str], answers: Mapping[str, str], deliberation: Deliberation) -> Prompt:
    example = ballot_example(list(mapping), notes=True)

    def task(texts: Mapping[str, str]) -> str:
        return BALLOT.format(
            candidates=show(texts, mapping, deliberation.nonce(turn)),
            language=language_instruction(deliberation.question),
            format=BALLOT_FORMAT.format(example=example),
        )

    return _constrained(task, anonymous(answers, list(mapping.values()), deliberation), list(mapping), notes=True)


def _bare_look(turn: Turn, mapping: dict[str, str], answers: Mapping[str, str], deliberation: Deliberation) -> Prompt:
    example = ballot_example(list(mapping), notes=False)

    def task(texts: Mapping[str, str]) -> str:
        return SECOND_LOOK.format(candidates=show(texts, mapping, deliberation.nonce(turn)), example=example)

    return _constrained(task, anonymous(answers, list(mapping.values()), deliberation), list(mapping), notes=False)


def _constrained(
    task: Callable[[Mapping[str, str]], str], texts: Mapping[str, str], labels: Sequence[str], *, notes: bool
) -> Prompt:
    return Prompt(
        task,
        texts,
        max_tokens=ballot_tokens(len(labels), notes=notes),
        json_schema=ballot_schema(labels, notes=notes),
    )


async def _ask(
    turn: Turn, prompt: Prompt, labels: Sequence[str], deliberation: Deliberation
) -> tuple[str, ParsedBallot | None, str]:
    """Return the voter's text, the ballot read from it, and the fault where there is none."""
    outcome = await take_turn(turn, prompt, deliberation)
    if isinstance(outcome, TurnFailed):
        return "", None, str(outcome.reason)
    try:
        return outcome.text, parse_ballot(outcome.text, labels), ""
    except BallotError as error:
        return outcome.text, None, str(error)


def _wants_second_look(deliberation: Deliberation, standings: Standings) -> bool:
    if deliberation.is_hurried or not standings.voters or deliberation.council.second_look == "never":
        return False
    return deliberation.council.second_look == "always" or is_close(standings)


async def _look_again(
    ballots: Sequence[Ballot], answers: Mapping[str, str], deliberation: Deliberation
) -> tuple[Ballot, ...]:
    """Ask every voter once more, with the answers reversed, for the bare order; who fails keeps its first look."""
    looked = await all_unless_hurried([_second(ballot, answers, deliberation) for ballot in ballots], deliberation)
    return tuple(second or first for first, second in zip(ballots, looked, strict=True))


async def _second(ballot: Ballot, answers: Mapping[str, str], deliberation: Deliberation) -> Ballot | None:
    seat = next(seat for seat in deliberation.council.seats if seat.id == ballot.voter)
    turn = Turn(kind="second_look", seat=seat, round=ballot.round)
    mapping = label_map(list(reversed(ballot.labels.values())))
    prompt = _bare_look(turn, mapping, answers, deliberation)
    _, parsed, _ = await _ask(turn, prompt, list(mapping), deliberation)
    if parsed is None:
        return None
    second = ballot.model_copy(update={"second_order": tuple(mapping[label] for label in parsed.order)})
    deliberation.emit(BallotCast(ballot=second))
    return second
