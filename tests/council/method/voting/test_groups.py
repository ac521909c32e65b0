"""Seats that say the very same: grouped, not voted on where all do, and not reworded where most do."""

from collections.abc import Callable, Mapping, Sequence

import pytest

from council.domain import SeatId
from council.events import StageStarted
from council.method.voting.groups import groups, majority
from council.reports.heading import heading
from models.base import GenerationConfig, Message
from models.errors import BackendError
from tests.deliberations import Recorded, a_council
from tests.fakes import Script, ScriptedBackend, kind_of, obedient

A, B, C, D = map(SeatId, ("seat-1", "seat-2", "seat-3", "seat-4"))


@pytest.mark.parametrize(
    ("said", "together"),
    [
        (("Ottawa.", "**ottawa**", "  Ottawa "), [(A, B, C)]),
        (("Ottawa.", "Toronto", "Ottawa"), [(A, C), (B,)]),
        (("Ottawa", "Ottawa, I think", "Toronto"), [(A,), (B,), (C,)]),
        (("4", "-4", "4."), [(A, C), (B,)]),
        (("4", "4!", "4²"), [(A,), (B,), (C,)]),
        (("C#", "C", "`C`"), [(B, C), (A,)]),
        (("5 mW", "5 MW", "5 mW."), [(A, C), (B,)]),
        (("snake_case", "snakecase", "_snake_case_"), [(A, C), (B,)]),
        (("2 * 3", "2 3", "x > 3"), [(A,), (B,), (C,)]),
    ],
)
def test_answers_are_alike_but_for_how_they_are_written(
    said: Sequence[str], together: Sequence[Sequence[SeatId]]
) -> None:
    assert groups(dict(zip((A, B, C), said, strict=True))) == together


@pytest.mark.parametrize(
    ("said", "most"),
    [
        ({}, ()),
        ({A: "x"}, ()),
        ({A: "x", B: "x"}, (A, B)),
        ({A: "x", B: "y"}, ()),
        ({A: "x", B: "x", C: "y", D: "y"}, ()),
        ({A: "y", B: "x", C: "x", D: "x"}, (B, C, D)),
    ],
)
def test_a_majority_is_more_than_half_and_more_than_one(said: Mapping[SeatId, str], most: Sequence[SeatId]) -> None:
    assert tuple(majority(said)) == most


def answering(**by_model: str) -> Script:
    def script(model: str, messages: Sequence[Message], config: GenerationConfig) -> str:
        is_answer = kind_of(messages, config) in ("answer", "revision")
        return by_model[model.partition(":")[0]] if is_answer else obedient(model, messages, config)

    return script


def voting(order: Callable[[str], Sequence[str]]) -> Script:
    """One seat says Toronto, two say Ottawa; `order` gives the letters of a ballot, the best first."""

    def script(model: str, messages: Sequence[Message], config: GenerationConfig) -> str | BackendError:
        if kind_of(messages, config) in ("ballot", "second_look"):
            letters = order("\n".join(message.content for message in messages))
            return obedient(model, messages, config).rpartition('"order"')[0] + f'"order": "{" > ".join(letters)}"}}'
        return answering(alpha="Toronto.", beta="Ottawa", gamma="Ottawa")(model, messages, config)

    return script


async def test_where_all_say_the_same_nobody_votes_or_rewords_it() -> None:
    backend = ScriptedBackend(answering(alpha="Ottawa.", beta="ottawa", gamma="**Ottawa**"))
    recorded = Recorded(backend, a_council(mode="full", debate="always", second_look="always"))
    run = await recorded.run()
    assert [kind_of(messages, config) for _, messages, config in backend.prompts] == ["answer"] * 3
    assert (run.synthesis.source, run.synthesis.text, run.status) == ("agreed", "Ottawa.", "complete")  # type: ignore[union-attr]
    assert heading(run) == "3 of 3 seats answered, all gave the same answer"
    assert [event.turns for event in recorded.events if isinstance(event, StageStarted)] == [3, 0]


async def test_what_most_say_stands_word_for_word_with_minutes_of_what_the_others_said() -> None:
    by_position = voting(lambda prompt: "ABC")
    recorded = Recorded(ScriptedBackend(by_position), a_council())
    run = await recorded.run()
    assert run.synthesis is not None and run.final_standings is not None and run.final_standings.winner is None
    assert (run.synthesis.source, run.synthesis.text, set(run.synthesis.agreed)) == ("agreed", "Ottawa", {B, C})
    assert run.minutes is not None and run.status == "complete"
    assert [(lone.seat, lone.point) for lone in run.minutes.said_by_one] == [(A, "Toronto.")]
    assert run.minutes.follows in (B, C) and not run.minutes.agreed
    assert heading(run).endswith(", 2 gave the same answer")


async def test_a_clear_vote_for_another_answer_is_not_overruled_by_the_majority() -> None:
    def toronto_first(prompt: str) -> Sequence[str]:
        return sorted("ABC", key=lambda label: "Toronto" not in prompt.split(f"Answer {label}:")[1][:15])

    run = await Recorded(ScriptedBackend(voting(toronto_first)), a_council(second_look="always")).run()
    assert run.final_standings is not None and run.final_standings.winner == A
    assert run.synthesis is not None and run.synthesis.source == "chairman"
