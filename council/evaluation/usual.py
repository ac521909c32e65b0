"""The council as most programs have it, as a rival: one order for all voters, own votes count, rank, then synthesis."""

from council.domain import Verdict
from council.events import StageStarted, StandingsComputed
from council.method.answers import collect_answers
from council.method.deliberation import Deliberation
from council.method.fitting import prepare
from council.method.pipeline import longest_output
from council.method.synthesis import synthesise
from council.method.turns import collect
from council.method.voting.ballots import cast_ballot
from council.method.voting.orders import shuffled
from council.method.voting.tally import count_ballots


async def deliberate_as_usual(deliberation: Deliberation) -> None:
    """Take a question through answers, one look at them in the same order for all, a plain count, and a conclusion."""
    seats = deliberation.council.seats
    prepared = await prepare(deliberation, output_tokens=longest_output(deliberation.council))
    answers = await collect_answers(prepared)
    verdict = None
    if len(answers) > 1:
        order = shuffled(list(answers), deliberation.seed, "usual")
        voters = [seat for seat in seats if seat.id in answers]
        deliberation.emit(StageStarted(stage="ballots", turns=len(voters)))
        cast = await collect(lambda seat: cast_ballot(seat, answers, order, 0, prepared), voters, prepared)
        ballots = [ballot for ballot in cast.values() if ballot is not None]
        standings = count_ballots(
            ballots,
            list(answers),
            families=prepared.families,
            abstained=len(voters) - len(ballots),
            own_pair_weight=1.0,
        )
        deliberation.emit(StandingsComputed(standings=standings))
        verdict = Verdict(ballots=tuple(ballots), standings=standings)
    await synthesise(prepared, answers, verdict, {}, has_minutes=False)
