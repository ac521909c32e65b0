"""Stage 1: every seat answers the question on its own, all at once."""

from council.domain import Question, Seat, SeatId, Turn
from council.errors import QuorumError
from council.events import StageStarted, TurnFailed, TurnFinished
from council.method.deliberation import Prepared
from council.method.language import language_instruction
from council.method.prompt import Prompt
from council.method.prompts import ANSWER
from council.method.turns import collect, take_turn
from council.seats import PERSONAS
from models.text import lazy_gettext as _
from models.text import sentences


async def collect_answers(deliberation: Prepared) -> dict[SeatId, str]:
    """Return the answers by seat id, in the order of the seats; seats that failed are missing.

    Raises QuorumError when nobody answered.
    """
    seats = deliberation.council.speakers
    deliberation.emit(StageStarted(stage="answers", turns=len(seats)))

    async def ask(seat: Seat) -> TurnFinished | TurnFailed:
        prompt = answer_prompt(deliberation.question, instruction_of(seat))
        return await take_turn(Turn(kind="answer", seat=seat), prompt, deliberation)

    outcomes = await collect(ask, seats, deliberation)
    answers = {seat_id: turn.text for seat_id, turn in outcomes.items() if isinstance(turn, TurnFinished)}
    if not answers:
        causes = dict.fromkeys(turn.reason for turn in outcomes.values() if isinstance(turn, TurnFailed))
        raise QuorumError(sentences([_("No seat has answered."), *causes]))
    return answers


def answer_prompt(question: Question, instruction: str) -> Prompt:
    """Return what a seat with this persona's instruction ("" for none) is asked."""
    words = {"persona": f"{instruction} " if instruction else "", "language": language_instruction(question)}
    return Prompt(ANSWER, words, think=None)


def instruction_of(seat: Seat) -> str:
    """Return what a seat's persona tells it; one that an older version stored is known by its name alone."""
    known = PERSONAS.get(seat.persona)
    return seat.instruction or (known.instruction if known else seat.persona)
