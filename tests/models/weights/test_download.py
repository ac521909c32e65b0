"""Downloads from a server on this machine that serves files as the hub does: a redirect, ranges, a digest."""

import asyncio
import hashlib
from collections.abc import Iterator
from contextlib import aclosing
from pathlib import Path

import pytest

from models.catalogue import CatalogueEntry
from models.errors import BackendError, BackendOverloadedError, BackendUnavailableError, DownloadError
from models.weights.download import PIECE_BYTES, Downloader, DownloadProgress
from models.weights.finder import WeightsFinder
from tests.hub import Hub, serving
from tests.tiny_gguf import Shape, make_tiny_gguf

pytestmark = pytest.mark.anyio

ENTRY = CatalogueEntry("Tiny", "someone/Tiny-GGUF", "Tiny-Q4_K_M.gguf", 3_000_000, "none", ("tiny",))


@pytest.fixture(scope="module")
def content(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    shape = Shape(layers=8)
    return make_tiny_gguf(tmp_path_factory.mktemp("hub") / "tiny.gguf", shape=shape).read_bytes()


@pytest.fixture
def hub(content: bytes) -> Iterator[Hub]:
    with serving(content, ENTRY) as server:
        yield server


def names_in(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


async def fetch(downloader: Downloader) -> list[DownloadProgress]:
    async with asyncio.timeout(20), aclosing(downloader.fetch(ENTRY)) as steps:
        return [step async for step in steps]


async def test_a_download_tells_its_progress_and_becomes_a_model(hub: Hub, tmp_path: Path) -> None:
    steps = await fetch(Downloader(tmp_path, endpoint=hub.url))
    total = len(hub.content)
    assert total > 2 * PIECE_BYTES
    assert [step.completed_bytes for step in steps] == sorted(step.completed_bytes for step in steps)
    assert steps[0] == DownloadProgress(0, total)
    assert steps[-1] == DownloadProgress(total, total, tmp_path / ENTRY.file)
    assert (tmp_path / ENTRY.file).read_bytes() == hub.content
    assert [weights.name for weights in WeightsFinder([], download_dir=tmp_path).find()] == ["Tiny-Q4_K_M"]


async def test_what_is_here_already_is_not_fetched_again(hub: Hub, tmp_path: Path) -> None:
    (tmp_path / ENTRY.file).write_bytes(hub.content)
    steps = await fetch(Downloader(tmp_path, endpoint=hub.url))
    assert steps[-1].path == tmp_path / ENTRY.file
    assert hub.asked == []


async def test_a_broken_file_under_the_right_name_is_replaced(hub: Hub, tmp_path: Path) -> None:
    (tmp_path / ENTRY.file).write_bytes(hub.content[:5000])
    await fetch(Downloader(tmp_path, endpoint=hub.url))
    assert (tmp_path / ENTRY.file).read_bytes() == hub.content


async def test_a_download_that_broke_off_goes_on_where_it_stopped(hub: Hub, tmp_path: Path) -> None:
    hub.break_after = 2 * PIECE_BYTES
    downloader = Downloader(tmp_path, endpoint=hub.url)
    with pytest.raises(BackendUnavailableError, match=r"broke off.*Ask again to continue"):
        await fetch(downloader)
    assert not (tmp_path / ENTRY.file).exists()
    hub.break_after = None
    steps = await fetch(downloader)
    assert steps[0].completed_bytes == 2 * PIECE_BYTES
    assert hub.asked[-1] == ("/storage", f"bytes={2 * PIECE_BYTES}-")
    assert (tmp_path / ENTRY.file).read_bytes() == hub.content


async def test_a_cancelled_download_stops_at_once_and_can_go_on(hub: Hub, tmp_path: Path) -> None:
    hub.may_finish.clear()
    downloader = Downloader(tmp_path, endpoint=hub.url)
    has_begun = asyncio.Event()

    async def watch() -> None:
        async with aclosing(downloader.fetch(ENTRY)) as steps:
            async for step in steps:
                if step.completed_bytes:
                    has_begun.set()

    task = asyncio.create_task(watch())
    async with asyncio.timeout(20):
        await has_begun.wait()
        task.cancel()
        await asyncio.wait([task])
    assert task.cancelled()
    assert names_in(tmp_path) == [f"{ENTRY.file}.part"]
    hub.may_finish.set()
    steps = await fetch(downloader)
    assert steps[0].completed_bytes >= PIECE_BYTES
    assert (tmp_path / ENTRY.file).read_bytes() == hub.content


async def test_a_server_without_ranges_sends_everything_again(hub: Hub, tmp_path: Path) -> None:
    hub.has_ranges = False
    (tmp_path / f"{ENTRY.file}.part").write_bytes(b"x" * 1000)
    steps = await fetch(Downloader(tmp_path, endpoint=hub.url))
    assert steps[0].completed_bytes == 0
    assert (tmp_path / ENTRY.file).read_bytes() == hub.content


async def test_a_part_that_is_too_long_is_thrown_away(hub: Hub, tmp_path: Path) -> None:
    (tmp_path / f"{ENTRY.file}.part").write_bytes(hub.content + b"more")
    await fetch(Downloader(tmp_path, endpoint=hub.url))
    assert (tmp_path / ENTRY.file).read_bytes() == hub.content


async def test_a_part_of_another_file_is_found_out_and_removed(hub: Hub, tmp_path: Path) -> None:
    (tmp_path / f"{ENTRY.file}.part").write_bytes(b"x" * 1000)
    downloader = Downloader(tmp_path, endpoint=hub.url)
    with pytest.raises(DownloadError, match="damaged on the way"):
        await fetch(downloader)
    assert names_in(tmp_path) == []
    assert (await fetch(downloader))[-1].path is not None


async def test_without_room_nothing_is_written_and_both_numbers_are_told(hub: Hub, tmp_path: Path) -> None:
    downloader = Downloader(tmp_path, endpoint=hub.url, measure_free=lambda folder: 50_000_000)
    with pytest.raises(DownloadError, match=r"needs 0\.1 GB more.*50\.0 MB are free") as caught:
        await fetch(downloader)
    assert caught.value.cause == "no_disk_space"
    assert (tmp_path / f"{ENTRY.file}.part").stat().st_size == 0


async def test_a_folder_that_cannot_be_made_is_named(hub: Hub, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(DownloadError, match="file") as caught:
        await fetch(Downloader(tmp_path / "file" / "models", endpoint=hub.url))
    assert caught.value.cause == "folder_not_writable"


async def test_without_a_network_the_message_says_how_to_go_on(tmp_path: Path) -> None:
    with serving(b"", ENTRY) as closed:
        url = closed.url
    with pytest.raises(BackendUnavailableError, match=r"hub does not answer.*Tiny-Q4_K_M\.gguf"):
        await fetch(Downloader(tmp_path, endpoint=url))


async def test_a_hub_that_is_switched_off_is_not_asked(hub: Hub, tmp_path: Path) -> None:
    with pytest.raises(BackendUnavailableError, match="HF_HUB_OFFLINE"):
        await fetch(Downloader(tmp_path, endpoint=hub.url, is_offline=lambda: True))
    assert hub.asked == []


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (401, DownloadError),
        (403, DownloadError),
        (404, DownloadError),
        (429, BackendOverloadedError),
        (500, BackendUnavailableError),
        (503, BackendUnavailableError),
    ],
)
async def test_a_refusal_of_the_hub_is_told(hub: Hub, tmp_path: Path, status: int, kind: type[BackendError]) -> None:
    hub.status = status
    with pytest.raises(kind) as caught:
        await fetch(Downloader(tmp_path, endpoint=hub.url))
    assert caught.value.backend == "hugging_face"


async def test_what_is_no_model_is_not_kept(hub: Hub, tmp_path: Path) -> None:
    hub.content = b"<html>please sign in</html>" * 100
    hub.digest = hashlib.sha256(hub.content).hexdigest()
    with pytest.raises(DownloadError, match="not a GGUF"):
        await fetch(Downloader(tmp_path, endpoint=hub.url))
    assert names_in(tmp_path) == []


@pytest.mark.parametrize("digest", ["", "abc", "W/" + "0" * 62, "0" * 40])
async def test_a_file_without_a_checksum_is_not_fetched(hub: Hub, tmp_path: Path, digest: str) -> None:
    hub.digest = digest
    with pytest.raises(DownloadError, match="no checksum") as caught:
        await fetch(Downloader(tmp_path, endpoint=hub.url))
    assert caught.value.backend == "hugging_face"
    assert (tmp_path / f"{ENTRY.file}.part").stat().st_size == 0


async def test_a_file_with_another_checksum_is_not_kept(hub: Hub, tmp_path: Path) -> None:
    hub.digest = "0" * 64
    with pytest.raises(DownloadError, match="damaged on the way"):
        await fetch(Downloader(tmp_path, endpoint=hub.url))
    assert names_in(tmp_path) == []


async def test_the_same_file_is_not_fetched_twice_at_once_also_not_by_another_program(hub: Hub, tmp_path: Path) -> None:
    hub.may_finish.clear()
    downloader, other = Downloader(tmp_path, endpoint=hub.url), Downloader(tmp_path, endpoint=hub.url)
    async with asyncio.timeout(20), aclosing(downloader.fetch(ENTRY)) as steps:
        await anext(steps)
        for second in (downloader, other):
            with pytest.raises(DownloadError, match="already"):
                await fetch(second)
            with pytest.raises(DownloadError, match="already"):
                second.discard(ENTRY)
    hub.may_finish.set()
    assert (await fetch(other))[-1].path is not None


async def test_what_is_left_of_a_download_and_where_it_comes_from_are_told(tmp_path: Path) -> None:
    downloader = Downloader(tmp_path)
    assert downloader.host == "huggingface.co"
    assert downloader.part_bytes(ENTRY) == 0
    (tmp_path / f"{ENTRY.file}.part").write_bytes(b"x" * 1000)
    assert downloader.part_bytes(ENTRY) == 1000
    downloader.discard(ENTRY)
    downloader.discard(ENTRY)
    assert downloader.part_bytes(ENTRY) == 0
