"""How far a run is, as the page tells it: stages, turns, who speaks, and the time left where it can be known."""

import pytest

from council import events as ev
from council.run import STOPPED
from council.ui.languages import texts_for
from council.ui.progress_view import count_turns, seconds_left
from council.ui.render import render
from tests.council.transcripts import failed, fold, said, started, turn

ENGLISH, FRENCH = texts_for("en"), texts_for("fr")


def stage(name: str, turns: int, *, round: int = 0, at: float = 100.0) -> ev.StageStarted:
    return ev.StageStarted.model_validate({"stage": name, "turns": turns, "round": round, "at": at})


def test_no_time_is_estimated_before_a_turn_of_the_stage_is_done() -> None:
    writing = ev.TurnDelta(turn=turn("seat-1"), text="x" * 50, at=105)
    assert seconds_left(fold(started(), stage("answers", 2), writing), 110) is None


def test_the_time_left_follows_from_what_was_written_so_far() -> None:
    half = [ev.TurnStarted(turn=turn("seat-2")), ev.TurnDelta(turn=turn("seat-2"), text="x" * 50)]
    transcript = fold(started(), stage("answers", 3), said("seat-1", "x" * 100), half)
    assert seconds_left(transcript, 115.0) == pytest.approx(15.0)  # one and a half of three texts took 15 seconds
    assert "about 15 s left" in render(transcript, ENGLISH, 115.0).progress
    assert "encore 15 s environ" in render(transcript, FRENCH, 115.0).progress


def test_stages_are_counted_by_ended_turns_and_told_to_screen_readers() -> None:
    transcript = fold(started(), stage("answers", 4), said("seat-1"), failed("seat-2"))
    assert count_turns(transcript, "answers") == (2, 4)
    assert render(transcript, ENGLISH, 100.0).status_line == "Stage 1 of 3, Answers: 2 of 4 done."


def test_who_votes_is_told_while_no_pane_shows_it() -> None:
    transcript = fold(started(), said("seat-1"), ev.TurnStarted(turn=turn("seat-2", "ballot")))
    assert 'ballot: <span class="badge seat-2"' in render(transcript, ENGLISH, 1.0).progress
    transcript.apply(ev.DeliberationEnded(status="stopped", reason=STOPPED[1]))
    assert "speakers" not in render(transcript, ENGLISH, 1.0).progress
