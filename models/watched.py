"""A backend together with what is known of its health: one check at a time, shared by all who ask."""

import asyncio
import time
from collections.abc import Callable

from models.base import Backend, Health
from models.errors import BackendError, BackendTimeoutError, BackendUnavailableError
from models.text import lazy_gettext as _

SILENT_SECONDS = 30.0
"""So long nobody waits again for a backend that was silent; it is asked in the background."""


class WatchedBackend:
    """Remembers a backend's last health for a few seconds, and a failure at once.

    Whoever asks waits `patience_seconds` at most (None: as long as it takes); who stays silent longer counts as down,
    until its check comes to another end.
    """

    def __init__(
        self,
        backend: Backend,
        *,
        fresh_seconds: float,
        patience_seconds: float | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.backend = backend
        self._fresh_seconds = fresh_seconds
        self._patience_seconds = patience_seconds
        self._clock = clock
        self._last: tuple[float, Health] | None = None
        self._check: asyncio.Task[Health] | None = None

    async def health(self, *, anew: bool = False) -> Health:
        """Return the last health while it is fresh, else that of a new check; `anew` asks in any case, to the end.

        A caller that is cancelled does not cancel the check for the others.
        """
        since, last = self._last or (0.0, None)
        if not anew and last is not None and self._clock() - since < self._fresh_seconds:
            return last
        if self._check is None or self._check.done():
            self._check = asyncio.create_task(self._ask())
        if anew or self._patience_seconds is None:
            return await asyncio.shield(self._check)
        if last is not None and _was_silent(last) and self._clock() - since < SILENT_SECONDS:
            return last
        await asyncio.wait([self._check], timeout=self._patience_seconds)
        if not self._check.done():
            self._last = (self._clock(), self._still_silent(self._patience_seconds))
            return self._last[1]
        return self._check.result()

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

    def _still_silent(self, seconds: float) -> Health:
        silence = BackendTimeoutError(
            _("It has not answered within {seconds:g} s; it is still being asked.", seconds=seconds),
            advice=_("Look whether it is overloaded, or whether something else listens at its address."),
            backend=self.backend.name,
        )
        return Health.after(silence, self.backend.name)

    async def _ask(self) -> Health:
        health = await self.backend.health()
        self._last = (self._clock(), health)
        return health


def _was_silent(health: Health) -> bool:
    return isinstance(health.error, BackendTimeoutError)
