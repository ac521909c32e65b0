"""What a server or the proxy before it wants to know of us: a key, or a name and password; and that neither is told."""

from collections.abc import Callable

import pytest

from models.base import Backend
from models.errors import BackendError, BackendUnavailableError
from models.http.errors import AddressError, without_password
from models.ollama.backend import open_ollama
from models.openai.backend import open_openai_compatible
from tests.models.http.wire_server import Call, Handler, Wire, serve
from tests.models.scripts import OLLAMA_DONE, OPENAI_DONE, ollama_line, ollama_server, openai_piece, openai_server, says
from tests.models.speaker import CONFIG, QUESTION, final_text

pytestmark = pytest.mark.anyio
Open = Callable[[str, str], Backend]
BACKENDS: dict[str, tuple[Open, Handler]] = {
    "ollama": (
        lambda url, key: open_ollama(url, api_key=key),
        ollama_server(says(ollama_line("Yes"), OLLAMA_DONE)),
    ),
    "openai": (
        lambda url, key: open_openai_compatible(url, api_key=key),
        openai_server(says(openai_piece("Yes"), OPENAI_DONE)),
    ),
}


def guarded(inner: Handler, wanted: str) -> Handler:
    """Let through who says the right thing, and say back what others said."""

    async def handle(call: Call, wire: Wire) -> None:
        said = call.headers.get("authorization", "")
        if said == wanted:
            await inner(call, wire)
        else:
            await wire.json({"error": f"not with {said}"}, status=401)

    return handle


async def ask(backend: Backend) -> str:
    try:
        async with backend.stream("tiny", QUESTION, CONFIG) as chunks:
            return final_text([chunk async for chunk in chunks])
    finally:
        await backend.close()


@pytest.mark.parametrize("name", BACKENDS)
async def test_a_key_opens_what_is_closed_without_it(name: str) -> None:
    opened, inner = BACKENDS[name]
    async with serve(guarded(inner, "Bearer sk-secret")) as server:
        assert await ask(opened(server.url, "sk-secret")) == "Yes"
        for key in ("", "sk-other"):
            with pytest.raises(BackendUnavailableError, match="refuses us") as caught:
                await ask(opened(server.url, key))
            assert caught.value.cause == "refused" and "sk-other" not in str(caught.value)


@pytest.mark.parametrize("name", BACKENDS)
async def test_a_name_and_password_in_the_address_open_too_and_a_key_goes_before_them(name: str) -> None:
    opened, inner = BACKENDS[name]
    async with serve(guarded(inner, "Basic YWRhOnMzY3IzdA==")) as server:
        assert await ask(opened(server.url.replace("//", "//ada:s3cr3t@"), "")) == "Yes"
    async with serve(guarded(inner, "Bearer sk-secret")) as server:
        assert await ask(opened(server.url.replace("//", "//ada:s3cr3t@"), "sk-secret")) == "Yes"


@pytest.mark.parametrize("name", BACKENDS)
@pytest.mark.parametrize("status", [200, 400, 429, 500])
async def test_what_is_said_back_of_a_secret_is_blotted_out(name: str, status: int) -> None:
    async def echo(call: Call, wire: Wire) -> None:
        await wire.json({"error": f"no: {call.headers['authorization']}, s3cr3t"}, status=status)

    opened, _ = BACKENDS[name]
    async with serve(echo) as server:
        for url, key in ((server.url, "sk-secret"), (server.url.replace("//", "//ada:s3cr3t@"), "")):
            with pytest.raises(BackendError) as caught:
                await ask(opened(url, key))
            for secret in ("sk-secret", "YWRhOnMzY3IzdA==", *(["s3cr3t"] if not key else [])):
                assert secret not in str(caught.value)


@pytest.mark.parametrize("name", BACKENDS)
@pytest.mark.parametrize("key", ["sk-secret\n", "sk-sécret"])
def test_a_key_that_cannot_be_sent_is_refused_without_repeating_it(name: str, key: str) -> None:
    with pytest.raises(AddressError, match="Copy it anew") as caught:
        BACKENDS[name][0]("http://box", key)
    assert "cret" not in str(caught.value)


@pytest.mark.parametrize(
    "address", ["http://ada:s3cr3t@box", "ada:s3cr3t@box:11434", "https://s3cr3t@box/v1", "ftp://a:b@s3cr3t@box"]
)
def test_an_address_is_shown_without_what_stands_before_the_host(address: str) -> None:
    assert "s3cr3t" not in without_password(address) and "box" in without_password(address)


def test_a_wrong_address_is_told_without_its_password() -> None:
    with pytest.raises(AddressError) as caught:
        open_openai_compatible("ftp://ada:s3cr3t@box")
    assert "s3cr3t" not in str(caught.value)
    with pytest.raises(AddressError) as caught:
        open_ollama("ftp://ada:s3cr3t@box")
    assert "s3cr3t" not in str(caught.value)
