"""The fold from events to a readable state: live, replayed, resumed."""

import pytest

from council import events as ev
from council.domain import Ballot, LonePoint, Minutes, Stance, Standings, Synthesis
from council.transcript import Transcript
from tests.council.transcripts import NAMES, SEATS, failed, fold, said, started, turn

BALLOT = Ballot(voter="seat-1", labels={"A": "seat-1", "B": "seat-2"}, order=("seat-2", "seat-1"))
VOID = ev.BallotVoid(voter="seat-1", reason="no order", raw="hm")


def a_whole_run() -> list[ev.Event]:
    return [
        started("full", NAMES[:2]),
        ev.StageStarted(stage="answers", turns=2, at=101.0),
        ev.TurnStarted(turn=turn("seat-1"), at=101.0),
        ev.TurnNotice(turn=turn("seat-1"), text="loading the model"),
        ev.TurnDelta(turn=turn("seat-1"), thinking="Hm."),
        ev.TurnDelta(turn=turn("seat-1"), text="Be", at=102.0),
        ev.TurnDelta(turn=turn("seat-1"), text="cause."),
        *said("seat-1"),
        *said("seat-2", "Therefore."),
        ev.StageStarted(stage="ballots", turns=2),
        ev.BallotCast(ballot=BALLOT),
        ev.BallotVoid(voter="seat-2", reason="no order"),
        ev.StandingsComputed(standings=Standings(order=(), voters=1)),
        ev.DebateDecided(round=1, held=True, reason="asked_for"),
        ev.StanceTaken(stance=Stance(seat="seat-1", round=1, decision="revise")),
        *said("seat-1", "Because of that.", "revision", 1),
        ev.StandingsComputed(standings=Standings(order=(), voters=2, round=1)),
        ev.SynthesisWritten(synthesis=Synthesis(seat="seat-1", text="So.")),
        ev.MinutesTaken(minutes=Minutes(said_by_one=(LonePoint(seat="seat-2", point="it"),))),
        ev.DeliberationFinished(status="partial", at=200.0),
    ]


def test_a_run_replayed_from_its_stored_events_reads_the_same():
    live = fold(a_whole_run())
    stored = [ev.EVENT_ADAPTER.dump_json(event) for event in a_whole_run()]
    replayed = fold([ev.EVENT_ADAPTER.validate_json(line) for line in stored])
    assert replayed.speeches.keys() == live.speeches.keys()
    assert [(s.state, s.text, s.thinking) for s in replayed.speeches.values()] == [
        (s.state, s.text, s.thinking) for s in live.speeches.values()
    ]
    assert (replayed.ballots, replayed.standings, replayed.synthesis) == (live.ballots, live.standings, live.synthesis)
    assert (replayed.minutes, replayed.stances, replayed.status) == (live.minutes, live.stances, "partial")


def test_a_replay_without_deltas_shows_the_same_answers():
    whole, stored = fold(a_whole_run()), [e for e in a_whole_run() if not isinstance(e, ev.TurnDelta)]
    assert {key: speech.text for key, speech in fold(stored).speeches.items()} == {
        key: speech.text for key, speech in whole.speeches.items()
    }


def test_a_whole_run_is_read_part_by_part():
    transcript = fold(a_whole_run())
    assert transcript.stage == "ballots" and transcript.version == len(a_whole_run())
    assert transcript.ballots == {("seat-1", 0): BALLOT}
    assert set(transcript.void_ballots) == {("seat-2", 0)}
    assert transcript.final_standings is not None and transcript.final_standings.round == 1
    assert transcript.started_at == 100.0 and transcript.ended_at == 200.0


def test_deltas_add_up_and_the_first_visible_text_is_timed():
    transcript = fold(a_whole_run()[:7])
    speech = transcript.speech("answer", "seat-1")
    assert speech is not None and speech.state == "speaking"
    assert (speech.text, speech.thinking) == ("Because.", "Hm.")
    assert speech.started_at == 101.0 and speech.first_text_at == 102.0


def test_a_notice_stands_until_the_next_text():
    speech = fold(a_whole_run()[:4]).speech("answer", "seat-1")
    assert speech is not None and str(speech.notice) == "loading the model"
    speech = fold(a_whole_run()[:5]).speech("answer", "seat-1")
    assert speech is not None and str(speech.notice) == ""


def test_a_restart_voids_what_was_said_and_is_remembered():
    transcript = fold(
        started(),
        ev.TurnStarted(turn=turn("seat-1")),
        ev.TurnDelta(turn=turn("seat-1"), text="Half an ans", thinking="hm"),
        ev.TurnRestarted(turn=turn("seat-1"), reason="Ollama went away"),
        ev.TurnDelta(turn=turn("seat-1"), text="Whole."),
    )
    speech = transcript.speech("answer", "seat-1")
    assert speech is not None and (speech.text, speech.thinking) == ("Whole.", "")
    assert list(map(str, speech.restarts)) == ["Ollama went away"]


def test_a_seat_asked_again_after_a_failure_begins_anew():
    transcript = fold(started(), failed("seat-1"), said("seat-1", "Now."))
    speech = transcript.speech("answer", "seat-1")
    assert speech is not None and (speech.state, speech.text, str(speech.reason)) == ("finished", "Now.", "")


def test_a_cut_is_kept_with_its_turn():
    cut = ev.ContextCut(turn=turn("seat-1"), what="seat-2", kept=10, total=30)
    speech = fold(started(), ev.TurnStarted(turn=turn("seat-1")), cut, said("seat-2")).speech("answer", "seat-1")
    assert speech is not None and speech.cuts == [cut]


def test_a_ballot_told_again_replaces_the_one_before():
    second = BALLOT.model_copy(update={"second_order": ("seat-1", "seat-2")})
    transcript = fold(started(), ev.BallotCast(ballot=BALLOT), ev.BallotCast(ballot=second))
    assert transcript.ballots == {("seat-1", 0): second}


def test_a_voter_has_a_ballot_or_a_void_one_never_both():
    assert fold(started(), VOID, ev.BallotCast(ballot=BALLOT)).void_ballots == {}
    assert fold(started(), ev.BallotCast(ballot=BALLOT), VOID).ballots == {}


@pytest.mark.parametrize("status", ["failed", "stopped", "interrupted"])
def test_whoever_was_speaking_at_an_early_end_has_failed_and_keeps_its_text(status: str):
    transcript = fold(
        started(),
        said("seat-1"),
        ev.TurnStarted(turn=turn("seat-2")),
        ev.TurnDelta(turn=turn("seat-2"), text="Half"),
        ev.DeliberationEnded.model_validate({"status": status, "reason": "it ended", "at": 150.0}),
    )
    first, second = (transcript.speech("answer", name) for name in NAMES[:2])
    assert first is not None and first.state == "finished"
    assert second is not None and (second.state, second.text, str(second.reason)) == ("failed", "Half", "it ended")
    assert second.cause == "ended"
    assert transcript.status == status and str(transcript.reason) == "it ended" and transcript.ended_at == 150.0


def test_a_resumed_run_takes_over_what_was_said_and_concludes_anew():
    transcript = fold(a_whole_run(), ev.DeliberationResumed())
    assert transcript.status == "running" and transcript.ended_at == 0.0
    assert transcript.speeches == {} and transcript.ballots == {} and transcript.standings == {}
    assert transcript.synthesis is None and transcript.minutes is None and transcript.stances == {}
    transcript.apply(ev.TurnReused(turn=turn("seat-2")))
    assert [(speech.state, speech.text) for speech in transcript.speeches.values()] == [("finished", "Therefore.")]


def test_the_answer_of_a_seat_is_its_last_revision_unless_the_vote_undid_it():
    run = fold(a_whole_run())
    answer = run.answer("seat-1")
    assert answer is not None and answer.text == "Because of that."
    run.apply(ev.RevisionUndone(seat="seat-1", round=1, before=0.6, after=0.2))
    answer = run.answer("seat-1")
    assert answer is not None and answer.text == "Because."


def test_a_revision_that_failed_leaves_the_first_answer_standing():
    answer = fold(started(), said("seat-1"), failed("seat-1", kind="revision", round=1)).answer("seat-1")
    assert answer is not None and answer.text == "Because."


def test_the_final_answer_knows_the_turn_it_came_from():
    run = fold(a_whole_run(), said("seat-1", "So.", "synthesis"))
    assert run.conclusion is run.speech("synthesis", "seat-1")
    run.apply(ev.SynthesisWritten(synthesis=Synthesis(seat="seat-1", text="Because.", source="leading_answer")))
    assert run.conclusion is run.answer("seat-1")
    assert fold(started()).conclusion is None


def test_a_seat_that_was_not_asked_has_no_answer():
    assert fold(started()).answer("seat-1") is None
    assert Transcript().stage is None and Transcript().final_standings is None


def test_a_seat_is_found_by_its_id_the_chairman_included():
    transcript = fold(started())
    assert transcript.seat("seat-3") == SEATS["seat-3"]
    with pytest.raises(StopIteration):
        transcript.seat("seat-9")
