"""How far a run is: its stages, and the time left in the present one where it can be known."""

from html import escape

from council.domain import STAGE_OF, Stage, TurnKind
from council.transcript import Speech, Transcript
from council.ui.html_parts import STATUS_COLOUR, badge, chip, duration
from council.ui.words.texts import Texts


def render_progress(transcript: Transcript, texts: Texts, now: float) -> str:
    """Draw the stages as steps, the state of the run, the time it took and an estimate of what is left."""
    if transcript.council is None:
        return ""
    present = transcript.stage
    steps = "".join(_step(transcript, stage, present, texts) for stage in stages_of(transcript))
    status = chip(texts.status_name(transcript.status), STATUS_COLOUR.get(transcript.status, "busy"))
    figures = [duration((transcript.ended_at or now) - transcript.started_at, texts)] if transcript.started_at else []
    left = seconds_left(transcript, now)
    if left is not None:
        figures.append(texts.time_left.format(time=duration(left, texts)))
    told = escape(" · ".join(figures))
    clock = f'<div class="clock">{status}<span>{told}</span></div>'
    return f'<div class="progress"><ol class="steps">{steps}</ol>{clock}{_speakers(transcript, texts)}</div>'


def _speakers(transcript: Transcript, texts: Texts) -> str:
    """Who speaks in a turn that no pane shows: without it, a vote on a slow machine looks like a standstill."""
    if transcript.status != "running":
        return ""
    at_work: dict[TurnKind, list[str]] = {}
    for speech in transcript.speeches.values():
        if speech.state == "speaking" and speech.turn.kind not in ("answer", "revision"):
            at_work.setdefault(speech.turn.kind, []).append(badge(transcript, speech.turn.seat.id, texts))
    told = " ".join(
        f"<span>{escape(texts.turn_name(kind) + texts.colon)} {''.join(who)}</span>" for kind, who in at_work.items()
    )
    return f'<div class="speakers">{told}</div>' if told else ""


def render_status_line(transcript: Transcript, texts: Texts) -> str:
    """One sentence for screen readers; it changes when a turn ends, not with every word."""
    if transcript.council is None:
        return ""
    if transcript.status != "running":
        return escape(texts.finished_status.format(status=texts.status_name(transcript.status)))
    stage = transcript.stage
    if stage is None:
        return escape(texts.status_running)
    stages = stages_of(transcript)
    done, turns = count_turns(transcript, stage)
    number = stages.index(stage) + 1 if stage in stages else len(stages)
    return escape(
        texts.stage_status.format(
            number=number, stages=len(stages), stage=texts.stage_name(stage), done=done, turns=turns
        )
    )


def stages_of(transcript: Transcript) -> tuple[Stage, ...]:
    """The stages that a run has or will have; a debate also where it was held though the mode does not promise one.

    One seat alone has nobody to vote with and nothing to conclude from.
    """
    assert transcript.council is not None
    if len(transcript.council.seats) == 1:
        return ("answers",)
    begun = {event.stage for event in transcript.stages}
    planned = transcript.council.method.stages
    every: tuple[Stage, ...] = ("answers", "ballots", "debate", "synthesis")
    return tuple(stage for stage in every if stage in planned or stage in begun)


def count_turns(transcript: Transcript, stage: Stage) -> tuple[int, int]:
    """How many turns of a stage are done, and how many there are or will be; what failed or was cut off is not done.

    A chairman's attempt in whose place another one stands does not count.
    """
    speeches = [s for s in transcript.speeches.values() if STAGE_OF[s.turn.kind] == stage]
    attempts = [speech for speech in speeches if speech.turn.kind == "synthesis"]
    counted = [speech for speech in speeches if speech not in attempts[:-1]]
    announced = sum(event.turns for event in transcript.stages if event.stage == stage)
    return sum(speech.state == "finished" for speech in counted), max(announced, len(counted))


def seconds_left(transcript: Transcript, now: float) -> float | None:
    """Estimate the rest of the present stage from what was really written in it; None while nothing is known.

    The length of a text still being written is taken from those of its kind that are finished; for the conclusion,
    from the answers. Work done per second so far is assumed to go on; while nobody writes, the last estimate runs
    down. One that proved too short, because a text is longer or the time is over, is no estimate any more.
    """
    if transcript.status != "running" or not transcript.stages:
        return None
    stage = transcript.stages[-1]
    speeches = [s for s in transcript.speeches.values() if STAGE_OF[s.turn.kind] == stage.stage]
    current = [s for s in speeches if s.turn.round == stage.round]
    lengths = _lengths(current)
    if not lengths and stage.stage == "synthesis":
        lengths = _lengths([s for s in transcript.speeches.values() if s.turn.kind in ("answer", "revision")])
    if not lengths or not current:
        return None
    typical = max(1.0, sum(lengths) / len(lengths))
    speaking = [_length(speech) for speech in current if speech.state == "speaking"]
    done = sum(_share(speech, typical) for speech in current)
    known_at = now if any(speaking) else min(now, max(speech.ended_at for speech in current))
    if done <= 0 or known_at - stage.at < 1 or any(length > typical for length in speaking):
        return None
    left = max(stage.turns, len(current)) * (known_at - stage.at) / done - (now - stage.at)
    return left if left >= 1 else None


def _length(speech: Speech) -> int:
    return len(speech.text) + len(speech.thinking)


def _lengths(speeches: list[Speech]) -> list[int]:
    return [_length(speech) for speech in speeches if speech.state == "finished"]


def _share(speech: Speech, typical: float) -> float:
    if speech.state != "speaking":
        return 1.0
    return min(0.95, _length(speech) / typical)


def _step(transcript: Transcript, stage: Stage, present: Stage | None, texts: Texts) -> str:
    """A stage is done when all its turns are; one that was cut off, or where a turn failed, is begun."""
    is_present = stage == present and transcript.status == "running"
    has_spoken = any(STAGE_OF[speech.turn.kind] == stage for speech in transcript.speeches.values())
    state, count = "now" if is_present else "todo", ""
    if is_present or has_spoken:
        done, turns = count_turns(transcript, stage)
        count = f'<span class="count">{done}/{turns}</span>' if turns else ""
        state = "now" if is_present else "done" if done == turns else "begun"
    current = ' aria-current="step"' if is_present else ""
    return f'<li class="step {state}"{current}><span>{escape(texts.stage_name(stage))}</span>{count}</li>'
