"""A server on this machine that serves one file as the Hugging Face hub does: a redirect, ranges, a digest."""

import hashlib
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from models.catalogue import CatalogueEntry


class Hub(ThreadingHTTPServer):
    """Serves one file; `break_after` cuts the connection after so many bytes of a body."""

    daemon_threads = True

    def __init__(self, content: bytes, entry: CatalogueEntry) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.path = f"/{entry.repository}/resolve/main/{entry.file}"
        self.content = content
        self.digest = hashlib.sha256(content).hexdigest()
        self.status = 200
        self.break_after: int | None = None
        self.has_ranges = True
        self.may_finish = threading.Event()
        self.may_finish.set()
        self.asked: list[tuple[str, str]] = []

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}"


class _Handler(BaseHTTPRequestHandler):
    server: Hub

    def log_message(self, format: str, *arguments: object) -> None:
        return None

    def do_GET(self) -> None:
        hub = self.server
        hub.asked.append((self.path, self.headers.get("Range", "")))
        if self.path == hub.path and hub.status == 200:
            self.send_response(302)
            self.send_header("Location", f"{hub.url}/storage")
            if hub.digest:
                self.send_header("X-Linked-ETag", f'"{hub.digest}"')
            self.send_header("Content-Length", "0")
            self.end_headers()
        elif self.path == "/storage":
            self._send_file(hub)
        else:
            self.send_response(hub.status if hub.status != 200 else 404)
            self.send_header("Content-Length", "0")
            self.end_headers()

    def _send_file(self, hub: Hub) -> None:
        asked = self.headers.get("Range", "") if hub.has_ranges else ""
        start = int(asked.removeprefix("bytes=").removesuffix("-") or 0)
        if start >= len(hub.content):
            self.send_response(416)
            self.send_header("Content-Length", "0")
            self.end_headers()
            return
        body = hub.content[start:]
        self.send_response(206 if asked else 200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        half = len(body) // 2 if hub.break_after is None else hub.break_after
        with suppress(ConnectionError):  # whoever asked has cancelled
            self.wfile.write(body[:half])
            self.wfile.flush()
            hub.may_finish.wait(20)
            self.wfile.write(body[half:] if hub.break_after is None else b"")
        self.close_connection = hub.break_after is not None


@contextmanager
def serving(content: bytes, entry: CatalogueEntry) -> Iterator[Hub]:
    """Serve the content under the entry's address, until the block is left."""
    server = Hub(content, entry)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield server
    finally:
        server.may_finish.set()
        server.shutdown()
        thread.join()
        server.server_close()
