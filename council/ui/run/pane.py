"""One seat's pane: who it is, how far it is, what it thinks and says, and why it failed."""

from dataclasses import dataclass
from html import escape

from council.numbers import Number
from council.reports.words import PARTS
from council.transcript import Speech, Transcript
from council.ui.html_parts import (
    badge,
    button,
    chip,
    duration,
    fold_switch,
    persona_label,
    seat_of,
    sentence,
    short_model,
)
from council.ui.words.texts import Texts
from council.ui.words.translation import translated
from models.demonstration import is_demonstration
from models.text import Text

CHARACTERS_PER_TOKEN = 4  # only for the rate shown while a seat still writes; the exact count follows


@dataclass(frozen=True)
class Pane:
    """What one pane shows: `thinking` and `body` are Markdown that only grows, the rest is HTML.

    `fold` is the switch that shows the thinking; it stays the same while figures change, so that it can be pressed.
    """

    head: str = ""
    state: str = ""
    fold: str = ""
    thinking: str = ""
    body: str = ""
    foot: str = ""


def render_pane(transcript: Transcript, seat_id: str, texts: Texts, now: float) -> Pane:
    """Draw a seat's answer and, below it, its revisions: the one under way or standing, and those withdrawn."""
    writing = [speech for speech in transcript.revisions(seat_id) if speech.state == "speaking"]
    speech = writing[-1] if writing else transcript.answer(seat_id)
    if speech is None:
        is_waiting = transcript.status == "running"
        state = chip(texts.state_waiting, "quiet") if is_waiting else ""
        return Pane(head=_head(transcript, seat_id, texts), state=state)
    return Pane(
        head=_head(transcript, seat_id, texts),
        state=_state(speech, texts, now, remark=_withdrawal(transcript, seat_id, texts)),
        fold=fold_switch(texts.thinking) if speech.thinking else "",
        thinking=speech.thinking,
        body=_body(transcript, seat_id, texts),
        foot=_foot(transcript, seat_id, texts),
    )


def tokens_per_second(speech: Speech, now: float) -> float | None:
    """How fast a seat writes: the backend's own figure once it is done, an estimate before; None while unknown."""
    usage = speech.usage
    if speech.state == "finished" and usage.completion_tokens and usage.completion_seconds:
        return usage.completion_tokens / usage.completion_seconds
    if not speech.first_text_at or speech.state == "failed":
        return None
    seconds = (speech.ended_at or now) - speech.first_text_at
    return len(speech.text) / CHARACTERS_PER_TOKEN / seconds if seconds >= 1 else None


def _head(transcript: Transcript, seat_id: str, texts: Texts) -> str:
    seat = seat_of(transcript, seat_id)
    label = escape(persona_label(seat.persona, texts))
    persona = f'<span class="persona" title="{label}">{label}</span>' if label else ""
    remark = chip(texts.demonstration, "warn") if is_demonstration(seat.model) else ""
    return (
        f'<div class="pane-head">{badge(transcript, seat_id, texts)}<span class="who">'
        f'<span class="model" title="{escape(seat.model)}">{escape(short_model(seat.model))}</span>'
        f"{persona}</span>{remark}</div>"
    )


def _withdrawal(transcript: Transcript, seat_id: str, texts: Texts) -> str:
    """Say that the vote undid a seat's last revision, so that an earlier text of it stands."""
    revisions = transcript.revisions(seat_id)
    return chip(texts.revision_withdrawn, "warn") if revisions and transcript.undoing(revisions[-1]) else ""


def _state(speech: Speech, texts: Texts, now: float, *, remark: str) -> str:
    if speech.state == "finished":
        sign = chip(texts.state_finished, "good")
    elif speech.state == "failed":
        sign = chip(texts.state_failed, "bad")
    elif speech.notice:
        sign = chip(texts.state_loading, "busy", title=translated(speech.notice, texts))
    elif speech.text:
        is_revision = speech.turn.kind == "revision"
        sign = chip(texts.state_revising if is_revision else texts.state_speaking, "busy")
    elif speech.thinking:
        sign = chip(texts.state_thinking, "busy")
    else:
        sign = chip(texts.state_waiting, "quiet")
    return f'<div class="pane-state">{sign}{remark}<span class="figures">{_figures(speech, texts, now)}</span></div>'


def _figures(speech: Speech, texts: Texts, now: float) -> str:
    figures = []
    if (rate := tokens_per_second(speech, now)) is not None:
        about = "" if speech.state == "finished" else "≈ "
        figures.append(
            about + texts.tokens_per_second.format(rate=Number(rate if rate < 10 else round(rate), texts.language))
        )
    if speech.usage.completion_tokens:
        figures.append(texts.tokens.format(count=speech.usage.completion_tokens))
    figures.append(duration((speech.ended_at or now) - speech.started_at, texts))
    return escape(" · ".join(figures))


def _body(transcript: Transcript, seat_id: str, texts: Texts) -> str:
    answer = transcript.speech("answer", seat_id)
    text = answer.text if answer else ""
    for revision in transcript.revisions(seat_id):
        title = texts.revised_answer
        if transcript.undoing(revision):
            title = texts.revision_undone
        elif revision.state == "failed":
            title = texts.revision_failed
        text += f"\n\n---\n\n**{title}**\n\n{revision.text}"
    return text


def _foot(transcript: Transcript, seat_id: str, texts: Texts) -> str:
    answer, revisions = transcript.speech("answer", seat_id), transcript.revisions(seat_id)
    lines = [
        line
        for speech in ([answer, *revisions] if answer else revisions)
        for line in _remarks(speech, transcript.reason, texts)
    ]
    if answer and answer.state == "failed" and answer.reason != transcript.reason:
        again = button(texts.retry, "retry", seat_id)
        lines.append(f'<div class="failure"><p>{sentence(translated(answer.reason, texts))}</p>{again}</div>')
    return "".join(dict.fromkeys(lines))


def _remarks(speech: Speech, end: Text, texts: Texts) -> list[str]:
    """What befell a turn; `end`, why the whole run ended, is told above."""
    remarks = [texts.restarted.format(reason=translated(reason, texts)) for reason in speech.restarts]
    remarks += [
        texts.cut.format(what=translated(PARTS.get(cut.what, cut.what), texts), kept=cut.kept, total=cut.total)
        for cut in speech.cuts
    ]
    if speech.notice:
        remarks.append(translated(speech.notice, texts))
    if speech.state == "finished" and speech.model and speech.model != speech.turn.seat.model:
        remarks.append(texts.spoke_instead.format(model=speech.model, backend=speech.backend))
    if speech.usage.truncated:
        remarks.append(texts.truncated)
    if speech.state == "failed" and speech.turn.kind != "answer" and speech.reason != end:
        remarks.append(translated(speech.reason, texts))
    return [f'<p class="remark">{sentence(remark)}</p>' for remark in remarks]
