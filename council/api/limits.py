"""How much one request may be, and how often a password may be guessed."""

import asyncio
import logging
import time
from collections import defaultdict, deque
from collections.abc import Callable, MutableMapping
from typing import Any
from urllib.parse import parse_qs

from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

logger = logging.getLogger(__name__)

MOST_BYTES = 1_000_000
MOST_SECONDS = 30.0
GUESSES_SECONDS = 15 * 60.0
GUESSES_BY_ONE_FOR_ONE = 5
GUESSES_BY_ONE = 20
GUESSES_FOR_ONE = 100
"""A name that is tried from many addresses is closed to all of them, but not after a handful: anybody could do that."""
MOST_GUESSERS = 10_000


class BodyLimit:
    """Reads a request's body before anybody else does, and refuses one that is too long or too slow."""

    def __init__(self, app: ASGIApp, *, most_bytes: int = MOST_BYTES, most_seconds: float = MOST_SECONDS) -> None:
        self._app = app
        self._most_bytes = most_bytes
        self._most_seconds = most_seconds

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["method"] in ("GET", "HEAD", "OPTIONS"):
            return await self._app(scope, receive, send)
        try:
            async with asyncio.timeout(self._most_seconds):
                body = await read_body(receive, self._most_bytes)
        except TimeoutError:
            return await _refusal(408, "The request came too slowly.")(scope, receive, send)
        if body is None:
            refusal = _refusal(413, f"A request may hold {self._most_bytes:,} bytes at most.")
            return await refusal(scope, receive, send)
        await self._app(scope, replay(body, receive), send)


def _refusal(status: int, detail: str) -> JSONResponse:
    """Return an answer as the page expects one, which then shows the detail to its user."""
    return JSONResponse({"detail": detail}, status_code=status)


async def read_body(receive: Receive, most_bytes: int = MOST_BYTES) -> bytes | None:
    """Return the whole body, or None as soon as it is too long; what a client that hung up had sent is whole, too."""
    parts, length = [], 0
    while True:
        message = await receive()
        part = message.get("body", b"")
        length += len(part)
        if length > most_bytes:
            return None
        parts.append(part)
        if message["type"] != "http.request" or not message.get("more_body", False):
            return b"".join(parts)


def replay(body: bytes, receive: Receive) -> Receive:
    """Return a channel that gives a body that was read already, and then what comes after it."""
    left = [body]

    async def receive_again() -> Message:
        if left:
            return {"type": "http.request", "body": left.pop(), "more_body": False}
        return await receive()

    return receive_again


class LoginBrake:
    """Answers 429 to whoever guesses passwords, and writes every wrong one down (never the password itself)."""

    def __init__(self, app: ASGIApp, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._app = app
        self._clock = clock
        self._guesses: dict[tuple[str, str], deque[float]] = defaultdict(deque)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["method"] != "POST" or scope["path"].rstrip("/") != "/login":
            return await self._app(scope, receive, send)
        body = await read_body(receive) or b""
        name = parse_qs(body.decode(errors="replace")).get("username", [""])[0].strip()[:100]
        address = scope["client"][0] if scope.get("client") else ""
        if wait := self._wait(name, address):
            logger.warning("log-in as %r from %s refused unread: too many wrong passwords", name, address)
            refusal = JSONResponse(
                {"detail": f"Too many wrong passwords. Try again in {wait // 60 + 1} minutes."},
                status_code=429,
                headers={"retry-after": str(wait)},
            )
            return await refusal(scope, receive, send)

        async def send_and_note(message: MutableMapping[str, Any]) -> None:
            if message["type"] == "http.response.start":
                self._note(name, address, is_right=message["status"] < 400)
            await send(message)

        await self._app(scope, replay(body, receive), send_and_note)

    def _wait(self, name: str, address: str) -> int:
        """Return for how many seconds this log-in is closed; 0 if it is open."""
        now, waits = self._clock(), [0.0]
        for key, most in _bounds(name, address):
            guesses = self._guesses.get(key, deque())
            while guesses and now - guesses[0] > GUESSES_SECONDS:
                guesses.popleft()
            if len(guesses) >= most:
                waits.append(GUESSES_SECONDS - (now - guesses[-most]))
        return -int(-max(waits) // 1)

    def _note(self, name: str, address: str, *, is_right: bool) -> None:
        if is_right:
            logger.info("log-in as %r from %s", name, address)
            self._guesses.pop((name, address), None)
            return
        logger.warning("log-in as %r from %s with a wrong password", name, address)
        for key, _ in _bounds(name, address):
            self._guesses[key].append(self._clock())
        while len(self._guesses) > MOST_GUESSERS:
            del self._guesses[next(iter(self._guesses))]


def _bounds(name: str, address: str) -> list[tuple[tuple[str, str], int]]:
    return [((name, address), GUESSES_BY_ONE_FOR_ONE), (("", address), GUESSES_BY_ONE), ((name, ""), GUESSES_FOR_ONE)]
