"""Downloads a model into an Ollama server and tells how far it is."""

from collections.abc import AsyncGenerator
from contextlib import AsyncExitStack, aclosing
from dataclasses import dataclass

from models.http.errors import message_of
from models.http.server import HttpServer, Request
from models.ollama.errors import PULL_ERRORS
from models.ollama.wire import PullLine
from models.text import lazy_gettext as _


@dataclass(frozen=True, slots=True)
class PullProgress:
    """How far a download is, in bytes over all its files known so far; 0 of 0 before the transfer begins.

    `status` is the server's own word for what it does.
    """

    status: str
    completed: int = 0
    total: int = 0


async def read_pull(server: HttpServer, model: str) -> AsyncGenerator[PullProgress, None]:
    """Ask for a download and read its progress; every piece must come within the limit for a stall."""
    silence = _("{server} was silent for {seconds:g} s while downloading {model!r}.", model=model)
    request = Request("POST", "/api/pull", {"model": model, "stream": True}, model)
    files: dict[str, PullLine] = {}
    status = ""
    async with AsyncExitStack() as stack:
        async with server.limit(server.timeouts.stall_seconds, silence):
            response = await stack.enter_async_context(server.open(request))
        lines = await stack.enter_async_context(aclosing(server.lines(response)))
        while status != "success":
            async with server.limit(server.timeouts.stall_seconds, silence):
                raw = await anext(lines, None)
            if raw is None:
                message = _("{server} ended the download of {model!r} before it was complete.", model=model)
                raise server.bad_response(message, advice=_("Go on with `ollama pull {model}`.", model=model))
            server.activity.heard()
            line = server.parse(PullLine, raw)
            if line.error is not None:
                raise PULL_ERRORS.of_words(server.name, server.blot(message_of(line.error)), model=model)
            status = line.status
            if line.digest and line.total:
                files[line.digest] = line
            completed, total = (sum(getattr(file, key) for file in files.values()) for key in ("completed", "total"))
            yield PullProgress(status, completed, total)
