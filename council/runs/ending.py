"""Why a run ends before its end, and what to do about it."""

from dataclasses import dataclass
from typing import Literal

from models.text import Text, sentences
from models.text import lazy_gettext as _


@dataclass(frozen=True)
class Ending:
    """Why a run ends before its end, and what to do about it."""

    status: Literal["failed", "stopped", "interrupted"]
    reason: Text
    advice: Text | None = None

    @property
    def text(self) -> Text:
        """The reason with its advice."""
        return sentences([self.reason, *([self.advice] if self.advice else [])])


_RESUME = _("Resume it: what was said is kept.")
STOPPED = Ending("stopped", _("You stopped the run."), _RESUME)
RETRIED = Ending("stopped", _("The run was stopped to ask a seat again."))
CLOSED = Ending("interrupted", _("The program was closed in the middle of the run."), _RESUME)
CRASHED = Ending(
    "failed",
    _("The run broke off because of an error in the program; its log says more."),
    _("Resume the run: what was said is kept."),
)


def abandoned(seconds: float) -> Ending:
    """The end of a run that nobody followed for so long, which was more than it seemed to need."""
    reason = _(
        "Nobody followed the run for {seconds} s, which is longer than it seemed to need.", seconds=round(seconds)
    )
    return Ending("interrupted", reason, _RESUME)
