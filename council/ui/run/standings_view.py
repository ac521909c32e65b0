"""The standings as bars from 0 to 1, with what stands behind them."""

from collections.abc import Iterator

from council.domain import Standings
from council.transcript import Transcript
from council.translation import Translator
from council.ui.drawing import draw

TICKS = (0.0, 0.25, 0.5, 0.75, 1.0)


def render_standings(transcript: Transcript, words: Translator) -> str:
    """Draw the last count, or nothing while there is none."""
    standings = transcript.final_standings
    if standings is None or not standings.order:
        return ""
    return draw(
        "standings",
        words,
        run=transcript,
        standings=standings,
        ticks=TICKS,
        facts=_facts(standings, words),
        is_close=standings.winner is None and 0 < standings.margin < max(standings.weights.values(), default=1.0),
        margin=words.number(_margin(standings)),
    )


def _margin(standings: Standings) -> float:
    return round(standings.margin, 1 if standings.margin >= 1 else 2)


def _facts(standings: Standings, words: Translator) -> Iterator[str]:
    yield words.ngettext("{n} voter", "{n} voters", standings.voters)
    if standings.abstained:
        yield words.ngettext("{n} abstained", "{n} abstained", standings.abstained)
    if standings.families:
        yield words.ngettext("{n} model family", "{n} model families", standings.families)
    if standings.agreement is not None and standings.voters > 1:  # one voter alone agrees with itself
        yield words.gettext("{share:.0%} agreement", share=standings.agreement)
    if standings.margin > 0:
        yield words.ngettext("lead of {n} pairwise vote", "lead of {n} pairwise votes", _margin(standings))
