"""The debate: who kept, revised or conceded, and whose first place changed; and the minutes at the end."""

from html import escape

from council.domain import Flip, Stance
from council.transcript import Transcript
from council.ui.html_parts import chip, named_badge, share
from council.ui.words.texts import Texts

STANCE_COLOUR = {"keep": "quiet", "revise": "info", "concede": "warn"}


def render_debate(transcript: Transcript, texts: Texts) -> str:
    """Draw every round: whether it was held and why, the stances, and the votes that changed after it."""
    if not transcript.debates:
        return ""
    rounds = "".join(_round(transcript, round, texts) for round in sorted(transcript.debates))
    return f"<h3>{escape(texts.debate_heading)}</h3>{rounds}"


def _round(transcript: Transcript, round: int, texts: Texts) -> str:
    decided = transcript.debates[round]
    held = chip(texts.debate_held if decided.held else texts.debate_not_held, "info" if decided.held else "quiet")
    title = escape(texts.debate_round.format(round=round))
    stances = [stance for (_, told), stance in transcript.stances.items() if told == round]
    lines = "".join(_stance(transcript, stance, texts) for stance in stances)
    outcome = _flips(transcript, round, texts) + _undone(transcript, round, texts) if decided.held else ""
    return (
        f'<div class="debate-round"><p><b>{title}</b> {held} – {escape(texts.debate_reason(decided.reason))}</p>'
        f'<ul class="stances">{lines}</ul>{outcome}</div>'
    )


def _stance(transcript: Transcript, stance: Stance, texts: Texts) -> str:
    words = {"keep": texts.keep, "revise": texts.revise, "concede": texts.concede}
    sign = chip(words[stance.decision], STANCE_COLOUR[stance.decision])
    return f"<li>{named_badge(transcript, stance.seat, texts)} {sign} <span>{escape(stance.reason)}</span></li>"


def _flips(transcript: Transcript, round: int, texts: Texts) -> str:
    standings = transcript.standings.get(round)
    if standings is None:
        return ""
    if not standings.flips:
        return f'<p class="note">{escape(texts.no_flips)}</p>'
    lines = "".join(f'<li class="flip">⇄ {_flip(transcript, flip, texts)}</li>' for flip in standings.flips)
    return f"<h4>{escape(texts.flips)}</h4><ul class='flips'>{lines}</ul>"


def _undone(transcript: Transcript, round: int, texts: Texts) -> str:
    lines = ""
    for (seat, told), event in transcript.undone.items():
        if told == round:
            shares = {"before": share(event.before, texts), "after": share(event.after, texts)}
            sentence = escape(texts.undone).format(seat=named_badge(transcript, seat, texts), **shares)
            lines += f'<p class="remark">{sentence}</p>'
    return lines


def _minute(title: str, points: list[str], texts: Texts) -> str:
    lines = "".join(f"<li>{point}</li>" for point in points)
    content = f"<ul>{lines}</ul>" if points else f'<p class="note">{escape(texts.nothing)}</p>'
    return f'<section class="minute"><h4>{escape(title)}</h4>{content}</section>'


def _flip(transcript: Transcript, flip: Flip, texts: Texts) -> str:
    seats = {name: named_badge(transcript, getattr(flip, name), texts) for name in ("voter", "after", "before")}
    return escape(texts.flip).format(**seats)


def render_minutes(transcript: Transcript, texts: Texts) -> str:
    """Draw what was agreed, disputed, or said by one seat alone."""
    minutes = transcript.minutes
    if minutes is None:
        return ""
    alone = [f"{named_badge(transcript, lone.seat, texts)} {escape(lone.point)}" for lone in minutes.said_by_one]
    cards = (
        _minute(texts.agreed, [escape(point) for point in minutes.agreed], texts)
        + _minute(texts.disputed, [escape(point) for point in minutes.disputed], texts)
        + _minute(texts.said_by_one, alone, texts)
    )
    outcome = ""
    if minutes.follows:
        outcome = escape(texts.follows).format(seat=named_badge(transcript, minutes.follows, texts))
    if minutes.departs:
        outcome += f" {chip(texts.departs, 'warn')}"
    outcome = f'<p class="note">{outcome}</p>' if outcome else ""
    return f'<h3>{escape(texts.minutes)}</h3><div class="minute-grid">{cards}</div>{outcome}'
