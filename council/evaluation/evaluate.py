"""Runs an evaluation item by item, first in every way of answering, then the best seat resampled at the same cost."""

import random
import secrets
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass

from council.domain import SeatId
from council.errors import CouncilError
from council.evaluation.items import Item
from council.evaluation.measuring import Laboratory, Measured
from council.evaluation.store import EvaluationStore, Plan
from models.base import Backend
from models.text import lazy_gettext as _

MOST_FAILED_IN_A_ROW = 3
RESAMPLED = "resampled"


class EvaluationStoppedError(CouncilError):
    """Nobody answers any more; what was measured is kept."""


@dataclass(frozen=True)
class Step:
    """How far an evaluation is, in steps: an item is one, and one more for its resampling."""

    done: int
    total: int


def draw(items: Sequence[Item], most: int, *, seed: int) -> tuple[Item, ...]:
    """Draw so many items by lot, in the order in which they stand; all of them where there are fewer, or for 0."""
    if not most or most >= len(items):
        return tuple(items)
    chosen = set(random.Random(seed).sample(range(len(items)), most))
    return tuple(item for number, item in enumerate(items) if number in chosen)


def begin(plan: Plan, store: EvaluationStore) -> str:
    """Store what is to be evaluated, and return the evaluation's name."""
    evaluation = secrets.token_hex(4)
    store.begin(evaluation, plan)
    return evaluation


async def evaluate(evaluation: str, store: EvaluationStore, backend: Backend) -> AsyncIterator[Step]:
    """Measure what is not measured yet, telling after each item how far it is.

    Raises EvaluationStoppedError when several items in a row get no word from anybody; what is measured is kept.
    """
    plan = store.plan(evaluation)
    laboratory = Laboratory(backend, plan.council, plan.modes, plan.seed, plan.max_context)
    known = {measured.item: measured for measured in store.measured(evaluation) if not measured.has_failed}
    total, failed_in_a_row = 2 * len(plan.items), 0
    yield Step(_done(known), total)
    for item in plan.items:
        if item.id in known:
            continue
        known[item.id] = measured = await laboratory.measure(item)
        store.add(evaluation, measured)
        failed_in_a_row = failed_in_a_row + 1 if measured.has_failed else 0
        if failed_in_a_row == MOST_FAILED_IN_A_ROW:
            fault = next(iter(measured.outcomes.values())).fault
            raise EvaluationStoppedError(
                _("{n} items in a row got no answer at all: {fault}", n=failed_in_a_row, fault=fault),
                advice=_("Mend that, then go on: `python -m council evaluate --resume {id}`.", id=evaluation),
            )
        yield Step(_done(known), total)
    best = best_seat(plan, list(known.values()))
    seat = next(seat for seat in plan.council.seats if seat.id == best)
    for item in plan.items:
        measured = known[item.id]
        if RESAMPLED not in measured.outcomes:
            budget = measured.outcomes[plan.modes[0]].written
            again = await laboratory.resample(item, seat, first=measured.outcomes[best], tokens=budget)
            outcomes = measured.outcomes | {RESAMPLED: again}
            known[item.id] = measured = measured.model_copy(update={"outcomes": outcomes})
            store.add(evaluation, measured)
        yield Step(_done(known), total)


def best_seat(plan: Plan, measured: Sequence[Measured]) -> SeatId:
    """Return the seat that is right most often alone; of several, the first."""
    return max(
        (seat.id for seat in plan.council.seats), key=lambda seat: sum(one.outcomes[seat].right for one in measured)
    )


def _done(known: dict[str, Measured]) -> int:
    return sum(1 + (RESAMPLED in measured.outcomes) for measured in known.values())
