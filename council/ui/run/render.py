"""From a transcript to everything the page shows of a run: pure functions, no Gradio.

Every text here is complete each time; what streams only grows, because the page is then sent the new end alone.
"""

from collections.abc import Callable
from dataclasses import dataclass, fields
from functools import partial
from typing import TypeVar

from council.domain import MAX_SEATS
from council.transcript import Transcript
from council.translation import Translator
from council.ui.error_boundary import error_boundary
from council.ui.html_parts import note
from council.ui.run.answer_view import (
    render_actions,
    render_answer,
    render_answer_heading,
    render_earlier,
    render_notices,
    render_question,
    render_unkept,
)
from council.ui.run.ballot_view import render_ballots
from council.ui.run.debate_view import render_debate, render_minutes
from council.ui.run.pane import Pane, render_pane
from council.ui.run.progress_view import render_progress, render_status_line
from council.ui.run.standings_view import render_standings
from models.text import lazy_gettext as _

Part = TypeVar("Part", str, Pane)
STALE = _("Part of what you see may be out of date: Council could not draw it; its log says more.")


@dataclass(frozen=True)
class View:
    """One drawing of a run; `answer` and `earlier` are Markdown, the rest HTML. An empty text hides its part.

    `faults` names the parts that could not be drawn; they are those of an earlier drawing, and `apology` says so.
    """

    question: str = ""
    earlier: str = ""
    progress: str = ""
    status_line: str = ""
    actions: str = ""
    answer_heading: str = ""
    answer: str = ""
    minutes: str = ""
    apology: str = ""
    notices: str = ""
    standings: str = ""
    ballots: str = ""
    debate: str = ""
    panes: tuple[Pane, ...] = (Pane(),) * MAX_SEATS
    faults: frozenset[str] = frozenset()

    def values(self) -> tuple[str, ...]:
        """All texts in one fixed order: the parts, then pane by pane."""
        panes = [getattr(pane, part) for pane in self.panes for part in PANE_PARTS]
        return (*(getattr(self, part) for part in PARTS), *panes)


PARTS = tuple(field.name for field in fields(View) if field.type == "str" or field.type is str)
PANE_PARTS = tuple(field.name for field in fields(Pane))


def render(transcript: Transcript, words: Translator, now: float, *, last: View | None = None) -> View:
    """Draw a run as it is at `now` (seconds since the epoch).

    Where a part cannot be drawn, which is a bug, it stays as it was in the `last` drawing; without one, that is raised.
    """
    panes = last.panes if last else View().panes
    faults: set[str] = set()

    def drawn(part: str, draw: Callable[[], Part], before: Part) -> Part:
        if last is None:
            return draw()
        with error_boundary(is_known=part in last.faults):
            return draw()
        faults.add(part)
        return before

    texts = {part: drawn(part, draw, getattr(last, part, "")) for part, draw in _parts(transcript, words, now).items()}
    seats = transcript.council.speakers if transcript.council else ()
    for number, seat in enumerate(seats):
        draw = partial(render_pane, transcript, seat.id, words, now)
        panes = (*panes[:number], drawn(f"pane {number}", draw, panes[number]), *panes[number + 1 :])
    panes = (*panes[: len(seats)], *View().panes[len(seats) :])
    apology = note(words.text(STALE)) if faults else ""
    return View(**texts, panes=panes, apology=apology, faults=frozenset(faults))


def _parts(transcript: Transcript, words: Translator, now: float) -> dict[str, Callable[[], str]]:
    """How each part but the panes is drawn."""
    return {
        "question": lambda: render_question(transcript, words),
        "earlier": lambda: render_earlier(transcript),
        "progress": lambda: render_progress(transcript, words, now) + render_unkept(transcript, words),
        "status_line": lambda: render_status_line(transcript, words),
        "actions": lambda: render_actions(transcript, words),
        "answer_heading": lambda: render_answer_heading(transcript, words),
        "answer": lambda: render_answer(transcript),
        "minutes": lambda: render_minutes(transcript, words),
        "notices": lambda: render_notices(transcript, words),
        "standings": lambda: render_standings(transcript, words),
        "ballots": lambda: render_ballots(transcript, words),
        "debate": lambda: render_debate(transcript, words),
    }
