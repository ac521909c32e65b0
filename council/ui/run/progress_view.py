"""How far a run is: its stages, and the time left in the present one where it can be known."""

from dataclasses import dataclass
from typing import Literal

from markupsafe import Markup, escape

from council.domain import STAGE_OF, Stage
from council.reports.words import STAGES, STATUSES, TURNS, waiting
from council.transcript import Speech, Transcript
from council.translation import Translator
from council.ui.drawing import draw
from council.ui.html_parts import STATUS_COLOUR, badge, chip, duration
from models.text import Text


@dataclass(frozen=True)
class _Step:
    """A stage as the page draws it: done when all its turns are; begun where it was cut off, or where a turn failed."""

    stage: Text
    state: Literal["todo", "now", "begun", "done"]
    done: int = 0
    turns: int = 0

    @property
    def is_present(self) -> bool:
        """Whether the run is in this stage."""
        return self.state == "now"


def render_progress(transcript: Transcript, words: Translator, now: float) -> str:
    """Draw the stages as steps, the state of the run, the time it took and an estimate of what is left."""
    if transcript.council is None:
        return ""
    figures = [duration((transcript.ended_at or now) - transcript.started_at, words)] if transcript.started_at else []
    left = seconds_left(transcript, now)
    if left is not None:
        figures.append(words.gettext("about {time} left in this stage", time=duration(left, words)))
    status = STATUSES[transcript.status] if transcript.runs_before is None else waiting(transcript.runs_before)
    return draw(
        "progress",
        words,
        steps=[_step(transcript, stage) for stage in stages_of(transcript)],
        status=chip(words.text(status), STATUS_COLOUR.get(transcript.status, "busy")),
        figures=figures,
        speakers=_speakers(transcript, words),
    )


def _step(transcript: Transcript, stage: Stage) -> _Step:
    is_present = stage == transcript.stage and transcript.status == "running"
    if not is_present and not any(STAGE_OF[speech.turn.kind] == stage for speech in transcript.speeches.values()):
        is_agreed = stage == "synthesis" and transcript.synthesis is not None and transcript.synthesis.agreed
        return _Step(STAGES[stage], "done" if is_agreed else "todo")  # what most seats say takes no turn to conclude
    done, turns = count_turns(transcript, stage)
    return _Step(STAGES[stage], "now" if is_present else "done" if done == turns else "begun", done, turns)


def _speakers(transcript: Transcript, words: Translator) -> dict[Text, Markup]:
    """Who speaks in a turn that no pane shows: without it, a vote on a slow machine looks like a standstill."""
    at_work: dict[Text, Markup] = {}
    for speech in transcript.speeches.values() if transcript.status == "running" else ():
        if speech.state == "speaking" and speech.turn.kind not in ("answer", "revision"):
            turn = TURNS[speech.turn.kind]
            sign = badge(transcript, speech.turn.seat.id, words)
            doing = Markup(' <span class="doing">{}</span> ').format(words.text(speech.notice)) if speech.notice else ""
            at_work[turn] = at_work.get(turn, Markup()) + sign + doing
    return at_work


def render_status_line(transcript: Transcript, words: Translator) -> str:
    """One sentence for screen readers; it changes when a turn ends, not with every word."""
    if transcript.council is None:
        return ""
    if transcript.status != "running":
        return escape(words.gettext("The run has ended: {status}.", status=STATUSES[transcript.status]))
    if transcript.runs_before is not None:
        return escape(words.text(waiting(transcript.runs_before)))
    stage = transcript.stage
    if stage is None:
        return escape(words.text(STATUSES["running"]))
    stages = stages_of(transcript)
    done, turns = count_turns(transcript, stage)
    number = stages.index(stage) + 1 if stage in stages else len(stages)
    return escape(
        words.gettext(
            "Stage {number} of {stages}, {stage}: {done} of {turns} done.",
            number=number,
            stages=len(stages),
            stage=STAGES[stage],
            done=done,
            turns=turns,
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
