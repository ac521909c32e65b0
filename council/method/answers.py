"""Stage 1: every seat answers the question on its own, all at once."""

import asyncio
from collections.abc import Mapping

from council.domain import Seat, Turn
from council.errors import QuorumError
from council.events import StageStarted, TurnFailed, TurnFinished
from council.method.deliberation import Deliberation
from council.method.fitting import Prompt
from council.method.language import language_instruction
from council.method.prompts import ANSWER
from council.method.turns import cancel_all, take_turn
from council.seats import PERSONAS

Asked = asyncio.Task[TurnFinished | TurnFailed]


async def collect_answers(deliberation: Deliberation, seats: tuple[Seat, ...]) -> dict[str, str]:
    """Return the answers by seat id, in the order of the seats; seats that failed are missing.

    A failed seat can be asked again through `Controls.retries` until the last seat has ended. Raises QuorumError when
    nobody answered.
    """
    deliberation.emit(StageStarted(stage="answers", turns=len(seats)))
    tasks = {seat.id: asyncio.create_task(_ask(seat, deliberation)) for seat in seats}
    await _until_all_ended(tasks, {seat.id: seat for seat in seats}, deliberation)
    outcomes = {seat_id: task.result() for seat_id, task in tasks.items() if not task.cancelled()}
    answers = {seat_id: said.text for seat_id, said in outcomes.items() if isinstance(said, TurnFinished)}
    if not answers:
        causes = dict.fromkeys(said.reason for said in outcomes.values() if isinstance(said, TurnFailed))
        raise QuorumError("No seat has answered. " + " ".join(map(str, causes)))
    return answers


async def _until_all_ended(tasks: dict[str, Asked], seats: Mapping[str, Seat], deliberation: Deliberation) -> None:
    controls = deliberation.controls
    hurry = asyncio.create_task(controls.synthesise_now.wait())
    retry = asyncio.create_task(controls.retries.get())
    try:
        while not hurry.done() and not all(task.done() for task in tasks.values()):
            pending = [task for task in tasks.values() if not task.done()]
            await asyncio.wait([*pending, hurry, retry], return_when=asyncio.FIRST_COMPLETED)
            for task in tasks.values():
                if task.done():
                    task.result()  # a bug surfaces at once
            if retry.done():
                seat = seats.get(retry.result())
                if seat and tasks[seat.id].done() and isinstance(tasks[seat.id].result(), TurnFailed):
                    tasks[seat.id] = asyncio.create_task(_ask(seat, deliberation))
                retry = asyncio.create_task(controls.retries.get())
    finally:
        await cancel_all([*tasks.values(), hurry, retry])


async def _ask(seat: Seat, deliberation: Deliberation) -> TurnFinished | TurnFailed:
    persona = PERSONAS[seat.persona].instruction if seat.persona in PERSONAS else seat.persona
    task = ANSWER.format(persona=f"{persona} " if persona else "", language=language_instruction(deliberation.question))
    return await take_turn(
        Turn(kind="answer", seat=seat),
        Prompt(
            lambda _: task,
            max_tokens=deliberation.longest_text(seat.model),
            temperature=seat.temperature,
            think=None,
        ),
        deliberation,
    )
