"""The worker: runs the in-process backend and answers requests, one JSON object a line, many at a time.

It ends when nobody can send it anything any more, which is also when the program has died.
"""

import asyncio
import json
import os
import resource
import signal
import sys
import traceback
from collections.abc import Callable
from functools import partial
from typing import Any

from models.errors import BackendError
from models.llama_cpp.backend import LlamaCppBackend
from models.llama_cpp.worker.codec import pack, unpack
from models.llama_cpp.worker.setup import Setup

LONGEST_LINE = 1 << 28
CALLS = ("health", "list_models", "describe", "count_tokens", "embed")

Send = Callable[[dict[str, Any]], None]


async def serve(send: Send) -> None:
    """Read requests until there are no more, and answer them."""
    loop, reader = asyncio.get_running_loop(), asyncio.StreamReader(limit=LONGEST_LINE)
    await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), sys.stdin)
    setup = unpack(json.loads(await reader.readline()))
    assert isinstance(setup, Setup)
    trials = setup.open_trials()
    backend = setup.open_backend(setup.open_finder(trials), trials)
    tasks: dict[int, asyncio.Task[None]] = {}
    while line := await reader.readline():
        request = json.loads(line)
        number = request["number"]
        if request["do"] == "cancel":
            if task := tasks.get(number):
                task.cancel()
            continue
        tasks[number] = asyncio.create_task(_answer(backend, send, request))
        tasks[number].add_done_callback(partial(_forget, tasks, number))
    for task in tasks.values():
        task.cancel()
    trials.close()
    await backend.close()


def _forget(tasks: dict[int, asyncio.Task[None]], number: int, _task: asyncio.Task[None]) -> None:
    del tasks[number]


async def _answer(backend: LlamaCppBackend, send: Send, request: dict[str, Any]) -> None:
    number, do, arguments = request["number"], request["do"], unpack(request["arguments"])
    try:
        done = None
        if do == "stream":
            async with backend.stream(*arguments) as chunks:
                async for chunk in chunks:
                    send({"number": number, "chunk": pack(chunk)})
        else:
            assert do in CALLS
            done = await getattr(backend, do)(*arguments)
        send({"number": number, "done": pack(done)})
    except BackendError as error:
        send({"number": number, "error": pack(error)})
    except Exception:  # a bug: the program that asked has to know of it
        send({"number": number, "bug": traceback.format_exc()})


def main() -> None:
    """Keep the standard output for answers; what the library prints goes where errors go."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C goes to every process of a terminal; the program decides
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    os.putenv("GGML_NO_BACKTRACE", "1")  # a debugger would be called at a death, and the answers would wait for it
    answers = os.fdopen(os.dup(1), "w", encoding="ascii")
    os.dup2(2, 1)

    def send(answer: dict[str, Any]) -> None:
        answers.write(json.dumps(answer) + "\n")
        answers.flush()

    try:
        asyncio.run(serve(send))
    except BrokenPipeError:
        os._exit(1)  # nobody listens any more


if __name__ == "__main__":
    main()
