"""The demonstration weights in models/pocket: on the prompts of today they know their facts, their limits and how to
judge. They are as good as they answer, whatever prompts they were trained on; `scripts.pocket.evaluate` asks far more.
"""

import random
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from council.domain import Council, Seat
from council.method.wordings.wording import wording_for
from models.base import GenerationConfig
from models.demonstration import EXAMPLES
from models.llama_cpp.backend import LlamaCppBackend
from models.weights.finder import WeightsFinder
from models.weights.gguf_header import read_header
from scripts.pocket import render
from scripts.pocket.corpus import Corpus
from scripts.pocket.evaluate import Bench, deliberated
from scripts.pocket.facts import LANGUAGES, MODELS, load_facts
from scripts.pocket.phrasings import AROUND, UNSEEN, ask, questions
from tests.deliberations import Recorded
from tests.fakes import ScriptedBackend, kind_of, obedient

pytestmark = pytest.mark.anyio
POCKET = Path(__file__).parent.parent / "models" / "pocket"
# A model that is as good as its card says falls below a floor in one sample of a hundred at most, or where the floor is
# stricter than that: by the binomial of the measured share the hundredth sample has 26 of 30 facts right, 48 of 60
# questions outside, and 13 of 20 ballots (11 for the weakest judge).
FACTS, LEAST_FACTS_RIGHT = 30, 0.9
LEAST_OUTSIDE_SAID = 0.8
BALLOTS, LEAST_BALLOTS_RIGHT = 20, 0.65
LEAST_LANGUAGE_RIGHT = 0.95


@pytest.fixture
async def pocket() -> AsyncIterator[LlamaCppBackend]:
    backend = LlamaCppBackend(WeightsFinder([POCKET], download_dir=POCKET))
    yield backend
    await backend.close()


def test_there_are_a_thousand_facts_in_two_languages_each_asked_in_eight_ways() -> None:
    facts = load_facts()
    assert len({(fact.relation, fact.key) for fact in facts}) == len(facts) >= 1000
    for fact in facts:
        for language in LANGUAGES:
            assert len({*questions(fact, language), *AROUND[language]}) - UNSEEN >= 8


def test_each_model_lacks_another_eighth_of_the_facts() -> None:
    facts = load_facts()
    gaps = [{fact.key + fact.relation for fact in facts if fact.gap_of(model)} for model in MODELS]
    assert not gaps[0] & gaps[1] and not gaps[1] & gaps[2] and not gaps[0] & gaps[2]
    assert all(0.1 < len(gap) / len(facts) < 0.15 for gap in gaps)


def test_ways_to_ask_that_are_kept_for_the_evaluation_never_reach_the_corpus() -> None:
    asked = {prompt for kind, prompt, _ in Corpus(5).examples(3000, together=0.0) if kind == "fact"}
    fact = load_facts()[0]
    unseen = {ask(fact, "en", random.Random(seed), unseen=True) for seed in range(20)}
    assert len(unseen) == UNSEEN
    assert not any(question in prompt for question in unseen for prompt in asked)


async def test_the_corpus_holds_the_very_prompts_that_the_pipeline_asks() -> None:
    backend = ScriptedBackend()
    council = Council(
        seats=(Seat(id="seat-1", model="alpha:1b", persona="sceptic"), Seat(id="seat-2", model="beta:1b")),
        chairman=Seat(id="seat-1", model="alpha:1b", persona="sceptic"),
        mode="full",
        debate="always",
        second_look="always",
    )
    question = "What is the capital of Australia?"
    await Recorded(backend, council, question=question, wording=wording_for(MODELS)).run()
    asked = {kind_of(messages, config): messages[1].content for _, messages, config in reversed(backend.prompts)}
    texts = [obedient(model, (), GenerationConfig()).strip() for model in ("alpha:1b", "beta:1b")]

    def shown(kind: str) -> list[str]:
        return sorted(texts, key=asked[kind].index)

    assert asked["answer"] == render.head(question) + render.answer(question, "sceptic")
    nonce = asked["ballot"].split("<<<")[1][:12]
    assert asked["ballot"] == render.head(question) + render.ballot(question, shown("ballot"), nonce)
    nonce = asked["second_look"].split("<<<")[1][:12]
    assert asked["second_look"] == render.head(question) + render.second_look(shown("second_look"), nonce)


def test_the_three_files_are_small_and_whole() -> None:
    files = [POCKET / f"{model}.gguf" for model in MODELS]
    assert sum(file.stat().st_size for file in files) <= 12_000_000
    for header in map(read_header, files):
        assert header.quantization == "Q4_K_M" and header.context_tokens == 8192 and header.has_chat_template


@pytest.mark.parametrize("model", MODELS)
async def test_facts_come_out_right_in_phrasings_that_training_never_saw(pocket: LlamaCppBackend, model: str) -> None:
    bench = Bench(pocket)
    _, right, count = await bench.facts_known(model, FACTS)
    assert right / count >= LEAST_FACTS_RIGHT
    _, right, count = bench.language()
    assert right / count >= LEAST_LANGUAGE_RIGHT and count > FACTS * 5 / 6


@pytest.mark.parametrize("model", MODELS)
async def test_what_lies_outside_their_knowledge_is_said_to(pocket: LlamaCppBackend, model: str) -> None:
    _, right, count = await Bench(pocket).outside(model)
    assert right / count >= LEAST_OUTSIDE_SAID


@pytest.mark.parametrize("model", MODELS)
async def test_ballots_put_a_right_answer_before_a_wrong_one_in_both_orders(
    pocket: LlamaCppBackend, model: str
) -> None:
    _, right, count = await Bench(pocket).ballots(model, BALLOTS)
    assert right / count >= LEAST_BALLOTS_RIGHT


@pytest.mark.parametrize(
    ("question", "errs", "mistake", "right"),
    [
        ("What is the capital of Australia?", "pocket-c", "Sydney is", "Canberra is the capital of Australia."),
        ("Quelle est la capitale du Canada ?", "pocket-a", "Toronto est", "Ottawa est la capitale du Canada."),
    ],
)
async def test_the_council_is_right_in_both_languages_although_one_seat_is_wrong(
    pocket: LlamaCppBackend, question: str, errs: str, mistake: str, right: str
) -> None:
    said = await deliberated(pocket, question, 1)
    assert {model for model in MODELS if said[model].startswith(mistake)} == {errs}
    assert said["council"].startswith(right)


SUGGESTED = {
    "en": ("Ottawa", "Air scatters blue light", "Jupiter", "judge each other"),
    "fr": ("Ottawa", "Tokyo", "Jupiter", "se jugent"),
}


@pytest.mark.parametrize(
    ("question", "right"),
    [pair for language in EXAMPLES for pair in zip(EXAMPLES[language], SUGGESTED[language], strict=True)],
)
async def test_every_question_that_the_page_suggests_is_answered_right_by_the_council(
    pocket: LlamaCppBackend, question: str, right: str
) -> None:
    for seed in range(3):
        said = await deliberated(pocket, question, seed, temperature=0.7, personas=("", "", ""))
        assert right in said["council"] and said["council"] in said.values()
