"""The ways in which a backend can fail; `except BackendError` catches every one of them.

BackendError
├─ BackendUnavailableError    cannot be reached, or died
├─ BackendTimeoutError        reached, then silent
├─ BackendOverloadedError     busy; try later
├─ ModelNotFoundError         does not serve this model
├─ RemoteModelError           would send the prompt to another machine, which nobody agreed to
├─ BadResponseError           unreadable, empty, or an error inside the stream
│  └─ NoAnswerError           nothing was written, or nothing but thoughts
├─ RequestRejectedError       wrong everywhere: no other backend would take it
├─ OutOfMemoryError           the weights or their context do not fit
├─ WeightsError               a file that is not, or not wholly, a model that can be run here
├─ DownloadError              weights that cannot be fetched: no room, not there, damaged on the way
└─ AllBackendsFailedError     each one that was asked failed
"""

from collections.abc import Callable, Sequence
from typing import Literal, TypedDict, Unpack

from models.text import Text, sentences, verbatim
from models.text import lazy_gettext as _

Cause = Literal[
    "",
    "no_backend",
    "no_weights",
    "weights_path",
    "memory_limit",
    "no_disk_space",
    "folder_not_writable",
    "moved",
    "refused",
    "untrusted",
]
"""What only the settings or commands of the whole program can mend: it adds the advice, as it knows their names."""


class ExplainedError(Exception):
    """An expected failure: what failed, and in a sentence of its own what to do next."""

    def __init__(self, message: Text | str, *, advice: Text | None = None) -> None:
        self.message = verbatim(message) if isinstance(message, str) else message
        self.advice = advice
        super().__init__(str(self.text))

    @property
    def text(self) -> Text:
        """The message with its advice; `str` of the error gives it in English."""
        return sentences([self.message, *([self.advice] if self.advice else [])])


class _Known(TypedDict, total=False):
    """What every error of a backend may be told besides its message."""

    advice: Text | None
    backend: str
    cause: Cause
    errors: "Sequence[BackendError]"


class BackendError(ExplainedError):
    """An expected failure of a backend; `errors` holds those that led to it where several backends were asked."""

    def __init__(
        self,
        message: Text | str,
        *,
        advice: Text | None = None,
        backend: str = "",
        cause: Cause = "",
        errors: "Sequence[BackendError]" = (),
    ) -> None:
        self.backend = backend
        self.cause = cause
        self.errors = tuple(errors)
        super().__init__(message, advice=advice)

    @property
    def text(self) -> Text:
        """The message, what each backend said, and the advice; `str` of the error gives it in English."""
        own = [self.message, *self.list_errors(lambda error: error.text)]
        return sentences([*own, self.advice] if self.advice else own)

    def list_errors(self, explain: "Callable[[BackendError], Text]") -> list[Text]:
        """Name every backend that was asked, with what `explain` makes of its error; each once."""
        named = (_("{backend}: {fault}", backend=error.backend, fault=explain(error)) for error in self.errors)
        return list(dict.fromkeys(named))


class BackendUnavailableError(BackendError):
    """The backend cannot be reached or went away."""


class BackendTimeoutError(BackendError):
    """The backend was reached and then said nothing for too long."""


class BackendOverloadedError(BackendError):
    """The backend is too busy; `retry_after` is in seconds where it said so."""

    def __init__(self, message: Text | str, *, retry_after: float | None = None, **known: Unpack[_Known]) -> None:
        super().__init__(message, **known)
        self.retry_after = retry_after


class ModelNotFoundError(BackendError):
    """The backend does not serve this model, which is named in `model` where the advice needs it."""

    def __init__(self, message: Text | str, *, model: str = "", **known: Unpack[_Known]) -> None:
        super().__init__(message, **known)
        self.model = model


class RemoteModelError(BackendError):
    """The model is run at `host`, elsewhere, and nobody agreed to have anything sent there."""

    def __init__(self, message: Text | str, *, host: str, **known: Unpack[_Known]) -> None:
        super().__init__(message, **known)
        self.host = host


class BadResponseError(BackendError):
    """The response cannot be read, is empty, or reports an error in the middle of the stream."""


class NoAnswerError(BadResponseError):
    """The model wrote no answer; with `has_thinking` it only thought, and may answer when asked with `think=False`."""

    def __init__(self, message: Text | str, *, has_thinking: bool = False, **known: Unpack[_Known]) -> None:
        super().__init__(message, **known)
        self.has_thinking = has_thinking


class RequestRejectedError(BackendError):
    """The request itself is wrong, so no other backend is asked."""


class OutOfMemoryError(BackendError):
    """The weights or their context do not fit in the memory that is free."""


class WeightsError(BackendError):
    """A file is not, or not wholly, a model that can be run here."""


class DownloadError(BackendError):
    """Weights cannot be fetched: no room on the disk, not on the hub any more, damaged on the way."""


class AllBackendsFailedError(BackendError):
    """Every backend that could be asked failed; `errors` holds one error for each, in the order asked."""
