"""The sessions of open pages: whose each is, and how long Gradio keeps in memory what it remembers of one.

A page names its session by a random word, in an address or in the body of a request. Gradio takes it from anybody.
"""

import json
import time
from collections import OrderedDict
from collections.abc import Callable, MutableMapping
from datetime import datetime, timedelta
from typing import Any, Protocol
from urllib.parse import parse_qs

from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Receive, Scope, Send

from council.api.limits import read_body, replay
from council.runs.owners import VISITOR

MOST_PAGES = 256
"""Gradio remembers 0.4 MB of each page."""
MOST_OWNERS = 10_000
CLOSED_FOR = timedelta(hours=1)
IDLE_FOR = timedelta(hours=24)
LOOK_SECONDS = 60.0
HEARTBEAT = "/gradio_api/heartbeat/"
READING = "/gradio_api/queue/data"
SENDING = ("/gradio_api/queue/join", "/gradio_api/cancel")


class PageState(Protocol):
    """What Gradio remembers of one page."""

    is_closed: bool


class PageStates(Protocol):
    """What Gradio remembers of all pages, those longest unused first."""

    capacity: int
    session_data: OrderedDict[str, PageState]
    time_last_used: dict[str, datetime]


class GradioApp(Protocol):
    """What is asked of Gradio's application: its pages, and who is logged in."""

    auth: object
    cookie_id: str
    tokens: MutableMapping[str, str]
    state_holder: PageStates


class PageSessions:
    """Lets only the visitor who opened a page send, read or end what happens on it; forgets pages that are gone."""

    def __init__(self, app: ASGIApp, gradio: GradioApp, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._app = app
        self._gradio = gradio
        self._clock = clock
        self._looked_at = clock()
        self._owners: OrderedDict[str, str] = OrderedDict()
        gradio.state_holder.capacity = MOST_PAGES

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or not scope["path"].startswith((HEARTBEAT, READING, *SENDING)):
            return await self._app(scope, receive, send)
        visitor = self._visitor(scope)
        if visitor is None:
            return await PlainTextResponse("Log in first.", status_code=401)(scope, receive, send)
        session, receive = await _session(scope, receive)
        if session and not self._belongs(session, visitor):
            return await PlainTextResponse("This page is another visitor's.", status_code=403)(scope, receive, send)
        self._forget_pages()
        await self._app(scope, receive, send)

    def _visitor(self, scope: Scope) -> str | None:
        """Return who sends a request; None for somebody who has to log in first."""
        if not self._gradio.auth:
            return str(scope.get(VISITOR, ""))
        cookies = Request(scope).cookies
        names = (f"access-token-{self._gradio.cookie_id}", f"access-token-unsecure-{self._gradio.cookie_id}")
        return next((user for name in names if (user := self._gradio.tokens.get(cookies.get(name, "")))), None)

    def _belongs(self, session: str, visitor: str) -> bool:
        """Whether a page is a visitor's: it is who names it first, as nobody can guess another's."""
        owner = self._owners.setdefault(session, visitor)
        self._owners.move_to_end(session)
        if len(self._owners) > MOST_OWNERS:
            self._owners.popitem(last=False)
        return owner == visitor

    def _forget_pages(self) -> None:
        if self._clock() - self._looked_at < LOOK_SECONDS:
            return
        self._looked_at = self._clock()
        states, now = self._gradio.state_holder, datetime.now()
        for session, state in list(states.session_data.items()):
            idle = now - states.time_last_used.get(session, now)
            if idle > (CLOSED_FOR if state.is_closed else IDLE_FOR):
                states.session_data.pop(session, None)
                states.time_last_used.pop(session, None)


async def _session(scope: Scope, receive: Receive) -> tuple[str, Receive]:
    """Return the page that a request names, "" for none, and a channel that gives its body again."""
    path = scope["path"]
    if path.startswith(HEARTBEAT):
        return path.removeprefix(HEARTBEAT).rstrip("/"), receive
    if path.startswith(READING):
        named: list[Any] = parse_qs(scope["query_string"].decode(errors="replace")).get("session_hash", [""])
        return named[-1], receive
    body = await read_body(receive) or b""
    try:
        sent = json.loads(body)
    except ValueError:
        sent = None
    session = sent.get("session_hash", "") if isinstance(sent, dict) else ""
    return session if isinstance(session, str) else "", replay(body, receive)
