"""A seat that writes no answer is stopped at once, asked a second time, and then fails like any other."""

import json
from collections.abc import Callable, Sequence

import pytest

from council.events import BallotVoid, TurnDelta, TurnFailed, TurnRestarted
from council.reports.as_json import to_json, to_markdown
from council.translation import translator
from council.ui.run.render import render
from models.base import GenerationConfig, Message
from tests.council.test_readers import narrated
from tests.deliberations import Recorded, a_council
from tests.fakes import ScriptedBackend, kind_of, obedient

pytestmark = pytest.mark.anyio
LOOP = "Canberra is the one. " * 400
ELLIPSES = {
    "ballot": lambda said: (
        {key: {"strength": "…", "flaw": "…"} if len(key) == 1 else part for key, part in said.items()}
        | {"contradiction": "…"}
    ),
    "stance": lambda said: said | {"reason": "keep, revise or concede"},
    "minutes": lambda said: {
        "agreed": ["…"],
        "disputed": ["…"],
        "said_by_one": [{"answer": "A", "point": "…"}],
        "follows": "A",
    },
}


def degenerate(
    kind: str, *, model: str = "beta:1b", times: int = 9
) -> Callable[[str, Sequence[Message], GenerationConfig], str]:
    """One model's turns of a kind say nothing, so many times."""
    left = {model: times}

    def script(model: str, messages: Sequence[Message], config: GenerationConfig) -> str:
        said = obedient(model, messages, config)
        if kind_of(messages, config) != kind or not left.get(model):
            return said
        left[model] -= 1
        return json.dumps(ELLIPSES[kind](json.loads(said))) if kind in ELLIPSES else LOOP

    return script


def asked_for(backend: ScriptedBackend, kind: str, model: str = "beta:1b") -> list[GenerationConfig]:
    return [config for who, messages, config in backend.prompts if who == model and kind_of(messages, config) == kind]


async def test_a_loop_is_stopped_while_it_is_written_and_asked_again_with_a_penalty():
    backend = ScriptedBackend(degenerate("answer", times=1))
    recorded = Recorded(backend)
    transcript = await recorded.run()
    first, second = asked_for(backend, "answer")
    assert not first.avoid_repetition and second.avoid_repetition and second.seed != first.seed
    turn = transcript.speech("answer", "seat-2").turn
    deltas, is_again = ["", ""], 0
    for event in recorded.events:
        is_again += isinstance(event, TurnRestarted) and event.turn == turn
        if isinstance(event, TurnDelta) and event.turn == turn:
            deltas[is_again] += event.text
    assert len(deltas[0]) < 400 < len(LOOP) and deltas[1].startswith("**Canberra**")
    assert transcript.status == "complete"


async def test_that_a_seat_was_asked_twice_is_told_everywhere():
    recorded = Recorded(ScriptedBackend(degenerate("answer", times=1)))
    transcript = await recorded.run()
    told = "'beta:1b' repeated itself without an end. It is asked once more"
    assert told in json.dumps(to_json(transcript)) and told in to_markdown(transcript)
    assert any(told in line for line in narrated(recorded.events))
    assert "repeated itself" in json.dumps(render(transcript, translator("en"), 2000.0).values())
    german, french = to_markdown(transcript, "de"), to_markdown(transcript, "fr")
    assert told not in german and told not in french


async def test_a_seat_that_loops_twice_has_failed_and_nobody_votes_on_it():
    backend = ScriptedBackend(degenerate("answer"))
    recorded = Recorded(backend)
    transcript = await recorded.run()
    failed = [event for event in recorded.events if isinstance(event, TurnFailed)]
    assert [(event.turn.seat.model, event.cause) for event in failed] == [("beta:1b", "degenerate")]
    assert len(asked_for(backend, "answer")) == 2 and not asked_for(backend, "ballot")
    assert all("seat-2" not in ballot.order for ballot in transcript.ballots.values())
    assert transcript.status == "partial"


async def test_a_ballot_of_ellipses_is_asked_again_and_then_void():
    backend = ScriptedBackend(degenerate("ballot"))
    recorded = Recorded(backend)
    transcript = await recorded.run()
    first, second = asked_for(backend, "ballot")
    assert first.temperature == 0 < second.temperature
    (void,) = [event for event in recorded.events if isinstance(event, BallotVoid)]
    assert void.voter == "seat-2" and "punctuation" in str(void.reason)
    assert transcript.status == "partial" and transcript.final_standings.abstained == 1


async def test_of_a_ballot_with_some_notes_those_that_say_nothing_are_left_out():
    def script(model: str, messages: Sequence[Message], config: GenerationConfig) -> str:
        said = obedient(model, messages, config)
        if kind_of(messages, config) != "ballot":
            return said
        return json.dumps(json.loads(said) | {"A": {"strength": "…", "flaw": "Too short."}, "contradiction": "flaw"})

    transcript = await Recorded(ScriptedBackend(script)).run()
    for ballot in transcript.ballots.values():
        note = ballot.notes[ballot.labels["A"]]
        assert (note.strength, note.flaw, ballot.contradiction) == ("", "Too short.", "")
    assert transcript.status == "complete" and transcript.final_standings.contradictions == 0


async def test_a_stance_copied_from_its_prompt_is_no_stance():
    council = a_council(mode="full", debate="always")
    transcript = await Recorded(ScriptedBackend(degenerate("stance")), council).run()
    assert {seat for seat, _ in transcript.stances} == {"seat-1", "seat-3"}
    assert transcript.speech("stance", "seat-2", 1).state == "failed"


async def test_a_chairman_that_loops_is_followed_by_the_next_and_then_by_the_leading_answer():
    backend = ScriptedBackend(degenerate("synthesis", model="alpha:1b"))
    transcript = await Recorded(backend).run()
    assert len(asked_for(backend, "synthesis", "alpha:1b")) == 2  # a shorter prompt would not help
    assert transcript.synthesis.source == "stand_in" and transcript.status == "partial"

    def everybody(model: str, messages: Sequence[Message], config: GenerationConfig) -> str:
        return LOOP if kind_of(messages, config) == "synthesis" else obedient(model, messages, config)

    transcript = await Recorded(ScriptedBackend(everybody)).run()
    assert transcript.synthesis.source == "leading_answer" and "Canberra" in transcript.synthesis.text
    assert transcript.status == "partial"


async def test_minutes_keep_what_says_something_once():
    def script(model: str, messages: Sequence[Message], config: GenerationConfig) -> str:
        if kind_of(messages, config) != "minutes":
            return obedient(model, messages, config)
        lone = [{"answer": "A", "point": "a letter"}, {"answer": "B", "point": "It was planned."}]
        same = ["It is Canberra.", "It is Canberra!", "…"]
        return json.dumps({"agreed": same, "disputed": ["…"], "said_by_one": lone, "follows": "none"})

    minutes = (await Recorded(ScriptedBackend(script)).run()).minutes
    assert (minutes.agreed, minutes.disputed) == (("It is Canberra.",), ())
    assert [lone.point for lone in minutes.said_by_one] == ["It was planned."]


async def test_minutes_that_say_nothing_twice_are_left_out():
    transcript = await Recorded(ScriptedBackend(degenerate("minutes", model="alpha:1b"))).run()
    assert transcript.minutes is None and transcript.speech("minutes", "seat-1").state == "failed"
    assert transcript.status == "complete"  # a run without minutes is whole
