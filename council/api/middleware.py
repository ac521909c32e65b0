"""What every response tells the browser: load nothing from elsewhere, whatever a model writes into its answer.

Plain ASGI, as all the layers in this folder, so that streams pass through untouched.
"""

from collections.abc import MutableMapping
from typing import Any

from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Receive, Scope, Send

POLICY = (
    "default-src 'none'; script-src 'self' 'unsafe-inline' 'unsafe-eval'; script-src-attr 'none'; "
    "style-src 'self' 'unsafe-inline'; img-src 'self' data:; font-src 'self' data:; connect-src 'self'; "
    "manifest-src 'self'; base-uri 'self'; form-action 'none'; frame-ancestors 'self'{ancestors}"
)
"""Nothing is loaded from, or sent to, another machine, and no attribute of an element is a script. Gradio 6.31 starts
only with scripts in its page and with 'unsafe-eval'."""


class SecurityHeaders:
    """Adds the policy to every response, and takes away what would let another origin read it: Gradio lets any."""

    def __init__(self, app: ASGIApp, *, ancestors: str = "") -> None:
        self._app = app
        self._policy = POLICY.format(ancestors=f" {ancestors}" if ancestors else "")

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def send_with_policy(message: MutableMapping[str, Any]) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name in [name for name in headers if name.startswith("access-control-")]:
                    del headers[name]
                headers["content-security-policy"] = self._policy
                headers["x-content-type-options"] = "nosniff"
                headers["referrer-policy"] = "no-referrer"
                headers["x-dns-prefetch-control"] = "off"  # else the names in links are looked up, clicked on or not
            await send(message)

        await self._app(scope, receive, send_with_policy if scope["type"] == "http" else send)
