"""A run as lines of a terminal: progress on one stream, the final answer on another, so that it can be piped."""

import re
from collections.abc import Callable
from typing import TextIO, assert_never

from council import events as ev
from council.domain import Ballot, Standings, Turn
from council.reports.harmless_markdown import load_nothing
from council.reports.heading import heading
from council.reports.words import (
    DEBATE_REASONS,
    STAGES,
    TRUNCATED,
    TURNS,
    decision,
    restarted,
    shortened,
    undone,
    unkept,
    waiting,
)
from council.transcript import Speech, Transcript
from council.translation import Translator
from models.text import Text, lazy_ngettext
from models.text import lazy_gettext as _

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

    def __init__(self, *, progress: Callable[[str], None], answer: TextIO, is_live: bool, words: Translator) -> None:
        self._transcript = Transcript()
        self._progress = progress
        self._answer = answer
        self._is_live = is_live
        self._words = words
        self._speaking: tuple[str, str, int] | None = None
        self._streamed = ""

    def tell(self, event: ev.Event, *, is_past: bool = False) -> None:
        """Write what an event means to a user; one that `is_past` was told before and is only taken note of."""
        self._transcript.apply(event)
        if is_past:
            return
        if isinstance(event, ev.RunEvent):
            self._tell_run(event)
        elif isinstance(event, ev.TurnEvent):
            self._tell_turn(event)
        elif isinstance(event, ev.VoteEvent):
            self._tell_vote(event)
        elif isinstance(event, ev.DebateEvent):
            self._tell_debate(event)
        elif isinstance(event, ev.ConclusionEvent):
            self._tell_conclusion(event)
        else:
            assert_never(event)

    def sum_up(self) -> None:
        """Close with the minutes, the honest heading, and what can be done next."""
        run, words = self._transcript, self._words
        if minutes := run.minutes:
            alone = tuple(f"{point.point} ({self._name(point.seat)})" for point in minutes.said_by_one)
            titles = (_("Agreed"), _("Disputed"), _("Said by one seat only"))
            for title, points in zip(titles, (minutes.agreed, minutes.disputed, alone), strict=True):
                for number, point in enumerate(points):
                    self._progress(("" if number else f"\n{words.text(title)}\n") + f"  - {one_line(point)}")
        self._progress(f"\n{one_line(heading(run, words.language))}")
        if run.status in ("stopped", "interrupted"):
            self._say(run.reason)
        resume, follow_up = f"python -m council resume {run.id}", f'python -m council ask "…" --after {run.id}'
        if run.unkept:
            self._say(_("This run is not kept: save what you need of it."))
        elif run.status != "complete":
            self._say(_("Go on with it: {command}", command=resume))
        elif run.synthesis is not None:
            self._say(_("Follow it up: {command}", command=follow_up))

    def _say(self, text: Text, *, indent: str = "") -> None:
        self._progress(indent + one_line(self._words.text(text)))

    def _note(self, text: Text) -> None:
        """Write something that belongs to the stage above it."""
        self._say(text, indent="  ")

    def _name(self, seat_id: str) -> str:
        seat = self._transcript.seat(seat_id)
        place = f" → {one_line(seat.remote_host)}" if seat.remote_host else ""
        return f"{seat_id} ({one_line(seat.model)}{place})"

    def _is_final(self, turn: Turn) -> bool:
        council = self._transcript.council
        is_only = council is not None and council.method.seats == "one" and turn.kind == "answer"
        return is_only or turn.kind == "synthesis"

    def _tell_run(self, event: ev.RunEvent) -> None:
        match event:
            case ev.DeliberationStarted():
                self._say(_("Run {id}, mode {mode}", id=event.id, mode=event.council.mode))
                if hosts := event.council.remote_hosts:
                    self._say(_("The question is sent to {hosts}", hosts=", ".join(hosts)))
            case ev.DeliberationResumed():
                self._say(_("Resumed: what was said is kept, what is missing is asked again"))
            case ev.DeliberationWaiting():
                self._say(waiting(event.before))
            case ev.DeliberationAdmitted():
                self._say(_("Its turn has come"))
            case ev.HistoryFailed():
                self._say(unkept(event.reason))
            case ev.HistoryRecovered():
                self._say(_("The run is kept after all, from its beginning."))
            case ev.StageStarted(stage=stage, round=round):
                again = _("{stage}, round {round}", stage=STAGES[stage], round=round)
                self._say(again if round else STAGES[stage])
            case ev.DeliberationFinished() | ev.DeliberationEnded():
                pass  # told by `sum_up`
            case _:
                assert_never(event)

    def _tell_turn(self, event: ev.TurnEvent) -> None:
        turn, seat = event.turn, self._name(event.turn.seat.id)
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
                self._note(_("{seat}: {news}", seat=seat, news=event.text))
            case ev.TurnRestarted():
                if turn.key == self._speaking:
                    self._break_off()
                    self._speaking = turn.key
                self._note(_("{seat}: {news}", seat=seat, news=restarted(event.reason)))
            case ev.ContextCut():
                self._note(_("{seat}: {news}", seat=seat, news=shortened(event, self._name)))
            case ev.TurnFinished() | ev.TurnReused():
                self._tell_end(turn, seat, is_reused=isinstance(event, ev.TurnReused))
            case ev.TurnFailed():
                if turn.key == self._speaking:
                    self._break_off()
                self._note(_("{seat} failed: {reason}", seat=seat, reason=event.reason))
            case _:
                assert_never(event)

    def _tell_end(self, turn: Turn, seat: str, *, is_reused: bool) -> None:
        speech = self._transcript.speeches[turn.key]
        if self._is_final(turn):
            return
        if turn.kind in ("answer", "revision"):
            cost = self._cost(speech)
            before, now = (
                _("{seat} answered before: {cost}", seat=seat, cost=cost),
                _("{seat} answered: {cost}", seat=seat, cost=cost),
            )
            self._note(before if is_reused else now)
            self._show_answer(seat, speech)
        elif speech.usage.truncated:
            self._note(_("{seat} ({turn}): {news}", seat=seat, turn=TURNS[turn.kind], news=TRUNCATED))

    def _cost(self, speech: Speech) -> str:
        tokens, seconds = speech.usage.completion_tokens, speech.ended_at - (speech.first_text_at or speech.started_at)
        parts = [self._words.text(lazy_ngettext("{n} token", "{n} tokens", tokens))]
        if seconds > 0 and tokens:
            parts.append(self._words.gettext("{rate:.1f} tokens/s", rate=tokens / seconds))
        parts.append(speech.backend)
        if speech.usage.truncated:
            parts.append(self._words.gettext("cut off at its limit"))
        return ", ".join(parts)

    def _show_answer(self, name: str, speech: Speech) -> None:
        """In the mode that compares, the answers are the result."""
        council = self._transcript.council
        if council is not None and council.method.seats == "all" and not council.method.concludes:
            self._answer.write(f"\n## {name}\n\n{printable(load_nothing(speech.text))}\n\n")
            self._tell_limit(speech)
            self._answer.flush()

    def _tell_limit(self, speech: Speech | None) -> None:
        """Say below an answer, wherever it is sent, that it is not whole."""
        if speech and speech.usage.truncated:
            self._answer.write(f"[{self._words.text(TRUNCATED)}]\n")

    def _tell_vote(self, event: ev.VoteEvent) -> None:
        match event:
            case ev.BallotCast(ballot=ballot):
                self._note(_ballot(ballot, self._name(ballot.voter)))
            case ev.BallotVoid():
                self._note(_("{seat} abstains: {reason}", seat=self._name(event.voter), reason=event.reason))
            case ev.StandingsComputed(standings=standings):
                self._note(self._count(standings))
            case _:
                assert_never(event)

    def _count(self, standings: Standings) -> Text:
        decimal = self._words.decimal
        places = ", ".join(f"{s.place}. {s.seat} {decimal(s.score, 2)}" for s in standings.order)
        winner = _("{places}; a clear winner", places=places)
        counted = winner if standings.winner else _("{places}; no clear winner", places=places)
        light = [f"{voter} {decimal(weight, 2)}" for voter, weight in standings.weights.items() if weight < 1]
        if not light:
            return counted
        return _(
            "{counted}; votes weigh by how far both looks agree: {voters}", counted=counted, voters=", ".join(light)
        )

    def _tell_debate(self, event: ev.DebateEvent) -> None:
        match event:
            case ev.DebateDecided():
                reason = DEBATE_REASONS[event.reason]
                held, not_held = (
                    _("Debate is held: {reason}", reason=reason),
                    _("Debate is not held: {reason}", reason=reason),
                )
                self._say(held if event.held else not_held)
            case ev.StanceTaken(stance=stance):
                self._note(decision(stance, self._name(stance.seat)))
            case ev.RevisionUndone():
                self._note(undone(event, self._name(event.seat)))
            case _:
                assert_never(event)

    def _tell_conclusion(self, event: ev.ConclusionEvent) -> None:
        match event:
            case ev.SynthesisWritten():
                self._finish_answer(event.synthesis.text)
            case ev.MinutesTaken():
                pass  # told by `sum_up`
            case _:
                assert_never(event)

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
            self._answer.write(("\n" if self._is_live else "") + printable(load_nothing(text)) + "\n")
        self._tell_limit(self._transcript.conclusion)
        self._answer.flush()
        self._speaking, self._streamed = None, ""


def _ballot(ballot: Ballot, seat: str) -> Text:
    order = " > ".join(ballot.order)
    if ballot.second_order is None:
        return _("{seat} votes: {order}", seat=seat, order=order)
    if ballot.second_order == ballot.order:
        return _("{seat} votes: {order} (asked again in reverse: the same)", seat=seat, order=order)
    again = " > ".join(ballot.second_order)
    return _("{seat} votes: {order} (asked again in reverse: {again})", seat=seat, order=order, again=again)
