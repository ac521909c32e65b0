"""What went wrong with a server, as errors of this project: httpx's failures, and those that a server reports itself.

Every message begins with the server's name, which is filled in here; what mends a failure each backend says itself.
"""

import math
import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any, Literal

import httpx

from models.characters import well_formed
from models.errors import (
    BackendError,
    BackendOverloadedError,
    BackendTimeoutError,
    BackendUnavailableError,
    BadResponseError,
    Cause,
    ExplainedError,
    ModelNotFoundError,
    OutOfMemoryError,
    RequestRejectedError,
)
from models.http.reading.json_values import load_json
from models.http.tls import find_tls_fault
from models.text import NOTHING, Text
from models.text import lazy_gettext as _

MAX_REASON_CHARACTERS = 300
MOST_WRAPPINGS = 8
_USER = re.compile(r"(?P<scheme>^|//)[^/]*@")
_PARAMETER = re.compile(r'"param(?:eter)?"\s*:\s*"(?P<name>[^"]{1,100})"')


class AddressError(ExplainedError, ValueError):
    """An address or a key that cannot be one."""


def without_password(address: str) -> str:
    """Return an address as it may be shown: whatever stands before the host may be secret, also in a wrong address."""
    return _USER.sub(r"\g<scheme>(set)@", address)


BROKE_OFF = _("{server} broke off the connection.")
UNREACHABLE = _("{server} cannot be reached.")
NO_REPLY = _("{server} does not answer.")
WENT_SILENT = _("{server} went silent.")

HTTPX_FAILURES: Mapping[type[httpx.RequestError], tuple[type[BackendError], Text]] = {
    httpx.ConnectError: (BackendUnavailableError, NO_REPLY),
    httpx.ConnectTimeout: (BackendUnavailableError, NO_REPLY),
    httpx.PoolTimeout: (BackendUnavailableError, _("{server} has no connection left.")),
    httpx.ProxyError: (BackendUnavailableError, _("{server} cannot be reached through the proxy.")),
    httpx.ReadTimeout: (BackendTimeoutError, WENT_SILENT),
    httpx.WriteTimeout: (BackendTimeoutError, _("{server} takes no data.")),
    httpx.TimeoutException: (BackendTimeoutError, WENT_SILENT),
    httpx.ReadError: (BackendUnavailableError, BROKE_OFF),
    httpx.WriteError: (BackendUnavailableError, BROKE_OFF),
    httpx.CloseError: (BackendUnavailableError, BROKE_OFF),
    httpx.NetworkError: (BackendUnavailableError, BROKE_OFF),
    httpx.RemoteProtocolError: (BackendUnavailableError, _("{server} broke off in the middle of an answer.")),
    # The text of this one can hold a header, and with it a key: it is never repeated.
    httpx.LocalProtocolError: (
        BackendUnavailableError,
        _("{server} cannot be asked: its address or key holds a wrong character."),
    ),
    httpx.ProtocolError: (BackendUnavailableError, _("{server} does not speak HTTP as expected.")),
    httpx.UnsupportedProtocol: (
        BackendUnavailableError,
        _("{server} has an address that begins neither http:// nor https://."),
    ),
    httpx.TransportError: (BackendUnavailableError, UNREACHABLE),
    httpx.DecodingError: (BadResponseError, _("{server} sent data that cannot be decompressed.")),
    httpx.TooManyRedirects: (BadResponseError, _("{server} sends every request elsewhere.")),
    httpx.RequestError: (BackendUnavailableError, UNREACHABLE),
}


@contextmanager
def map_http_errors(server: Text, advice: Text, *, backend: str) -> Iterator[None]:
    """Turn every failure of httpx into a BackendError about this server."""
    try:
        yield
    except httpx.RequestError as error:
        if fault := find_tls_fault(error):
            told, more = fault.message.fill(server=server), fault.advice or advice
            cause: Cause = "untrusted" if fault.needs_trust else ""
            raise BackendUnavailableError(told, advice=more, backend=backend, cause=cause) from error
        kind, message = next(HTTPX_FAILURES[cls] for cls in type(error).__mro__ if cls in HTTPX_FAILURES)
        raise kind(message.fill(server=server), advice=advice, backend=backend) from error
    except httpx.InvalidURL as error:
        message = _("{server} has an address that cannot be read.", server=server)
        raise BackendUnavailableError(message, advice=advice, backend=backend) from error


Failure = Literal[
    "too_busy",
    "refused",
    "gave_up",
    "no_memory",
    "no_model",
    "not_in_library",
    "no_network",
    "rejected",
    "unknown_request",
    "failed",
]
FAILURES: Mapping[Failure, tuple[type[BackendError], Text]] = {
    "too_busy": (BackendOverloadedError, _("{server} is too busy{reason}.")),
    "refused": (BackendUnavailableError, _("{server} refuses us (HTTP {status}).")),
    "gave_up": (BackendTimeoutError, _("{server} gave up waiting (HTTP {status}).")),
    "no_memory": (OutOfMemoryError, _("{server} has not enough memory for {model!r}{reason}.")),
    "no_model": (ModelNotFoundError, _("{server} does not have {model!r}.")),
    "not_in_library": (ModelNotFoundError, _("{server} does not find {model!r} in its library{reason}.")),
    "no_network": (BackendUnavailableError, _("{server} cannot reach its library to get {model!r}.")),
    "rejected": (RequestRejectedError, _("{server} rejects the request{reason}.")),
    "unknown_request": (BadResponseError, _("{server} does not know this request (HTTP {status}).")),
    "failed": (BadResponseError, _("{server} failed{reason}.")),
}
STATUSES: Mapping[int, Failure] = {
    400: "rejected",
    401: "refused",
    402: "refused",
    403: "refused",
    408: "gave_up",
    413: "rejected",
    422: "rejected",
    429: "too_busy",
    503: "too_busy",
    504: "gave_up",
}


@dataclass(frozen=True, slots=True)
class ServerErrors:
    """What the errors of one kind of server mean, and what mends each.

    The first of the `patterns` that a server's words match counts, where its status does not tell everything.
    """

    backend: str
    patterns: Sequence[tuple[Failure, re.Pattern[str]]]
    advice: Mapping[Failure, Text]

    def of_response(
        self, server: Text, status: int, body: str, headers: Mapping[str, str], *, model: str
    ) -> BackendError:
        """Make the error for a response that is not a success; `model` is the one asked for, "" for none."""
        reason = message_of(body)
        failure = STATUSES.get(status, "failed" if 500 <= status < 600 else "unknown_request")
        if failure not in ("too_busy", "refused", "gave_up"):
            failure = self._find(reason) or failure
        if failure == "no_model" and not model:
            failure = "unknown_request"
        if failure == "refused":
            reason = ""  # it may hold the key
        elif failure == "failed":
            reason = reason or f"HTTP {status}"
        error = self._make(failure, server, reason, model=model, status=str(status))
        if isinstance(error, BackendOverloadedError):
            error.retry_after = retry_after(headers)
            if error.retry_after is not None:
                error.advice = _("It asks to wait {seconds} s.", seconds=math.ceil(error.retry_after))
        return error

    def of_words(self, server: Text, reason: str, *, status: int = 0, model: str) -> BackendError:
        """Make the error for a failure that a server tells in the middle of an answer; `status` is 0 where it has none.

        The request was taken before, so that only a status that says more than "failed" counts.
        """
        failure = self._find(reason) or STATUSES.get(status, "failed")
        return self._make(failure, server, "" if failure == "refused" else reason, model=model, status=str(status))

    def of_redirect(self, server: Text, address: httpx.URL) -> BackendError:
        """Make the error for a server that sends us to another one, which is not asked: it may not have the key."""
        shown = str(address.copy_with(userinfo=b"", query=None))[:MAX_REASON_CHARACTERS]
        return BackendUnavailableError(
            _("{server} sends us on to another server, {address!r}.", server=server, address=shown),
            advice=_("Set that address instead, if you know it."),
            backend=self.backend,
            cause="moved",
        )

    def _find(self, reason: str) -> Failure | None:
        return next((failure for failure, pattern in self.patterns if pattern.search(reason)), None)

    def _make(self, failure: Failure, server: Text, reason: str, *, model: str, status: str = "") -> BackendError:
        kind, message = FAILURES[failure]
        message = message.fill(server=server, model=model, reason=in_parentheses(reason), status=status)
        advice = self.advice.get(failure)
        told = advice.fill(model=model) if advice else None
        return kind(message, advice=told, backend=self.backend, cause="refused" if failure == "refused" else "")


def message_of(body: Any, *, depth: int = 0) -> str:
    """Find the sentence in an error of any of the usual shapes; text that is no JSON is the sentence itself."""
    if depth > MOST_WRAPPINGS:
        return ""
    if isinstance(body, str):
        try:
            return message_of(load_json(body.encode(errors="replace")), depth=depth + 1) or body
        except ValueError:
            return well_formed(body)
    if isinstance(body, dict):
        told = (body[key] for key in ("error", "message", "detail") if body.get(key))
        return next((message_of(part, depth=depth + 1) for part in told), "")
    return well_formed(str(body)) if body is not None else ""


def code_of(told: Any) -> int:
    """Return the HTTP status inside an error that a server tells in a stream; 0 where there is none."""
    code = str(told.get("code")) if isinstance(told, dict) else ""
    return int(code) if code.isdecimal() and len(code) == 3 else 0


def words_of(body: str) -> str:
    """Return what a refusal says, with the parameter that it names beside its sentence."""
    parameter = _PARAMETER.search(body)
    return f"{message_of(body)} {parameter['name'] if parameter else ''}"


def in_parentheses(reason: str) -> Text:
    """Return what a server said, on one line and shortened, to stand before the full stop of a message."""
    words = " ".join(reason.split())[:MAX_REASON_CHARACTERS]
    return Text(" ({words!r})", {"words": words}) if words else NOTHING


def retry_after(headers: Mapping[str, str], *, now: datetime | None = None) -> float | None:
    """Return the seconds that a Retry-After header asks to wait, also where it names a date; None without a figure.

    A date is compared with the server's own clock where it tells the time.
    """
    asked = headers.get("retry-after", "").strip()
    try:
        seconds = float(headers.get("retry-after-ms", "")) / 1000
    except ValueError:
        try:
            seconds = float(asked)
        except ValueError:
            then, here = _date(asked), _date(headers.get("date", "")) or now or datetime.now(UTC)
            seconds = (then - here).total_seconds() if then else math.nan
    return max(0.0, seconds) if math.isfinite(seconds) else None


def _date(text: str) -> datetime | None:
    try:
        moment = parsedate_to_datetime(text)
    except (ValueError, IndexError, OverflowError):
        return None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
