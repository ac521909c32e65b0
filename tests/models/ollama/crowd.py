"""A crowd of requests in a queue, and what the server's memory is known to hold."""

import asyncio
from collections.abc import Iterable
from contextlib import AbstractContextManager

from models.ollama.request_queue import LONG_HEAD_CHARACTERS, QueuedRequest, RequestQueue
from models.ollama.server_memory import LoadedModel, ServerMemory

HEAD = "x" * LONG_HEAD_CHARACTERS
CPU = LoadedModel(100, 0, expires_at=1e12)
GPU = LoadedModel(100, 100, expires_at=1e12)


def memory_with(
    *, fit: bool | None = True, models: str = "abc", loaded_as: LoadedModel = CPU, loaded: str = ""
) -> ServerMemory:
    """A server's memory of which it is known whether single-letter models fit together, and which one is loaded."""
    memory = ServerMemory()
    names = [f"{model}:latest" for model in models]
    if fit is True:
        memory.look(dict.fromkeys(names, loaded_as), now=0)
    elif fit is False:
        for name in [*names, names[0]]:
            for other in names:
                memory.look({other: loaded_as}, now=0)
                memory.look({name: loaded_as}, now=0)
    if fit is not True:
        memory.look({f"{model}:latest": loaded_as for model in loaded}, now=2e12)
    return memory


class Crowd:
    """Requests by name: who waits, who was admitted in which order, and who leaves."""

    def __init__(self, queue: RequestQueue) -> None:
        self.queue = queue
        self.admitted: list[str] = []
        self._places: dict[str, AbstractContextManager[QueuedRequest]] = {}
        self._requests: dict[str, QueuedRequest] = {}

    def join(self, *names: str, head: str = "", context_tokens: int = 8192) -> None:
        """Let requests join; a request is called by its model and anything after it ("a1")."""
        for name in names:
            self._places[name] = self.queue.enqueue(name[0], context_tokens, head or name * LONG_HEAD_CHARACTERS)
            self._requests[name] = self._places[name].__enter__()
        self._note()

    def leave(self, *names: str) -> None:
        """Let requests leave, whether they wait or were admitted."""
        for name in names:
            del self._requests[name]
            self._places.pop(name).__exit__(None, None, None)
        self._note()

    @property
    def present(self) -> list[str]:
        """Everybody who has joined and not left."""
        return list(self._requests)

    def at_work(self) -> set[str]:
        """Who was admitted and has not left."""
        return {name for name, request in self._requests.items() if request.admitted.is_set()}

    async def settle(self, names: Iterable[str]) -> None:
        """Wait until all of these were admitted, bounded."""
        async with asyncio.timeout(5):
            for name in names:
                await self._requests[name].admitted.wait()
        self._note()

    async def next_at_work(self) -> set[str]:
        """Wait until anybody is at work, bounded."""
        waits = [asyncio.ensure_future(request.admitted.wait()) for request in self._requests.values()]
        await asyncio.wait(waits, timeout=5, return_when=asyncio.FIRST_COMPLETED)
        for wait in waits:
            wait.cancel()
        return self.at_work()

    def _note(self) -> None:
        new = [name for name in self.at_work() if name not in self.admitted]
        self.admitted += sorted(new, key=lambda name: list(self._requests).index(name))
