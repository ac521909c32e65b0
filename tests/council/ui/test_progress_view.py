"""How far a run is, as the page tells it: stages, turns, who speaks, and the time left where it can be known."""

import pytest

from council import events as ev
from council.domain import Synthesis
from council.runs.ending import STOPPED
from council.translation import translator
from council.ui.run.progress_view import count_turns, seconds_left
from council.ui.run.render import render
from models.base import Usage
from tests.council.transcripts import failed, fold, said, started, turn

ENGLISH, FRENCH = translator("en"), translator("fr")


def stage(name: str, turns: int, *, round: int = 0, at: float = 100.0) -> ev.StageStarted:
    return ev.StageStarted.model_validate({"stage": name, "turns": turns, "round": round, "at": at})


def test_no_time_is_estimated_before_a_turn_of_the_stage_is_done() -> None:
    writing = ev.TurnDelta(turn=turn("seat-1"), text="x" * 50, at=105)
    assert seconds_left(fold(started(), stage("answers", 2), writing), 110) is None


def test_the_time_left_follows_from_what_was_written_so_far() -> None:
    half = [ev.TurnStarted(turn=turn("seat-2")), ev.TurnDelta(turn=turn("seat-2"), text="x" * 50)]
    transcript = fold(started(), stage("answers", 3), said("seat-1", "x" * 100), half)
    assert seconds_left(transcript, 115.0) == pytest.approx(15.0)  # one and a half of three words took 15 seconds
    assert "about 15 s left" in render(transcript, ENGLISH, 115.0).progress
    assert "encore 15 s environ" in render(transcript, FRENCH, 115.0).progress


def test_stages_are_counted_by_finished_turns_and_told_to_screen_readers() -> None:
    transcript = fold(started(), stage("answers", 4), said("seat-1"), failed("seat-2"))
    assert count_turns(transcript, "answers") == (1, 4)
    assert render(transcript, ENGLISH, 100.0).status_line == "Stage 1 of 3, Answers: 1 of 4 done."


def test_a_stage_that_was_cut_off_is_not_drawn_as_done() -> None:
    voting = [ev.TurnStarted(turn=turn(seat, "ballot")) for seat in ("seat-1", "seat-2")]
    answered = [said("seat-1"), said("seat-2")]
    transcript = fold(started(seats=("seat-1", "seat-2")), stage("answers", 2), *answered, stage("ballots", 2), voting)
    transcript.apply(ev.DeliberationEnded(status="stopped", reason=STOPPED.text))
    view = render(transcript, ENGLISH, 1.0)
    assert 'step done"><span>Answers</span><span class="count">2/2<' in view.progress
    assert 'step begun"><span>Ballots</span><span class="count">0/2<' in view.progress
    assert 'step todo"><span>Conclusion</span></li>' in view.progress
    assert str(STOPPED.text) in view.answer_heading and str(STOPPED.text) not in view.notices


def test_a_chairman_that_was_replaced_leaves_no_turn_undone() -> None:
    attempts = [failed("seat-1", kind="synthesis"), said("seat-2", kind="synthesis", round=1)]
    assert count_turns(fold(started(), stage("synthesis", 1), *attempts), "synthesis") == (1, 1)


def test_one_seat_alone_has_one_stage_and_its_answer_is_shown_once() -> None:
    alone = Synthesis(seat="seat-1", text="Because.", source="leading_answer")
    transcript = fold(
        started("full", ("seat-1",)),
        stage("answers", 1),
        said("seat-1", "Because."),
        stage("synthesis", 1),
        ev.SynthesisWritten(synthesis=alone),
        ev.DeliberationFinished(status="complete"),
    )
    view = render(transcript, ENGLISH, 1.0)
    assert "Conclusion" not in view.progress and "Ballots" not in view.progress
    assert "one seat needs no vote" in view.answer_heading and "no chairman" not in view.answer_heading
    assert [text for text in view.values() if "Because." in text] == [view.panes[0].body]


def test_an_estimate_that_proved_too_short_disappears() -> None:
    waiting = ev.TurnStarted(turn=turn("seat-2"), at=105)
    first = ev.TurnFinished(turn=turn("seat-1"), text="x" * 100, backend="b", model="m", usage=Usage(), at=110)
    transcript = fold(started(), stage("answers", 2), ev.TurnStarted(turn=turn("seat-1"), at=100), first, waiting)
    assert seconds_left(transcript, 112.0) == pytest.approx(8.0)
    assert seconds_left(transcript, 121.0) is None
    transcript.apply(ev.TurnDelta(turn=turn("seat-2"), text="x" * 101, at=125))
    assert seconds_left(transcript, 126.0) is None


def test_who_votes_is_told_while_no_pane_shows_it() -> None:
    transcript = fold(started(), said("seat-1"), ev.TurnStarted(turn=turn("seat-2", "ballot")))
    assert 'ballot: <span class="badge seat-2"' in render(transcript, ENGLISH, 1.0).progress
    transcript.apply(ev.DeliberationEnded(status="stopped", reason=STOPPED.text))
    assert "speakers" not in render(transcript, ENGLISH, 1.0).progress


def test_a_run_that_waits_says_its_place_and_can_be_stopped_but_not_concluded() -> None:
    transcript = fold(started(), ev.DeliberationWaiting(before=2))
    view = render(transcript, ENGLISH, 101.0)
    assert view.status_line == "Waiting: 2 runs before this one" and view.status_line in view.progress
    assert 'data-action="stop"' in view.actions and 'data-action="synthesise_now"' not in view.actions
    assert "En attente : 2 délibérations avant celle-ci" in render(transcript, FRENCH, 101.0).progress
    transcript.apply(ev.DeliberationWaiting(before=0))
    assert render(transcript, ENGLISH, 101.0).status_line == "Waiting: this run is next"
    transcript.apply(ev.DeliberationAdmitted())
    assert "Waiting" not in render(transcript, ENGLISH, 101.0).progress


@pytest.mark.parametrize(
    "ending",
    [
        ev.DeliberationEnded(status="stopped", reason=STOPPED.text),
        ev.DeliberationResumed(),  # of a run whose program was killed while it waited, and left no other word
    ],
)
def test_a_run_that_waited_and_ended_or_went_on_does_not_wait_any_more(ending: ev.Event) -> None:
    transcript = fold(started(), ev.DeliberationWaiting(before=2), ending)
    assert "Waiting" not in "".join(render(transcript, ENGLISH, 101.0).values())


def test_a_conclusion_that_needs_no_turn_is_a_stage_that_is_done() -> None:
    agreed = Synthesis(seat="seat-1", text="Because.", source="agreed", agreed=("seat-1", "seat-2"))
    answers = [event for seat in ("seat-1", "seat-2") for event in said(seat)]
    transcript = fold(started("council", ("seat-1", "seat-2")), answers, ev.SynthesisWritten(synthesis=agreed))
    assert 'step done"><span>Conclusion</span>' in render(transcript, ENGLISH, 100.0).progress
