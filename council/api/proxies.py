"""Whose word is taken on where a request came from: that of the proxies that the settings name, and nobody else's."""

import ipaddress
from collections.abc import Sequence

from starlette.types import ASGIApp, Receive, Scope, Send
from uvicorn.middleware.proxy_headers import ProxyHeadersMiddleware

Network = ipaddress.IPv4Network | ipaddress.IPv6Network
FORWARDED = frozenset({b"x-forwarded-host", b"x-forwarded-proto", b"x-forwarded-port", b"x-forwarded-prefix"})
"""What Gradio would build its addresses from, whoever sent it. `x-forwarded-for` stays: it only tells that there is a
proxy, and then nobody is the person at this machine."""


class TrustedProxies:
    """Believes what these proxies say of the visitor; takes away what others say."""

    def __init__(self, app: ASGIApp, *, networks: Sequence[Network] = ()) -> None:
        self._app = app
        self._networks = tuple(networks)
        self._believing = ProxyHeadersMiddleware(app, trusted_hosts=[str(network) for network in networks])  # type: ignore[arg-type] # two spellings of ASGI

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] not in ("http", "websocket"):
            return await self._app(scope, receive, send)
        if self._trusts(scope):
            return await self._believing(scope, receive, send)  # type: ignore[arg-type]
        headers = [(name, value) for name, value in scope["headers"] if name not in FORWARDED]
        await self._app({**scope, "headers": headers}, receive, send)

    def _trusts(self, scope: Scope) -> bool:
        client = scope.get("client")
        if not client or not self._networks:
            return False
        try:
            address = ipaddress.ip_address(client[0])
        except ValueError:
            return False
        return any(address in network for network in self._networks)
