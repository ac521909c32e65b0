"""Every way of answering an item, with models whose knowledge and judgement were planted."""

import json
from collections.abc import Callable, Mapping, Sequence

import pytest

from council.domain import Council, Seat
from council.evaluation.evaluate import RESAMPLED, EvaluationStoppedError, begin, draw, evaluate
from council.evaluation.items import Item
from council.evaluation.measuring import Laboratory
from council.evaluation.store import EvaluationStore, Plan
from council.evaluation.summary import Summary, summarise
from council.runs.history import History
from council.runs.owners import LOCAL
from models.base import GenerationConfig, Message
from models.errors import BackendError, BadResponseError
from tests.fakes import Script, ScriptedBackend, kind_of, obedient

pytestmark = pytest.mark.anyio

MODELS = ("alpha:1b", "beta:1b", "gamma:1b")
SEATS = tuple(Seat(id=f"seat-{n}", model=model) for n, model in enumerate(MODELS, start=1))
COUNCIL = Council(seats=SEATS, chairman=SEATS[0], mode="council", answer_tokens=64)
ITEMS = tuple(Item(id=f"i{n}", question=f"Riddle {n}?", answer=(f"right{n}",)) for n in range(8))
Judge = Callable[[str, Sequence[str]], Sequence[str]]


def knowing(knows: Mapping[str, set[int]], judge: Judge) -> Script:
    """Models that are right on the items they know; `judge` orders letters, given the prompt."""

    def script(model: str, messages: Sequence[Message], config: GenerationConfig) -> str | BackendError:
        prompt = "\n".join(message.content for message in messages)
        number = next(n for n in range(len(ITEMS)) if f"Riddle {n}?" in prompt)
        match kind_of(messages, config):
            case "ballot" | "second_look":
                written: dict[str, object] = json.loads(obedient(model, messages, config))
                labels = [label for label in "ABC" if f"Answer {label}:" in prompt]
                written["order"] = " > ".join(judge(prompt, labels))
                return json.dumps(written)
            case "answer" | "revision":
                answer = f"right{number}" if number in knows[model] else f"wrong {model}"
                return f"{'Because it is so. ' * 3}\n\nAnswer: {answer}"
            case "synthesis":
                return f"Answer: {f'right{number}' if f'right{number}' in prompt else 'wrong'}"
            case _:
                return obedient(model, messages, config)

    return script


def first_shown(prompt: str, labels: Sequence[str]) -> Sequence[str]:
    return labels


def truthful(prompt: str, labels: Sequence[str]) -> Sequence[str]:
    texts = {label: prompt.split(f"Answer {label}:", 1)[1].split("\n\nAnswer ", 1)[0] for label in labels}
    return sorted(labels, key=lambda label: "Answer: right" not in texts[label])


def plan(*, items: Sequence[Item] = ITEMS) -> Plan:
    return Plan(name="riddles", items=tuple(items), council=COUNCIL, modes=("council",), seed=1, max_context=8192)


async def carried_out(history: History, backend: ScriptedBackend, plan: Plan) -> Summary:
    store = EvaluationStore(history.file, LOCAL)
    name = begin(plan, store)
    async for _ in evaluate(name, store, backend):
        pass
    return summarise(plan, store.measured(name))


KNOWS = {"alpha:1b": {0, 1, 2, 3, 4}, "beta:1b": {4, 5, 0, 1}, "gamma:1b": {6, 0, 1}}


async def test_every_way_is_right_exactly_where_it_can_be(history: History) -> None:
    summary = await carried_out(history, ScriptedBackend(knowing(KNOWS, truthful)), plan())
    right = {row.way: row.right for row in summary.rows}
    assert [right[seat.id] for seat in SEATS] == [5, 4, 3] and summary.best == "seat-1"
    assert right["leading"] == right["one_shuffle"] == right["usual"] == right["council"] == 7  # nobody knows the last
    assert right["plurality"] >= 3  # where two know; elsewhere all differ and the lot decides
    assert right[RESAMPLED] == 5  # the same model knows the same
    assert summary.recovered == pytest.approx(1.0)
    assert summary.measured == summary.items == 8


async def test_rivals_are_given_the_tokens_that_the_council_wrote(history: History) -> None:
    summary = await carried_out(history, ScriptedBackend(knowing(KNOWS, truthful)), plan())
    rows = {row.way: row for row in summary.rows}
    assert rows[RESAMPLED].written > 3 * rows["seat-1"].written
    assert abs(rows[RESAMPLED].written - rows["council"].written) <= rows["seat-1"].written
    assert rows["seat-1"].written < rows["plurality"].written < rows["leading"].written < rows["council"].written


async def test_a_judge_that_goes_by_position_shows_as_one(history: History) -> None:
    summary = await carried_out(history, ScriptedBackend(knowing(KNOWS, first_shown)), plan())
    for judge in summary.judges:
        assert judge.first_shown_first == judge.looks > 0 and judge.consistent == 0.0
    truth = await carried_out(history, ScriptedBackend(knowing(KNOWS, truthful)), plan())
    assert truth.recovered is not None and summary.recovered is not None and truth.recovered > summary.recovered


async def test_a_seat_that_fails_is_wrong_there_and_stays_in_the_denominator(history: History) -> None:
    script = knowing(KNOWS, truthful)

    def failing(model: str, messages: Sequence[Message], config: GenerationConfig) -> str | BackendError:
        is_cut = model == "alpha:1b" and "Riddle 2?" in messages[1].content
        return BadResponseError("It fell over.") if is_cut else script(model, messages, config)

    rows = {row.way: row for row in (await carried_out(history, ScriptedBackend(failing), plan())).rows}
    assert (rows["seat-1"].right, rows["seat-1"].failed) == (4, 1)
    assert rows["seat-1"].accuracy.value == pytest.approx(4 / 8)
    assert rows["council"].failed == 0  # two seats answered, another concluded


async def test_a_council_that_is_not_better_than_its_best_seat_is_told_so(history: History) -> None:
    everything = {0, 1, 2, 3, 4, 5, 6, 7}
    knows = {"alpha:1b": everything, "beta:1b": set(), "gamma:1b": set()}
    summary = await carried_out(history, ScriptedBackend(knowing(knows, truthful)), plan())
    told = " ".join(map(str, summary.verdict))
    assert "has not been shown to be better than its best seat, alpha:1b" in told and "Ask alpha:1b alone" in told


async def test_what_was_measured_is_not_asked_again_after_it_was_broken_off(history: History) -> None:
    backend = ScriptedBackend(knowing(KNOWS, truthful))
    store = EvaluationStore(history.file, LOCAL)
    name = begin(plan(), store)
    steps = evaluate(name, store, backend)
    async for step in steps:
        if step.done == 3:
            break
    await steps.aclose()  # type: ignore[attr-defined]
    asked = len(backend.prompts)
    assert len(store.measured(name)) == 3
    async for _ in evaluate(name, store, backend):
        pass
    again = backend.prompts[asked:]
    assert not any("Riddle 0?" in m.content and kind_of(ms, c) == "ballot" for _, ms, c in again for m in ms)
    whole = await carried_out(history, ScriptedBackend(knowing(KNOWS, truthful)), plan())
    resumed = summarise(plan(), store.measured(name))
    assert [(row.way, row.right, row.written) for row in resumed.rows] == [
        (row.way, row.right, row.written) for row in whole.rows
    ]


async def test_a_backend_that_is_gone_ends_the_evaluation_and_failed_items_are_asked_again(history: History) -> None:
    script, is_gone = knowing(KNOWS, truthful), True

    def vanishing(model: str, messages: Sequence[Message], config: GenerationConfig) -> str | BackendError:
        number = int(messages[1].content.split("Riddle ")[1][0])
        return BadResponseError("Gone.") if is_gone and number >= 3 else script(model, messages, config)

    backend, store = ScriptedBackend(vanishing), EvaluationStore(history.file, LOCAL)
    name = begin(plan(), store)
    with pytest.raises(EvaluationStoppedError, match=r"3 items in a row got no answer at all: .*Gone"):
        async for _ in evaluate(name, store, backend):
            pass
    assert [m.has_failed for m in store.measured(name)] == [False, False, False, True, True, True]
    is_gone = False
    async for _ in evaluate(name, store, backend):
        pass
    assert not any(measured.has_failed for measured in store.measured(name)) and len(store.measured(name)) == 8


async def test_the_drafts_are_written_once_for_all_ways(history: History) -> None:
    backend = ScriptedBackend(knowing(KNOWS, truthful))
    laboratory = Laboratory(backend, COUNCIL, ("council", "full"), 1, 8192)
    await laboratory.measure(ITEMS[0])
    kinds = [kind_of(messages, config) for _, messages, config in backend.prompts]
    assert kinds.count("answer") == 3


def test_items_are_drawn_by_lot_in_their_order_and_always_the_same() -> None:
    drawn = draw(ITEMS, 4, seed=3)
    assert drawn == draw(ITEMS, 4, seed=3) and len(drawn) == 4
    assert [ITEMS.index(item) for item in drawn] == sorted(ITEMS.index(item) for item in drawn)
    assert draw(ITEMS, 0, seed=3) == draw(ITEMS, 99, seed=3) == ITEMS


def test_one_owner_does_not_see_anothers_evaluations(history: History) -> None:
    mine, other = EvaluationStore(history.file, LOCAL), EvaluationStore(history.file, "ada")
    name = begin(plan(), mine)
    assert [entry.id for entry in mine.entries()] == [name] and not other.entries()
    with pytest.raises(Exception, match="There is no evaluation"):
        other.plan(name)
    mine.delete(name)
    assert not mine.entries()
