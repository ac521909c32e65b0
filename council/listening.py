"""The port that the page is served at: the server takes it, and the doctor tries whether it can be taken."""

import errno
import socket

from council.errors import ConfigurationError
from models.text import lazy_gettext as _


def listen(host: str, port: int) -> socket.socket:
    """Take a port; raises ConfigurationError with the next step where that cannot be."""
    listener = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((host, port))
    except OSError as error:
        listener.close()
        if error.errno == errno.EADDRINUSE:
            raise ConfigurationError(
                _(
                    "Port {port} of {host} is in use, perhaps by a Council that runs already.",
                    port=str(port),
                    host=host,
                ),
                advice=_(
                    "Stop that program, or take another port: `./scripts/run.sh --port {other}`, or set COUNCIL_PORT.",
                    other=str(port % 65_535 + 1),
                ),
            ) from error
        raise ConfigurationError(
            _(
                "The page cannot be served at {host}, port {port}: {reason}.",
                host=host,
                port=str(port),
                reason=str(error.strerror or error),
            ),
            advice=_("Set COUNCIL_HOST and COUNCIL_PORT to an address of this machine."),
        ) from error
    return listener
