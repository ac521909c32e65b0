"""The debate: who kept, revised or conceded, and whose first place changed; and the minutes at the end."""

from markupsafe import Markup

from council.reports.words import DEBATE_REASONS, undone
from council.transcript import Transcript
from council.translation import Translator
from council.ui.drawing import draw
from council.ui.html_parts import named_badge
from models.text import lazy_gettext as _

DECISIONS = {"keep": _("keeps"), "revise": _("revises"), "concede": _("concedes")}
STANCE_COLOUR = {"keep": "quiet", "revise": "info", "concede": "warn"}


def render_debate(transcript: Transcript, words: Translator) -> str:
    """Draw every round: whether it was held and why, the stances, and the votes that changed after it."""
    if not transcript.debates:
        return ""
    looks = {"decisions": DECISIONS, "colours": STANCE_COLOUR}
    return draw("debate", words, run=transcript, reasons=DEBATE_REASONS, undoing=undone, **looks)


def render_minutes(transcript: Transcript, words: Translator) -> str:
    """Draw what was agreed, disputed, or said by one seat alone."""
    minutes = transcript.minutes
    if minutes is None:
        return ""
    alone = [
        Markup("{} <bdi>{}</bdi>").format(named_badge(transcript, lone.seat, words), lone.point)
        for lone in minutes.said_by_one
    ]
    return draw("minutes", words, run=transcript, minutes=minutes, alone=alone)
