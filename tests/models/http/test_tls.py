"""A server with a certificate of its own: trusted where its authority is named, else told with what helps."""

import datetime
import ssl
import subprocess
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
import trustme

from models.errors import BackendUnavailableError
from models.http.errors import AddressError
from models.http.tls import Trust
from models.openai.backend import open_openai_compatible
from tests.models.http.wire_server import WireServer, serve
from tests.models.scripts import OPENAI_DONE, openai_piece, openai_server, says

pytestmark = pytest.mark.anyio
HELLO = openai_server(says(openai_piece("Yes"), OPENAI_DONE))


@pytest.fixture(scope="module")
def authority() -> trustme.CA:
    return trustme.CA()


@asynccontextmanager
async def tls_server(certificate: trustme.LeafCert) -> AsyncIterator[WireServer]:
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    certificate.configure_cert(tls)
    async with serve(HELLO, tls=tls) as server:
        yield server


async def models_at(url: str, trust: Trust) -> list[str]:
    backend = open_openai_compatible(url, trust=trust)
    try:
        return [card.name for card in await backend.list_models()]
    finally:
        await backend.close()


async def test_a_server_whose_authority_is_named_is_trusted(authority: trustme.CA) -> None:
    async with tls_server(authority.issue_cert("127.0.0.1")) as server:
        with authority.cert_pem.tempfile() as file:
            assert await models_at(server.url, Trust(file)) == ["tiny"]


def put_as_openssl_wants(authority: trustme.CA, folder: Path) -> None:
    """Name a certificate in a folder by the hash of its subject, by which OpenSSL finds it."""
    pem = folder / "ca.pem"
    authority.cert_pem.write_to_path(str(pem))
    hashed = subprocess.run(
        ["/usr/bin/openssl", "x509", "-hash", "-noout", "-in", str(pem)], capture_output=True, text=True, check=True
    ).stdout.strip()
    pem.rename(folder / f"{hashed}.0")


async def test_a_folder_of_authorities_is_trusted_too(authority: trustme.CA, tmp_path: Path) -> None:
    put_as_openssl_wants(authority, tmp_path)
    async with tls_server(authority.issue_cert("127.0.0.1")) as server:
        assert await models_at(server.url, Trust(folder=str(tmp_path))) == ["tiny"]


async def test_an_unknown_authority_is_told_as_one_that_can_be_trusted(authority: trustme.CA) -> None:
    async with tls_server(authority.issue_cert("127.0.0.1")) as server:
        with pytest.raises(BackendUnavailableError, match="certificate that nobody known here has signed") as caught:
            await models_at(server.url, Trust())
    assert caught.value.cause == "untrusted" and server.url in str(caught.value)


async def test_a_certificate_for_another_name_or_past_its_end_is_told_as_such(authority: trustme.CA) -> None:
    with authority.cert_pem.tempfile() as file:
        async with tls_server(authority.issue_cert("other.example")) as server:
            with pytest.raises(BackendUnavailableError, match="for another name") as caught:
                await models_at(server.url, Trust(file))
            assert caught.value.cause == ""
        past = datetime.datetime.now(datetime.UTC) - datetime.timedelta(days=1)
        async with tls_server(authority.issue_cert("127.0.0.1", not_after=past)) as server:
            with pytest.raises(BackendUnavailableError, match="has expired"):
                await models_at(server.url, Trust(file))


async def test_https_to_a_server_that_speaks_none_says_so() -> None:
    async with serve(HELLO) as server:
        with pytest.raises(BackendUnavailableError, match="Write http://"):
            await models_at(server.url.replace("http", "https"), Trust())


@pytest.mark.parametrize("content", [None, "no certificate"])
def test_certificates_that_cannot_be_read_are_told_where_they_are_needed(tmp_path: Path, content: str | None) -> None:
    file = tmp_path / "ca.pem"
    if content:
        file.write_text(content)
    with pytest.raises(AddressError, match=r"ca\.pem"):
        open_openai_compatible("https://box/v1", trust=Trust(str(file)))
    open_openai_compatible("http://box/v1", trust=Trust(str(file)))
