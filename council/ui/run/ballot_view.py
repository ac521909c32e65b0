"""The ballots: who placed whom where, and what each voter noted, with its letters told."""

from collections.abc import Sequence
from html import escape

from council.domain import Ballot, SeatId, Standings
from council.method.voting.tally import first_shown_first, position_bias
from council.numbers import Number
from council.transcript import Transcript
from council.ui.html_parts import badge, folded, named_badge, seat_name, seat_number, sentence
from council.ui.words.texts import Texts
from council.ui.words.translation import translated


def render_ballots(transcript: Transcript, texts: Texts) -> str:
    """Draw the last round's ballots as a table and each voter's notes; earlier rounds are folded away below."""
    rounds = transcript.vote_rounds
    if not rounds:
        return ""
    parts = [f"<h3>{escape(texts.ballots)}</h3><p class='note'>{escape(texts.ballots_note)}</p>"]
    parts.append(_round(transcript, rounds[-1], texts))
    for earlier in reversed(rounds[:-1]):
        title = texts.ballots_round.format(round=earlier + 1)
        parts.append(folded(f"ballots-{transcript.id}-{earlier}", title, _round(transcript, earlier, texts)))
    return "".join(parts)


def _round(transcript: Transcript, round: int, texts: Texts) -> str:
    cast = [ballot for (_, told), ballot in transcript.ballots.items() if told == round]
    cast.sort(key=lambda ballot: seat_number(transcript, ballot.voter))
    void = [event for (_, told), event in transcript.void_ballots.items() if told == round]
    standings = transcript.standings.get(round)
    told = _why_light(cast, standings, texts) + _position(cast, texts)
    table = _table(transcript, cast, standings, texts) + told if cast else ""
    abstentions = "".join(
        f'<p class="remark">{named_badge(transcript, event.voter, texts)} '
        f"{escape(texts.abstains + texts.colon)} {sentence(translated(event.reason, texts))}</p>"
        for event in void
    )
    notes = "".join(_notes(transcript, ballot, texts) for ballot in cast)
    return table + abstentions + notes


def _table(transcript: Transcript, cast: list[Ballot], standings: Standings | None, texts: Texts) -> str:
    judged = [s.seat for s in standings.order] if standings else sorted({s for ballot in cast for s in ballot.order})
    heads = "".join(_voter_head(transcript, ballot, standings, texts) for ballot in cast)
    rows = "".join(
        f'<tr><th scope="row">{named_badge(transcript, seat, texts)}</th>'
        + "".join(_place(ballot, seat, texts) for ballot in cast)
        + "</tr>"
        for seat in judged
    )
    return (
        '<div class="scroll" tabindex="0"><table class="places"><thead><tr>'
        f'<th scope="col">{escape(texts.answer_of)}</th>{heads}</tr></thead><tbody>{rows}</tbody></table></div>'
    )


def _why_light(cast: Sequence[Ballot], standings: Standings | None, texts: Texts) -> str:
    """Say in one sentence why a ballot counts for less than 1; nothing where all count in full."""
    if standings is None or all(standings.weights.get(ballot.voter, 1.0) >= 1 for ballot in cast):
        return ""
    looked_twice = [ballot for ballot in cast if ballot.second_order is not None]
    changed = sum(ballot.second_order != ballot.order for ballot in looked_twice)
    told = texts.why_light.format(count=Number(changed, texts.language))
    if len(looked_twice) < len(cast):
        told += f" {texts.why_light_once}"
    return f'<p class="note">{escape(told)}</p>'


def _position(cast: Sequence[Ballot], texts: Texts) -> str:
    """Say whether the votes go by where an answer stood; nothing where that cannot be told from its quality."""
    bias = position_bias(cast)
    if bias is None:
        return ""
    firsts, looks = first_shown_first(cast)
    counted = texts.first_shown.format(firsts=firsts, looks=looks)
    return f'<p class="note">{escape(f"{counted} {texts.position_meaning(bias)}")}</p>'


def _voter_head(transcript: Transcript, ballot: Ballot, standings: Standings | None, texts: Texts) -> str:
    weight = standings.weights.get(ballot.voter, 1.0) if standings else 1.0
    told = (
        f'<span class="weight">{escape(texts.weight.format(weight=Number(weight, texts.language)))}</span>'
        if weight != 1
        else ""
    )
    label = escape(f"{texts.voter} {seat_name(transcript, ballot.voter, texts)}")
    return f'<th scope="col" aria-label="{label}">{badge(transcript, ballot.voter, texts)}{told}</th>'


def _place(ballot: Ballot, seat: str, texts: Texts) -> str:
    if seat not in ballot.order:
        return '<td class="place">–</td>'
    place = ballot.order.index(seat) + 1
    own = f" <small>({escape(texts.own)})</small>" if seat == ballot.voter else ""
    return f'<td class="place place-{min(place, 4)}">{place}{own}</td>'


def _notes(transcript: Transcript, ballot: Ballot, texts: Texts) -> str:
    rows = "".join(_noted(transcript, label, seat, ballot, texts) for label, seat in sorted(ballot.labels.items()))
    table = (
        '<div class="scroll" tabindex="0"><table class="notes"><thead><tr>'
        f'<th scope="col" colspan="2">{escape(texts.answer_of)}</th>'
        f'<th scope="col">{escape(texts.strength)}</th><th scope="col">{escape(texts.flaw)}</th></tr></thead>'
        f"<tbody>{rows}</tbody></table></div>"
    )
    lines = []
    if ballot.contradiction:
        lines.append(f"<p><b>{escape(texts.contradiction + texts.colon)}</b> {escape(ballot.contradiction)}</p>")
    if ballot.second_order:
        order = " ".join(badge(transcript, seat, texts) for seat in ballot.second_order)
        lines.append(f"<p><b>{escape(texts.second_order + texts.colon)}</b> {order}</p>")
    key = f"ballot-{transcript.id}-{ballot.voter}-{ballot.round}"
    if ballot.raw:
        raw = folded(f"{key}-raw", texts.raw_ballot, f'<pre class="raw">{escape(ballot.raw)}</pre>')
        lines.append(raw)
    title = f"{texts.voter}{texts.colon} {seat_name(transcript, ballot.voter, texts)}"
    return folded(key, title, table + "".join(lines))


def _noted(transcript: Transcript, label: str, seat: SeatId, ballot: Ballot, texts: Texts) -> str:
    note = ballot.notes.get(seat)
    strength, flaw = (note.strength, note.flaw) if note else ("", "")
    return (
        f'<tr><th scope="row" class="letter">{escape(label)}</th><td>{named_badge(transcript, seat, texts)}</td>'
        f"<td>{escape(strength)}</td><td>{escape(flaw)}</td></tr>"
    )
