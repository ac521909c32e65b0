"""The way of a question: the stages in their order."""

from collections.abc import Mapping

from council.domain import Stance, Synthesis, Verdict
from council.events import DeliberationFinished, SynthesisWritten
from council.method.answers import collect_answers
from council.method.debate import STANCE_TOKENS, hold_debate
from council.method.deliberation import Deliberation
from council.method.fitting import prepare
from council.method.synthesis import MINUTES_TOKENS, synthesise
from council.method.voting.ballots import ballot_tokens, vote


async def deliberate(deliberation: Deliberation) -> None:
    """Take a question through the stages of its mode, telling all that happens as events.

    Raises QuorumError when nobody answered. Cancelling it stops every seat that speaks.
    """
    council = deliberation.council
    seats = council.seats[:1] if council.mode == "quick" else council.seats
    await prepare(deliberation, output_tokens=_longest_output(deliberation))
    answers: Mapping[str, str] = await collect_answers(deliberation, seats)
    verdict: Verdict | None = None
    synthesis: Synthesis | None = None
    if council.mode == "quick":
        (seat_id,) = answers
        synthesis = Synthesis(seat=seat_id, text=answers[seat_id], source="leading_answer")
        deliberation.emit(SynthesisWritten(synthesis=synthesis))
    elif council.mode != "compare":
        stances: Mapping[str, Stance] = {}
        if len(answers) > 1 and not deliberation.is_hurried:
            verdict = await vote(deliberation, answers)
            if council.mode == "full" and not deliberation.is_hurried:
                debated = await hold_debate(deliberation, answers, verdict)
                answers, verdict, stances = debated.answers, debated.verdict, debated.stances
        synthesis = await synthesise(deliberation, answers, verdict, stances)
    whole = len(answers) == len(seats) and _is_whole(deliberation, verdict, synthesis)
    deliberation.emit(DeliberationFinished(status="complete" if whole else "partial"))


def _longest_output(deliberation: Deliberation) -> int:
    council = deliberation.council
    if council.mode in ("quick", "compare"):
        return council.answer_tokens
    ballots = ballot_tokens(len(council.seats), notes=True)
    return max(council.answer_tokens, ballots, STANCE_TOKENS, MINUTES_TOKENS)


def _is_whole(deliberation: Deliberation, verdict: Verdict | None, synthesis: Synthesis | None) -> bool:
    if deliberation.is_hurried:
        return False
    if synthesis is None or deliberation.council.mode == "quick":
        return True
    if len(deliberation.council.seats) == 1:
        return True
    return verdict is not None and verdict.standings.abstained == 0 and synthesis.source == "chairman"
