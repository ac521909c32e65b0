"""The chairman: what he is shown, his minutes, and a departure from the vote."""

import json
from collections.abc import Sequence

import pytest

from council.domain import Minutes
from council.method.synthesis import minutes_schema, read_minutes
from models.base import GenerationConfig, Message
from models.errors import BackendUnavailableError
from tests.deliberations import Recorded, a_council
from tests.fakes import ScriptedBackend, kind_of, obedient, smallest_instance

pytestmark = pytest.mark.anyio

LABELS = {"A": "seat-2", "B": "seat-1"}


def test_minutes_turn_labels_into_seats():
    text = json.dumps(
        {
            "agreed": ["It is in Australia."],
            "disputed": [],
            "said_by_one": [{"answer": "B", "point": "It was founded in 1913."}],
            "follows": "A",
        }
    )
    minutes = read_minutes(text, LABELS, winner="seat-2")
    assert minutes is not None
    assert [(point.seat, point.point) for point in minutes.said_by_one] == [("seat-1", "It was founded in 1913.")]
    assert (minutes.follows, minutes.departs) == ("seat-2", False)


@pytest.mark.parametrize(
    ("follows", "winner", "departs"),
    [("B", "seat-2", True), ("none", "seat-2", True), ("none", None, False), ("A", None, False)],
)
def test_a_departure_from_the_leading_answer_is_recorded(follows, winner, departs):
    text = json.dumps({"agreed": [], "disputed": [], "said_by_one": [], "follows": follows})
    minutes = read_minutes(text, LABELS, winner=winner)
    assert minutes is not None and minutes.departs is departs


@pytest.mark.parametrize(
    "text",
    [
        "",
        "The council agreed.",
        "{",
        "[1]",
        '{"agreed": "x"}',
        '{"agreed": [], "disputed": [], "said_by_one": [{"answer": "Z", "point": "x"}], "follows": "A"}',
        '{"agreed": "one text", "disputed": [], "said_by_one": [], "follows": "A"}',
        '{"agreed": ["\\ud800"], "disputed": [], "said_by_one": [], "follows": "A"}',
        '{"agreed": ' + "[" * 5000 + "}",
    ],
)
def test_minutes_that_cannot_be_read_are_none(text):
    assert read_minutes(text, LABELS, winner=None) is None


@pytest.mark.parametrize(
    ("cut", "points"),
    [
        ('{"agreed": ["First.", "Second.", "Thi', ("First.", "Second.")),
        ('{"agreed": ["First."], "disputed": [], "said_by_one": [{"answer": "A", "poi', ("First.",)),
        ('{"agreed": ["First."], "disputed": [], "said_by_one": [], "follows": "', ("First.",)),
    ],
)
def test_minutes_that_were_cut_short_keep_their_whole_points(cut, points):
    minutes = read_minutes(cut, LABELS, winner="seat-2")
    assert minutes is not None
    assert (minutes.agreed, minutes.said_by_one, minutes.follows, minutes.departs) == (points, (), None, False)


def test_what_the_schema_allows_can_be_read():
    said = smallest_instance(minutes_schema(list(LABELS)))
    assert isinstance(read_minutes(json.dumps(said), LABELS, winner=None), Minutes)


async def test_the_chairman_reads_every_answer_and_the_tally_by_letter():
    backend = ScriptedBackend()
    recorded = Recorded(backend)
    transcript = await recorded.run()
    prompt = next(m[1].content for _, m, c in backend.prompts if kind_of(m, c) == "synthesis")
    final = transcript.final_standings
    assert final is not None
    for letter in "ABC":
        assert f"\nAnswer {letter}:\n" in prompt and f"\n> Answer {letter}: place " in prompt
    assert all(f"{standing.score:.0%} of the comparisons won" in prompt for standing in final.order)
    assert "seat-" not in prompt


async def test_a_failure_to_take_minutes_leaves_a_whole_run():
    def script(model: str, messages: Sequence[Message], config: GenerationConfig) -> str | BackendUnavailableError:
        if kind_of(messages, config) == "minutes":
            return BackendUnavailableError("gone", backend="scripted")
        return obedient(model, messages, config)

    transcript = await Recorded(ScriptedBackend(script)).run()
    assert transcript.minutes is None and transcript.status == "complete"


async def test_a_chairman_from_outside_the_council_writes_without_voting():
    backend = ScriptedBackend(models=("alpha:1b", "beta:1b", "omega:9b"))
    chairman = {"id": "chairman", "model": "omega:9b"}
    recorded = Recorded(backend, a_council("alpha:1b", "beta:1b", chairman=chairman))
    transcript = await recorded.run()
    assert transcript.synthesis is not None and transcript.synthesis.seat == "chairman"
    kinds = {kind_of(m, c) for model, m, c in backend.prompts if model == "omega:9b"}
    assert kinds == {"synthesis", "minutes"}
