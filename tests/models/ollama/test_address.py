"""Every form that OLLAMA_HOST may have."""

import pytest

from models.ollama.backend import open_ollama
from models.ollama.wire import server_url

pytestmark = pytest.mark.anyio


@pytest.mark.parametrize(
    ("host", "url"),
    [
        ("127.0.0.1:11434", "http://127.0.0.1:11434"),
        ("http://10.0.0.7:11434", "http://10.0.0.7:11434"),
        ("http://10.0.0.7:11434/", "http://10.0.0.7:11434"),
        ("https://box.example", "https://box.example:443"),
        ("http://box.example", "http://box.example:80"),
        ("0.0.0.0", "http://127.0.0.1:11434"),  # noqa: S104 - nothing is bound
        ("0.0.0.0:8080", "http://127.0.0.1:8080"),
        (":11500", "http://127.0.0.1:11500"),
        ("", "http://127.0.0.1:11434"),
        ("box", "http://box:11434"),
        ("localhost", "http://localhost:11434"),
        ("::1", "http://[::1]:11434"),
        ("[::1]", "http://[::1]:11434"),
        ("[::1]:11500", "http://[::1]:11500"),
        ("[::]:11500", "http://[::1]:11500"),
        ("fe80::1", "http://[fe80::1]:11434"),
        (' "box:11500" ', "http://box:11500"),
        ("box:11500/ollama", "http://box:11500/ollama"),
        ("HTTP://Box:11500", "http://box:11500"),
    ],
)
def test_every_form_of_ollama_host_is_read(host: str, url: str) -> None:
    address = server_url(host)
    explicit = f"{address.scheme}://[{address.host}]" if ":" in address.host else f"{address.scheme}://{address.host}"
    port = address.port or {"http": 80, "https": 443}[address.scheme]
    assert f"{explicit}:{port}{address.path.rstrip('/')}" == url


@pytest.mark.parametrize("host", ["ftp://box", "box:port", "box:99999", "two words", "http://", "box?x=1", "http://:x"])
def test_an_address_that_cannot_be_meant_is_refused_with_an_example(host: str) -> None:
    with pytest.raises(ValueError, match=r"no address of an Ollama server\. Write for example"):
        open_ollama(host)
