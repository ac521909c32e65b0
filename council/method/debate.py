"""Stage 2.5: seats look at their own answer again where the council disagrees, and vote anew.

A seat first states whether it keeps, revises or concedes, with its reason; only a reviser writes anew.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from pydantic_core import from_json

from council.domain import Ballot, Policy, Seat, Stance, Standings, Turn, Verdict
from council.events import DebateDecided, DebateReason, RevisionUndone, StageStarted, StanceTaken, TurnFinished
from council.method.anonymity import fence
from council.method.candidates import anonymous, label_map, show, without_names
from council.method.deliberation import Deliberation
from council.method.fitting import Prompt
from council.method.language import language_instruction
from council.method.prompts import NO_FLAWS, REVISION, STANCE
from council.method.turns import all_unless_hurried, take_turn
from council.method.voting.ballots import vote
from council.method.voting.orders import shuffled

REASON_CHARACTERS = 300
STANCE_TOKENS = 480

STANCE_SCHEMA: dict[str, Any] = {
    "type": "object",
    "properties": {
        "reason": {"type": "string", "maxLength": REASON_CHARACTERS},
        "decision": {"type": "string", "enum": ["keep", "revise", "concede"]},
    },
    "required": ["reason", "decision"],
    "additionalProperties": False,
}
STANCE_EXAMPLE = '{"reason": "…", "decision": "keep, revise or concede"}'


@dataclass(frozen=True)
class Debated:
    """Where the council stands after the debate; `stances` is each seat's last one."""

    answers: Mapping[str, str]
    verdict: Verdict
    stances: Mapping[str, Stance]


async def hold_debate(deliberation: Deliberation, answers: Mapping[str, str], verdict: Verdict) -> Debated:
    """Debate as long as the rules ask for it."""
    stances: dict[str, Stance] = {}
    for round in range(1, deliberation.council.rounds + 1):
        held, reason = wants_debate(verdict, deliberation.council.debate)
        deliberation.emit(DebateDecided(round=round, held=held, reason=reason))
        if not held:
            break
        spoken = await _hold_round(deliberation, answers, verdict, round)
        stances |= {seat_id: stance for seat_id, (stance, _) in spoken.items()}
        revised = {seat_id: text for seat_id, (_, text) in spoken.items() if text is not None}
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
    deliberation: Deliberation, revised: Mapping[str, str], before: Standings, after: Standings
) -> list[str]:
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


def wants_debate(verdict: Verdict, policy: Policy) -> tuple[bool, DebateReason]:
    """Decide whether a round is held: with `auto` only without a clear winner, or when half of the voters saw the
    answers contradict each other."""
    if policy != "auto":
        return (True, "asked_for") if policy == "always" else (False, "switched_off")
    if verdict.standings.winner is None:
        return True, "no_clear_winner"
    if 2 * verdict.standings.contradictions >= verdict.standings.voters:
        return True, "contradiction"
    return False, "clear_winner"


async def _hold_round(
    deliberation: Deliberation, answers: Mapping[str, str], verdict: Verdict, round: int
) -> dict[str, tuple[Stance, str | None]]:
    """Return, for each seat that took a stance, the stance and its new answer, None where it stays."""
    seats = [seat for seat in deliberation.council.seats if seat.id in answers]
    deliberation.emit(StageStarted(stage="debate", round=round, turns=len(seats)))
    spoken = await all_unless_hurried(
        [_speak(seat, answers, verdict.ballots, round, deliberation) for seat in seats], deliberation
    )
    return {seat.id: said for seat, said in zip(seats, spoken, strict=True) if said is not None}


async def _speak(
    seat: Seat, answers: Mapping[str, str], ballots: Sequence[Ballot], round: int, deliberation: Deliberation
) -> tuple[Stance, str | None] | None:
    turn = Turn(kind="stance", seat=seat, round=round)
    prompt = _prompt(STANCE, turn, answers, ballots, deliberation, example=STANCE_EXAMPLE)
    prompt = replace(prompt, max_tokens=STANCE_TOKENS, json_schema=STANCE_SCHEMA)
    outcome = await take_turn(turn, prompt, deliberation)
    stance = read_stance(outcome.text, seat.id, round) if isinstance(outcome, TurnFinished) else None
    if stance is None:
        return None
    deliberation.emit(StanceTaken(stance=stance))
    if stance.decision != "revise":
        return stance, None
    turn = Turn(kind="revision", seat=seat, round=round)
    prompt = _prompt(REVISION, turn, answers, ballots, deliberation, reason=stance.reason)
    prompt = replace(prompt, max_tokens=deliberation.longest_text(seat.model), temperature=seat.temperature)
    outcome = await take_turn(turn, prompt, deliberation)
    return stance, outcome.text if isinstance(outcome, TurnFinished) else None


def read_stance(text: str, seat_id: str, round: int) -> Stance | None:
    """Read a seat's stance; None if there is none to read, and then its answer stays as it is."""
    try:
        said = from_json(text[text.index("{") : text.rindex("}") + 1])
        return Stance(seat=seat_id, round=round, decision=said["decision"], reason=str(said.get("reason", "")))
    except (ValueError, KeyError, TypeError):  # pydantic's ValidationError is a ValueError
        return None


def _prompt(
    template: str,
    turn: Turn,
    answers: Mapping[str, str],
    ballots: Sequence[Ballot],
    deliberation: Deliberation,
    **parts: str,
) -> Prompt:
    own = turn.seat.id
    others = shuffled([seat_id for seat_id in answers if seat_id != own], deliberation.seed, f"{own}/{turn.round}")
    mapping = label_map(others)
    flaws = [ballot.notes[own].flaw for ballot in ballots if ballot.voter != own and own in ballot.notes]
    texts = {own: answers[own]} | anonymous(answers, others, deliberation)
    nonce = deliberation.nonce(turn)

    def task(texts: Mapping[str, str]) -> str:
        return template.format(
            own=fence(texts[own], nonce),
            candidates=show(texts, mapping, nonce),
            flaws=fence(
                without_names("\n".join(f"- {flaw}" for flaw in flaws if flaw), deliberation) or NO_FLAWS, nonce
            ),
            language=language_instruction(deliberation.question),
            **parts,
        )

    return Prompt(task, texts)
