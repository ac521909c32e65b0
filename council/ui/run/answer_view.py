"""The top of a run: its question, the final answer under an honest heading, notices, and what can be done now."""

from html import escape

from council.reports.heading import heading
from council.reports.words import PARTS
from council.transcript import Speech, Transcript
from council.ui.html_parts import button, folded, items, named_badge, seat_name, sentence
from council.ui.words.texts import Texts
from council.ui.words.translation import translated


def render_question(transcript: Transcript, texts: Texts) -> str:
    """Draw the question that was asked, and those before it in the same conversation."""
    if transcript.question is None:
        return ""
    earlier = "".join(
        f'<p class="earlier-question">{escape(exchange.question)}</p>'
        f'<p class="earlier-answer">{escape(exchange.answer)}</p>'
        for exchange in transcript.question.earlier
    )
    count = len(transcript.question.earlier)
    told = folded(f"earlier-{transcript.id}", f"{texts.history} ({count})", earlier) if earlier else ""
    return f'<div class="asked"><h2>{escape(transcript.question.text)}</h2>{told}</div>'


def render_answer_heading(transcript: Transcript, texts: Texts) -> str:
    """Draw what stood behind the final answer and who wrote it; nothing before a run has one or has ended."""
    synthesis = transcript.synthesis
    is_writing = _writing(transcript) is not None
    if synthesis is None and not is_writing and transcript.status == "running":
        return ""
    parts = []
    if (synthesis is not None or is_writing) and not is_alone(transcript):
        parts.append(f"<h3>{escape(texts.final_answer)}</h3>")
    if transcript.status != "running":
        parts.append(f'<p class="heading">{escape(heading(transcript, texts.language))}</p>')
    if synthesis is not None:
        parts.append(f'<p class="note">{_author(transcript, texts)}</p>')
    if (written := transcript.conclusion) and written.usage.truncated:
        parts.append(f'<p class="remark">{escape(texts.answer_truncated)}</p>')
    if transcript.status != "running" and transcript.reason:
        parts.append(f'<p class="failure">{sentence(translated(transcript.reason, texts))}</p>')
    return "".join(parts)


def render_answer(transcript: Transcript) -> str:
    """The final answer as Markdown, while it is written and after; that of one seat alone stands in its pane."""
    if is_alone(transcript):
        return ""
    if transcript.synthesis is not None:
        return transcript.synthesis.text
    speech = _writing(transcript)
    return speech.text if speech else ""


def render_notices(transcript: Transcript, texts: Texts) -> str:
    """Draw what befell turns that have no pane: restarts, cuts and failures of ballots, stances and conclusion.

    What ended the whole run is told with its end; that the final answer was cut, beside it.
    """
    lines = []
    for speech in transcript.speeches.values():
        if speech.turn.kind in ("answer", "revision"):
            continue
        who = f"{seat_name(transcript, speech.turn.seat.id, texts)} ({texts.turn_name(speech.turn.kind)}){texts.colon} "
        lines += [who + texts.restarted.format(reason=translated(reason, texts)) for reason in speech.restarts]
        lines += [
            who
            + texts.cut.format(what=translated(PARTS.get(cut.what, cut.what), texts), kept=cut.kept, total=cut.total)
            for cut in speech.cuts
        ]
        if speech.usage.truncated and speech is not transcript.conclusion:
            lines.append(who + texts.truncated)
        if speech.notice:
            lines.append(who + translated(speech.notice, texts))
        if speech.state == "failed" and speech.reason and speech.reason != transcript.reason:
            lines.append(who + translated(speech.reason, texts))
    if not lines:
        return ""
    return f'<aside class="notices"><h4>{escape(texts.notices)}</h4>{items(dict.fromkeys(lines))}</aside>'


def render_actions(transcript: Transcript, texts: Texts) -> str:
    """Draw the buttons that make sense in the present state."""
    council = transcript.council
    if council is None:
        return ""
    buttons = []
    if transcript.status == "running":
        buttons.append(button(texts.stop, "stop", kind="danger"))
        has_answer = any(s.turn.kind == "answer" and s.state == "finished" for s in transcript.speeches.values())
        if has_answer and council.method.concludes and transcript.stage != "synthesis":
            buttons.append(button(texts.synthesise_now, "synthesise_now"))
    else:
        if transcript.status != "complete":
            buttons.append(button(texts.resume, "resume", kind="primary"))
        if transcript.synthesis is not None:
            buttons.append(button(texts.follow_up, "follow_up", kind="primary"))
        buttons.append(button(texts.export_markdown, "export", "markdown"))
        buttons.append(button(texts.export_json, "export", "json"))
    return f'<div class="actions">{"".join(buttons)}</div>'


def is_alone(transcript: Transcript) -> bool:
    """Whether one seat alone speaks, so that its answer is the final one."""
    council = transcript.council
    return council is not None and len(council.speakers) == 1


def _writing(transcript: Transcript) -> Speech | None:
    spoken = [s for s in transcript.speeches.values() if s.turn.kind == "synthesis" and s.text]
    return spoken[-1] if spoken and spoken[-1].state != "failed" else None


def _author(transcript: Transcript, texts: Texts) -> str:
    assert transcript.synthesis is not None and transcript.council is not None
    source: str = transcript.synthesis.source
    if transcript.council.method.seats == "one":
        source = "only_answer"
    elif is_alone(transcript):
        source = "only_seat"
    elif source == "leading_answer" and not any(s.turn.kind == "synthesis" for s in transcript.speeches.values()):
        source = "lone_answer"
    told = {
        "chairman": texts.by_chairman,
        "stand_in": texts.by_stand_in,
        "leading_answer": texts.leading_answer,
        "only_answer": texts.only_answer,
        "only_seat": texts.only_seat,
        "lone_answer": texts.lone_answer,
    }[source]
    return escape(told).format(seat=named_badge(transcript, transcript.synthesis.seat, texts))
