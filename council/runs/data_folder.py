"""The folder in which the program keeps what it knows: made where there is none, and nobody else's to read."""

from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from council.errors import HistoryError
from models.text import lazy_gettext as _

OWN = ("history.db*", "trials.json*", "weights", "tmp")
"""What the program makes in it; a folder that holds anything else is not its own, and is left as it is."""


def make_folder(folder: Path) -> None:
    """Make the folder; not to be called once it was there: it may lie on a disk that was taken out."""
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise HistoryError(
            _("The folder '{folder}' cannot be made: {error}.", folder=str(folder), error=error.strerror or ""),
            advice=_("Set COUNCIL_DATA_DIR to another one."),
        ) from error


def make_private(folder: Path) -> None:
    """Take from others the right to read what the program made there, which older versions let them do."""
    with suppress(OSError):  # where nothing can be changed, what is there may still be read
        for path in _private(folder):
            path.chmod(0o700 if path.is_dir() else 0o600)


def _private(folder: Path) -> Iterator[Path]:
    own = {path for pattern in OWN for path in folder.glob(pattern) if not path.is_symlink()}
    yield from own
    if set(folder.iterdir()) <= own:
        yield folder
