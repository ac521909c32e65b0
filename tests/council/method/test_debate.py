"""The debate: who revises, what a seat is shown, what the re-vote undoes."""

import json
from collections.abc import Sequence

import pytest

from council.domain import Standings, Verdict
from council.events import DebateDecided, RevisionUndone
from council.method.debate import decide_debate, read_stance
from models.base import GenerationConfig, Message
from models.errors import BackendUnavailableError
from tests.deliberations import Recorded, a_council
from tests.fakes import ScriptedBackend, kind_of, obedient

pytestmark = pytest.mark.anyio


def council_of(judge, decisions: dict[str, str]):
    """Script a council: `judge(candidates)` returns the text judged best, `decisions` the stance of each model."""

    def script(model: str, messages: Sequence[Message], config: GenerationConfig) -> str:
        prompt = messages[1].content
        match kind_of(messages, config):
            case "answer":
                return f"first words of {model[0]}"
            case "revision":
                return f"second thoughts of {model[0]}"
            case "stance":
                return json.dumps({"reason": f"because {model[0]}", "decision": decisions.get(model, "keep")})
            case "ballot":
                said = json.loads(obedient(model, messages, config))
                return json.dumps(said | {"order": judge(prompt), "contradiction": ""})
            case _:
                return obedient(model, messages, config)

    return script


def order_by(prompt: str, *texts: str) -> str:
    """Write the order in which these texts stand as a voter's letters; others follow in the order shown."""
    shown = {
        part[0]: part.partition("\n> ")[2].split("\n")[0] for part in prompt.split("Answer ")[1:] if part[1] == ":"
    }
    ranked = sorted(shown, key=lambda label: texts.index(shown[label]) if shown[label] in texts else len(texts))
    return " > ".join(ranked)


def favour(*texts: str):
    return lambda prompt: order_by(prompt, *texts)


async def test_a_revision_that_wins_is_what_the_chairman_reads():
    judge = favour("second thoughts of b", "first words of a", "first words of g", "first words of b")
    backend = ScriptedBackend(council_of(judge, {"beta:1b": "revise"}))
    recorded = Recorded(backend, a_council(mode="full", debate="always"))
    transcript = await recorded.run()
    final = transcript.final_standings
    assert final is not None and final.winner == "seat-2"
    assert {(flip.voter, flip.before, flip.after) for flip in final.flips} == {
        (f"seat-{n}", "seat-1", "seat-2") for n in (1, 2, 3)
    }
    chairman = next(m[1].content for _, m, c in backend.prompts if kind_of(m, c) == "synthesis")
    assert "second thoughts of b" in chairman and "first words of b" not in chairman


async def test_a_revision_that_loses_is_undone():
    judge = favour("first words of b", "first words of a", "first words of g", "second thoughts of b")
    backend = ScriptedBackend(council_of(judge, {"beta:1b": "revise"}))
    recorded = Recorded(backend, a_council(mode="full", debate="always"))
    transcript = await recorded.run()
    undone = [event for event in recorded.events if isinstance(event, RevisionUndone)]
    assert [(event.seat, event.round, event.before, event.after) for event in undone] == [("seat-2", 1, 1.0, 0.0)]
    chairman = next(m[1].content for _, m, c in backend.prompts if kind_of(m, c) == "synthesis")
    assert "first words of b" in chairman and "second thoughts of b" not in chairman
    answer = transcript.answer("seat-2")
    assert answer is not None and answer.text == "first words of b"


async def test_without_any_revision_nobody_votes_again():
    backend = ScriptedBackend(council_of(favour("first words of a"), {"beta:1b": "concede"}))
    recorded = Recorded(backend, a_council(mode="full", debate="always", rounds=3))
    transcript = await recorded.run()
    assert set(transcript.standings) == {0}
    assert [event.round for event in recorded.events if isinstance(event, DebateDecided)] == [1]


async def test_a_clear_winner_needs_no_debate():
    backend = ScriptedBackend(council_of(favour("first words of a", "first words of b"), {}))
    recorded = Recorded(backend, a_council(mode="full"))
    await recorded.run()
    decided = [event for event in recorded.events if isinstance(event, DebateDecided)]
    assert [(event.held, event.reason) for event in decided] == [(False, "clear_winner")]


async def test_a_seat_sees_its_own_answer_and_the_flaws_found_in_it_and_no_names():
    backend = ScriptedBackend(council_of(favour("first words of a"), {}))
    await Recorded(backend, a_council(mode="full", debate="always")).run()
    asked = {model: m[1].content for model, m, c in backend.prompts if kind_of(m, c) == "stance"}
    for model, prompt in asked.items():
        own, _, rest = prompt.partition("# Other answers")
        assert f"first words of {model[0]}" in own
        assert f"first words of {model[0]}" not in rest
        assert rest.count("\n> - note ") == 2  # one flaw from each of the other voters
        assert not [name for name in ("alpha:1b", "beta:1b", "gamma:1b") if name in prompt]


async def test_a_failed_revision_leaves_the_first_answer():
    inner = council_of(favour("first words of a"), {"beta:1b": "revise"})

    def script(model, messages, config):
        if kind_of(messages, config) == "revision":
            return BackendUnavailableError("gone", backend="scripted")
        return inner(model, messages, config)

    transcript = await Recorded(ScriptedBackend(script), a_council(mode="full", debate="always")).run()
    answer = transcript.answer("seat-2")
    assert answer is not None and answer.text == "first words of b"
    assert set(transcript.standings) == {0}


@pytest.mark.parametrize(
    ("standings", "held", "reason"),
    [
        ({"winner": "a", "contradictions": 0}, False, "clear_winner"),
        ({"winner": None, "contradictions": 0}, True, "no_clear_winner"),
        ({"winner": "a", "contradictions": 3}, True, "contradiction"),
    ],
)
def test_a_debate_is_gated_by_the_vote(standings, held, reason):
    verdict = Verdict(ballots=(), standings=Standings(order=(), voters=3, **standings))
    decided = [decide_debate(verdict, policy, 1) for policy in ("auto", "never", "always")]
    assert [(event.held, event.reason) for event in decided] == [
        (held, reason),
        (False, "switched_off"),
        (True, "asked_for"),
    ]


UNREADABLE = [
    "",
    "I keep it",
    '{"decision": "shout"}',
    '{"reason": "x"}',
    "[1]",
    "{}}",
    '{"reason": "\\ud800", "decision": "keep"}',
    '{"reason": ' + "[" * 5000 + "}",
]


@pytest.mark.parametrize("text", UNREADABLE)
def test_a_stance_that_cannot_be_read_is_none(text):
    assert read_stance(text, "seat-1", 1) is None
