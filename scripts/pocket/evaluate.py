"""Measures the pocket models as the program runs them: greedy, on questions and phrasings that training never saw."""

import argparse
import asyncio
import random
import time
from collections.abc import Sequence
from pathlib import Path

from council.domain import Council, Question, Seat
from council.errors import CouncilError
from council.events import Event, SynthesisWritten, TurnFinished
from council.method.deliberation import Deliberation
from council.method.language import detect_language
from council.method.pipeline import deliberate
from council.method.voting.ballot_format import ballot_schema, parse_ballot
from models.base import GenerationConfig, Message
from models.llama_cpp.backend import LlamaCppBackend
from models.weights.finder import WeightsFinder
from scripts.pocket import judging, render
from scripts.pocket.facts import LANGUAGES, MODELS, Fact, Pools, load_facts
from scripts.pocket.phrasings import UNKNOWN, ask, shown, tell
from scripts.pocket.unseen import OUTSIDE

WINDOW = 4096
PERSONAS = ("analyst", "sceptic", "pragmatist")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--weights", type=Path, default=Path("models/pocket"), help="folder of the three GGUF files")
    parser.add_argument("--facts", type=int, default=1000, help="facts asked of each model, in both languages")
    parser.add_argument("--ballots", type=int, default=300, help="facts judged by each model, in both orders")
    parser.add_argument("--questions", type=int, default=300, help="questions taken through the whole council")
    asked = parser.parse_args()
    print(asyncio.run(measure(asked.weights, asked.facts, asked.ballots, asked.questions)))


async def measure(folder: Path, facts: int, ballots: int, questions: int) -> str:
    """Return the table as Markdown."""
    backend = LlamaCppBackend(WeightsFinder([folder], download_dir=folder))
    began = time.monotonic()
    try:
        bench = Bench(backend)
        rows = []
        for model in MODELS:
            rows += [
                await bench.facts_known(model, facts),
                await bench.outside(model),
                await bench.ballots(model, ballots),
            ]
        rows += [bench.language()]
        rows += await bench.council(questions) if questions else []
    finally:
        await backend.close()
    told = "\n".join(f"| {what} | {share(right, count)} |" for what, right, count in rows)
    return f"| measured | result |\n|---|---|\n{told}\n\n{time.monotonic() - began:.0f} seconds."


Row = tuple[str, int, int]
"""What was measured, how often it was right, of how many."""


def share(right: int, count: int) -> str:
    return f"{right} of {count} ({right / count:.1%})" if count else "none"


class Bench:
    """Asks and counts."""

    def __init__(self, backend: LlamaCppBackend) -> None:
        self.backend = backend
        self.all_facts = load_facts()
        self.pools = Pools(self.all_facts)
        self.spoken: list[tuple[str, str]] = []

    async def say(self, model: str, task: str, question: str, schema: dict[str, object] | None = None) -> str:
        """Return what a model says, greedily."""
        messages = (Message("system", render.WORDING.system), Message("user", render.head(question) + task))
        config = GenerationConfig(temperature=0.0, max_tokens=320, context_tokens=WINDOW, json_schema=schema)
        parts = []
        async with self.backend.stream(model, messages, config) as chunks:
            async for chunk in chunks:
                parts.append(chunk.text)
        return "".join(parts).strip()

    def sample(self, count: int, salt: str, model: str) -> list[tuple[Fact, str]]:
        """Draw facts that a model knows, each with a language."""
        known = [fact for fact in self.all_facts if not fact.gap_of(model)]
        draw = random.Random(f"{salt}/{model}")
        return [(fact, LANGUAGES[place % 2]) for place, fact in enumerate(draw.sample(known, min(count, len(known))))]

    async def facts_known(self, model: str, count: int) -> Row:
        draw = random.Random(model)
        cases = [(fact, lang, ask(fact, lang, draw, unseen=True)) for fact, lang in self.sample(count, "facts", model)]
        replies = await self._all([self.say(model, render.answer(question, ""), question) for _, _, question in cases])
        self.spoken += [(lang, reply) for (_, lang, _), reply in zip(cases, replies, strict=True)]
        right = sum(is_right(fact, lang, reply) for (fact, lang, _), reply in zip(cases, replies, strict=True))
        return f"{model}: key fact right, fact known, phrasing unseen", right, len(cases)

    async def outside(self, model: str) -> Row:
        cases = [(lang, question) for lang in LANGUAGES for question in OUTSIDE[lang]]
        replies = await self._all([self.say(model, render.answer(question, ""), question) for _, question in cases])
        right = sum(any(text in reply for text in UNKNOWN.values()) for reply in replies)
        self.spoken += [(lang, reply) for (lang, _), reply in zip(cases, replies, strict=True)]
        return f"{model}: outside its knowledge, says so", right, len(cases)

    async def ballots(self, model: str, count: int) -> Row:
        """Judge a right and a wrong answer in both orders; right is who puts the right one first both times."""
        draw = random.Random(model)
        cases = []
        for fact, lang in self.sample(count, "ballots", model):
            question = ask(fact, lang, draw, unseen=True)
            texts = [tell(fact, lang, fact.sayings[lang].value), tell(fact, lang, self.pools.wrong(fact, lang, draw))]
            cases.append((question, texts, f"{draw.getrandbits(48):012x}"))
        firsts = await self._all([self.first(model, *case) for case in cases])
        seconds = await self._all([self.first(model, question, texts[::-1], n) for question, texts, n in cases])
        right = sum((a, b) == ("A", "B") for a, b in zip(firsts, seconds, strict=True))
        return f"{model}: ballot on a right and a wrong answer, both orders right", right, len(cases)

    async def first(self, model: str, question: str, texts: Sequence[str], nonce: str) -> str:
        labels = judging.LETTERS[: len(texts)]
        said = await self.say(model, render.ballot(question, texts, nonce), question, ballot_schema(labels, notes=True))
        try:
            return parse_ballot(said, labels).order[0]
        except CouncilError:
            return ""

    def language(self) -> Row:
        known = [(lang, detect_language(text)) for lang, text in self.spoken]
        told = [(lang, seen) for lang, seen in known if seen != "other"]
        right = sum(lang == seen for lang, seen in told)
        return "language of the answer = language of the question (where it can be told)", right, len(told)

    async def council(self, count: int) -> list[Row]:
        """Take questions over all facts through the whole council; compare with what each seat said alone."""
        draw = random.Random("council")
        rights = dict.fromkeys((*MODELS, "council"), 0)
        for place, fact in enumerate(draw.sample(self.all_facts, count)):
            lang = LANGUAGES[place % 2]
            said = await deliberated(self.backend, ask(fact, lang, draw, unseen=True), place)
            for who in rights:
                rights[who] += is_right(fact, lang, said.get(who, ""))
        return [(f"{who}, over all facts", right, count) for who, right in rights.items()]

    async def _all(self, asked: Sequence[object]) -> list[str]:
        replies: list[str] = []
        for place in range(0, len(asked), 4):
            replies += await asyncio.gather(*asked[place : place + 4])
        return replies


async def deliberated(
    backend: LlamaCppBackend,
    question: str,
    seed: int,
    *,
    temperature: float = 0.0,
    personas: Sequence[str] = PERSONAS,
) -> dict[str, str]:
    """Run the program's own pipeline; return the seats' first answers by model, and the final one as "council"."""
    seats = tuple(
        Seat(id=f"seat-{place}", model=model, persona=persona, temperature=temperature)
        for place, (model, persona) in enumerate(zip(MODELS, personas, strict=True), start=1)
    )
    said: dict[str, str] = {}

    def emit(event: Event) -> None:
        if isinstance(event, TurnFinished) and event.turn.kind == "answer":
            said[event.turn.seat.model] = event.text
        if isinstance(event, SynthesisWritten):
            said["council"] = event.synthesis.text

    await deliberate(
        Deliberation(
            question=Question(text=question, language=detect_language(question)),
            council=Council(seats=seats, chairman=seats[0], answer_tokens=128),
            seed=seed,
            nonce_seed=str(seed),
            backend=backend,
            emit=emit,
            max_context=WINDOW,
            wording=render.WORDING,
        )
    )
    return said


def is_right(fact: Fact, language: str, reply: str) -> bool:
    """Whether a reply begins with the right value, which is how every answer begins."""
    value = shown(fact.sayings[language].value)
    return reply.startswith(value) and not reply[len(value) : len(value) + 1].isalnum()


if __name__ == "__main__":
    main()
