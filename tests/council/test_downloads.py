"""The one download of the program: how it is counted, stopped and ended; and who may begin one on the page."""

import asyncio
import logging
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import gradio as gr
import pytest

from council.application import open_application
from council.downloads import CRASHED, Download, Downloads
from council.settings import Settings
from council.ui.models.download_panel import DownloadEvents, DownloadPanel, build_download_panel
from models.catalogue import CATALOGUE
from models.weights.download import Downloader
from tests.hub import Hub, serving
from tests.tiny_gguf import Shape, make_tiny_gguf

pytestmark = pytest.mark.anyio

ENTRY, OTHER = CATALOGUE[:2]


@pytest.fixture(scope="module")
def content(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    return make_tiny_gguf(tmp_path_factory.mktemp("hub") / "tiny.gguf", shape=Shape(layers=8)).read_bytes()


@pytest.fixture
def hub(content: bytes) -> Iterator[Hub]:
    with serving(content, ENTRY) as server:
        yield server


async def until(downloads: Downloads, is_so: Callable[[Download], bool]) -> Download:
    """Look again and again, as the page does."""
    for _ in range(2000):
        if (download := downloads.current) is not None and is_so(download):
            return download
        await asyncio.sleep(0.01)
    raise AssertionError(f"the download is still {downloads.current}")


async def nothing() -> None:
    """What follows an arrival where nobody has to notice it."""


async def test_a_second_download_does_not_begin_while_one_runs(hub: Hub, tmp_path: Path) -> None:
    hub.may_finish.clear()
    downloads = Downloads(Downloader(tmp_path, endpoint=hub.url), arrived=nothing)
    downloads.start(ENTRY)
    await until(downloads, lambda download: download.completed_bytes > 0)
    downloads.start(OTHER)
    downloads.put_away()
    downloads.discard(ENTRY)
    assert downloads.current is not None and downloads.current.entry == ENTRY and downloads.current.is_running
    await downloads.close()
    assert (await until(downloads, lambda download: not download.is_running)).status == "stopped"
    assert downloads.part_bytes(ENTRY) > 0
    downloads.put_away()
    assert downloads.current is None
    downloads.discard(ENTRY)
    assert downloads.part_bytes(ENTRY) == 0


async def test_speed_and_time_left_are_told_once_they_can_be_measured(hub: Hub, tmp_path: Path) -> None:
    now = 100.0
    hub.may_finish.clear()
    downloads = Downloads(Downloader(tmp_path, endpoint=hub.url), arrived=nothing, clock=lambda: now)
    downloads.start(ENTRY)
    begun = await until(downloads, lambda download: download.completed_bytes > 0)
    assert begun.bytes_per_second == 0 and begun.seconds_left is None
    now = 102.0
    later = await until(downloads, lambda download: download.bytes_per_second > 0)
    assert later.bytes_per_second == later.completed_bytes / 2
    left = later.total_bytes - later.completed_bytes
    assert later.seconds_left == pytest.approx(left / later.bytes_per_second)
    await downloads.close()


async def test_the_model_is_noticed_before_the_download_is_told_to_be_done(hub: Hub, tmp_path: Path) -> None:
    status_then: list[str] = []

    async def arrived() -> None:
        assert downloads.current is not None
        status_then.append(downloads.current.status)

    downloads = Downloads(Downloader(tmp_path, endpoint=hub.url), arrived=arrived)
    downloads.start(ENTRY)
    assert (await until(downloads, lambda download: not download.is_running)).status == "done"
    assert status_then == ["running"]


async def test_a_fault_of_the_program_ends_the_download_and_is_logged(
    hub: Hub, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    async def arrived() -> None:
        raise RuntimeError("a bug")

    downloads = Downloads(Downloader(tmp_path, endpoint=hub.url), arrived=arrived)
    with caplog.at_level(logging.ERROR):
        downloads.start(ENTRY)
        ended = await until(downloads, lambda download: not download.is_running)
    assert (ended.status, ended.reason) == ("failed", CRASHED)
    assert "a bug" in caplog.text


def a_visitor(**headers: str) -> gr.Request:
    return gr.Request(headers={name.replace("_", "-"): value for name, value in headers.items()})


def a_panel() -> tuple[DownloadPanel, gr.Radio]:
    with gr.Blocks():
        return build_download_panel(), gr.Radio(["en", "fr"])


def a_click(action: str, argument: str) -> gr.EventData:
    return gr.EventData(None, {"action": action, "argument": argument})


@pytest.mark.parametrize(
    ("changed", "headers"),
    [
        ({"allow_public": True}, {}),
        ({"host": "192.0.2.1", "allow_public": True}, {}),
        ({"users": "ada:secret"}, {}),
        ({}, {"x_forwarded_for": "192.0.2.7"}),
    ],
)
async def test_nobody_but_the_person_at_this_machine_starts_a_download(
    settings: Settings, hub: Hub, changed: dict[str, Any], headers: dict[str, str]
) -> None:
    served = Settings(_env_file=None, data_dir=settings.data_dir, backends=("llama_cpp",), **changed)
    async with open_application(served, hub=hub.url) as application:
        panel, language = a_panel()
        events = DownloadEvents(application, panel, language)
        shown = await events.act({language: "en"}, a_click("download", ENTRY.name), a_visitor(**headers))
        assert shown == {panel.progress: "", panel.choices: "", panel.is_running: False}
        assert application.downloads.current is None
    assert hub.asked == []


async def test_only_a_name_of_the_catalogue_is_downloaded(settings: Settings, hub: Hub) -> None:
    own = settings.model_copy(update={"backends": ("llama_cpp",)})
    async with open_application(own, hub=hub.url) as application:
        panel, language = a_panel()
        events = DownloadEvents(application, panel, language)
        await events.act({language: "en"}, a_click("download", "../../etc/passwd"), a_visitor())
        assert application.downloads.current is None
        shown = await events.act({language: "en"}, a_click("download", ENTRY.name), a_visitor())
        assert shown[panel.is_running]
        assert (await until(application.downloads, lambda download: not download.is_running)).status == "done"
        assert [card.name for card in await application.backend.list_models()] == [ENTRY.name]
