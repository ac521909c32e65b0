"""A backend together with what is known of its health: one check at a time, shared by all who ask."""

import asyncio
import time
from collections.abc import Callable

from models.base import Backend, Health
from models.errors import BackendError, BackendUnavailableError


class WatchedBackend:
    """Remembers a backend's last health for a few seconds, and a failure at once."""

    def __init__(self, backend: Backend, *, fresh_seconds: float, clock: Callable[[], float] = time.monotonic) -> None:
        self.backend = backend
        self._fresh_seconds = fresh_seconds
        self._clock = clock
        self._last: tuple[float, Health] | None = None
        self._check: asyncio.Task[Health] | None = None

    async def health(self, *, anew: bool = False) -> Health:
        """Return the last health while it is fresh, else that of a new check; `anew` asks in any case.

        A caller that is cancelled does not cancel the check for the others.
        """
        if not anew and self._last is not None and self._clock() - self._last[0] < self._fresh_seconds:
            return self._last[1]
        if self._check is None or self._check.done():
            self._check = asyncio.create_task(self._ask())
        return await asyncio.shield(self._check)

    def note(self, error: BackendError) -> None:
        """Count a backend that could not be reached as down from now on, so that nobody else waits for it."""
        if isinstance(error, BackendUnavailableError):
            self._last = (self._clock(), Health.after(error, self.backend.name))

    async def close(self) -> None:
        """Give up a check that is still under way, and close the backend."""
        if self._check is not None:
            self._check.cancel()
            await asyncio.wait([self._check])
        await self.backend.close()

    async def _ask(self) -> Health:
        health = await self.backend.health()
        self._last = (self._clock(), health)
        return health
