"""What tests of the page's handlers share: a page over a scripted backend for each file, a visitor for each test."""

from collections.abc import AsyncIterator

import pytest

from council.application import Application
from council.settings import Settings
from tests.council.applications import scripted
from tests.council.ui.visitors import OpenPage, Visitor
from tests.fakes import ScriptedBackend, obedient

MODELS = ("alpha:1b", "beta:1b", "gamma:1b")


@pytest.fixture(scope="module")
def anyio_backend() -> str:
    """One event loop for a file, in which its application lives."""
    return "asyncio"


@pytest.fixture(scope="module")
def shared_backend() -> ScriptedBackend:
    backend = ScriptedBackend()
    backend.name = "ollama"
    return backend


@pytest.fixture
def backend(shared_backend: ScriptedBackend) -> ScriptedBackend:
    """The backend of the page, in the state in which it began."""
    shared_backend.script, shared_backend.models, shared_backend.delay = obedient, list(MODELS), 0.0
    shared_backend.elsewhere = {}
    return shared_backend


@pytest.fixture(scope="module")
async def application(
    shared_backend: ScriptedBackend, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[Application]:
    settings = Settings(_env_file=None, data_dir=tmp_path_factory.mktemp("data"))
    async with scripted(shared_backend)(settings) as opened:
        yield opened


@pytest.fixture(scope="module")
async def open_page(application: Application) -> OpenPage:
    """The page with its handlers; laying it out takes a moment, so that a file does it once."""
    return OpenPage(application)


@pytest.fixture
async def visitor(open_page: OpenPage, backend: ScriptedBackend, request: pytest.FixtureRequest) -> Visitor:
    """Somebody whom no other test knows, before the freshly opened page."""
    visitor = open_page.visitor(request.node.name)
    await visitor.arrive()
    return visitor
