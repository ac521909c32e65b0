"""One `full` run of three seats of the real model after the other, each judged by the checker."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType

from gguf import GGUFReader, TokenType

from council.domain import Council, Question, Seat
from council.errors import QuorumError
from council.events import DeliberationEnded, DeliberationStarted, Event, TurnDelta, TurnFailed, TurnRestarted
from council.method.deliberation import Deliberation
from council.method.language import detect_language
from council.method.pipeline import deliberate
from council.seats import PERSONAS
from council.transcript import Transcript
from models.base import Chunk, GenerationConfig, Message
from models.llama_cpp.backend import LlamaCppBackend
from models.text import verbatim
from models.weights.finder import WeightsFinder
from scripts.real_model import MODEL
from scripts.real_runs.checker import Checker, Fault
from scripts.real_runs.questions import QUESTIONS

PERSONAS_IN_TURN = ("analyst", "sceptic", "pragmatist")


@dataclass(frozen=True)
class Judged:
    """How a run ended, what the checker found in it, and what the program itself refused on the way."""

    number: int
    question: str
    status: str
    faults: Sequence[Fault]
    refused: Sequence[str]

    @property
    def told(self) -> str:
        """The run in a line, and a line for each fault."""
        head = (
            f"run {self.number}: {self.status}, {len(self.faults)} faults, {len(self.refused)} refused: {self.question}"
        )
        return "\n".join([head, *(f"  {fault}" for fault in self.faults)])


class Listening(LlamaCppBackend):
    """The backend, which keeps what was sent."""

    prompts: list[str]

    @asynccontextmanager
    async def stream(
        self, model: str, messages: Sequence[Message], config: GenerationConfig
    ) -> AsyncIterator[AsyncIterator[Chunk]]:
        self.prompts += [message.content for message in messages]
        async with super().stream(model, messages, config) as chunks:
            yield chunks


class RealRuns:
    """Holds the model loaded; `keep` is a folder for the events of every run.

    A run that is not over after `seconds` is stopped, and judged as it stands.
    """

    def __init__(
        self,
        weights: Path,
        *,
        seats: int = 3,
        answer_tokens: int = 160,
        seconds: float | None = None,
        keep: Path | None = None,
    ) -> None:
        self._backend = Listening(WeightsFinder([weights], download_dir=weights.parent))
        self._control = control_tokens(weights)
        self._personas = PERSONAS_IN_TURN[:seats]
        self._answer_tokens = answer_tokens
        self._seconds = seconds
        self._keep = keep

    async def __aenter__(self) -> "RealRuns":
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._backend.close()

    async def run(self, number: int) -> Judged:
        """Run and judge the council of this number: the same question and seed every time."""
        transcript, refused, lines = Transcript(), [], []
        self._backend.prompts = []

        def emit(event: Event) -> None:
            transcript.apply(event)
            if isinstance(event, TurnRestarted | TurnFailed):
                refused.append(f"{event.turn.kind}, {event.reason}")
            if not isinstance(event, TurnDelta):
                lines.append(event.model_dump_json())

        deliberation = self._deliberation(number, emit)
        try:
            async with asyncio.timeout(self._seconds):
                await deliberate(deliberation)
        except QuorumError as error:
            emit(DeliberationEnded(status="failed", reason=error.text))
        except TimeoutError:
            emit(DeliberationEnded(status="stopped", reason=verbatim("It took too long.")))
        if self._keep:
            self._keep.mkdir(parents=True, exist_ok=True)
            (self._keep / f"run-{number:03}.jsonl").write_text("\n".join(lines), encoding="utf-8")
        checker = Checker(self._backend.prompts, self._control)
        question = deliberation.question.text
        return Judged(number, question, transcript.status, checker.judge(transcript), refused)

    def _deliberation(self, number: int, emit) -> Deliberation:  # type: ignore[no-untyped-def]
        text = QUESTIONS[number % len(QUESTIONS)]
        question = Question(text=text, language=detect_language(text))
        seats = tuple(
            Seat(id=f"seat-{place}", model=MODEL, persona=name, instruction=PERSONAS[name].instruction)
            for place, name in enumerate(self._personas, start=1)
        )
        council = Council(
            seats=seats, chairman=seats[0], mode="full", debate="always", answer_tokens=self._answer_tokens
        )
        emit(
            DeliberationStarted(
                id=f"real-{number}", question=question, council=council, seed=number, nonce_seed=f"real {number}"
            )
        )
        return Deliberation(
            question=question,
            council=council,
            seed=number,
            nonce_seed=f"real {number}",
            backend=self._backend,
            emit=emit,
            max_context=8192,
        )


def control_tokens(weights: Path) -> list[str]:
    """Read the control tokens of a vocabulary out of its file."""
    reader = GGUFReader(weights)
    texts, kinds = reader.fields["tokenizer.ggml.tokens"], reader.fields["tokenizer.ggml.token_type"]
    return [
        bytes(texts.parts[texts.data[place]]).decode(errors="replace")
        for place, part in enumerate(kinds.data)
        if int(kinds.parts[part][0]) == TokenType.CONTROL
    ]
