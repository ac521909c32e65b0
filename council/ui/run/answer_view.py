"""The top of a run: its question, the final answer under an honest heading, notices, and what can be done now."""

from functools import lru_cache

from markupsafe import Markup

from council.domain import Exchange
from council.reports.heading import heading
from council.reports.markdown_escape import embed, inline
from council.reports.words import TURNS, unkept
from council.transcript import Speech, Transcript
from council.translation import Translator
from council.ui.drawing import draw
from council.ui.html_parts import button, failure, items, seat_name
from council.ui.run.model_text import model_text
from council.ui.run.remarks import remarks
from models.text import NOTHING, Text
from models.text import lazy_gettext as _

AUTHORS = {
    "chairman": _("written by the chairman, {seat}"),
    "stand_in": _("the chairman failed; written by {seat} in its place"),
    "agreed": _("the answer that most seats gave, word for word; first by {seat}"),
    "leading_answer": _("no chairman could conclude; this is the leading answer, word for word, by {seat}"),
}
QUICK = _("the answer of one seat, {seat}")
ONLY_SEAT = _("one seat needs no vote: this is the answer of {seat}")
LONE_ANSWER = _("only one seat answered, so there was nothing to vote on: its answer, word for word, by {seat}")


def render_question(transcript: Transcript, words: Translator) -> str:
    """Draw the question that was asked, with a switch for what was said before it in the same conversation."""
    return draw("question", words, question=transcript.question) if transcript.question else ""


def render_earlier(transcript: Transcript) -> str:
    """The earlier turns of the conversation as Markdown: a question is shown as it was written, an answer drawn."""
    return _earlier(transcript.question.earlier) if transcript.question else ""


@lru_cache(maxsize=8)  # it stays the same while a run is drawn again and again
def _earlier(exchanges: tuple[Exchange, ...]) -> str:
    turns = []
    for exchange in exchanges:
        asked = inline(exchange.question).replace(r"\<", "&lt;")
        turns.append(f"**{asked}**\n\n{model_text(embed(exchange.answer, below=3))}")
    return "\n\n".join(turns)


def render_answer_heading(transcript: Transcript, words: Translator) -> str:
    """Draw what stood behind the final answer and who wrote it; nothing before a run has one or has ended."""
    has_begun, has_ended = bool(transcript.synthesis or _writing(transcript)), transcript.status != "running"
    if not has_begun and not has_ended:
        return ""
    return draw(
        "answer_heading",
        words,
        run=transcript,
        has_title=has_begun and not is_alone(transcript),
        heading=heading(transcript, words.language) if has_ended else "",
        author=_author(transcript) if transcript.synthesis else None,
        is_truncated=transcript.conclusion is not None and transcript.conclusion.usage.truncated,
        reason=transcript.reason if has_ended else NOTHING,
    )


def render_answer(transcript: Transcript) -> str:
    """The final answer as Markdown, while it is written and after; that of one seat alone stands in its pane."""
    if is_alone(transcript):
        return ""
    if transcript.synthesis is not None:
        return model_text(transcript.synthesis.text)
    speech = _writing(transcript)
    return model_text(speech.text, is_growing=speech.state == "speaking") if speech else ""


def render_notices(transcript: Transcript, words: Translator) -> str:
    """Draw what befell turns that have no pane: restarts, cuts and failures of ballots, stances and conclusion.

    What ended the whole run is told with its end; that the final answer was cut, beside it.
    """
    lines = []
    for speech in transcript.speeches.values():
        if speech.turn.kind in ("answer", "revision"):
            continue
        befell = list(remarks(transcript, speech, words))
        if speech.state == "failed" and speech.reason and speech.cause != "ended":
            befell.append(words.text(speech.reason))
        seat, turn = seat_name(transcript, speech.turn.seat.id, words), TURNS[speech.turn.kind]
        lines += [words.gettext("{seat} ({turn}): {remark}", seat=seat, turn=turn, remark=one) for one in befell]
    if not lines:
        return ""
    notices = Markup('<aside class="notices"><h4>{}</h4>{}</aside>')
    return notices.format(words.gettext("Notices"), items(dict.fromkeys(lines)))


def render_unkept(transcript: Transcript, words: Translator) -> str:
    """Draw why the run is not in the history; nothing where it is."""
    return failure(words.text(unkept(transcript.unkept))) if transcript.unkept else ""


def render_actions(transcript: Transcript, words: Translator) -> str:
    """Draw the buttons that make sense in the present state."""
    council = transcript.council
    if council is None:
        return ""
    buttons = []
    if transcript.status == "running":
        buttons.append(button(words.gettext("Stop"), "stop", kind="danger"))
        has_answer = any(s.turn.kind == "answer" and s.state == "finished" for s in transcript.speeches.values())
        if has_answer and council.method.concludes and transcript.stage != "synthesis":
            buttons.append(button(words.gettext("Conclude now"), "synthesise_now"))
    else:
        if transcript.status != "complete":
            buttons.append(button(words.gettext("Resume"), "resume", kind="primary"))
        if transcript.synthesis is not None:
            buttons.append(button(words.gettext("Ask a follow-up"), "follow_up", kind="primary"))
        buttons.append(button(words.gettext("Export Markdown"), "export", "markdown"))
        buttons.append(button(words.gettext("Export JSON"), "export", "json"))
    return Markup('<div class="actions">{}</div>').format(Markup().join(buttons))


def is_alone(transcript: Transcript) -> bool:
    """Whether one seat alone speaks, so that its answer is the final one."""
    council = transcript.council
    return council is not None and len(council.speakers) == 1


def _writing(transcript: Transcript) -> Speech | None:
    spoken = [s for s in transcript.speeches.values() if s.turn.kind == "synthesis" and s.text]
    return spoken[-1] if spoken and spoken[-1].state != "failed" else None


def _author(transcript: Transcript) -> Text:
    """Say who wrote the final answer, as a sentence in which `{seat}` is to be filled in."""
    assert transcript.synthesis is not None and transcript.council is not None
    if transcript.council.method.seats == "one":
        return QUICK
    if is_alone(transcript):
        return ONLY_SEAT
    has_tried = any(speech.turn.kind == "synthesis" for speech in transcript.speeches.values())
    if transcript.synthesis.source == "leading_answer" and not has_tried:
        return LONE_ANSWER
    return AUTHORS[transcript.synthesis.source]
