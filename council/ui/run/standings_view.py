"""The standings as bars from 0 to 1, with what stands behind them."""

from html import escape

from council.domain import Standing, Standings
from council.numbers import Number
from council.transcript import Transcript
from council.ui.html_parts import chip, named_badge, seat_number, share
from council.ui.words.texts import Texts

TICKS = (0.0, 0.25, 0.5, 0.75, 1.0)


def render_standings(transcript: Transcript, texts: Texts) -> str:
    """Draw the last count, or nothing while there is none."""
    standings = transcript.final_standings
    if standings is None or not standings.order:
        return ""
    rows = "".join(_row(transcript, standings, standing, texts) for standing in standings.order)
    ticks = "".join(f'<span style="left:{100 * tick:.0f}%">{tick:g}</span>' for tick in TICKS)
    verdict = "" if standings.winner else f"<p>{chip(texts.no_winner, 'warn')}</p>"
    cycle = f'<p class="remark">{escape(texts.cycle)}</p>' if standings.cycle else ""
    return (
        f"<h3>{escape(texts.standings)}</h3>{verdict}{cycle}"
        f'<table class="bars"><caption>{escape(texts.standings_axis)}</caption><tbody>{rows}</tbody>'
        f'<tfoot><tr><td></td><td><div class="axis" aria-hidden="true">{ticks}</div></td><td></td></tr></tfoot></table>'
        f'<p class="note">{escape(_summary(standings, texts))}</p>'
    )


def _row(transcript: Transcript, standings: Standings, standing: Standing, texts: Texts) -> str:
    sign = ""
    if standing.seat == standings.winner:
        sign = chip(texts.winner, "good")
    elif standing.seat in standings.tied:
        sign = chip(texts.tied, "warn")
    score = min(max(standing.score, 0.0), 1.0)
    firsts = escape(texts.first_places.format(count=standing.first_places))
    return (
        f'<tr title="{firsts}"><th scope="row">{named_badge(transcript, standing.seat, texts)}{sign}</th>'
        f'<td class="track"><div class="bar seat-{seat_number(transcript, standing.seat)}"'
        f' style="width:{100 * score:.1f}%"></div></td><td class="score">{share(score, texts)}</td></tr>'
    )


def _summary(standings: Standings, texts: Texts) -> str:
    facts = [texts.voters.format(count=Number(standings.voters, texts.language))]
    if standings.abstained:
        facts.append(f"{texts.abstains}{texts.colon} {standings.abstained}")
    if standings.families:
        facts.append(texts.families.format(count=Number(standings.families, texts.language)))
    if standings.agreement is not None:
        facts.append(texts.agreement.format(share=round(100 * standings.agreement)))
    if standings.margin > 0:
        facts.append(texts.margin.format(margin=Number(standings.margin, texts.language)))
    return " · ".join(facts)
