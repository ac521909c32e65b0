"""How long a server may take, and what counts as a sign of life."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

SIGN_OF_LIFE_SECONDS = 1.0


class ActivityTimeout:
    """The time limits of all requests that wait for one server; what it writes for one of them extends them all.

    A server that writes for one seat keeps the others waiting in its own queue: that is not silence. A reply to a
    health check is no sign of life: a server whose model hangs still sends those.
    """

    def __init__(self) -> None:
        self._limits: dict[asyncio.Timeout, float] = {}
        self._heard_at = 0.0

    def heard(self) -> None:
        """Note a sign of life; at most one a second counts, so that it costs nothing per token."""
        now = asyncio.get_running_loop().time()
        if now - self._heard_at < SIGN_OF_LIFE_SECONDS:
            return
        self._heard_at = now
        for limit, seconds in self._limits.items():
            if not limit.expired():
                limit.reschedule(now + seconds + SIGN_OF_LIFE_SECONDS)

    @asynccontextmanager
    async def limit(self, seconds: float) -> AsyncIterator[None]:
        """Raise TimeoutError when the body takes longer than this without a sign of life from the server."""
        async with asyncio.timeout(seconds) as limit:
            self._limits[limit] = seconds
            try:
                yield
            finally:
                del self._limits[limit]
