"""How long a run may do without a reader: what it still needs, by what was said in it."""

import pytest

from council import events as ev
from council.domain import Mode
from council.runs.patience import patience, seconds_needed
from models.base import Usage
from tests.council.transcripts import fold, said, started, turn


def test_a_run_of_which_nothing_is_known_gets_more_than_the_least() -> None:
    assert patience(fold(started()), 100.0, 60.0) == 600.0
    begun = fold(started(), ev.TurnStarted(turn=turn("seat-1"), at=100.0))
    assert seconds_needed(begun, 130.0) is None and patience(begun, 130.0, 60.0) == 600.0


@pytest.mark.parametrize(("mode", "turns"), [("quick", 1), ("compare", 4), ("council", 14), ("full", 30)])
def test_every_turn_that_may_come_counts_like_one_that_came(mode: Mode, turns: int) -> None:
    of = turn("seat-1")
    spoken = ev.TurnFinished(turn=of, text="So.", backend="b", model="m", usage=Usage(), at=110.0)
    transcript = fold(started(mode), ev.TurnStarted(turn=of, at=100.0), spoken)
    assert seconds_needed(transcript, 110.0) == pytest.approx((turns - 1) * 10)


def test_what_is_being_written_counts_by_its_length_and_a_finished_run_needs_nothing() -> None:
    of = turn("seat-1")
    half = ev.TurnDelta(turn=of, text="x" * 2048, at=120.0)
    transcript = fold(started("quick"), ev.TurnStarted(turn=of, at=100.0), half)
    assert seconds_needed(transcript, 120.0) == pytest.approx(20.0)
    assert patience(transcript, 120.0, 60.0) == 60.0
    assert seconds_needed(fold(started("quick"), said("seat-1")), 120.0) == 0.0
