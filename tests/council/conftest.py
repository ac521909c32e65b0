"""What tests of the council share: a history on disk, and runs on pipelines of our own."""

from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from pathlib import Path

import pytest

from council.method.deliberation import Deliberation
from council.runs.history import History, OwnedHistory
from council.runs.owners import LOCAL
from council.runs.registry import OwnedRuns, Runs
from tests.council.method.pipelines import Make, within
from tests.fakes import ScriptedBackend


@pytest.fixture
def history_path(tmp_path: Path) -> Path:
    """Where the history is; its folder does not exist yet."""
    return tmp_path / "data" / "history.db"


@pytest.fixture
def history(history_path: Path) -> Iterator[History]:
    """A history on disk that waits for locks but a moment."""
    store = History(history_path, lock_seconds=0.2)
    yield store
    store.close()


@pytest.fixture
def kept(history: History) -> OwnedHistory:
    """What the history holds of the local user."""
    return history.of(LOCAL)


@pytest.fixture
async def make(history: History) -> AsyncIterator[Make]:
    made: list[Runs] = []

    def make_runs(
        pipeline: Callable[[Deliberation], Awaitable[None]], *, owner: str = LOCAL, **options: float
    ) -> OwnedRuns:
        made.append(Runs(backend=ScriptedBackend(), history=history, pipeline=pipeline, **options))  # type: ignore[arg-type]
        return made[-1].of(owner)

    yield make_runs
    for runs in made:
        await within(runs.close())
