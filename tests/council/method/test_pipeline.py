"""The stages in their order, for each mode, on a scripted backend; and what happens when parts are missing."""

import asyncio
from collections.abc import Sequence

import pytest

from council.domain import Exchange
from council.errors import QuorumError
from council.events import (
    BallotCast,
    DeliberationEnded,
    DeliberationResumed,
    StageStarted,
    TurnFailed,
    TurnFinished,
    TurnReused,
    TurnStarted,
)
from models.base import GenerationConfig, Message
from models.errors import BackendError, BackendUnavailableError
from tests.deliberations import Recorded, a_council, until
from tests.fakes import ScriptedBackend, kind_of, obedient

pytestmark = pytest.mark.anyio


def failing(*broken: tuple[str, str]):
    """Make a script in which some (model, kind) pairs fail."""

    def script(model: str, messages: Sequence[Message], config: GenerationConfig) -> str | BackendError:
        if (model, kind_of(messages, config)) in broken:
            return BackendUnavailableError(f"{model!r} is away.", backend="scripted")
        return obedient(model, messages, config)

    return script


def stages(recorded: Recorded) -> list[tuple[str, int]]:
    return [(event.stage, event.round) for event in recorded.events if isinstance(event, StageStarted)]


async def test_quick_mode_asks_the_first_seat_only():
    recorded = Recorded(ScriptedBackend(), a_council(mode="quick"))
    transcript = await recorded.run()
    assert [key for key in transcript.speeches] == [("answer", "seat-1", 0)]
    assert transcript.status == "complete"
    assert transcript.synthesis is not None and transcript.synthesis.source == "leading_answer"


async def test_compare_mode_ends_after_the_answers():
    recorded = Recorded(ScriptedBackend(), a_council(mode="compare"))
    transcript = await recorded.run()
    assert stages(recorded) == [("answers", 0)]
    assert (transcript.status, transcript.synthesis, len(transcript.speeches)) == ("complete", None, 3)


async def test_council_mode_answers_votes_and_concludes_without_debate():
    recorded = Recorded(ScriptedBackend())
    transcript = await recorded.run()
    assert stages(recorded) == [("answers", 0), ("ballots", 0), ("synthesis", 0)]
    assert transcript.status == "complete"
    assert len(transcript.ballots) == 3
    assert transcript.final_standings is not None and transcript.final_standings.voters == 3
    assert transcript.synthesis is not None and transcript.synthesis.source == "chairman"
    assert transcript.minutes is not None


async def test_full_mode_debates_votes_again_and_marks_the_round():
    def revising(model: str, messages: Sequence[Message], config: GenerationConfig) -> str:
        if kind_of(messages, config) == "stance":
            decision = "revise" if model == "beta:1b" else "keep"
            return f'{{"reason": "a date was wrong", "decision": "{decision}"}}'
        return obedient(model, messages, config)

    recorded = Recorded(ScriptedBackend(revising), a_council(mode="full", debate="always"))
    transcript = await recorded.run()
    assert stages(recorded) == [("answers", 0), ("ballots", 0), ("debate", 1), ("ballots", 1), ("synthesis", 0)]
    assert {seat: stance.decision for (seat, _), stance in transcript.stances.items()} == {
        "seat-1": "keep",
        "seat-2": "revise",
        "seat-3": "keep",
    }
    assert transcript.speech("revision", "seat-2", 1) is not None
    assert transcript.speech("revision", "seat-1", 1) is None
    assert set(transcript.standings) == {0, 1}


async def test_every_turn_that_starts_ends_exactly_once():
    recorded = Recorded(
        ScriptedBackend(failing(("beta:1b", "answer"), ("gamma:1b", "ballot"))), a_council(mode="full", debate="always")
    )
    await recorded.run()
    started = [event.turn.key for event in recorded.events if isinstance(event, TurnStarted)]
    ended = [event.turn.key for event in recorded.events if isinstance(event, TurnFinished | TurnFailed)]
    assert sorted(started) == sorted(ended)


async def test_a_failed_seat_leaves_a_partial_run_with_its_cause():
    recorded = Recorded(ScriptedBackend(failing(("beta:1b", "answer"))))
    transcript = await recorded.run()
    assert transcript.status == "partial"
    failed = transcript.speech("answer", "seat-2")
    assert failed is not None and (failed.state, str(failed.reason)) == ("failed", "'beta:1b' is away.")
    assert {voter for voter, _ in transcript.ballots} == {"seat-1", "seat-3"}


async def test_a_single_answer_is_not_voted_on():
    recorded = Recorded(ScriptedBackend(failing(("beta:1b", "answer"), ("gamma:1b", "answer"))))
    transcript = await recorded.run()
    assert transcript.standings == {}
    assert transcript.synthesis is not None and transcript.synthesis.source == "leading_answer"
    assert transcript.status == "partial"


async def test_without_any_answer_the_run_fails_and_says_why():
    broken = failing(*((model, "answer") for model in ("alpha:1b", "beta:1b", "gamma:1b")))
    with pytest.raises(QuorumError, match="'beta:1b' is away"):
        await Recorded(ScriptedBackend(broken)).run()


async def test_a_bug_in_a_backend_is_not_taken_for_a_failure_of_a_seat():
    def buggy(model: str, messages: Sequence[Message], config: GenerationConfig) -> str:
        raise ZeroDivisionError("a bug")

    with pytest.raises(ZeroDivisionError):
        await Recorded(ScriptedBackend(buggy)).run()


async def test_when_the_chairman_fails_another_seat_writes_and_the_run_is_partial():
    recorded = Recorded(ScriptedBackend(failing(("alpha:1b", "synthesis"))))
    transcript = await recorded.run()
    assert transcript.synthesis is not None
    assert (transcript.synthesis.source, transcript.synthesis.seat) == ("stand_in", "seat-2")
    assert transcript.status == "partial"


async def test_when_every_chairman_fails_the_leading_answer_stands_verbatim():
    broken = failing(*((model, "synthesis") for model in ("alpha:1b", "beta:1b", "gamma:1b")))
    transcript = await Recorded(ScriptedBackend(broken)).run()
    assert transcript.synthesis is not None and transcript.final_standings is not None
    leading = transcript.final_standings.order[0].seat
    assert (transcript.synthesis.source, transcript.synthesis.seat) == ("leading_answer", leading)
    answer = transcript.answer(leading)
    assert answer is not None and transcript.synthesis.text == answer.text


async def test_every_prompt_of_a_run_begins_with_the_same_head():
    backend = ScriptedBackend()
    earlier = (Exchange(question="Who are you?", answer="A council."),)
    await Recorded(backend, a_council(mode="full", debate="always"), earlier=earlier).run()
    heads = {
        (messages[0].content, messages[1].content.partition("# Your task")[0][:120])
        for _, messages, _ in backend.prompts
    }
    assert len({kind_of(messages, config) for _, messages, config in backend.prompts}) >= 5
    assert len(heads) == 1
    assert "A council." in backend.prompts[0][1][1].content


async def test_one_window_serves_a_model_through_the_whole_run():
    backend = ScriptedBackend()
    await Recorded(backend, a_council(mode="full", debate="always")).run()
    assert len({config.context_tokens for _, _, config in backend.prompts}) == 1


async def test_no_prompt_of_a_judge_or_chairman_names_a_model():
    def boasting(model: str, messages: Sequence[Message], config: GenerationConfig) -> str:
        said = obedient(model, messages, config)
        return said if config.json_schema else f"I am {model}. {said}"

    backend = ScriptedBackend(boasting)
    await Recorded(backend).run()
    judged = [m[1].content for _, m, c in backend.prompts if kind_of(m, c) in ("ballot", "synthesis", "minutes")]
    assert judged and not [prompt for prompt in judged if "beta:1b" in prompt or "gamma:1b" in prompt]


async def test_synthesise_now_cuts_the_slow_seats_off_and_concludes():
    backend = ScriptedBackend(delay=0.0)
    slow = asyncio.Event()

    class OneSlowSeat(ScriptedBackend):
        async def _chunks(self, model, messages, config):
            if model == "gamma:1b" and kind_of(messages, config) == "answer":
                slow.set()
                await asyncio.Event().wait()
            async for chunk in backend._chunks(model, messages, config):
                yield chunk

    recorded = Recorded(OneSlowSeat())
    run = asyncio.create_task(recorded.run())
    async with asyncio.timeout(10):
        await slow.wait()
        await until(lambda: sum(isinstance(event, TurnFinished) for event in recorded.events) == 2)
        recorded.deliberation.controls.synthesise_now.set()
        transcript = await run
    left_out = transcript.speech("answer", "seat-3")
    assert left_out is not None and (left_out.state, left_out.cause) == ("failed", "hurried")
    assert "asked for at once" in str(left_out.reason)
    assert transcript.synthesis is not None and transcript.synthesis.source == "chairman"
    assert transcript.status == "partial"


async def test_a_failed_seat_is_asked_again_while_others_still_speak():
    attempts: list[str] = []
    gate = asyncio.Event()

    class Flaky(ScriptedBackend):
        async def _chunks(self, model, messages, config):
            if kind_of(messages, config) == "answer":
                attempts.append(model)
                if model == "beta:1b" and attempts.count(model) == 1:
                    raise BackendUnavailableError("gone for a moment", backend="scripted")
                if model == "gamma:1b":
                    await gate.wait()
            async for chunk in super()._chunks(model, messages, config):
                yield chunk

    recorded = Recorded(Flaky())
    run = asyncio.create_task(recorded.run())
    async with asyncio.timeout(10):
        await until(lambda: any(isinstance(event, TurnFailed) for event in recorded.events))
        recorded.deliberation.controls.retries.put_nowait("seat-2")
        await until(lambda: attempts.count("beta:1b") == 2)
        gate.set()
        transcript = await run
    assert transcript.status == "complete"
    assert len(transcript.ballots) == 3


async def test_cancelling_a_run_stops_every_seat():
    backend = ScriptedBackend(delay=0.05)
    recorded = Recorded(backend)
    run = asyncio.create_task(recorded.run())
    await until(lambda: len(backend.prompts) == 3)
    run.cancel()
    with pytest.raises(asyncio.CancelledError):
        await run
    assert backend.cancelled == 3


async def test_a_server_that_never_ends_an_answer_fails_that_seat_alone():
    def script(model: str, messages: Sequence[Message], config: GenerationConfig) -> str:
        return " ".join(["x" * 1_000_000] * 5) if model == "beta:1b" else obedient(model, messages, config)

    transcript = await Recorded(ScriptedBackend(script), a_council(mode="compare")).run()
    answer = transcript.answer("seat-2")
    assert answer is not None and "without an end" in str(answer.reason) and transcript.status == "partial"


async def test_a_resumed_run_asks_only_what_is_missing():
    broken = Recorded(ScriptedBackend(failing(("gamma:1b", "ballot"))))
    past = await broken.run()
    past.apply(DeliberationResumed())
    backend = ScriptedBackend()
    resumed = Recorded(backend, broken.deliberation.council, past=past)
    transcript = await resumed.run()
    asked = [(model, kind_of(messages, config)) for model, messages, config in backend.prompts]
    assert ("gamma:1b", "ballot") in asked
    assert not [kind for _, kind in asked if kind == "answer"]
    reused = [event.turn.kind for event in resumed.events if isinstance(event, TurnReused)]
    assert (reused.count("answer"), reused.count("ballot")) == (3, 2)
    assert sum(isinstance(event, BallotCast) for event in resumed.events) == 3
    assert transcript.status == "complete"


@pytest.mark.parametrize(("invalid_ones", "asked_again"), [(1, 0), (2, 1)])
async def test_of_a_ballot_that_was_asked_twice_only_what_is_missing_is_asked_again(
    invalid_ones: int, asked_again: int
):
    left = {"beta:1b": invalid_ones}

    def script(model: str, messages: Sequence[Message], config: GenerationConfig) -> str:
        if kind_of(messages, config) == "ballot" and left.get(model):
            left[model] -= 1
            return '{"order": "A > A > B"}'
        return obedient(model, messages, config)

    first = Recorded(ScriptedBackend(script))
    past = await first.run()
    past.apply(DeliberationResumed())
    backend = ScriptedBackend()
    transcript = await Recorded(backend, first.deliberation.council, past=past).run()
    ballots = [model for model, messages, config in backend.prompts if kind_of(messages, config) == "ballot"]
    assert ballots == ["beta:1b"] * asked_again
    assert transcript.status == "complete" and len(transcript.ballots) == 3


async def test_a_retried_answer_makes_the_votes_on_the_old_answers_void():
    broken = Recorded(ScriptedBackend(failing(("gamma:1b", "answer"))))
    past = await broken.run()
    past.apply(DeliberationEnded(status="interrupted", reason="the program was ended"))
    past.apply(DeliberationResumed())
    backend = ScriptedBackend()
    transcript = await Recorded(backend, broken.deliberation.council, past=past).run()
    kinds = [kind_of(messages, config) for _, messages, config in backend.prompts]
    assert kinds.count("answer") == 1
    assert kinds.count("ballot") == 3
    assert transcript.status == "complete"
