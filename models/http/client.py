"""The connections to one server: its address, the key or the name and password it wants, and whom to trust."""

import base64
import ssl

import httpx

from models.http.errors import AddressError
from models.http.tls import Trust
from models.text import Text
from models.text import lazy_gettext as _

LEAST_SECRET_CHARACTERS = 4
"""Shorter ones stand in ordinary words by chance, and are not blotted out of messages."""


class CertificatesError(AddressError):
    """Those that are to be trusted cannot be read."""


def open_client(address: httpx.URL, *, trust: Trust, limits: httpx.Limits | None = None) -> httpx.AsyncClient:
    """Make a client that nothing of the environment changes; raises AddressError where the trust cannot be read.

    Proxy settings of the environment are ignored: they are made for the world outside.
    """
    verify: ssl.SSLContext | bool = True
    try:
        verify = trust.context()
    except OSError as error:
        if address.scheme == "https":
            reason = error.strerror or str(error)
            raise CertificatesError(
                _("The certificates to trust cannot be read from {path!r} ({reason}).", path=trust.path, reason=reason),
                advice=_("Name a file with certificates in PEM form."),
            ) from error
    return httpx.AsyncClient(base_url=address, trust_env=False, verify=verify, limits=limits or httpx.Limits())


def authorise(client: httpx.AsyncClient, key: str, server: Text) -> tuple[str, ...]:
    """Send a key with every request, and return what must not be repeated of what the server says back.

    Without a key the name and password in the server's address count, which httpx sends. Raises AddressError.
    """
    if not (key.isascii() and key.isprintable()):
        raise AddressError(
            _("The key of {server} holds a character that no key has.", server=server), advice=_("Copy it anew.")
        )
    address = client.base_url
    password = address.password
    pair = base64.b64encode(f"{address.username}:{password}".encode()).decode() if password else ""
    if key:
        client.headers["Authorization"] = f"Bearer {key}"
        client.base_url = address.copy_with(userinfo=b"")
    return tuple(secret for secret in (key, pair, password) if len(secret) >= LEAST_SECRET_CHARACTERS)
