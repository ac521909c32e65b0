"""The download of a model that a person asked for on the page: one at a time, and it belongs to the program.

Whoever opens the page sees the same one; closing the page does not stop it. Knows nothing of how it is drawn.
"""

import asyncio
import logging
import time
from collections import deque
from collections.abc import Awaitable, Callable
from contextlib import aclosing
from dataclasses import dataclass, replace
from typing import Literal

from council.advice import explain
from models.catalogue import CatalogueEntry
from models.errors import BackendError
from models.text import NOTHING, Text
from models.text import lazy_gettext as _
from models.weights.download import Downloader, DownloadProgress

logger = logging.getLogger(__name__)

Status = Literal["running", "stopped", "failed", "done"]
CRASHED = _("The download broke off because of an error in the program; its log says more. What was fetched is kept.")
SPEED_SECONDS = 10.0
"""Over how long the speed is measured."""


@dataclass(frozen=True, slots=True)
class Download:
    """How a download stands; both counts are 0 until the hub has answered, `reason` says why it failed."""

    entry: CatalogueEntry
    status: Status = "running"
    completed_bytes: int = 0
    total_bytes: int = 0
    bytes_per_second: float = 0.0
    reason: Text = NOTHING

    @property
    def is_running(self) -> bool:
        """Whether bytes may still come."""
        return self.status == "running"

    @property
    def seconds_left(self) -> float | None:
        """How long the rest takes at the present speed; None while that is not known."""
        if not self.bytes_per_second:
            return None
        return (self.total_bytes - self.completed_bytes) / self.bytes_per_second


class Downloads:
    """Starts and stops the one download; lives in one event loop.

    `arrived` is awaited once a file is whole, before that is told: it lets the program notice the new model.
    """

    def __init__(
        self,
        downloader: Downloader,
        *,
        arrived: Callable[[], Awaitable[object]],
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._downloader = downloader
        self._arrived = arrived
        self._clock = clock
        self._task: asyncio.Task[None] | None = None
        self._download: Download | None = None
        self._marks: deque[tuple[float, int]] = deque()

    @property
    def current(self) -> Download | None:
        """The download that runs, or the last one as it ended; None once that was put away."""
        if self._download is None or not self._download.is_running:
            return self._download
        return replace(self._download, bytes_per_second=self._speed())

    @property
    def host(self) -> str:
        """The machine that the files come from."""
        return self._downloader.host

    def part_bytes(self, entry: CatalogueEntry) -> int:
        """How much of a file is here from an earlier attempt."""
        return self._downloader.part_bytes(entry)

    def start(self, entry: CatalogueEntry) -> None:
        """Begin a download, or go on with what is here of it; nothing happens while another one runs."""
        if self._download is not None and self._download.is_running:
            return
        self._download = Download(entry)
        self._marks.clear()
        self._task = asyncio.create_task(self._fetch(entry))
        self._task.add_done_callback(self._settle)

    def stop(self) -> None:
        """Stop the download that runs; what arrived is kept."""
        if self._task is not None:
            self._task.cancel()

    def discard(self, entry: CatalogueEntry) -> None:
        """Delete what is here of a file that is not whole; nothing happens while a download runs."""
        if self._download is not None and self._download.is_running:
            return
        try:
            self._downloader.discard(entry)
            self._download = None
        except BackendError as error:
            self._download = Download(entry, "failed", reason=explain(error))

    def put_away(self) -> None:
        """Forget a download that has ended."""
        if self._download is not None and not self._download.is_running:
            self._download = None

    async def close(self) -> None:
        """Stop, and wait until the file is closed."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.wait([self._task])

    async def _fetch(self, entry: CatalogueEntry) -> None:
        async with aclosing(self._downloader.fetch(entry)) as steps:
            async for step in steps:
                self._note(step)
        await self._arrived()

    def _note(self, step: DownloadProgress) -> None:
        self._marks.append((self._clock(), step.completed_bytes))
        if self._download is not None:
            self._download = replace(self._download, completed_bytes=step.completed_bytes, total_bytes=step.total_bytes)

    def _speed(self) -> float:
        now = self._clock()
        while len(self._marks) > 2 and now - self._marks[0][0] > SPEED_SECONDS:
            self._marks.popleft()
        if len(self._marks) < 2 or now - self._marks[0][0] < 1.0:
            return 0.0
        return (self._marks[-1][1] - self._marks[0][1]) / (now - self._marks[0][0])

    def _settle(self, task: asyncio.Task[None]) -> None:
        error = None if task.cancelled() else task.exception()
        if task.cancelled():
            self._end("stopped")
        elif error is None:
            self._end("done")
        elif isinstance(error, BackendError):
            self._end("failed", explain(error))
        else:
            logger.error("the download broke off", exc_info=error)
            self._end("failed", CRASHED)

    def _end(self, status: Status, reason: Text = NOTHING) -> None:
        if self._download is not None:
            self._download = replace(self._download, status=status, reason=reason)
