"""The address that people type, where a proxy stands before the program: its host, its path, its HTTPS."""

from collections.abc import MutableMapping, Sequence
from typing import Any
from urllib.parse import SplitResult, urlsplit

from starlette.datastructures import Headers
from starlette.responses import RedirectResponse
from starlette.types import ASGIApp, Receive, Scope, Send

from council.api.origin import origin_of

ROOT = b"x-gradio-server"
"""The header by which Gradio is told the address of the page; only this layer sets it."""


class PublicAddress:
    """Lets a request under one of these addresses be answered for it: links lead there, cookies stay within HTTPS.

    A proxy may take the path off or pass it on. Requests under other names are left as they are.
    """

    def __init__(self, app: ASGIApp, *, public_urls: Sequence[str] = ()) -> None:
        self._app = app
        self._urls = [urlsplit(url.rstrip("/")) for url in public_urls]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return await self._app(scope, receive, send)
        headers = [(name, value) for name, value in scope["headers"] if name != ROOT]
        url = self._find(Headers(scope=scope))
        if url is None:
            return await self._app({**scope, "headers": headers}, receive, send)
        if url.path and scope["path"] == url.path:
            query = f"?{scope['query_string'].decode('latin-1')}" if scope["query_string"] else ""
            return await RedirectResponse(f"{url.geturl()}/{query}")(scope, receive, send)

        async def send_safely(message: MutableMapping[str, Any]) -> None:
            if message["type"] == "http.response.start" and url.scheme == "https":
                message = {**message, "headers": [_secured(*header) for header in message["headers"]]}
            await send(message)

        headers = [header for header in headers if header[0] != b"x-forwarded-host"]
        headers.append((ROOT, url.geturl().encode()))
        path = scope["path"].removeprefix(url.path) if scope["path"].startswith(f"{url.path}/") else scope["path"]
        known = {
            "scheme": url.scheme,
            "root_path": url.path,
            "path": path,
            "raw_path": path.encode(),
            "headers": headers,
        }
        await self._app({**scope, **known}, receive, send_safely)

    def _find(self, headers: Headers) -> SplitResult | None:
        host = headers.get("x-forwarded-host", headers.get("host", "")).partition(",")[0].strip()
        return next((url for url in self._urls if origin_of(f"{url.scheme}://{host}") == origin_of(url.geturl())), None)


def _secured(name: bytes, value: bytes) -> tuple[bytes, bytes]:
    is_open = name.lower() == b"set-cookie" and b"; secure" not in value.lower()
    return name, value + b"; Secure" if is_open else value
