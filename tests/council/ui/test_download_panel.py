"""The panel that fetches models: who is offered one, what its buttons do, and that nobody else can use them."""

from collections.abc import AsyncIterator, Iterator

import pytest

from council.application import Application
from council.settings import Settings
from models.catalogue import CATALOGUE
from models.weights.download import PIECE_BYTES
from tests.council.applications import scripted
from tests.council.ui.visitors import OpenPage, Visitor
from tests.deliberations import until
from tests.fakes import ScriptedBackend
from tests.hub import Hub, serving

pytestmark = pytest.mark.anyio
ENTRY = CATALOGUE[0]


@pytest.fixture(scope="module")
def hub() -> Iterator[Hub]:
    with serving(b"x" * 3 * PIECE_BYTES, ENTRY) as server:
        yield server


@pytest.fixture(scope="module")
def shared_backend() -> ScriptedBackend:
    """llama.cpp with nothing but a demonstration model."""
    backend = ScriptedBackend()
    backend.name = "llama_cpp"
    return backend


@pytest.fixture(scope="module")
async def application(
    shared_backend: ScriptedBackend, hub: Hub, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[Application]:
    settings = Settings(_env_file=None, data_dir=tmp_path_factory.mktemp("data"), memory_gb=8)
    async with scripted(shared_backend, hub=hub.url)(settings) as opened:
        yield opened


@pytest.fixture
async def visitor(open_page: OpenPage, backend: ScriptedBackend) -> Visitor:
    """The person at this machine, who has only a demonstration model."""
    backend.models = ["pocket-a"]
    visitor = open_page.visitor(None)
    await visitor.arrive()
    return visitor


async def test_a_model_is_offered_where_there_is_none_but_the_demonstration_ones(
    visitor: Visitor, backend: ScriptedBackend, open_page: OpenPage
) -> None:
    panel = visitor.page.download
    assert f'data-argument="{ENTRY.name}"' in visitor.said(panel.choices)
    assert (visitor.said(panel.progress), visitor.fields[panel.is_running]) == ("", False)
    backend.models.append("alpha:1b")
    await open_page.application.backend.healths(anew=True)
    await visitor.fire(visitor.page.health_timer, "tick")
    assert (visitor.said(panel.progress), visitor.said(panel.choices)) == ("", "")


async def test_a_download_is_begun_watched_stopped_thrown_away_and_put_away(
    visitor: Visitor, hub: Hub, open_page: OpenPage
) -> None:
    downloads, panel = open_page.application.downloads, visitor.page.download
    hub.may_finish.clear()
    await visitor.press(panel.choices, "download", "a model that is in no catalogue")
    assert downloads.current is None
    await visitor.press(panel.choices, "download", ENTRY.name)
    await visitor.fire(panel.is_running, "change")
    assert visitor.fields[panel.is_running] and visitor.fields[panel.timer].active
    await until(lambda: downloads.current is not None and downloads.current.completed_bytes > 0)
    await visitor.fire(panel.timer, "tick")
    assert 'role="progressbar"' in visitor.said(panel.progress)
    await visitor.press(panel.choices, "cancel")
    await until(lambda: downloads.current is not None and not downloads.current.is_running)
    hub.may_finish.set()
    await visitor.fire(panel.timer, "tick")
    await visitor.fire(panel.is_running, "change")
    assert not visitor.fields[panel.timer].active and 'data-action="discard"' in visitor.said(panel.choices)
    await visitor.press(panel.choices, "discard", ENTRY.name)
    assert 'data-action="discard"' not in visitor.said(panel.choices)
    await visitor.press(panel.choices, "close")
    assert downloads.current is None and visitor.said(panel.progress) == ""


async def test_who_comes_through_a_proxy_is_offered_nothing_and_can_fetch_nothing(
    visitor: Visitor, open_page: OpenPage
) -> None:
    stranger = open_page.visitor(None)
    stranger.request.kwargs["headers"] = {"x-forwarded-for": "192.0.2.1"}
    await stranger.arrive()
    assert stranger.said(stranger.page.download.choices) == ""
    await stranger.press(stranger.page.download.choices, "download", ENTRY.name)
    assert open_page.application.downloads.current is None
