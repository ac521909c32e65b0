"""How much may happen on the page: no more from one address than many people at once could do there."""

import ipaddress
import math

from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Receive, Scope, Send

from council.runs.pace import Pace

AT_ONCE = 200
A_MINUTE = 1200
"""An open page asks how the models are 15 times a minute; each event costs some 30 ms of a processor."""
COSTLY = ("/", "/config")
"""What is made anew for each visit, at 10 to 20 ms; the rest of what is only read costs next to nothing."""


class EventPace:
    """Answers 429, and reads nothing, where an address has too much happen; streams and files are not counted."""

    def __init__(self, app: ASGIApp, *, pace: Pace | None = None) -> None:
        self._app = app
        self._pace = pace or Pace(at_once=AT_ONCE, a_minute=A_MINUTE)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        is_counted = scope["type"] == "http" and (scope["method"] == "POST" or scope["path"] in COSTLY)
        if is_counted and (seconds := self._pace.wait(_neighbourhood(scope))):
            headers = {"retry-after": str(math.ceil(seconds))}
            detail = {"detail": "Too much comes from your address. Wait a moment, and try again."}  # the page shows it
            refusal = JSONResponse(detail, 429, headers)
            return await refusal(scope, receive, send)
        await self._app(scope, receive, send)


def _neighbourhood(scope: Scope) -> str:
    """Return whom to count for: an address; of IPv6, the network that one customer is given as a whole."""
    client = scope["client"][0] if scope.get("client") else ""
    try:
        address = ipaddress.ip_address(client)
    except ValueError:
        return str(client)
    return str(ipaddress.ip_network((address, 64), strict=False)) if address.version == 6 else str(address)
