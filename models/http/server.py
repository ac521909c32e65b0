"""What all backends over HTTP share: time limits, reading lines, and httpx's failures as errors of this project.

Nothing is tried twice here; the selector decides what happens after a failure.
"""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Iterator, Mapping
from contextlib import aclosing, asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from typing import Any, TypeVar

import httpx
from pydantic import BaseModel, ValidationError

from models.errors import BackendError, BackendTimeoutError, BackendUnavailableError, BadResponseError

Body = TypeVar("Body", bound=BaseModel)

MAX_LINE_BYTES = 16 * 1024 * 1024
MAX_BODY_BYTES = 64 * 1024 * 1024
MAX_ERROR_BYTES = 64 * 1024
SIGN_OF_LIFE_SECONDS = 1.0


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


FAILURES: Mapping[type[httpx.RequestError], tuple[type[BackendError], str]] = {
    httpx.ConnectError: (BackendUnavailableError, "does not answer"),
    httpx.ConnectTimeout: (BackendUnavailableError, "does not answer"),
    httpx.PoolTimeout: (BackendUnavailableError, "has no connection left"),
    httpx.ProxyError: (BackendUnavailableError, "cannot be reached through the proxy"),
    httpx.ReadTimeout: (BackendTimeoutError, "went silent"),
    httpx.WriteTimeout: (BackendTimeoutError, "takes no data"),
    httpx.TimeoutException: (BackendTimeoutError, "went silent"),
    httpx.ReadError: (BackendUnavailableError, "broke off the connection"),
    httpx.WriteError: (BackendUnavailableError, "broke off the connection"),
    httpx.CloseError: (BackendUnavailableError, "broke off the connection"),
    httpx.NetworkError: (BackendUnavailableError, "broke off the connection"),
    httpx.RemoteProtocolError: (BackendUnavailableError, "broke off in the middle of an answer"),
    # The text of this one can hold a header, and with it a key: it is never repeated.
    httpx.LocalProtocolError: (BackendUnavailableError, "cannot be asked: its address or key holds a wrong character"),
    httpx.ProtocolError: (BackendUnavailableError, "does not speak HTTP as expected"),
    httpx.UnsupportedProtocol: (BackendUnavailableError, "has an address that begins neither http:// nor https://"),
    httpx.TransportError: (BackendUnavailableError, "cannot be reached"),
    httpx.DecodingError: (BadResponseError, "sent data that cannot be decompressed"),
    httpx.TooManyRedirects: (BadResponseError, "sends every request elsewhere"),
    httpx.RequestError: (BackendUnavailableError, "cannot be reached"),
}


@contextmanager
def map_http_errors(server: str, remedy: str, *, backend: str) -> Iterator[None]:
    """Turn every failure of httpx into a BackendError that says what failed (`server`) and what to do (`remedy`)."""
    try:
        yield
    except httpx.RequestError as error:
        kind, what = next(FAILURES[cls] for cls in type(error).__mro__ if cls in FAILURES)
        raise kind(f"{server} {what}. {remedy}", backend=backend) from error
    except httpx.InvalidURL as error:
        raise BackendUnavailableError(
            f"{server} has an address that cannot be read. {remedy}", backend=backend
        ) from error


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
    """What is asked of a server. `doing` completes "was silent while …" in a message.

    `explain(status, text, headers)` makes the error for a response that is not a success.
    """

    method: str
    path: str
    doing: str
    explain: Callable[[int, str, Mapping[str, str]], BackendError]
    payload: Any = None


@dataclass(slots=True)
class HttpServer:
    """One server: JSON requests out, JSON or lines back, every failure a BackendError that names it.

    What the server says back of `secret` is blotted out: its errors are shown and stored.
    """

    client: httpx.AsyncClient
    backend: str
    label: str
    remedy: str
    timeouts: Timeouts
    patience: ActivityTimeout = field(default_factory=ActivityTimeout)
    secret: str = ""

    @property
    def name(self) -> str:
        """How messages call it: never with the user name and password that its address may hold."""
        return f"{self.label} at {str(self.client.base_url.copy_with(userinfo=b'')).rstrip('/')!r}"

    async def fetch(self, kind: type[Body], request: Request, *, seconds: float) -> Body:
        """Return the parsed body of one short exchange."""
        async with self.limit(seconds, request.doing), self.open(request) as response:
            raw = await self._beginning(response, MAX_BODY_BYTES)
        if len(raw) > MAX_BODY_BYTES:
            raise self.bad_response("sent an answer without an end. Check what answers at this address.")
        return self.parse(kind, raw)

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
                raise request.explain(response.status_code, text, response.headers)
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
                        raise self.bad_response("sent a line without an end. Restart it.")
                    for following in tail:
                        if rest.strip():
                            self.patience.heard()  # bytes that drip without making a line are none
                            yield self._blot(rest)
                        rest = bytearray(following)
        if rest.strip():
            yield self._blot(rest)

    def _blot(self, said: bytearray) -> bytes:
        return bytes(said).replace(self.secret.encode(), b"[key]") if self.secret else bytes(said)

    @contextmanager
    def mapped(self) -> Iterator[None]:
        """Map httpx's failures in the body to errors that name this server."""
        with map_http_errors(self.name, self.remedy, backend=self.backend):
            yield

    @asynccontextmanager
    async def limit(self, seconds: float, doing: str) -> AsyncIterator[None]:
        """Bound the body, with a BackendTimeoutError that says what the server was `doing`."""
        try:
            async with self.patience.limit(seconds):
                yield
        except TimeoutError as error:
            what = f"{self.name} was silent for {seconds:g} s while {doing}"
            message = f"{what}. Raise this time limit, choose a smaller model, or restart the server."
            raise BackendTimeoutError(message, backend=self.backend) from error

    def parse(self, kind: type[Body], raw: bytes) -> Body:
        """Read JSON of a known shape; anything else is a BadResponseError."""
        try:
            return kind.model_validate_json(raw)
        except ValidationError as error:
            shown = raw[:80].decode(errors="replace")
            what = f"sent something that is not its usual JSON: {shown!r}. Check what answers at this address."
            raise self.bad_response(what) from error

    def bad_response(self, what: str) -> BadResponseError:
        """Make the error for a response that cannot be used."""
        return BadResponseError(f"{self.name} {what}", backend=self.backend)


def retry_after(headers: Mapping[str, str]) -> float | None:
    """Read the seconds of a Retry-After header; None when it is absent or a date."""
    try:
        return max(0.0, float(headers.get("retry-after", "")))
    except ValueError:
        return None
