"""Makes transcripts from events, without running anything."""

from collections.abc import Sequence

from council import events as ev
from council.domain import Council, Mode, Question, Seat, Turn, TurnKind
from council.transcript import Transcript
from models.base import Usage

NAMES = ("seat-1", "seat-2", "seat-3", "seat-4")
SEATS = {name: Seat(id=name, model=f"model-{name[-1]}:1b") for name in NAMES}


def started(mode: Mode = "council", seats: Sequence[str] = NAMES, *, at: float = 100.0) -> ev.DeliberationStarted:
    council = Council(seats=tuple(SEATS[name] for name in seats), chairman=SEATS[seats[0]], mode=mode)
    question = Question(text="Why?", language="en")
    return ev.DeliberationStarted(id="run-1", question=question, council=council, seed=7, nonce_seed="a secret", at=at)


def turn(seat: str, kind: TurnKind = "answer", round: int = 0) -> Turn:
    return Turn(kind=kind, seat=SEATS[seat], round=round)


def said(seat: str, text: str = "Because.", kind: TurnKind = "answer", round: int = 0) -> list[ev.Event]:
    """A turn that began and ended well."""
    of = turn(seat, kind, round)
    finished = ev.TurnFinished(turn=of, text=text, backend="ollama", model=of.seat.model, usage=Usage())
    return [ev.TurnStarted(turn=of), finished]


def failed(seat: str, reason: str = "it went away", kind: TurnKind = "answer", round: int = 0) -> list[ev.Event]:
    of = turn(seat, kind, round)
    return [ev.TurnStarted(turn=of), ev.TurnFailed(turn=of, reason=reason)]


def fold(*events: ev.Event | Sequence[ev.Event]) -> Transcript:
    transcript = Transcript()
    for given in events:
        for event in [given] if isinstance(given, ev.BaseEvent) else given:
            transcript.apply(event)
    return transcript
