"""Whether a host is on this machine or its own network, or elsewhere: what is sent there then leaves the house.

Told by the name alone: nothing is looked up, and so nothing that a name server says can change it.
"""

import ipaddress
import re
import socket

import httpx

OWN_ENDINGS = (".local", ".localhost", ".internal", ".home.arpa", ".lan")
"""Names that no public name server gives out: mDNS, containers (host.docker.internal) and home routers use them."""

_NUMBERS = re.compile(r"[0-9a-fx.]+", re.IGNORECASE)


def host_elsewhere(url: httpx.URL) -> str:
    """Return the host of an address if it is elsewhere; "" if it is on this machine or its own network.

    A name without a dot belongs to the network. A number counts as what a system reads it as: 134744072 is 8.8.8.8.
    """
    host = url.host.rstrip(".").casefold()
    if (address := _address(host)) is not None:
        return host if address.is_global else ""
    return "" if "." not in host or host.endswith(OWN_ENDINGS) else host


def _address(host: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    try:
        address = ipaddress.ip_address(host.partition("%")[0])  # behind % stands the network card's name
    except ValueError:
        try:
            return ipaddress.ip_address(socket.inet_aton(host)) if _NUMBERS.fullmatch(host) else None
        except OSError:
            return None
    return getattr(address, "ipv4_mapped", None) or address
