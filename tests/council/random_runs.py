"""Runs of the real stages on models that fail, ramble and are cut off at random: states that events can produce."""

import asyncio
import copy
import json
from collections.abc import AsyncIterator, Sequence
from contextlib import aclosing
from dataclasses import replace
from random import Random

from council import events as ev
from council.domain import Council, Exchange
from council.errors import QuorumError
from council.transcript import Transcript
from models.base import Chunk, GenerationConfig, Message
from models.errors import BackendError, BadResponseError
from models.text import verbatim
from tests.council.transcripts import fold
from tests.deliberations import Recorded, a_council
from tests.fakes import ScriptedBackend, smallest_instance

MODELS = ("alpha:1b", "beta:1b", "gamma:1b", "pocket-a")
RAMBLINGS = ("I cannot say.", "{", '{"order": "A > A"}', "# A\n```\n| **b** <script>")


class ErraticBackend(ScriptedBackend):
    """Answers at random: well, badly, not at all, cut off at the limit, with news and restarts on the way."""

    def __init__(self, random: Random) -> None:
        super().__init__(self.answer, models=MODELS, context_tokens=random.choice([32_768, 32_768, 2048]))
        self.random = random

    def answer(self, model: str, messages: Sequence[Message], config: GenerationConfig) -> str | BackendError:
        if self.random.random() < 0.08:
            error = BadResponseError("It fell over.")
            error.after_words = self.random.randint(0, 2)  # type: ignore[attr-defined]
            return error
        if self.random.random() < 0.08:
            return self.random.choice(RAMBLINGS)
        if config.json_schema is None:
            return "Canberra, says **me**."
        value = smallest_instance(config.json_schema, str(self.random.random()))
        if "decision" in value:
            value["decision"] = self.random.choice(["keep", "revise", "revise", "concede"])
        return json.dumps(value)

    async def _chunks(self, model: str, messages: Sequence[Message], config: GenerationConfig) -> AsyncIterator[Chunk]:
        is_erratic, has_news = self.random.random() < 0.3, self.random.random() < 0.3
        if has_news:
            yield self.random.choice([Chunk(thinking="Hm. "), Chunk(notice=verbatim("It loads."))])
        async with aclosing(super()._chunks(model, messages, config)) as chunks:
            async for chunk in chunks:
                yield self.random.choice([chunk, chunk, Chunk(thinking="Hm. ")]) if is_erratic else chunk
                if is_erratic and self.random.random() < 0.1:
                    yield self.random.choice([Chunk(notice=verbatim("It loads.")), Chunk(restart=verbatim("It died."))])
                    yield Chunk(text="So.")
                if chunk.completion:
                    usage = replace(chunk.completion.usage, truncated=self.random.random() < 0.5)
                    yield Chunk(completion=replace(chunk.completion, usage=usage))


def random_run(random: Random) -> list[ev.Event]:
    """The events of a run up to any moment: made to wait, hurried, retried, stopped, resumed and resumed again."""
    council = a_council(
        *MODELS[: random.choice([1, 2, 3, 3, 4, 4])],
        mode=random.choice(["quick", "compare", "council", "full", "full", "full", "full"]),
        second_look=random.choice(["auto", "always", "never"]),
        debate=random.choice(["auto", "always", "always", "never"]),
        rounds=random.randint(1, 2),
    )
    events: list[ev.Event] = []
    for _ in range(random.randint(1, 3)):
        past = copy.deepcopy(fold(events)) if events else None
        spoken = _made_to_wait(asyncio.run(_deliberated(random, council, past)), random)
        events += spoken if random.random() < 0.6 else spoken[: random.randint(1, len(spoken))]
        if fold(events).status == "running":
            status = random.choice(["stopped", "failed", "interrupted"])
            events.append(ev.DeliberationEnded.model_validate({"status": status, "reason": "It ended."}))
        events.append(ev.DeliberationResumed())
    events = _unkept(events, random)
    return _timed(events if random.random() < 0.4 else events[: random.randint(1, len(events))], random)


def _unkept(events: Sequence[ev.Event], random: Random) -> list[ev.Event]:
    """The events of a run whose history fails at some moment, and perhaps recovers at a later one."""
    if random.random() < 0.7:
        return list(events)
    failed, recovered = sorted(random.choices(range(1, len(events) + 1), k=2))
    news = (ev.HistoryFailed(reason=verbatim("The disk is full.")), ev.HistoryRecovered())
    return [*events[:failed], news[0], *events[failed:recovered], news[1], *events[recovered:]]


class Interfered(Recorded):
    """A deliberation whose user asks a seat again, and for the conclusion at once, at random moments."""

    def __init__(self, random: Random, council: Council, past: Transcript | None) -> None:
        self.random = random
        self.hurried_at, self.retried_at = random.randint(5, 300), random.randint(5, 60)
        earlier = (Exchange(question="And before?", answer="Long ago. " * 600),) if random.random() < 0.3 else ()
        super().__init__(ErraticBackend(random), council, past=past, earlier=earlier)

    def emit(self, event: ev.Event) -> None:
        super().emit(event)
        if len(self.events) == self.hurried_at:
            self.deliberation.controls.synthesise_now.set()
        if len(self.events) == self.retried_at:
            self.deliberation.controls.retries.put_nowait(self.random.choice(self.deliberation.council.seats).id)


async def _deliberated(random: Random, council: Council, past: Transcript | None) -> list[ev.Event]:
    recorded = Interfered(random, council, past)
    try:
        await recorded.run()
    except QuorumError as error:
        recorded.emit(ev.DeliberationEnded(status="failed", reason=error.text))
    return recorded.events


def _made_to_wait(spoken: list[ev.Event], random: Random) -> list[ev.Event]:
    """The events of a run that had to wait its turn, perhaps, before its first stage."""
    places = sorted(random.sample(range(9), random.choice([0, 1, 3])), reverse=True)
    begun = [event for event in spoken if isinstance(event, ev.DeliberationStarted)]
    waiting = [ev.DeliberationWaiting(before=place) for place in places]
    admitted = [ev.DeliberationAdmitted()] if waiting else []
    return [*begun, *waiting, *admitted, *spoken[len(begun) :]]


def _timed(events: Sequence[ev.Event], random: Random) -> list[ev.Event]:
    """The events at moments of which some are the same and some are far apart."""
    at, timed = 1000.0, []
    for event in events:
        at += random.choice([0.0, 0.3, 20.0])
        timed.append(event.model_copy(update={"at": at}))
    return timed
