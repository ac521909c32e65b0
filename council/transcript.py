"""The readable state of a run, folded from its events: the same fold live and replayed from history."""

from dataclasses import dataclass, field
from typing import Literal, assert_never

from council import events as ev
from council.domain import (
    Ballot,
    Council,
    Minutes,
    Question,
    Seat,
    Stage,
    Stance,
    Standings,
    Synthesis,
    Turn,
    TurnKind,
)
from models.base import Usage
from models.text import NOTHING, Text

TurnState = Literal["speaking", "finished", "failed"]


@dataclass
class Speech:
    """What one turn has said so far; `first_text_at` is when its first visible text came (0: not yet)."""

    turn: Turn
    state: TurnState = "speaking"
    text: str = ""
    thinking: str = ""
    notice: Text = NOTHING
    reason: Text = NOTHING
    cause: ev.FailureCause = "error"
    restarts: list[Text] = field(default_factory=list)
    cuts: list[ev.ContextCut] = field(default_factory=list)
    backend: str = ""
    model: str = ""
    usage: Usage = field(default_factory=Usage)
    prompt_hash: str = ""
    started_at: float = 0.0
    first_text_at: float = 0.0
    ended_at: float = 0.0


@dataclass
class Transcript:
    """One run as a reader sees it. Dictionaries keep the order in which things happened; `version` counts events.

    `earlier_speeches` holds what was said before and may be taken over when the run is resumed, by turn and prompt.
    `runs_before` is how many others are to begin before it; None unless it waits its turn. `unkept` is why it is not
    in the history, or not all of it.
    """

    id: str = ""
    question: Question | None = None
    council: Council | None = None
    seed: int = 0
    nonce_seed: str = ""
    wording: int = 1
    status: ev.Status = "running"
    runs_before: int | None = None
    unkept: Text = NOTHING
    reason: Text = NOTHING
    started_at: float = 0.0
    ended_at: float = 0.0
    stages: list[ev.StageStarted] = field(default_factory=list)
    speeches: dict[tuple[TurnKind, str, int], Speech] = field(default_factory=dict)
    earlier_speeches: dict[tuple[TurnKind, str, int, str], Speech] = field(default_factory=dict)
    ballots: dict[tuple[str, int], Ballot] = field(default_factory=dict)
    void_ballots: dict[tuple[str, int], ev.BallotVoid] = field(default_factory=dict)
    standings: dict[int, Standings] = field(default_factory=dict)
    debates: dict[int, ev.DebateDecided] = field(default_factory=dict)
    stances: dict[tuple[str, int], Stance] = field(default_factory=dict)
    undone: dict[tuple[str, int], ev.RevisionUndone] = field(default_factory=dict)
    synthesis: Synthesis | None = None
    minutes: Minutes | None = None
    version: int = 0

    def apply(self, event: ev.Event) -> None:
        """Fold one event into the state; events come in the order in which they happened."""
        self.version += 1
        if isinstance(event, ev.RunEvent):
            self._apply_run(event)
        elif isinstance(event, ev.TurnEvent):
            self._apply_turn(event)
        elif isinstance(event, ev.VoteEvent):
            self._apply_vote(event)
        elif isinstance(event, ev.DebateEvent):
            self._apply_debate(event)
        elif isinstance(event, ev.ConclusionEvent):
            self._apply_conclusion(event)
        else:
            assert_never(event)

    def _apply_run(self, event: ev.RunEvent) -> None:
        match event:
            case ev.DeliberationStarted():
                self.id, self.question, self.council = event.id, event.question, event.council
                self.seed, self.nonce_seed, self.started_at = event.seed, event.nonce_seed, event.at
                self.wording = event.wording
            case ev.DeliberationResumed():
                self.status, self.reason, self.ended_at = "running", NOTHING, 0.0
                self.runs_before = None
                self._begin_again()
            case ev.DeliberationWaiting():
                self.runs_before = event.before
            case ev.DeliberationAdmitted():
                self.runs_before = None
            case ev.HistoryFailed():
                self.unkept = event.reason
            case ev.HistoryRecovered():
                self.unkept = NOTHING
            case ev.StageStarted():
                self.stages.append(event)
            case ev.DeliberationFinished():
                self.status, self.ended_at = event.status, event.at
            case ev.DeliberationEnded():
                self.status, self.reason, self.ended_at = event.status, event.reason, event.at
                self.runs_before = None
                for speech in self.speeches.values():
                    if speech.state == "speaking":
                        speech.state, speech.reason, speech.ended_at = "failed", event.reason, event.at
                        speech.cause = "ended"
            case _:
                assert_never(event)

    def _apply_vote(self, event: ev.VoteEvent) -> None:
        match event:
            case ev.BallotCast(ballot=ballot):
                self.ballots[ballot.voter, ballot.round] = ballot
                self.void_ballots.pop((ballot.voter, ballot.round), None)
            case ev.BallotVoid():
                self.void_ballots[event.voter, event.round] = event
                self.ballots.pop((event.voter, event.round), None)
            case ev.StandingsComputed(standings=standings):
                self.standings[standings.round] = standings
            case _:
                assert_never(event)

    def _apply_debate(self, event: ev.DebateEvent) -> None:
        match event:
            case ev.DebateDecided():
                self.debates[event.round] = event
            case ev.StanceTaken(stance=stance):
                self.stances[stance.seat, stance.round] = stance
            case ev.RevisionUndone():
                self.undone[event.seat, event.round] = event
            case _:
                assert_never(event)

    def _apply_conclusion(self, event: ev.ConclusionEvent) -> None:
        match event:
            case ev.SynthesisWritten(synthesis=synthesis):
                self.synthesis = synthesis
            case ev.MinutesTaken(minutes=minutes):
                self.minutes = minutes
            case _:
                assert_never(event)

    def _begin_again(self) -> None:
        """What was concluded is drawn anew when a run is resumed; what was said waits to be taken over."""
        for speech in list(self.speeches.values()):
            self._keep_for_later(speech.turn)
            if speech.turn.kind == "ballot" and speech.turn.key[1:] in self.void_ballots:
                self.earlier_speeches.pop((*speech.turn.key, speech.prompt_hash), None)  # it is what is missing
        self.stages.clear()
        for derived in (self.ballots, self.void_ballots, self.standings, self.debates, self.stances, self.undone):
            derived.clear()
        self.synthesis = self.minutes = None

    def _keep_for_later(self, turn: Turn) -> None:
        speech = self.speeches.pop(turn.key, None)
        if speech is not None and speech.state == "finished":
            self.earlier_speeches[*turn.key, speech.prompt_hash] = speech

    def _apply_turn(self, event: ev.TurnEvent) -> None:
        if isinstance(event, ev.TurnStarted | ev.TurnReused):
            self._keep_for_later(event.turn)
        if isinstance(event, ev.TurnReused):
            self.speeches[event.turn.key] = self.earlier_speeches[*event.turn.key, event.prompt_hash]
            return
        speech = self.speeches.setdefault(event.turn.key, Speech(event.turn, started_at=event.at))
        match event:
            case ev.TurnStarted():
                pass  # it speaks from here on
            case ev.TurnDelta():
                speech.text += event.text
                speech.thinking += event.thinking
                speech.notice = NOTHING
                if event.text and not speech.first_text_at:
                    speech.first_text_at = event.at
            case ev.TurnNotice():
                speech.notice = event.text
            case ev.TurnRestarted():
                speech.restarts.append(event.reason)
                speech.text = speech.thinking = ""
                speech.notice = NOTHING
                speech.first_text_at = 0.0
            case ev.ContextCut():
                speech.cuts.append(event)
            case ev.TurnFailed():
                speech.state, speech.reason, speech.ended_at = "failed", event.reason, event.at
                speech.cause, speech.notice = event.cause, NOTHING
            case ev.TurnFinished():
                speech.state, speech.ended_at, speech.notice = "finished", event.at, NOTHING
                speech.text, speech.thinking = event.text, event.thinking
                speech.backend, speech.model, speech.usage = event.backend, event.model, event.usage
                speech.prompt_hash = event.prompt_hash
            case _:
                assert_never(event)

    @property
    def final_standings(self) -> Standings | None:
        """The standings of the last round that was counted."""
        return self.standings[max(self.standings)] if self.standings else None

    @property
    def vote_rounds(self) -> list[int]:
        """The rounds in which anybody voted or abstained; 0 is the vote before any debate."""
        return sorted({round for _, round in (*self.ballots, *self.void_ballots)})

    @property
    def stage(self) -> Stage | None:
        """The stage that began last."""
        return self.stages[-1].stage if self.stages else None

    def seat(self, seat_id: str) -> Seat:
        """The seat of this id; the chairman's included."""
        assert self.council is not None
        return next(s for s in (*self.council.seats, self.council.chairman) if s.id == seat_id)

    def speech(self, kind: TurnKind, seat_id: str, round: int = 0) -> Speech | None:
        """What a seat said in one turn, None if it was not asked."""
        return self.speeches.get((kind, seat_id, round))

    def revisions(self, seat_id: str) -> list[Speech]:
        """What a seat said or says in place of its first answer, in the order of the rounds, undone or not."""
        return [s for (kind, seat, _), s in self.speeches.items() if (kind, seat) == ("revision", seat_id)]

    def undoing(self, revision: Speech) -> ev.RevisionUndone | None:
        """How the vote undid a revision; None where it did not."""
        return self.undone.get(revision.turn.key[1:])

    def answer(self, seat_id: str) -> Speech | None:
        """A seat's answer as it stands: its last finished revision that was not undone, else its first answer."""
        standing = [s for s in self.revisions(seat_id) if s.state == "finished" and not self.undoing(s)]
        return standing[-1] if standing else self.speech("answer", seat_id)

    @property
    def conclusion(self) -> Speech | None:
        """The turn whose text is the final answer: the one that concluded, or the answer that stands in for it."""
        if self.synthesis is None:
            return None
        if self.synthesis.source in ("leading_answer", "agreed"):
            return self.answer(self.synthesis.seat)
        written = [
            s for (kind, seat, _), s in self.speeches.items() if (kind, seat) == ("synthesis", self.synthesis.seat)
        ]
        return next((speech for speech in reversed(written) if speech.state == "finished"), None)
