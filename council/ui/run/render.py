"""From a transcript to everything the page shows of a run: pure functions, no Gradio.

Every text here is complete each time; what streams only grows, because the page is then sent the new end alone.
"""

from dataclasses import dataclass, fields

from council.domain import MAX_SEATS
from council.transcript import Transcript
from council.translation import Translator
from council.ui.run.answer_view import (
    render_actions,
    render_answer,
    render_answer_heading,
    render_earlier,
    render_notices,
    render_question,
)
from council.ui.run.ballot_view import render_ballots
from council.ui.run.debate_view import render_debate, render_minutes
from council.ui.run.pane import Pane, render_pane
from council.ui.run.progress_view import render_progress, render_status_line
from council.ui.run.standings_view import render_standings


@dataclass(frozen=True)
class View:
    """One drawing of a run; `answer` and `earlier` are Markdown, the rest HTML. An empty text hides its part."""

    question: str = ""
    earlier: str = ""
    progress: str = ""
    status_line: str = ""
    actions: str = ""
    answer_heading: str = ""
    answer: str = ""
    minutes: str = ""
    notices: str = ""
    standings: str = ""
    ballots: str = ""
    debate: str = ""
    panes: tuple[Pane, ...] = (Pane(),) * MAX_SEATS

    def values(self) -> tuple[str, ...]:
        """All texts in one fixed order: the parts, then pane by pane."""
        parts = [getattr(self, field.name) for field in fields(self) if field.name != "panes"]
        panes = [getattr(pane, field.name) for pane in self.panes for field in fields(pane)]
        return (*parts, *panes)


PARTS = tuple(field.name for field in fields(View) if field.name != "panes")
PANE_PARTS = tuple(field.name for field in fields(Pane))


def render(transcript: Transcript, words: Translator, now: float) -> View:
    """Draw a run as it is at `now` (seconds since the epoch)."""
    seats = transcript.council.speakers if transcript.council else ()
    panes = [render_pane(transcript, seat.id, words, now) for seat in seats]
    return View(
        question=render_question(transcript, words),
        earlier=render_earlier(transcript),
        progress=render_progress(transcript, words, now),
        status_line=render_status_line(transcript, words),
        actions=render_actions(transcript, words),
        answer_heading=render_answer_heading(transcript, words),
        answer=render_answer(transcript),
        minutes=render_minutes(transcript, words),
        notices=render_notices(transcript, words),
        standings=render_standings(transcript, words),
        ballots=render_ballots(transcript, words),
        debate=render_debate(transcript, words),
        panes=(*panes, *(Pane(),) * (MAX_SEATS - len(panes))),
    )
