"""The way of a question: the stages in their order."""

from collections.abc import Mapping

from council.domain import Council, SeatId, Stance, Synthesis, Verdict
from council.events import DeliberationFinished, SynthesisWritten
from council.method.answers import collect_answers
from council.method.debate import hold_debate
from council.method.deliberation import Deliberation
from council.method.fitting import prepare
from council.method.synthesis import MINUTES_TOKENS, conclude_with, synthesise
from council.method.voting.ballot_format import ballot_tokens
from council.method.voting.ballots import vote
from council.method.voting.groups import majority, undisputed


async def deliberate(deliberation: Deliberation) -> None:
    """Take a question through the stages of its mode, telling all that happens as events.

    Raises QuorumError when nobody answered. Cancelling it stops every seat that speaks.
    """
    council, method = deliberation.council, deliberation.council.method
    prepared = await prepare(deliberation, output_tokens=longest_output(council))
    answers: Mapping[SeatId, str] = await collect_answers(prepared)
    has_all_answers = len(answers) == len(council.speakers)
    verdict: Verdict | None = None
    stances: Mapping[SeatId, Stance] = {}
    synthesis: Synthesis | None = None
    if method.votes and len(answers) > len(majority(answers)) and len(answers) > 1 and not deliberation.is_hurried:
        verdict = await vote(prepared, answers)
        if method.debates and not deliberation.is_hurried:
            debated = await hold_debate(prepared, answers, verdict)
            answers, verdict, stances = debated.answers, debated.verdict, debated.stances
    if method.concludes and (same := undisputed(answers, verdict)):
        synthesis = conclude_with(same, prepared, answers, verdict)
    elif method.concludes:
        synthesis = await synthesise(prepared, answers, verdict, stances)
    elif method.seats == "one":
        (seat_id,) = answers
        only = Synthesis(seat=seat_id, text=answers[seat_id], source="leading_answer")
        deliberation.emit(SynthesisWritten(synthesis=only))
    is_whole = has_all_answers and not deliberation.is_hurried and _is_whole(council, verdict, synthesis)
    deliberation.emit(DeliberationFinished(status="complete" if is_whole else "partial"))


def longest_output(council: Council) -> int:
    """Return how many tokens the longest text has that any turn may write."""
    if not council.method.votes:
        return council.answer_tokens
    return max(council.answer_tokens, ballot_tokens(len(council.seats), notes=True), MINUTES_TOKENS)


def _is_whole(council: Council, verdict: Verdict | None, synthesis: Synthesis | None) -> bool:
    """Tell whether everybody voted and the chairman wrote, where the mode has them do so, nobody sits alone, and no
    answer was given by most."""
    if synthesis is None or len(council.seats) == 1:
        return True
    if synthesis.source == "agreed":
        return verdict is None or verdict.standings.abstained == 0
    return verdict is not None and verdict.standings.abstained == 0 and synthesis.source == "chairman"
