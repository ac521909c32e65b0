"""A server may send a request on within itself; to another one it does not go, and the key least of all."""

import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
import trustme

from models.errors import BackendError, BackendUnavailableError, BadResponseError
from models.http.tls import Trust
from models.ollama.backend import open_ollama
from models.openai.backend import OpenAICompatibleBackend, open_openai_compatible
from tests.models.http.wire_server import Call, Handler, Wire, WireServer, serve
from tests.models.ollama.ollama_script import listen as listen_to_ollama
from tests.models.scripts import OLLAMA_DONE, OPENAI_DONE, ollama_line, ollama_server, openai_piece, openai_server, says
from tests.models.speaker import CONFIG, QUESTION, final_text

pytestmark = pytest.mark.anyio
INNER = openai_server(says(openai_piece("Yes"), OPENAI_DONE))


def moved(status: int, to: str, *, prefix: str = "/new") -> Handler:
    """Send everything on to the same path behind `to` and a prefix, under which it is answered."""

    async def handle(call: Call, wire: Wire) -> None:
        if call.path.startswith(prefix + "/"):
            await INNER(Call(call.method, call.path.removeprefix(prefix), call.body, call.headers), wire)
        else:
            await wire.json({}, status=status, headers={"Location": f"{to}{prefix}{call.path}"})

    return handle


async def ask(backend: OpenAICompatibleBackend) -> str:
    async with backend.stream("tiny", QUESTION, CONFIG) as chunks:
        return final_text([chunk async for chunk in chunks])


@asynccontextmanager
async def opened(url: str, key: str = "sk-key", trust: Trust = Trust()) -> AsyncIterator[OpenAICompatibleBackend]:  # noqa: B008
    backend = open_openai_compatible(url, api_key=key, trust=trust)
    try:
        yield backend
    finally:
        await backend.close()


@pytest.mark.parametrize("status", [301, 302, 307, 308])
async def test_a_request_goes_on_to_another_place_of_the_same_server_with_its_body_and_key(status: int) -> None:
    async with serve(moved(status, "")) as server, opened(server.url) as backend:
        assert await ask(backend) == "Yes"
        assert (await backend.health()).ok
    first, second = server.calls[0], server.calls[1]
    assert (first.method, first.body) == (second.method, second.body) and second.body["model"] == "tiny"
    assert second.headers["authorization"] == "Bearer sk-key"


async def test_the_name_and_password_of_an_address_go_on_too() -> None:
    inner = ollama_server(says(ollama_line("Yes"), OLLAMA_DONE))

    async def handle(call: Call, wire: Wire) -> None:
        if call.path.startswith("/new"):
            await inner(Call(call.method, call.path.removeprefix("/new"), call.body, call.headers), wire)
        else:
            await wire.json({}, status=307, headers={"Location": f"/new{call.path}"})

    async with serve(handle) as server:
        backend = open_ollama(server.url.replace("//", "//ada:secret@"))
        assert final_text(await listen_to_ollama(backend)) == "Yes"
        await backend.close()
    assert {call.headers.get("authorization") for call in server.calls} == {"Basic YWRhOnNlY3JldA=="}


@pytest.mark.parametrize("status", [301, 307, 308])
async def test_another_server_is_not_asked_and_named(status: int) -> None:
    async with serve(INNER) as other:
        async with serve(moved(status, other.url)) as server, opened(server.url) as backend:
            with pytest.raises(BackendUnavailableError, match=f"sends us on to another server, '{other.url}") as caught:
                await ask(backend)
            assert not (await backend.health()).ok
        assert other.calls == []
    assert caught.value.cause == "moved"


@pytest.mark.parametrize(
    "location",
    ["//other.example/v1", "https://127.0.0.2/v1", "http://user:pw@other.example/", "ftp://127.0.0.1/", "http://["],
)
async def test_no_key_leaves_in_any_form_of_address(location: str) -> None:
    async with serve(moved(307, location)) as server, opened(server.url) as backend:
        with pytest.raises(BackendError) as caught:
            await ask(backend)
    assert len(server.calls) == 1 and "sk-key" not in str(caught.value) and ":pw" not in str(caught.value)


async def test_a_circle_ends() -> None:
    async def round_and_round(call: Call, wire: Wire) -> None:
        await wire.json({}, status=307, headers={"Location": call.path})

    async with serve(round_and_round) as server, opened(server.url) as backend:
        with pytest.raises(BadResponseError, match="sends every request elsewhere"):
            await ask(backend)
    assert len(server.calls) < 10


async def test_a_question_is_not_made_a_request_to_look() -> None:
    async with serve(moved(303, "")) as server, opened(server.url) as backend:
        with pytest.raises(BadResponseError, match="HTTP 303"):
            await ask(backend)
        assert (await backend.health()).ok


@pytest.fixture(scope="module")
def authority() -> trustme.CA:
    return trustme.CA()


@pytest.fixture
async def safe(authority: trustme.CA) -> AsyncIterator[WireServer]:
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("127.0.0.1").configure_cert(tls)
    async with serve(moved(307, ""), tls=tls) as server:
        yield server


async def test_the_same_host_may_ask_for_tls_but_not_for_none(authority: trustme.CA, safe: WireServer) -> None:
    with authority.cert_pem.tempfile() as file:
        async with serve(moved(308, safe.url)) as server, opened(server.url, trust=Trust(file)) as backend:
            assert await ask(backend) == "Yes"
        async with serve(INNER) as open_server:

            async def downgrade(call: Call, wire: Wire) -> None:
                await wire.json({}, status=308, headers={"Location": open_server.url + call.path})

            tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            authority.issue_cert("127.0.0.1").configure_cert(tls)
            async with serve(downgrade, tls=tls) as server, opened(server.url, trust=Trust(file)) as backend:
                with pytest.raises(BackendUnavailableError, match="another server, 'http://127"):
                    await ask(backend)
            assert open_server.calls == []
