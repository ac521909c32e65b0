"""Makes deliberations on a scripted backend, and runs them to a list of events and the transcript."""

import asyncio
from collections.abc import Callable

from council.domain import Council, Exchange, Mode, Question, Seat
from council.events import DeliberationStarted, Event, TurnDelta
from council.method.deliberation import Deliberation
from council.method.pipeline import deliberate
from council.method.wordings.wording import TODAY, WORDINGS
from council.transcript import Transcript
from tests.fakes import ScriptedBackend


def seats(*models: str) -> tuple[Seat, ...]:
    return tuple(Seat(id=f"seat-{n}", model=model) for n, model in enumerate(models, start=1))


def a_council(*models: str, mode: Mode = "council", **rules: object) -> Council:
    sitting = seats(*(models or ("alpha:1b", "beta:1b", "gamma:1b")))
    return Council.model_validate(
        {"seats": sitting, "chairman": sitting[0], "mode": mode, "second_look": "never", "answer_tokens": 256} | rules
    )


class Recorded:
    """A deliberation whose events are kept in order and folded as they come."""

    def __init__(
        self,
        backend: ScriptedBackend,
        council: Council | None = None,
        *,
        question: str = "What is the capital of Australia?",
        earlier: tuple[Exchange, ...] = (),
        past: Transcript | None = None,
        max_context: int = 16_384,
        wording: int = TODAY,
    ) -> None:
        self.events: list[Event] = []
        self.transcript = past or Transcript()
        self.deliberation = Deliberation(
            question=Question(text=question, language="en", earlier=earlier),
            council=council or a_council(),
            seed=7,
            nonce_seed="a secret",
            backend=backend,
            emit=self.emit,
            past=past,
            max_context=max_context,
            wording=WORDINGS[wording],
        )
        if past is None:
            of = self.deliberation
            self.emit(
                DeliberationStarted(
                    id="run-1",
                    question=of.question,
                    council=of.council,
                    seed=of.seed,
                    nonce_seed=of.nonce_seed,
                    wording=wording,
                )
            )

    def emit(self, event: Event) -> None:
        self.events.append(event)
        self.transcript.apply(event)

    async def run(self) -> Transcript:
        async with asyncio.timeout(20):
            await deliberate(self.deliberation)
        return self.transcript

    def types(self) -> list[str]:
        """The types of what happened, without deltas."""
        return [event.type for event in self.events if not isinstance(event, TurnDelta)]


async def until(condition: Callable[[], bool]) -> None:
    """Wait until something has happened that no event tells of; ten seconds at most."""
    async with asyncio.timeout(10):
        while not condition():  # noqa: ASYNC110 - what is waited for is a plain value of the code under test
            await asyncio.sleep(0.01)
