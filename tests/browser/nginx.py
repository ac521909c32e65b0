"""A real nginx in front of a server on this machine, with a configuration of its own and without any rights."""

import shutil
import subprocess
import time
from contextlib import suppress
from pathlib import Path
from typing import Self

import httpx

from tests.ollama_server import free_port

CONFIGURATION = """
daemon off;
worker_processes 1;
pid {folder}/nginx.pid;
error_log {folder}/error.log;
events {{ worker_connections 100; }}
http {{
    access_log off;
    client_body_temp_path {folder}/body; proxy_temp_path {folder}/proxy; fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi; scgi_temp_path {folder}/scgi;
    server {{
        listen 127.0.0.1:{port}{ssl};
        {certificate}
        location {location} {{
            proxy_pass {target};
            proxy_http_version 1.1;
            proxy_buffering off;
            proxy_read_timeout 1h;
            proxy_set_header Host $http_host;
            proxy_set_header X-Forwarded-For $remote_addr;
            proxy_set_header X-Forwarded-Proto $scheme;
        }}
    }}
}}
"""


class Nginx:
    """An nginx on a free port of 127.0.0.1; with `https` it shows a certificate that it signed itself."""

    def __init__(self, folder: Path, *, https: bool = False) -> None:
        self.folder, self.port = folder, free_port()
        self.origin = f"{'https' if https else 'http'}://localhost:{self.port}"
        self._https = https
        folder.mkdir(parents=True, exist_ok=True)

    def start(self, location: str, target: str) -> Self:
        """Pass what comes for the location on to the target; a path in that replaces the location's."""
        certificate = self._certificate() if self._https else ""
        text = CONFIGURATION.format(
            folder=self.folder,
            port=self.port,
            ssl=" ssl" if self._https else "",
            certificate=certificate,
            location=location,
            target=target,
        )
        (self.folder / "nginx.conf").write_text(text)
        log = self.folder / "nginx.log"
        with log.open("wb") as out:
            self.process = subprocess.Popen(
                [find_nginx() or "nginx", "-c", self.folder / "nginx.conf", "-p", self.folder, "-e", log],
                stdout=out,
                stderr=out,
            )
        deadline = time.monotonic() + 20
        while True:
            with suppress(httpx.TransportError):
                httpx.get(self.origin, trust_env=False, verify=False)  # noqa: S501 - its own certificate
                return self
            assert self.process.poll() is None and time.monotonic() < deadline, log.read_text()
            time.sleep(0.05)

    def _certificate(self) -> str:
        key, certificate = self.folder / "key.pem", self.folder / "certificate.pem"
        make = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=localhost"]
        subprocess.run([*make, "-keyout", key, "-out", certificate], check=True, capture_output=True)
        return f"ssl_certificate {certificate}; ssl_certificate_key {key};"

    def stop(self) -> None:
        """End it."""
        self.process.terminate()
        self.process.wait(10)


def find_nginx() -> str | None:
    """Return the program, None where there is none; Debian keeps it off an ordinary user's PATH."""
    return shutil.which("nginx") or shutil.which("nginx", path="/usr/sbin:/usr/local/sbin")
