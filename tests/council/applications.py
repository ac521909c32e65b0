"""Opens an application whose only backend is scripted; everything else of it is real."""

from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager

from council.application import Application, find_weights, open_downloads
from council.runs.history import History
from council.runs.registry import Runs
from council.settings import Settings
from models.base import Backend
from models.selector import BackendSelector


def scripted(
    *backends: Backend, hub: str | None = None
) -> Callable[[Settings], AbstractAsyncContextManager[Application]]:
    """Return what opens it, in place of `open_application`; `hub` is where downloads come from."""

    @asynccontextmanager
    async def opened(settings: Settings) -> AsyncIterator[Application]:
        history = History(settings.data_dir / "history.db")
        history.mark_interrupted_runs()
        backend = BackendSelector(backends)
        runs = Runs(backend=backend, history=history)
        try:
            weights = find_weights(settings)
            downloads = open_downloads(weights, backend, hub=hub)
            yield Application(settings, backend, None, None, weights, history, runs, downloads)
        finally:
            await runs.close()
            await downloads.close()
            await backend.close()
            history.close()

    return opened
