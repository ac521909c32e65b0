"""One life of a worker: the process, and the requests that are under way in it."""

import asyncio
import json
import sys
from collections import deque
from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing, suppress
from itertools import count
from pathlib import Path
from typing import Any

from models.errors import BackendUnavailableError
from models.llama_cpp.trial import cause_of_death
from models.llama_cpp.worker.codec import pack, unpack
from models.llama_cpp.worker.setup import Setup
from models.text import lazy_gettext as _

PROGRAM = Path(__file__).parents[3]
COMMAND = (sys.executable, "-m", "models.llama_cpp.worker.child")
LONGEST_LINE = 1 << 28
CLOSING_SECONDS = 15.0


class WorkerDiedError(BackendUnavailableError):
    """The worker ended in the middle of a request."""


class WorkerBugError(Exception):
    """The worker raised what no backend should; its traceback is the message."""


class Worker:
    """A running worker; `is_dead` once it can answer nothing any more."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self.process = process
        self.is_dead = False
        self._numbers = count()
        self._answers: dict[int, asyncio.Queue[dict[str, Any]]] = {}
        self._last_words: deque[str] = deque(maxlen=30)
        self._reading = asyncio.create_task(self._read())
        self._listening = asyncio.create_task(self._listen())

    @classmethod
    async def start(cls, setup: Setup, command: Sequence[str]) -> "Worker":
        """Start a process and tell it its setup; raises BackendUnavailableError where it cannot be started."""
        pipe = asyncio.subprocess.PIPE
        try:
            process = await asyncio.create_subprocess_exec(
                *command, cwd=PROGRAM, stdin=pipe, stdout=pipe, stderr=pipe, limit=LONGEST_LINE
            )
        except OSError as error:
            raise BackendUnavailableError(
                _("The process for llama.cpp cannot be started ({reason}).", reason=str(error.strerror or error)),
                advice=_("Close other programs, and ask again."),
            ) from error
        worker = cls(process)
        worker._send(pack(setup))
        return worker

    async def call(self, do: str, *arguments: Any) -> Any:
        """Return what a method of the backend returned; raises what it raised, or WorkerDiedError."""
        async with aclosing(self._ask(do, arguments)) as answers:
            return await anext(answers)

    async def stream(self, do: str, *arguments: Any) -> AsyncGenerator[Any, None]:
        """Yield what a generator of the backend yielded; closing it cancels the request there."""
        async with aclosing(self._ask(do, arguments)) as answers:
            async for answer in answers:
                if answer is not None:
                    yield answer

    async def close(self) -> None:
        """Let the process end; kill it where it does not."""
        if self.process.stdin is not None:
            self.process.stdin.close()
        try:
            await asyncio.wait_for(asyncio.shield(self._reading), CLOSING_SECONDS)
        except TimeoutError:
            with suppress(ProcessLookupError):
                self.process.kill()
            await self._reading
        await self._listening

    async def _ask(self, do: str, arguments: Sequence[Any]) -> AsyncGenerator[Any, None]:
        """Send a request and yield its chunks, then what it returned; not awaited to the end, it is cancelled."""
        number, answers = next(self._numbers), asyncio.Queue[dict[str, Any]]()
        self._answers[number] = answers
        is_over = False
        try:
            if self.is_dead:
                raise self._death()
            self._send({"number": number, "do": do, "arguments": pack(arguments)})
            while True:
                answer = await answers.get()
                is_over = "chunk" not in answer
                match answer:
                    case {"chunk": chunk}:
                        yield unpack(chunk)
                    case {"done": value}:
                        yield unpack(value)
                        return
                    case {"error": error}:
                        raise unpack(error)
                    case {"bug": told}:
                        raise WorkerBugError(told)
                    case _:
                        raise self._death()
        finally:
            del self._answers[number]
            if not is_over:
                self._send({"number": number, "do": "cancel"})

    def _send(self, request: Any) -> None:
        assert self.process.stdin is not None
        if not (self.is_dead or self.process.stdin.is_closing()):
            self.process.stdin.write(json.dumps(request).encode() + b"\n")

    async def _read(self) -> None:
        """Hand every answer to who waits for it; at the process's end, tell them all."""
        assert self.process.stdout is not None
        while line := await self.process.stdout.readline():
            if not line.endswith(b"\n"):
                break  # the process died in the middle of it
            answer = json.loads(line)
            if waiting := self._answers.get(answer["number"]):
                waiting.put_nowait(answer)
        await self.process.wait()
        self.is_dead = True
        for waiting in self._answers.values():
            waiting.put_nowait({})

    async def _listen(self) -> None:
        assert self.process.stderr is not None
        with suppress(ValueError):  # a line longer than any
            while line := await self.process.stderr.readline():
                self._last_words.append(line.decode(errors="replace"))

    def _death(self) -> WorkerDiedError:
        reason = cause_of_death(self.process.returncode or 0, "".join(self._last_words))
        return WorkerDiedError(
            _("The process that ran llama.cpp ended ({reason}).", reason=reason), advice=_("Ask again.")
        )
