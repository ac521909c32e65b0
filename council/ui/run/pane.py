"""One seat's pane: who it is, how far it is, what it thinks and says, and why it failed."""

from collections.abc import Iterator
from dataclasses import dataclass

from markupsafe import Markup

from council.transcript import Speech, Transcript
from council.translation import Translator
from council.ui.drawing import draw
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
from council.ui.run.model_text import model_text
from council.ui.run.remarks import remarks
from models.demonstration import is_demonstration

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


def render_pane(transcript: Transcript, seat_id: str, words: Translator, now: float) -> Pane:
    """Draw a seat's answer and, below it, its revisions: the one under way or standing, and those withdrawn."""
    writing = [speech for speech in transcript.revisions(seat_id) if speech.state == "speaking"]
    speech = writing[-1] if writing else transcript.answer(seat_id)
    if speech is None:
        is_waiting = transcript.status == "running"
        state = chip(words.gettext("waiting"), "quiet") if is_waiting else ""
        return Pane(head=_head(transcript, seat_id, words), state=state)
    return Pane(
        head=_head(transcript, seat_id, words),
        state=_state(transcript, speech, words, now, remark=_withdrawal(transcript, seat_id, words)),
        fold=fold_switch(words.gettext("Thinking")) if speech.thinking else "",
        thinking=model_text(speech.thinking, is_growing=speech.state == "speaking" and not speech.text),
        body=_body(transcript, seat_id, words),
        foot=_foot(transcript, seat_id, words),
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


def _head(transcript: Transcript, seat_id: str, words: Translator) -> Markup:
    seat = seat_of(transcript, seat_id)
    return draw(
        "pane_head",
        words,
        badge=badge(transcript, seat_id, words),
        model=seat.model,
        name=short_model(seat.model),
        persona=persona_label(seat.persona, words),
        is_demonstration=is_demonstration(seat.model),
        remote_host=seat.remote_host,
    )


def _withdrawal(transcript: Transcript, seat_id: str, words: Translator) -> Markup:
    """Say that the vote undid a seat's last revision, so that an earlier text of it stands."""
    revisions = transcript.revisions(seat_id)
    if not revisions or not transcript.undoing(revisions[-1]):
        return Markup()
    return chip(words.gettext("revision undone"), "warn")


def _state(transcript: Transcript, speech: Speech, words: Translator, now: float, *, remark: Markup) -> Markup:
    state = Markup('<div class="pane-state">{}{}<span class="figures">{}</span>{}</div>')
    doing = Markup('<span class="doing">{}</span>').format(words.text(speech.notice)) if speech.notice else ""
    return state.format(_sign(transcript, speech, words), remark, _figures(speech, words, now), doing)


def _sign(transcript: Transcript, speech: Speech, words: Translator) -> Markup:
    if speech.state == "finished":
        return chip(words.gettext("done"), "good")
    if speech.state == "failed":
        return _end_sign(transcript, speech, words)
    if speech.notice:
        return chip(words.gettext("loading"), "busy")
    if speech.text and speech.turn.kind == "revision":
        return chip(words.gettext("revising"), "busy")
    if speech.text:
        return chip(words.gettext("writing"), "busy")
    if speech.thinking:
        return chip(words.gettext("thinking"), "busy")
    return chip(words.gettext("waiting"), "quiet")


def _end_sign(transcript: Transcript, speech: Speech, words: Translator) -> Markup:
    """What a turn without a text that counts came to: it failed, or the user or the end of the run cut it off."""
    match speech.cause:
        case "error" | "degenerate":
            return chip(words.gettext("failed"), "bad")
        case "hurried":
            return chip(words.gettext("left out"), "quiet")
        case "ended":
            was_stopped = transcript.status == "stopped"
            state = words.pgettext("a seat", "stopped") if was_stopped else words.pgettext("a seat", "interrupted")
            return chip(state, "quiet")


def _figures(speech: Speech, words: Translator, now: float) -> str:
    figures = []
    if (rate := tokens_per_second(speech, now)) is not None:
        about = "" if speech.state == "finished" else "≈ "
        figures.append(about + words.gettext("{rate} tokens/s", rate=round(rate, 1 if rate < 10 else None)))
    if speech.usage.completion_tokens:
        figures.append(words.ngettext("{n} token", "{n} tokens", speech.usage.completion_tokens))
    figures.append(duration((speech.ended_at or now) - speech.started_at, words))
    return " · ".join(figures)


def _body(transcript: Transcript, seat_id: str, words: Translator) -> str:
    answer = transcript.speech("answer", seat_id)
    text = _shown(answer) if answer else ""
    for revision in transcript.revisions(seat_id):
        title = words.gettext("Revised in the debate")
        if transcript.undoing(revision):
            title = words.gettext("Revised in the debate, undone by the vote: the text before it stands")
        elif revision.state == "failed":
            title = words.gettext("Revision broken off: the text before it stands")
        text += f"\n\n---\n\n**{title}**\n\n{_shown(revision)}"
    return text


def _shown(speech: Speech) -> str:
    return model_text(speech.text, is_growing=speech.state == "speaking")


def _foot(transcript: Transcript, seat_id: str, words: Translator) -> Markup:
    answer, revisions = transcript.speech("answer", seat_id), transcript.revisions(seat_id)
    lines = [
        Markup('<p class="remark">{}</p>').format(sentence(line))
        for speech in ([answer, *revisions] if answer else revisions)
        for line in _remarks(transcript, speech, words)
    ]
    if answer and answer.state == "failed" and answer.cause != "ended":
        again = button(words.gettext("Ask this seat again"), "retry", seat_id)
        kind = "cut-off" if answer.cause == "hurried" else "failure"
        failed = Markup('<div class="{}"><p>{}</p>{}</div>')
        lines.append(failed.format(kind, sentence(words.text(answer.reason)), again))
    return Markup().join(dict.fromkeys(lines))


def _remarks(transcript: Transcript, speech: Speech, words: Translator) -> Iterator[str]:
    """What befell a turn; why the whole run ended is told above."""
    yield from remarks(transcript, speech, words)
    if speech.state == "finished" and speech.model and speech.model != speech.turn.seat.model:
        yield words.gettext("{model} spoke, on {backend}", model=speech.model, backend=speech.backend)
    if speech.state == "failed" and speech.turn.kind != "answer" and speech.cause != "ended":
        yield words.text(speech.reason)
