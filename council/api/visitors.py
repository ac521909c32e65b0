"""Who a visitor is where nobody logs in: the browser, told by a cookie that nobody can guess."""

import hashlib
import re
import secrets
from collections.abc import MutableMapping
from typing import Any

from starlette.datastructures import MutableHeaders
from starlette.requests import cookie_parser
from starlette.types import ASGIApp, Receive, Scope, Send

from council.runs.owners import VISITOR

COOKIE = "council-visitor"
YEAR_SECONDS = 365 * 24 * 3600


class VisitorCookie:
    """Makes each browser an owner of its own runs, on a page that everybody may use: VISITOR in the request's scope.

    It is "" for a browser that has sent no cookie yet, or keeps none.

    `is_framed` is for a page inside another site's, as on Hugging Face Spaces: there browsers keep a cookie only under
    these conditions.
    """

    def __init__(self, app: ASGIApp, *, is_framed: bool = False) -> None:
        self._app = app
        self._conditions = "SameSite=None; Secure; Partitioned" if is_framed else "SameSite=Lax"

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return await self._app(scope, receive, send)
        token = _token(scope)
        scope[VISITOR] = f"visitor-{hashlib.sha256(token.encode()).hexdigest()[:32]}" if token else ""

        async def send_with_cookie(message: MutableMapping[str, Any]) -> None:
            if message["type"] == "http.response.start" and not token and scope["path"] == "/":
                cookie = f"{COOKIE}={secrets.token_urlsafe(32)}; Path=/; HttpOnly; Max-Age={YEAR_SECONDS}"
                MutableHeaders(scope=message).append("set-cookie", f"{cookie}; {self._conditions}")
            await send(message)

        await self._app(scope, receive, send_with_cookie)


def _token(scope: Scope) -> str:
    headers = [value.decode("latin-1") for name, value in scope["headers"] if name == b"cookie"]
    token = cookie_parser("; ".join(headers)).get(COOKIE, "")
    return token if re.fullmatch(r"[\w-]{40,100}", token) else ""
