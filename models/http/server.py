"""One server over HTTP: its requests, the lines that it sends, and the time that it may take.

Nothing is tried twice here; the selector decides what happens after a failure.
"""

import asyncio
import logging
from collections.abc import AsyncGenerator, AsyncIterator, Iterable, Iterator
from contextlib import aclosing, asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from typing import Any, TypeVar

import httpx
from pydantic import BaseModel, ValidationError

from models.characters import mended
from models.errors import BackendTimeoutError, BadResponseError
from models.http.errors import ServerErrors, map_http_errors
from models.http.json_values import load_json
from models.http.records import Records, read_records
from models.text import NOTHING, Text
from models.text import lazy_gettext as _

logger = logging.getLogger(__name__)

Body = TypeVar("Body", bound=BaseModel)

MAX_LINE_BYTES = 16 * 1024 * 1024
MAX_BODY_BYTES = 64 * 1024 * 1024
MAX_ERROR_BYTES = 64 * 1024
SIGN_OF_LIFE_SECONDS = 1.0
ASK_AGAIN = _("Ask again.")
CHECK_ADDRESS = _("Check what answers at this address.")
SILENT = _("{server} was silent for {seconds:g} s when asked for a few facts.")
SILENT_WHILE_EMBEDDING = _("{server} was silent for {seconds:g} s while embedding.")


@dataclass(frozen=True, slots=True)
class Timeouts:
    """How long a server may take, in seconds; every clock starts when its own phase does.

    `load_seconds` bounds loading a model (and waiting until the server has room for it), `first_token_seconds`
    reading the prompt, `stall_seconds` the silence between two pieces of text and any short request.
    """

    connect_seconds: float = 5.0
    load_seconds: float = 600.0
    first_token_seconds: float = 600.0
    stall_seconds: float = 120.0

    def for_httpx(self) -> httpx.Timeout:
        """Bound only connecting: every other phase has a clock of its own outside httpx."""
        return httpx.Timeout(None, connect=self.connect_seconds)


class ActivityTimeout:
    """The time limits of all requests that wait for one server; what it writes for one of them extends them all.

    A server that writes for one seat keeps the others waiting in its own queue: that is not silence. A reply to a
    health check is no sign of life: a server whose model hangs still sends those.
    """

    def __init__(self) -> None:
        self._limits: dict[asyncio.Timeout, float] = {}
        self._heard_at = 0.0

    def heard(self) -> None:
        """Note a sign of life; at most one a second counts, so that it costs nothing per token."""
        now = asyncio.get_running_loop().time()
        if now - self._heard_at < SIGN_OF_LIFE_SECONDS:
            return
        self._heard_at = now
        for limit, seconds in self._limits.items():
            if not limit.expired():
                limit.reschedule(now + seconds + SIGN_OF_LIFE_SECONDS)

    @asynccontextmanager
    async def limit(self, seconds: float) -> AsyncIterator[None]:
        """Raise TimeoutError when the body takes longer than this without a sign of life from the server."""
        async with asyncio.timeout(seconds) as limit:
            self._limits[limit] = seconds
            try:
                yield
            finally:
                del self._limits[limit]


@dataclass(frozen=True, slots=True)
class Request:
    """What is asked of a server, about a model where there is one; `silence` is the message when it takes too long."""

    method: str
    path: str
    payload: Any = None
    model: str = ""
    silence: Text = SILENT


@dataclass(slots=True)
class HttpServer:
    """One server: JSON requests out, JSON or lines back, every failure a BackendError that names it.

    `title` names it with its `{address}`. In each message the `{server}` is filled in here. What the server says back
    of `secret` is blotted out: its errors are shown and stored.
    """

    client: httpx.AsyncClient
    title: Text
    remedy: Text
    errors: ServerErrors
    timeouts: Timeouts
    activity: ActivityTimeout = field(default_factory=ActivityTimeout)
    secret: str = ""
    _left_out: dict[str, Text] = field(default_factory=dict)

    @property
    def name(self) -> Text:
        """How messages call it: never with the user name and password that its address may hold."""
        return self.title.fill(address=str(self.client.base_url.copy_with(userinfo=b"")).rstrip("/"))

    async def fetch(self, kind: type[Body], request: Request, *, seconds: float) -> Body:
        """Return the parsed body of one short exchange."""
        async with self.limit(seconds, request.silence), self.open(request) as response:
            raw = await self._beginning(response, MAX_BODY_BYTES)
        if len(raw) > MAX_BODY_BYTES:
            raise self.bad_response(_("{server} sent an answer without an end."), advice=CHECK_ADDRESS)
        return self.parse(kind, raw)

    def read_records(self, kind: type[Body], items: Iterable[Any] | None, request: Request) -> Records[Body]:
        """Read a list's records one by one; what is left out is logged when that changes."""
        try:
            records = read_records(kind, items or ())
        except ValueError as error:
            raise self._unusual(str(items).encode()) from error
        left_out = records.left_out.fill(server=self.name) if records.left_out else NOTHING
        if left_out and self._left_out.get(request.path) != left_out:
            logger.warning("%s", left_out)
        self._left_out[request.path] = left_out
        return Records(records.read, left_out)

    @asynccontextmanager
    async def open(self, request: Request) -> AsyncIterator[httpx.Response]:
        """Open a response whose status is a success; leaving closes the connection unless it was read to its end."""
        with self.mapped():
            built = self.client.build_request(
                request.method, request.path, json=request.payload, timeout=self.timeouts.for_httpx()
            )
            response = await self.client.send(built, stream=True)
        try:
            if not response.is_success:
                body = await self._beginning(response, MAX_ERROR_BYTES)
                text = body.decode(errors="replace").strip()
                raise self.errors.of_response(
                    self.name, response.status_code, text, response.headers, model=request.model
                )
            yield response
        finally:
            await response.aclose()

    async def _beginning(self, response: httpx.Response, length: int) -> bytes:
        """Read a body whole, or one piece beyond this length: what a server sends must not fill the memory."""
        body = bytearray()
        with self.mapped():
            async with aclosing(response.aiter_bytes()) as pieces:  # type: ignore[type-var]
                async for piece in pieces:
                    body += piece
                    if len(body) > length:
                        break
        return self._blot(body)

    async def lines(self, response: httpx.Response) -> AsyncGenerator[bytes, None]:
        r"""Yield the lines that are not blank, split at \n alone.

        httpx's own splitter also breaks at U+0085 and U+2028, which may stand inside a JSON string.
        """
        rest = bytearray()
        with self.mapped():
            async with aclosing(response.aiter_bytes()) as pieces:  # type: ignore[type-var]
                async for piece in pieces:
                    head, *tail = piece.split(b"\n")
                    rest += head
                    if len(rest) > MAX_LINE_BYTES:
                        raise self.bad_response(_("{server} sent a line without an end."), advice=_("Restart it."))
                    for following in tail:
                        if rest.strip():
                            self.activity.heard()  # only a whole line counts: bytes may drip for ever
                            yield self._blot(rest)
                        rest = bytearray(following)
        if rest.strip():
            yield self._blot(rest)

    def _blot(self, received: bytearray) -> bytes:
        return bytes(received).replace(self.secret.encode(), b"[key]") if self.secret else bytes(received)

    @contextmanager
    def mapped(self) -> Iterator[None]:
        """Map httpx's failures in the body to errors that name this server."""
        with map_http_errors(self.name, self.remedy, backend=self.errors.backend):
            yield

    @asynccontextmanager
    async def limit(self, seconds: float, silence: Text) -> AsyncIterator[None]:
        """Bound the body, with a BackendTimeoutError that says `silence`, its `{seconds}` filled in."""
        try:
            async with self.activity.limit(seconds):
                yield
        except TimeoutError as error:
            raise BackendTimeoutError(
                silence.fill(server=self.name, seconds=seconds),
                advice=_("Raise this time limit, choose a smaller model, or restart the server."),
                backend=self.errors.backend,
            ) from error

    def parse(self, kind: type[Body], raw: bytes) -> Body:
        """Read JSON of a known shape; anything else is a BadResponseError.

        Half a character may stand where the shape says so (`Written`), as its other half may follow.
        """
        try:
            value = load_json(raw)
            try:
                return kind.model_validate(value)
            except ValidationError:
                return kind.model_validate(mended(value))
        except ValueError as error:
            raise self._unusual(raw) from error

    def _unusual(self, raw: bytes) -> BadResponseError:
        return self.bad_response(
            _("{server} sent something that is not its usual JSON: {beginning!r}.", beginning=beginning_of(raw)),
            advice=CHECK_ADDRESS,
        )

    def bad_response(self, message: Text, *, advice: Text) -> BadResponseError:
        """Make the error for a response that cannot be used."""
        return BadResponseError(message.fill(server=self.name), advice=advice, backend=self.errors.backend)

    def wrong_count(self, vectors: int, texts: int) -> BadResponseError:
        """Make the error for a response that does not hold one vector for each text."""
        message = _("{server} sent {vectors} vectors for {texts} texts.", vectors=vectors, texts=texts)
        return self.bad_response(message, advice=_("Try again."))


def beginning_of(raw: bytes) -> str:
    """Return as much of what a server sent as a message may show."""
    return raw[:80].decode(errors="replace")
