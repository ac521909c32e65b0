"""The whole web application in this process, on a free port, over backends whose answers a test decides."""

import asyncio
import socket
import threading
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

import uvicorn

from app import create_app
from council.api.connections import BoundedConnection
from council.application import Application, Opening, find_weights, open_downloads
from council.listening import listen
from council.runs.history import History
from council.runs.owners import LOCAL
from council.runs.registry import Runs
from council.settings import Settings
from models.base import Backend
from models.selector import BackendSelector


class ServedCouncil:
    """A running web application; `application` may be asked and changed from the test's thread with care.

    `opened` opens it in place of one over the given backends.
    """

    def __init__(self, settings: Settings, backends: Sequence[Backend] = (), *, opened: Opening | None = None) -> None:
        self._listener = listen("127.0.0.1", 0)
        self.url = f"http://127.0.0.1:{self._listener.getsockname()[1]}"
        self.settings, self._backends, self._opened = settings, backends, opened or self._open_over_backends
        self.application: Application | None = None
        config = uvicorn.Config(
            create_app(settings, opened=self._open),
            log_level="warning",
            timeout_graceful_shutdown=1,
            http=BoundedConnection,
            ws="none",
        )
        self._server = uvicorn.Server(config)
        self._thread = threading.Thread(target=self._serve, args=(self._listener,), daemon=True)
        self._is_up = threading.Event()
        self._thread.start()
        assert self._is_up.wait(30), "the web application did not start"

    def _serve(self, listener: socket.socket) -> None:
        asyncio.run(self._server.serve(sockets=[listener]))

    @asynccontextmanager
    async def _open(self, settings: Settings) -> AsyncIterator[Application]:
        async with self._opened(settings) as self.application:
            threading.Thread(target=self._announce, daemon=True).start()
            yield self.application

    @asynccontextmanager
    async def _open_over_backends(self, settings: Settings) -> AsyncIterator[Application]:
        history = History(settings.data_dir / "history.db")
        backend = BackendSelector(self._backends, health_seconds=0.5)
        runs = Runs(backend=backend, history=history, abandon_seconds=settings.abandon_seconds)
        weights = find_weights(settings)
        downloads = open_downloads(weights, backend)
        try:
            yield Application(settings, backend, None, None, weights, history, runs, downloads)
        finally:
            await runs.close()
            history.close()

    def _announce(self) -> None:
        while not self._server.started:
            threading.Event().wait(0.02)
        self._is_up.set()

    def wait_for_status(self, status: str, *, seconds: float = 20.0) -> None:
        """Wait until the newest run has this status in the history, which no page needs to show for it."""
        assert self.application is not None
        deadline = time.monotonic() + seconds
        while (told := self.application.history.of(LOCAL).entries()[0].status) != status:
            assert time.monotonic() < deadline, f"the run is still {told}"
            time.sleep(0.1)

    def close(self) -> None:
        """Shut down as on SIGTERM and wait for it."""
        self._server.should_exit = True
        self._thread.join(20)
