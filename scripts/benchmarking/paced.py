"""A backend that speaks at a fixed pace and keeps a record of every request: what it costs is known beforehand."""

import asyncio
import re
import time
from collections.abc import AsyncGenerator, AsyncIterator, Sequence
from contextlib import aclosing, asynccontextmanager
from dataclasses import dataclass

from models.base import Chunk, Completion, GenerationConfig, Message, Usage
from tests.fakes import ScriptedBackend, kind_of, obedient

TOKENS_PER_SECOND = 60.0
FIRST_TOKEN_SECONDS = 0.2
CHARACTERS = 4  # of a token
REMARK = r"remark \1 is borne out by most cases, and it leaves out the one that is asked about"
PARAGRAPH = (
    "**Not without a trial.** The costs come at once, while what is saved comes over years.\n\n"
    "- The lamps need a third of the power and last four times as long.\n"
    "- Warm light disturbs people and animals less than white light does.\n"
    "- A loan paid from the savings leaves the budget as it is.\n\n"
    "Begin with one street, ask those who live there, and decide when the bills of a whole winter are in. "
)


@dataclass
class Request:
    """One request and when it happened, on the wall clock in seconds; `due` is when its last chunk should have come."""

    kind: str
    asked: float
    first: float = 0.0
    last: float = 0.0
    due: float = 0.0


class PacedBackend(ScriptedBackend):
    """Streams valid replies of a realistic length: the first token after a fixed time, the others at a fixed rate.

    What the program does late with one token does not delay the next ones, as with a model that writes on its own.
    Every seat revises its answer when asked. Free texts have `answer_tokens` tokens and begin with `mark`, one of them.
    """

    name = "ollama"

    def __init__(self) -> None:
        super().__init__()
        self.mark = ""
        self.answer_tokens = 120
        self.requests: list[Request] = []

    def begin(self, mark: str, *, answer_tokens: int) -> None:
        """Forget the earlier requests, and write so from now on."""
        self.mark, self.answer_tokens, self.requests = mark, answer_tokens, []

    @asynccontextmanager
    async def stream(
        self, model: str, messages: Sequence[Message], config: GenerationConfig
    ) -> AsyncIterator[AsyncIterator[Chunk]]:
        request = Request(kind_of(messages, config), time.time())
        self.requests.append(request)
        async with aclosing(self._spoken(request, model, self._reply(request, model, messages, config))) as chunks:
            yield chunks

    def _reply(self, request: Request, model: str, messages: Sequence[Message], config: GenerationConfig) -> str:
        if config.json_schema is None:
            length = self.answer_tokens * CHARACTERS
            return f"{self.mark}{model} says: {PARAGRAPH * (length // len(PARAGRAPH) + 1)}"[:length]
        if request.kind == "stance":
            return '{"reason": "The flaw that was named is real, and it can be mended.", "decision": "revise"}'
        return re.sub(r"note ([0-9a-f]{6})", REMARK, obedient(model, messages, config))

    async def _spoken(self, request: Request, model: str, text: str) -> AsyncGenerator[Chunk, None]:
        tokens = [text[start : start + CHARACTERS] for start in range(0, len(text), CHARACTERS)]
        for number, token in enumerate(tokens):
            request.due = request.asked + FIRST_TOKEN_SECONDS + number / TOKENS_PER_SECOND
            await asyncio.sleep(max(request.due - time.time(), 0.0))
            request.first = request.first or time.time()
            yield Chunk(text=token)
        request.last = time.time()
        seconds = (len(tokens) - 1) / TOKENS_PER_SECOND
        yield Chunk(
            completion=Completion(
                self.name, model, Usage(prompt_tokens=500, completion_tokens=len(tokens), completion_seconds=seconds)
            )
        )
