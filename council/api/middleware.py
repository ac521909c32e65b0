"""Two walls around the page: what it may load, and under which names it may be addressed.

Plain ASGI, so that streams pass through untouched.
"""

from collections.abc import MutableMapping
from typing import Any

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Receive, Scope, Send

POLICY = (
    "default-src 'self'; script-src 'self' 'unsafe-inline' 'unsafe-eval'; style-src 'self' 'unsafe-inline'; "
    "img-src 'self' data: blob:; font-src 'self' data:; connect-src 'self'; media-src 'self' blob: data:; "
    "worker-src 'self' blob:; object-src 'none'; base-uri 'self'; form-action 'self'; frame-ancestors 'self'{ancestors}"
)
"""Gradio starts only with 'unsafe-eval'; what matters is that nothing is loaded from, or sent to, another machine."""

REFUSAL = (
    "Council serves this machine only and does not answer to the name {name!r}. Open http://127.0.0.1 with its port, "
    "or set COUNCIL_ALLOW_PUBLIC=true behind a proxy."
)
LOOPBACK_NAMES = frozenset({"localhost", "127.0.0.1", "[::1]", "testserver"})


class SecurityHeaders:
    """Tells the browser to load nothing from elsewhere, whatever a model writes into its answer."""

    def __init__(self, app: ASGIApp, *, ancestors: str = "") -> None:
        self._app = app
        self._policy = POLICY.format(ancestors=f" {ancestors}" if ancestors else "")

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def send_with_policy(message: MutableMapping[str, Any]) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                headers["content-security-policy"] = self._policy
                headers["x-content-type-options"] = "nosniff"
                headers["referrer-policy"] = "no-referrer"
            await send(message)

        await self._app(scope, receive, send_with_policy if scope["type"] == "http" else send)


class TrustedHost:
    """Refuses requests under a foreign host name, or from a page elsewhere.

    Such a page could have its own name point to this machine, or send a form here unseen.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] in ("http", "websocket"):
            headers = Headers(scope=scope)
            for name in (headers.get("host", ""), *_origins(headers)):
                if _without_port(name).casefold() not in LOOPBACK_NAMES:
                    await PlainTextResponse(REFUSAL.format(name=name), status_code=421)(scope, receive, send)
                    return
        await self._app(scope, receive, send)


def _origins(headers: Headers) -> list[str]:
    """The page that a browser says a request comes from; "null" is a page that hides its name."""
    return [origin.rpartition("://")[2] for origin in headers.getlist("origin")]


def _without_port(name: str) -> str:
    return name[: name.index("]") + 1] if name.startswith("[") and "]" in name else name.partition(":")[0]
