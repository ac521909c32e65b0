"""One server over HTTP: its requests, the lines that it sends, and the time that it may take.

What fails is not tried again here: the selector decides that. Only what a server refuses to take is left out.
"""

import logging
from collections.abc import AsyncGenerator, AsyncIterator, Iterable, Iterator
from contextlib import aclosing, asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from typing import Any, TypeVar

import httpx
from pydantic import BaseModel, ValidationError

from models.characters import mended
from models.errors import BackendError, BackendTimeoutError, BadResponseError
from models.http.clocks import ActivityTimeout
from models.http.concessions import Concessions
from models.http.errors import ServerErrors, code_of, map_http_errors, message_of, words_of
from models.http.reading.body import ACCEPTED, LineTooLongError, read_beginning, read_lines
from models.http.reading.json_values import load_json
from models.http.reading.records import Records, read_records
from models.http.redirects import MOST_REDIRECTS, is_same_place, new_address
from models.text import NOTHING, Text
from models.text import lazy_gettext as _

logger = logging.getLogger(__name__)

Body = TypeVar("Body", bound=BaseModel)

MAX_BODY_BYTES = 64 * 1024 * 1024
MAX_ERROR_BYTES = 64 * 1024
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


@dataclass(frozen=True, slots=True)
class Request:
    """What is asked of a server, about a model where there is one; `silence` is the message when it takes too long."""

    method: str
    path: str
    payload: Any = None
    model: str = ""
    silence: Text = SILENT
    concessions: Concessions | None = None


@dataclass(slots=True)
class HttpServer:
    """One server: JSON requests out, JSON or lines back, every failure a BackendError that names it.

    `title` names it with its `{address}`. In each message the `{server}` is filled in here. What the server says back
    of `secrets` in its errors is blotted out.
    """

    client: httpx.AsyncClient
    title: Text
    remedy: Text
    errors: ServerErrors
    timeouts: Timeouts
    activity: ActivityTimeout = field(default_factory=ActivityTimeout)
    secrets: tuple[str, ...] = ()
    _left_out: dict[str, Text] = field(default_factory=dict)

    @property
    def name(self) -> Text:
        """How messages call it: never with the user name and password that its address may hold."""
        return self.title.fill(address=str(self.client.base_url.copy_with(userinfo=b"")).rstrip("/"))

    async def fetch(self, kind: type[Body], request: Request, *, seconds: float) -> Body:
        """Return the parsed body of one short exchange."""
        async with self.limit(seconds, request.silence), self.open(request) as response:
            with self.mapped():
                raw = await read_beginning(response, MAX_BODY_BYTES)
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
        response = await self._send(request)
        try:
            yield response
        finally:
            await response.aclose()

    async def lines(self, response: httpx.Response) -> AsyncGenerator[bytes, None]:
        """Yield the lines that are not blank."""
        try:
            with self.mapped():
                async with aclosing(read_lines(response)) as lines:
                    async for line in lines:
                        yield line
        except LineTooLongError as error:
            raise self.bad_response(_("{server} sent a line without an end."), advice=_("Restart it.")) from error

    async def _send(self, request: Request) -> httpx.Response:
        """Send a request until it is taken; where it is refused for what it can do without, it is sent without that."""
        negotiation = request.concessions.begin(request.model, request.payload) if request.concessions else None
        while True:
            response = await self._send_on(request, negotiation.payload if negotiation else request.payload)
            if response.is_success:
                if negotiation:
                    negotiation.accepted()
                return response
            try:
                with self.mapped():
                    text = (await read_beginning(response, MAX_ERROR_BYTES)).decode(errors="replace").strip()
            finally:
                await response.aclose()
            if not (negotiation and negotiation.concede(response.status_code, words_of(text))):
                raise self.errors.of_response(
                    self.name, response.status_code, self.blot(text), response.headers, model=request.model
                )

    async def _send_on(self, request: Request, payload: Any) -> httpx.Response:
        """Send a request to where the server wants it, as long as that is the server itself."""
        url = httpx.URL(request.path)
        for _redirect in range(MOST_REDIRECTS):
            with self.mapped():
                built = self.client.build_request(
                    request.method, url, json=payload, timeout=self.timeouts.for_httpx(), headers=ACCEPTED
                )
                response = await self.client.send(built, stream=True)
                new = new_address(response)
            if new is None:
                return response
            await response.aclose()
            if not is_same_place(built.url, new):
                raise self.errors.of_redirect(self.name, new)
            url = new
        with self.mapped():
            raise httpx.TooManyRedirects("too many", request=built)

    def blot(self, told: str) -> str:
        """Take out of a server's words what is secret and was said back: its errors are shown and stored."""
        for secret in self.secrets:
            told = told.replace(secret, "[key]") if secret else told
        return told

    def failed(self, told: Any, *, model: str) -> BackendError:
        """Make the error for a failure that the server tells in the middle of an answer, in words of any shape."""
        return self.errors.of_words(self.name, self.blot(message_of(told)), status=code_of(told), model=model)

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
            _("{server} sent something that is not its usual JSON: {beginning!r}.", beginning=self.beginning_of(raw)),
            advice=CHECK_ADDRESS,
        )

    def bad_response(self, message: Text, *, advice: Text) -> BadResponseError:
        """Make the error for a response that cannot be used."""
        return BadResponseError(message.fill(server=self.name), advice=advice, backend=self.errors.backend)

    def wrong_count(self, vectors: int, texts: int) -> BadResponseError:
        """Make the error for a response that does not hold one vector for each text."""
        message = _("{server} sent {vectors} vectors for {texts} texts.", vectors=vectors, texts=texts)
        return self.bad_response(message, advice=_("Try again."))

    def beginning_of(self, raw: bytes) -> str:
        """Return as much of what the server sent as a message may show."""
        return self.blot(raw[:1000].decode(errors="replace"))[:80]
