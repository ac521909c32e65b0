"""Fetches one file of the catalogue from the Hugging Face hub, with progress, and goes on where it was cut off.

Only ever called after the user agreed: this is the one place where the program itself reaches beyond this machine.
"""

import asyncio
import errno
import fcntl
import hashlib
import re
import shutil
from collections.abc import AsyncGenerator, Callable, Iterator
from contextlib import aclosing, asynccontextmanager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO
from urllib.parse import urlsplit

import httpx
from huggingface_hub import hf_hub_url, is_offline_mode

from models.catalogue import CatalogueEntry
from models.errors import BackendError, BackendOverloadedError, BackendUnavailableError, DownloadError, WeightsError
from models.http.errors import map_http_errors
from models.text import Bytes
from models.text import lazy_gettext as _
from models.weights.gguf_header import read_header

BACKEND = "hugging_face"
PIECE_BYTES = 1 << 20
SPARE_BYTES = 100_000_000
LIMITS = httpx.Timeout(60.0, connect=10.0)

_SHA256 = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True, slots=True)
class DownloadProgress:
    """How far a download is, in bytes; `path` is set once, at the end, when the file is whole and checked."""

    completed_bytes: int
    total_bytes: int
    path: Path | None = None


@dataclass(frozen=True, slots=True)
class _Arrival:
    """A response whose body is about to be read: where it begins, how long the file is, what it must hash to."""

    response: httpx.Response
    start: int
    total: int
    sha256: str


class Downloader:
    """Fetches weights into one folder, each file once at a time, also when several programs share the folder.

    `endpoint` is the hub's address, by default the library's own; `measure_free` tells the bytes free in a folder.
    """

    def __init__(
        self,
        folder: Path,
        *,
        endpoint: str | None = None,
        measure_free: Callable[[Path], int] = lambda folder: shutil.disk_usage(folder).free,
        is_offline: Callable[[], bool] = is_offline_mode,
    ) -> None:
        self.folder = folder
        self._is_offline = is_offline
        self._endpoint = endpoint
        self._measure_free = measure_free

    @property
    def host(self) -> str:
        """The name of the machine that is asked for files."""
        return urlsplit(hf_hub_url("any/repository", "any", endpoint=self._endpoint)).hostname or ""

    def part_bytes(self, entry: CatalogueEntry) -> int:
        """How much of a file an earlier download that did not end left here."""
        try:
            return _part_of(self.folder / entry.file).stat().st_size
        except OSError:
            return 0

    def discard(self, entry: CatalogueEntry) -> None:
        """Delete what an earlier download left here; raises DownloadError where one is writing to it, or may not."""
        part = _part_of(self.folder / entry.file)
        if part.exists():
            with _map_errors(self.folder), part.open("ab") as file:
                _claim(file, entry)
                part.unlink()

    async def fetch(self, entry: CatalogueEntry) -> AsyncGenerator[DownloadProgress, None]:
        """Download a file and yield progress about once a megabyte; close or cancel it to stop.

        What arrived stays beside the others as `.part` and is not fetched again. Raises DownloadError, and
        BackendUnavailableError or BackendTimeoutError where the hub cannot be reached or falls silent.
        """
        target = self.folder / entry.file
        if size := await asyncio.to_thread(_size_if_whole, target):
            yield DownloadProgress(size, size, target)
            return
        if self._is_offline():
            raise BackendUnavailableError(
                _("The Hugging Face hub is switched off (HF_HUB_OFFLINE is set), so nothing was downloaded."),
                advice=_(
                    "Unset it, or put {file!r} into {folder!r} yourself.", file=entry.file, folder=str(self.folder)
                ),
            )
        with _map_errors(self.folder):
            async with aclosing(self._fetch(entry, target)) as steps:
                async for progress in steps:
                    yield progress

    async def _fetch(self, entry: CatalogueEntry, target: Path) -> AsyncGenerator[DownloadProgress, None]:
        self.folder.mkdir(parents=True, exist_ok=True)
        part = _part_of(target)
        with part.open("ab+") as file:
            _claim(file, entry)
            advice = _(
                "Ask again to continue where the download stopped, or put {file!r} into {folder!r} yourself.",
                file=entry.file,
                folder=str(self.folder),
            )
            with map_http_errors(_("The Hugging Face hub"), advice, backend=BACKEND):
                async with self._open(entry, file.tell()) as arrival:
                    self._check_room(entry, arrival)
                    digest = await asyncio.to_thread(_rewind, file, arrival.start)
                    completed = arrival.start
                    yield DownloadProgress(completed, arrival.total)
                    async for piece in arrival.response.aiter_bytes(PIECE_BYTES):
                        await asyncio.to_thread(_append, file, digest, piece)
                        completed += len(piece)
                        yield DownloadProgress(completed, arrival.total)
            file.flush()
            await asyncio.to_thread(_accept, part, target, digest.hexdigest(), arrival.sha256)
        yield DownloadProgress(completed, arrival.total, target)

    @asynccontextmanager
    async def _open(self, entry: CatalogueEntry, offset: int) -> AsyncGenerator[_Arrival, None]:
        """Ask for the file from an offset on; begin at 0 where the server does not go on, or `offset` is too far."""
        url = hf_hub_url(entry.repository, entry.file, endpoint=self._endpoint)
        async with httpx.AsyncClient(follow_redirects=True, timeout=LIMITS) as client:
            headers = {"Accept-Encoding": "identity"} | ({"Range": f"bytes={offset}-"} if offset else {})
            async with client.stream("GET", url, headers=headers) as response:
                if response.status_code != httpx.codes.REQUESTED_RANGE_NOT_SATISFIABLE:
                    yield _read_arrival(response, entry, offset)
                    return
        # What is here is no part of this file: it is as long, or longer.
        async with self._open(entry, 0) as arrival:
            yield arrival

    def _check_room(self, entry: CatalogueEntry, arrival: _Arrival) -> None:
        needed = arrival.total - arrival.start + SPARE_BYTES
        free = self._measure_free(self.folder)
        if needed > free:
            raise DownloadError(
                _(
                    "{file!r} needs {needed} more in {folder!r}, and {free} are free there.",
                    file=entry.file,
                    needed=Bytes(needed),
                    folder=str(self.folder),
                    free=Bytes(free),
                ),
                cause="no_disk_space",
            )


def _claim(file: BinaryIO, entry: CatalogueEntry) -> None:
    """Keep others from writing to the same part until it is closed."""
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as error:
        raise DownloadError(
            _("{file!r} is being downloaded already.", file=entry.file), advice=_("Wait for it to end.")
        ) from error


@contextmanager
def _map_errors(folder: Path) -> Iterator[None]:
    """Turn what the disk refuses into a DownloadError, and name the hub in every error."""
    try:
        yield
    except BackendError as error:
        error.backend = BACKEND
        raise
    except OSError as error:
        is_full = error.errno in (errno.ENOSPC, errno.EDQUOT)
        said = _("the disk is full") if is_full else str(error.strerror or error)
        raise DownloadError(
            _("Nothing more can be written to {folder!r}: {said}.", folder=str(folder), said=said),
            cause="folder_not_writable",
        ) from error


def _read_arrival(response: httpx.Response, entry: CatalogueEntry, offset: int) -> _Arrival:
    """Check a response's status and read its headers; the hub's own stand in the redirect that led to the file."""
    _check_status(response, entry)
    heads = [hop.headers for hop in (*response.history, response)]
    digest = next((head["x-linked-etag"] for head in heads if "x-linked-etag" in head), "").strip('"')
    if not _SHA256.fullmatch(digest):
        raise DownloadError(
            _(
                "The hub gives no checksum of {file!r}, so that nobody could tell whether the right file arrives.",
                file=entry.file,
            ),
            advice=_("Try again later, choose another model, or put the file among your weights yourself."),
        )
    start = offset if response.status_code == httpx.codes.PARTIAL_CONTENT else 0
    length = response.headers.get("content-length", "")
    if not length.isdecimal():
        raise DownloadError(
            _("The hub does not say how long {file!r} is.", file=entry.file), advice=_("Try again later.")
        )
    return _Arrival(response, start, start + int(length), digest)


def _check_status(response: httpx.Response, entry: CatalogueEntry) -> None:
    status = response.status_code
    if status == httpx.codes.TOO_MANY_REQUESTS:
        raise BackendOverloadedError(
            _("The Hugging Face hub has had too many requests from here."), advice=_("Try again in a few minutes.")
        )
    if status >= 500:
        raise BackendUnavailableError(
            _("The Hugging Face hub has a fault (HTTP {status}).", status=str(status)), advice=_("Try again later.")
        )
    if status >= 400:
        raise DownloadError(
            _(
                "The hub does not hand out {file!r} of {repository!r} (HTTP {status}).",
                file=entry.file,
                repository=entry.repository,
                status=str(status),
            ),
            advice=_("Choose another model."),
        )


def _part_of(target: Path) -> Path:
    return target.with_name(target.name + ".part")


def _size_if_whole(path: Path) -> int:
    """Return the length of a file that is a whole model, else 0: what is broken is fetched again."""
    try:
        read_header(path)
        return path.stat().st_size
    except (WeightsError, OSError):
        return 0


def _rewind(file: BinaryIO, start: int) -> "hashlib._Hash":
    """Keep the first `start` bytes of the part that is here, and hash them."""
    file.truncate(start)
    file.seek(0)
    digest = hashlib.sha256()
    while piece := file.read(PIECE_BYTES):
        digest.update(piece)
    return digest


def _append(file: BinaryIO, digest: "hashlib._Hash", piece: bytes) -> None:
    file.write(piece)
    digest.update(piece)


def _accept(part: Path, target: Path, found: str, expected: str) -> None:
    """Give a whole file its name; one that is damaged is removed, as nothing could mend it."""
    try:
        if found != expected:
            raise DownloadError(_("{file!r} was damaged on the way.", file=target.name), advice=_("Download it again."))
        read_header(part)
    except (DownloadError, WeightsError) as error:
        part.unlink()
        if isinstance(error, DownloadError):
            raise
        raise DownloadError(_("The hub sent no model: {said}", said=error.text)) from error
    part.replace(target)
