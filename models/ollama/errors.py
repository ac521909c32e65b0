"""What an Ollama server's errors mean, and which command mends each of them.

It tells the kind of an error only by its status and its wording; both were seen on servers 0.5.4 and 0.9.3.
"""

import re
from collections.abc import Mapping

from pydantic import BaseModel

from models.errors import (
    BackendError,
    BackendOverloadedError,
    BackendTimeoutError,
    BackendUnavailableError,
    BadResponseError,
    ModelNotFoundError,
    OutOfMemoryError,
    RequestRejectedError,
)
from models.http.server import retry_after
from models.ollama.wire import BACKEND

REMEDY = "Start it with `ollama serve`."

_NO_MEMORY = re.compile(
    r"more system memory|out of memory|cudamalloc failed|unable to allocate|insufficient memory", re.I
)
_NO_MODEL = re.compile(r"model .*not found|try pulling it|file does not exist", re.I | re.S)
_NO_NETWORK = re.compile(r"dial tcp|no such host|lookup |i/o timeout|connection refused|network is unreachable", re.I)
_BAD_REQUEST = re.compile(r"invalid json schema|failed to parse grammar|failed to load model vocabulary|grammar", re.I)


def error_for_status(server: str, status: int, text: str, headers: Mapping[str, str], *, model: str) -> BackendError:
    """Make the error for a response that is not a success; `model` is the one asked for, "" for none."""
    reason = _reason(text)
    if status == 429 or status == 503:
        message = f"{server} is too busy{_quoted(reason)}. Wait a moment, or run fewer requests in parallel."
        return BackendOverloadedError(message, backend=BACKEND, retry_after=retry_after(headers))
    if status in (401, 403):
        return BackendUnavailableError(
            f"{server} refuses us (HTTP {status}). Check its address and its key.", backend=BACKEND
        )
    if status in (408, 504):
        return BackendTimeoutError(f"{server} gave up waiting (HTTP {status}). Look at `ollama ps`.", backend=BACKEND)
    if _NO_MEMORY.search(reason) or (model and _NO_MODEL.search(reason)):
        return error_for_line(server, reason, model=model)
    if status == 404 or not (400 <= status < 600):
        message = (
            f"{server} does not know this request (HTTP {status}). "
            "Check that Ollama itself, and a recent one, answers there: `ollama --version`."
        )
        return BadResponseError(message, backend=BACKEND)
    if status < 500:
        return RequestRejectedError(f"{server} rejects the request for {model!r}{_quoted(reason)}.", backend=BACKEND)
    return error_for_line(server, reason or f"HTTP {status}", model=model)


def error_for_line(server: str, reason: str, *, model: str) -> BackendError:
    """Make the error for an error that came as text, in a failed response or in the middle of a good one."""
    if _NO_MEMORY.search(reason):
        message = (
            f"{server} has not enough memory for {model!r}{_quoted(reason)}. "
            "Free some with `ollama stop MODEL` (`ollama ps` lists them) or choose a smaller model."
        )
        return OutOfMemoryError(message, backend=BACKEND)
    if _NO_MODEL.search(reason):
        return ModelNotFoundError(
            f"{server} does not have {model!r}. Get it with `ollama pull {model}`.", backend=BACKEND
        )
    if _BAD_REQUEST.search(reason):
        return RequestRejectedError(f"{server} rejects the request for {model!r}{_quoted(reason)}.", backend=BACKEND)
    message = (
        f"{server} failed while running {model!r}{_quoted(reason)}. "
        "Try again; if it stays, stop the server and start it with `ollama serve`."
    )
    return BadResponseError(message, backend=BACKEND)


def error_for_pull(server: str, reason: str, *, model: str) -> BackendError:
    """Make the error for a download that the server could not do."""
    if _NO_NETWORK.search(reason):
        message = (
            f"{server} cannot reach its library to get {model!r}. Connect this machine, then run `ollama pull {model}`."
        )
        return BackendUnavailableError(message, backend=BACKEND)
    if _NO_MODEL.search(reason) or "manifest" in reason:
        message = (
            f"Ollama's library has no {model!r}{_quoted(reason)}. "
            "Check the spelling; `ollama list` shows what is installed."
        )
        return ModelNotFoundError(message, backend=BACKEND)
    message = f"{server} could not get {model!r}{_quoted(reason)}. Try again with `ollama pull {model}`."
    return BadResponseError(message, backend=BACKEND)


class _ErrorBody(BaseModel):
    error: str


def _reason(text: str) -> str:
    try:
        return _ErrorBody.model_validate_json(text).error
    except ValueError:
        return text


def _quoted(reason: str) -> str:
    return f" ({' '.join(reason.split())[:300]!r})" if reason.strip() else ""
