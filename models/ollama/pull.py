"""Downloads a model into an Ollama server and tells how far it is."""

from collections.abc import AsyncGenerator
from contextlib import AsyncExitStack, aclosing
from dataclasses import dataclass

from models.http.server import HttpServer, Request
from models.ollama.errors import error_for_pull
from models.ollama.wire import PullLine


@dataclass(frozen=True, slots=True)
class PullProgress:
    """How far a download is, in bytes over all its files known so far; 0 of 0 before the transfer begins."""

    status: str
    completed: int = 0
    total: int = 0


async def read_pull(server: HttpServer, request: Request, model: str) -> AsyncGenerator[PullProgress, None]:
    """Send the request and read its progress; every piece must come within the limit for a stall."""
    files: dict[str, PullLine] = {}
    status = ""
    async with AsyncExitStack() as stack:
        async with server.limit(server.timeouts.stall_seconds, request.doing):
            response = await stack.enter_async_context(server.open(request))
        lines = await stack.enter_async_context(aclosing(server.lines(response)))
        while status != "success":
            async with server.limit(server.timeouts.stall_seconds, request.doing):
                raw = await anext(lines, None)
            if raw is None:
                what = f"ended the download of {model!r} before it was complete. Go on with `ollama pull {model}`."
                raise server.bad_response(what)
            line = server.parse(PullLine, raw)
            if line.error is not None:
                raise error_for_pull(server.name, line.error, model=model)
            status = line.status
            if line.digest and line.total:
                files[line.digest] = line
            completed, total = (sum(getattr(file, key) for file in files.values()) for key in ("completed", "total"))
            yield PullProgress(status, completed, total)
