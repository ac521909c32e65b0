"""Where a server may send a request on to: another place on the same host, and never a key to another one."""

import httpx

MOST_REDIRECTS = 5
_FOLLOWED = frozenset({301, 302, 307, 308})
_PORTS = {"http": 80, "https": 443}


def new_address(response: httpx.Response) -> httpx.URL | None:
    """Return the address that a response sends its request on to, with the same user as before; None for no redirect.

    A request is repeated as it was, also where a browser would make a GET of it. Raises httpx.InvalidURL.
    """
    request, location = response.request, response.headers.get("location", "")
    is_followed = response.status_code in _FOLLOWED or (response.status_code, request.method) == (303, "GET")
    if not (location and is_followed):
        return None
    url = request.url.join(location)
    if url.scheme not in _PORTS or not url.host:
        raise httpx.InvalidURL("no address of a server")
    return url.copy_with(username=request.url.username or None, password=request.url.password or None, fragment=None)


def is_same_place(old: httpx.URL, new: httpx.URL) -> bool:
    """Tell whether what may go to the old address may go to the new one: the same host and port, or the host by TLS."""
    if old.host != new.host:
        return False
    if (old.scheme, new.scheme) == ("http", "https"):
        return True
    return old.scheme == new.scheme and _port(old) == _port(new)


def _port(url: httpx.URL) -> int:
    return url.port or _PORTS[url.scheme]
