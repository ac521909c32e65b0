"""Who may send a request: a page of this program's own, under a name that it is known by.

A page elsewhere could have its own name point to this machine (DNS rebinding), send a form here unseen, or, on a
sibling host or another port, read an answer with the user's cookies.
"""

import ipaddress
from collections.abc import Sequence
from urllib.parse import urlsplit

from starlette.datastructures import Headers
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Receive, Scope, Send

LOOPBACK_NAMES = frozenset({"localhost", "127.0.0.1", "[::1]"})
DEFAULT_PORTS = {"http": ":80", "https": ":443"}
WRONG_NAME = (
    "Council does not answer to the name {name!r}. Open it under an address of its machine, or set "
    "COUNCIL_PUBLIC_URL to the address that people type."
)
WRONG_PAGE = "Council takes requests from its own page only, not from {origin!r}."
IMAGES = frozenset({"image", "audio", "video", "track", "object", "embed"})
OWN_IMAGES = ("/favicon.ico", "/static/", "/assets/")


class OwnOrigin:
    """Refuses requests under a foreign host name, and requests that another page sends.

    `public_urls` are the addresses that people reach the program by. With `takes_addresses` the numeric addresses of
    the machine are taken, too: no name that somebody else owns can be one.
    """

    def __init__(self, app: ASGIApp, *, public_urls: Sequence[str] = (), takes_addresses: bool = False) -> None:
        self._app = app
        self._public = {origin_of(url) for url in public_urls}
        self._names = LOOPBACK_NAMES | {_name(origin.partition("://")[2]) for origin in self._public}
        self._takes_addresses = takes_addresses

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] in ("http", "websocket"):
            headers = Headers(scope=scope)
            host = headers.get("host", "").casefold()
            if not self._is_ours(_name(host)):
                refusal = PlainTextResponse(WRONG_NAME.format(name=host[:200]), status_code=421)
                return await refusal(scope, receive, send)
            if stranger := self._stranger(scope, headers, host):
                refusal = PlainTextResponse(WRONG_PAGE.format(origin=stranger[:200]), status_code=403)
                return await refusal(scope, receive, send)
        await self._app(scope, receive, send)

    def _is_ours(self, name: str) -> bool:
        return name in self._names or (self._takes_addresses and _is_address(name))

    def _stranger(self, scope: Scope, headers: Headers, host: str) -> str:
        """Return what a foreign request comes from, as the browser says; "" for one of our own page's.

        A browser sends `Origin` with whatever is not a plain GET, and newer ones `Sec-Fetch-Site` with everything.
        Links from elsewhere may lead here; nothing that they open changes anything.
        """
        for origin in headers.getlist("origin"):
            scheme = origin.casefold().partition("://")[0]
            if origin_of(origin) not in {*self._public, origin_of(f"{scheme}://{host}")}:
                return origin
        is_link = headers.get("sec-fetch-mode") == "navigate" and scope.get("method") in ("GET", "HEAD")
        site = headers.get("sec-fetch-site", "none")
        if site in ("cross-site", "same-site") and not is_link:
            return site
        is_picture = headers.get("sec-fetch-dest") in IMAGES
        return "a picture in a text" if is_picture and not scope["path"].startswith(OWN_IMAGES) else ""


def origin_of(url: str) -> str:
    """Return scheme, host and port of an address, without a port that the scheme implies."""
    parts = urlsplit(url.casefold())
    return f"{parts.scheme}://{parts.netloc.removesuffix(DEFAULT_PORTS.get(parts.scheme, ''))}"


def _name(host: str) -> str:
    """Return a host without its port; the brackets of an IPv6 address stay."""
    return host[: host.index("]") + 1] if host.startswith("[") and "]" in host else host.partition(":")[0]


def _is_address(name: str) -> bool:
    try:
        ipaddress.ip_address(name.strip("[]"))
    except ValueError:
        return False
    return True
