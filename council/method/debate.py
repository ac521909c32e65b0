"""Stage 2.5: where the council disagrees, seats check their own answers against the others, and all vote again.

A seat first states whether it keeps, revises or concedes its answer, and why; only who revises writes anew.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from pydantic_core import from_json

from council.domain import Ballot, Policy, Question, Seat, SeatId, Stance, Standings, Turn, Verdict
from council.events import DebateDecided, RevisionUndone, StageStarted, StanceTaken, TurnFinished
from council.method.candidates import anonymous, without_names
from council.method.deliberation import Prepared
from council.method.language import language_instruction
from council.method.prompt import Form, Material, Prompt
from council.method.prompts import NO_FLAWS
from council.method.turns import collect, take_turn
from council.method.voting.ballots import vote
from council.method.voting.orders import shuffled
from models.marks.turns import disarm

REASON_CHARACTERS = 300
STANCE_TOKENS = 480
"""A reason of full length at one and a half tokens a character, and 30 for the rest: no common language takes more."""

STANCE_SCHEMA: dict[str, Any] = {
    "type": "object",
    "properties": {
        "reason": {"type": "string", "maxLength": REASON_CHARACTERS},
        "decision": {"type": "string", "enum": ["keep", "revise", "concede"]},
    },
    "required": ["reason", "decision"],
    "additionalProperties": False,
}


@dataclass(frozen=True)
class Debated:
    """Where the council stands after the debate; `stances` holds the last one of each seat."""

    answers: Mapping[SeatId, str]
    verdict: Verdict
    stances: Mapping[SeatId, Stance]


@dataclass(frozen=True)
class Checked:
    """What a seat decided about its own answer, and the answer that it wrote in its place, if it did."""

    stance: Stance
    revision: str | None = None


async def hold_debate(deliberation: Prepared, answers: Mapping[SeatId, str], verdict: Verdict) -> Debated:
    """Hold rounds of debate until the rules ask for no more, or nobody revises."""
    stances: dict[SeatId, Stance] = {}
    for round in range(1, deliberation.council.rounds + 1):
        decided = decide_debate(verdict, deliberation.council.debate, round)
        deliberation.emit(decided)
        if not decided.held:
            break
        checked = await _hold_round(deliberation, answers, verdict, round)
        stances |= {seat_id: seat.stance for seat_id, seat in checked.items()}
        revised = {seat_id: seat.revision for seat_id, seat in checked.items() if seat.revision is not None}
        if not revised:
            break  # the same answers would be judged the same again
        earlier, answers, before = answers, {**answers, **revised}, verdict
        if deliberation.is_hurried:
            break
        verdict = await vote(deliberation, answers, round=round, before=before.ballots)
        worse = _undo_losses(deliberation, revised, before.standings, verdict.standings)
        answers = {**answers, **{seat_id: earlier[seat_id] for seat_id in worse}}
    return Debated(answers, verdict, stances)


def _undo_losses(
    deliberation: Prepared, revised: Mapping[SeatId, str], before: Standings, after: Standings
) -> list[SeatId]:
    """Tell which revisions won a smaller share of pairs than the answers that they replaced: debate also turns right
    into wrong (arXiv 2509.05396), and the vote is what notices."""
    if not (before.voters and after.voters):
        return []
    old = {standing.seat: standing.score for standing in before.order}
    new = {standing.seat: standing.score for standing in after.order}
    worse = [seat_id for seat_id in revised if new[seat_id] < old[seat_id]]
    for seat_id in worse:
        undone = RevisionUndone(seat=seat_id, round=after.round, before=old[seat_id], after=new[seat_id])
        deliberation.emit(undone)
    return worse


def decide_debate(verdict: Verdict, policy: Policy, round: int) -> DebateDecided:
    """Decide whether a round is held: with `auto` only without a clear winner, or when half of the voters saw the
    answers contradict each other."""
    if policy != "auto":
        is_wanted = policy == "always"
        return DebateDecided(round=round, held=is_wanted, reason="asked_for" if is_wanted else "switched_off")
    if verdict.standings.winner is None:
        return DebateDecided(round=round, held=True, reason="no_clear_winner")
    if 2 * verdict.standings.contradictions >= verdict.standings.voters:
        return DebateDecided(round=round, held=True, reason="contradiction")
    return DebateDecided(round=round, held=False, reason="clear_winner")


async def _hold_round(
    deliberation: Prepared, answers: Mapping[SeatId, str], verdict: Verdict, round: int
) -> dict[SeatId, Checked]:
    """Return what each seat decided that took a stance."""
    seats = [seat for seat in deliberation.council.seats if seat.id in answers]
    deliberation.emit(StageStarted(stage="debate", round=round, turns=len(seats)))
    checked = await collect(
        lambda seat: _check_answer(seat, answers, verdict.ballots, round, deliberation), seats, deliberation
    )
    return {seat_id: seat for seat_id, seat in checked.items() if seat is not None}


async def _check_answer(
    seat: Seat, answers: Mapping[SeatId, str], ballots: Sequence[Ballot], round: int, deliberation: Prepared
) -> Checked | None:
    flaws = _flaws(seat.id, ballots, deliberation)
    turn = Turn(kind="stance", seat=seat, round=round)
    shown = _show(turn, answers, deliberation)
    outcome = await take_turn(turn, stance_prompt(shown, seat.id, flaws, deliberation.question), deliberation)
    stance = read_stance(outcome.text, seat.id, round) if isinstance(outcome, TurnFinished) else None
    if stance is None:
        return None
    deliberation.emit(StanceTaken(stance=stance))
    if stance.decision != "revise":
        return Checked(stance)
    turn = Turn(kind="revision", seat=seat, round=round)
    shown = _show(turn, answers, deliberation)
    prompt = revision_prompt(
        shown, seat.id, flaws, deliberation.question, reason=without_names(stance.reason, deliberation)
    )
    outcome = await take_turn(turn, prompt, deliberation)
    return Checked(stance, outcome.text if isinstance(outcome, TurnFinished) else None)


def stance_prompt(shown: Material, own: SeatId, flaws: str, question: Question) -> Prompt:
    """Return what a seat is asked about its own answer, with the others' and the flaws found in its own beside it."""
    words = {"language": language_instruction(question), "example": shown.wording.stance_example}
    fenced, form = {"flaws": flaws or NO_FLAWS}, Form(STANCE_SCHEMA, STANCE_TOKENS)
    return Prompt(shown.wording.stance, words, fenced, shown, quoted={"own": own}, form=form)


def revision_prompt(shown: Material, own: SeatId, flaws: str, question: Question, *, reason: str) -> Prompt:
    """Return what a seat is asked that revises its answer for the reason it gave."""
    words, fenced = {"language": language_instruction(question)}, {"flaws": flaws or NO_FLAWS}
    if shown.wording.has_reason_enclosed:
        fenced["reason"] = reason
    else:
        words["reason"] = " ".join(disarm(reason).split())  # on one line, it can begin nothing of its own
    return Prompt(shown.wording.revision, words, fenced, shown, quoted={"own": own})


def read_stance(text: str, seat_id: SeatId, round: int) -> Stance | None:
    """Read a seat's stance; None if there is none to read, and then its answer stays as it is."""
    try:
        reply = from_json(text[text.index("{") : text.rindex("}") + 1])
        return Stance(seat=seat_id, round=round, decision=reply["decision"], reason=str(reply.get("reason", "")))
    except (ValueError, KeyError, TypeError):  # pydantic's ValidationError is a ValueError
        return None


def _show(turn: Turn, answers: Mapping[SeatId, str], deliberation: Prepared) -> Material:
    """Show a seat its own answer as it wrote it, and the others' under letters."""
    own = turn.seat.id
    others = shuffled([seat_id for seat_id in answers if seat_id != own], deliberation.seed, f"{own}/{turn.round}")
    shown = anonymous(answers, others, turn, deliberation)
    return replace(shown, texts={own: answers[own], **shown.texts})


def _flaws(own: SeatId, ballots: Sequence[Ballot], deliberation: Prepared) -> str:
    """List the flaws that others noted in a seat's answer."""
    flaws = [ballot.notes[own].flaw for ballot in ballots if ballot.voter != own and own in ballot.notes]
    return without_names("\n".join(f"- {flaw}" for flaw in flaws if flaw), deliberation)
