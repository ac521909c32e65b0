"""A run as lines of a terminal: progress on one stream, the final answer on another, so that it can be piped."""

import re
from collections.abc import Callable
from typing import TextIO

from council import events as ev
from council.domain import Ballot, Stage, Standings, Turn
from council.reports.heading import heading
from council.transcript import Speech, Transcript

STAGES: dict[Stage, str] = {
    "answers": "Answers",
    "ballots": "Ballots",
    "debate": "Debate",
    "synthesis": "Conclusion",
}
DEBATE_REASONS: dict[ev.DebateReason, str] = {
    "asked_for": "it was asked for",
    "switched_off": "it is switched off",
    "no_clear_winner": "there was no clear winner",
    "contradiction": "voters saw a contradiction",
    "clear_winner": "there was a clear winner",
}
ENGLISH_MINUTES = ("Agreed", "Disputed", "Said by one seat only")
FRENCH_MINUTES = ("Accord", "Désaccord", "Dit par un seul siège")
# Controls, and the marks that reverse the direction of what follows.
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")


def printable(text: str) -> str:
    """Return a text without the characters that would steer a terminal: it may come from a model."""
    return _CONTROL.sub("", text)


def escaped(text: str) -> str:
    """Return a JSON text in which those characters are written as JSON can write them."""
    return _CONTROL.sub(lambda control: f"\\u{ord(control[0]):04x}", text)


def one_line(text: str, length: int = 0) -> str:
    """Return a text on one line, cut with an ellipsis where it is longer than `length` (0: never)."""
    line = printable(" ".join(text.split()))
    return line if not length or len(line) <= length else line[: length - 1] + "…"


class Narrator:
    """Tells one run as it happens. The final answer is streamed where `is_live`, else it is written once it stands."""

    def __init__(self, *, progress: Callable[[str], None], answer: TextIO, is_live: bool) -> None:
        self._transcript = Transcript()
        self._progress = progress
        self._answer = answer
        self._is_live = is_live
        self._speaking: tuple[str, str, int] | None = None
        self._streamed = ""

    def tell(self, event: ev.Event, *, is_past: bool = False) -> None:
        """Write what an event means to a user; one that `is_past` was told before and is only taken note of."""
        self._transcript.apply(event)
        if is_past:
            return
        match event:
            case ev.DeliberationStarted():
                self._progress(f"Run {event.id}, mode {event.council.mode}")
            case ev.DeliberationResumed():
                self._progress("Resumed: what was said is kept, what is missing is asked again")
            case ev.StageStarted():
                again = f", round {event.round}" if event.round else ""
                self._progress(f"{STAGES[event.stage]}{again}")
            case ev.TurnStarted() | ev.TurnDelta() | ev.TurnNotice() | ev.TurnRestarted() | ev.ContextCut():
                self._tell_turn(event)
            case ev.TurnFinished() | ev.TurnReused() | ev.TurnFailed():
                self._tell_outcome(event)
            case ev.BallotCast() | ev.BallotVoid() | ev.StandingsComputed():
                self._tell_vote(event)
            case ev.DebateDecided() | ev.StanceTaken() | ev.RevisionUndone():
                self._tell_debate(event)
            case ev.SynthesisWritten():
                self._finish_answer(event.synthesis.text)
            case ev.MinutesTaken() | ev.DeliberationFinished() | ev.DeliberationEnded():
                pass  # told at the end, by `sum_up`

    def sum_up(self) -> None:
        """Close with the minutes and the honest heading, in the question's language, and what can be done next."""
        run = self._transcript
        is_french = run.question is not None and run.question.language == "fr"
        titles = FRENCH_MINUTES if is_french else ENGLISH_MINUTES
        if minutes := run.minutes:
            alone = tuple(f"{point.point} ({self._name(point.seat)})" for point in minutes.said_by_one)
            for title, points in zip(titles, (minutes.agreed, minutes.disputed, alone), strict=True):
                for number, point in enumerate(points):
                    self._progress(("" if number else f"\n{title}\n") + f"  - {one_line(point)}")
        self._progress(f"\n{one_line(heading(run, 'fr' if is_french else 'en'))}")
        if run.conclusion and run.conclusion.usage.truncated:
            self._progress("The final answer stops at its token limit.")
        if run.status in ("stopped", "interrupted"):
            self._progress(one_line(str(run.reason)))
        if run.status == "complete":
            self._progress(f'Follow it up: python -m council ask "…" --after {run.id}')
        else:
            self._progress(f"Go on with it: python -m council resume {run.id}")

    def _name(self, seat_id: str) -> str:
        return f"{seat_id} ({one_line(self._transcript.seat(seat_id).model)})"

    def _is_final(self, turn: Turn) -> bool:
        council = self._transcript.council
        is_only = council is not None and council.mode == "quick" and turn.kind == "answer"
        return is_only or turn.kind == "synthesis"

    def _tell_turn(
        self, event: ev.TurnStarted | ev.TurnDelta | ev.TurnNotice | ev.TurnRestarted | ev.ContextCut
    ) -> None:
        turn = event.turn
        name = self._name(turn.seat.id)
        match event:
            case ev.TurnStarted():
                if self._is_final(turn) and self._is_live:
                    self._break_off()
                    self._speaking = turn.key
                    self._answer.write("\n")
            case ev.TurnDelta():
                if turn.key == self._speaking:
                    self._streamed += event.text
                    self._answer.write(printable(event.text))
                    self._answer.flush()
            case ev.TurnNotice():
                self._progress(f"  {name}: {one_line(str(event.text))}")
            case ev.TurnRestarted():
                if turn.key == self._speaking:
                    self._break_off()
                    self._speaking = turn.key
                self._progress(f"  {name} starts again: {one_line(str(event.reason))}")
            case ev.ContextCut():
                self._progress(
                    f"  {name}: {one_line(event.what)} shortened to fit, {event.kept} of {event.total} tokens"
                )

    def _tell_outcome(self, event: ev.TurnFinished | ev.TurnReused | ev.TurnFailed) -> None:
        turn = event.turn
        name = self._name(turn.seat.id)
        match event:
            case ev.TurnFinished():
                if turn.kind in ("answer", "revision") and not self._is_final(turn):
                    self._progress(f"  {name} answered: {_cost(self._transcript.speeches[turn.key])}")
                    self._show_answer(name, event.text)
                elif event.usage.truncated and not self._is_final(turn):
                    self._progress(f"  {name} was cut off at its limit ({turn.kind.replace('_', ' ')})")
            case ev.TurnReused():
                if turn.kind == "answer":
                    self._progress(f"  {name} answered before{_cut(self._transcript.speeches[turn.key])}")
                    self._show_answer(name, self._transcript.speeches[turn.key].text)
            case ev.TurnFailed():
                if turn.key == self._speaking:
                    self._break_off()
                self._progress(f"  {name} failed: {one_line(str(event.reason))}")

    def _show_answer(self, name: str, text: str) -> None:
        """In the mode that compares, the answers are the result."""
        if self._transcript.council is not None and self._transcript.council.mode == "compare":
            self._answer.write(f"\n## {name}\n\n{printable(text)}\n\n")
            self._answer.flush()

    def _tell_vote(self, event: ev.BallotCast | ev.BallotVoid | ev.StandingsComputed) -> None:
        match event:
            case ev.BallotCast(ballot=ballot):
                self._progress(f"  {self._name(ballot.voter)} votes: {_order(ballot)}")
            case ev.BallotVoid():
                self._progress(f"  {self._name(event.voter)} abstains: {one_line(str(event.reason))}")
            case ev.StandingsComputed(standings=standings):
                self._progress(f"  {_count(standings)}")

    def _tell_debate(self, event: ev.DebateDecided | ev.StanceTaken | ev.RevisionUndone) -> None:
        match event:
            case ev.DebateDecided():
                verb = "is held" if event.held else "is not held"
                self._progress(f"Debate {verb}: {DEBATE_REASONS[event.reason]}")
            case ev.StanceTaken(stance=stance):
                verb = {"keep": "keeps its answer", "revise": "revises", "concede": "concedes"}[stance.decision]
                self._progress(f"  {self._name(stance.seat)} {verb}: {one_line(stance.reason)}")
            case ev.RevisionUndone():
                shares = f"{event.after:.2f} of its pairs, before {event.before:.2f}"
                self._progress(f"  The vote undoes the revision of {self._name(event.seat)}: it won {shares}")

    def _break_off(self) -> None:
        """What was streamed of an answer is void, and says so."""
        if self._streamed:
            self._answer.write("\n[…]\n\n")
        self._speaking, self._streamed = None, ""

    def _finish_answer(self, text: str) -> None:
        if self._streamed.strip() == text.strip():
            self._answer.write("\n")
        else:
            self._break_off()
            self._answer.write(("\n" if self._is_live else "") + printable(text) + "\n")
        self._answer.flush()
        self._speaking, self._streamed = None, ""


def _cost(speech: Speech) -> str:
    usage, seconds = speech.usage, speech.ended_at - (speech.first_text_at or speech.started_at)
    speed = f", {usage.completion_tokens / seconds:.1f} tokens/s" if seconds > 0 and usage.completion_tokens else ""
    return f"{usage.completion_tokens} tokens{speed}, {speech.backend}{_cut(speech)}"


def _cut(speech: Speech) -> str:
    return ", cut off at its limit" if speech.usage.truncated else ""


def _order(ballot: Ballot) -> str:
    order = " > ".join(ballot.order)
    if ballot.second_order is None:
        return order
    again = "the same" if ballot.second_order == ballot.order else " > ".join(ballot.second_order)
    return f"{order} (asked again in reverse: {again})"


def _count(standings: Standings) -> str:
    places = ", ".join(f"{standing.place}. {standing.seat} {standing.score:.2f}" for standing in standings.order)
    wavering = [f"{voter} {weight:.2f}" for voter, weight in standings.weights.items() if weight < 1]
    weights = f"; votes weigh by how far both looks agree: {', '.join(wavering)}" if wavering else ""
    return f"{places}; " + ("a clear winner" if standings.winner else "no clear winner") + weights
