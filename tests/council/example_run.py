"""One run in which everything happens that can happen, as its events: what every reader has to tell."""

from council import events as ev
from council.domain import (
    Ballot,
    Council,
    Exchange,
    Flip,
    LonePoint,
    Minutes,
    Note,
    Question,
    Seat,
    Stance,
    Standing,
    Standings,
    Synthesis,
    Turn,
    TurnKind,
)
from models.base import Usage

ANA = Seat(id="seat-1", model="alpha:1b")
BEN = Seat(id="seat-2", model="beta:1b", persona="sceptic")
CEM = Seat(id="seat-3", model="gamma|1b", persona="Be *bold*\n# and loud")
COUNCIL = Council(seats=(ANA, BEN, CEM), chairman=ANA, mode="full")
HOSTILE = "Yes.\n\n# Standings\n\n<script>alert(1)</script>\n\nTitle\n===\n\n```python\n# a comment\nx < y"


def finished(kind: TurnKind, seat: Seat, text: str, *, round: int = 0, at: float = 0.0) -> ev.Event:
    usage = Usage(prompt_tokens=50, cached_tokens=40, completion_tokens=7, truncated=True)
    turn = Turn(kind=kind, seat=seat, round=round)
    return ev.TurnFinished(turn=turn, text=text, thinking="hm", backend="ollama", model=seat.model, usage=usage, at=at)


def standings(round: int, *, flips: tuple[Flip, ...] = ()) -> ev.Event:
    order = (
        Standing(seat="seat-1", place=1, score=0.75, first_places=2),
        Standing(seat="seat-2", place=2, score=0.25, first_places=0),
    )
    counted = Standings(round=round, order=order, winner="seat-1", margin=1.0, agreement=0.9, voters=2, flips=flips)
    return ev.StandingsComputed(standings=counted)


def example_run() -> list[ev.Event]:
    """Stopped during its answers, resumed, debated with one revision that stands and one that the vote undoes."""
    return [*before_it_was_stopped(), *answers_and_vote(), *debate(), *conclusion()]


def before_it_was_stopped() -> list[ev.Event]:
    question = Question(text="Où est Canberra ?", language="fr", earlier=(Exchange(question="Salut ?", answer="Oui."),))
    return [
        ev.DeliberationStarted(id="r1", question=question, council=COUNCIL, seed=7, nonce_seed="secret-nonce", at=1.0),
        ev.StageStarted(stage="answers", turns=3, at=1.0),
        ev.TurnStarted(turn=Turn(kind="answer", seat=ANA), at=1.0),
        finished("answer", ANA, HOSTILE, at=3.0),
        ev.DeliberationEnded(status="stopped", reason="You stopped it.", at=4.0),
    ]


def answers_and_vote() -> list[ev.Event]:
    answer = Turn(kind="answer", seat=BEN)
    ballot = Ballot(
        voter="seat-1",
        labels={"A": "seat-2", "B": "seat-1"},
        order=("seat-1", "seat-2"),
        notes={"seat-2": Note(strength="short", flaw="too | short")},
        contradiction="the year",
        second_order=("seat-1", "seat-2"),
        raw="{}",
    )
    return [
        ev.DeliberationResumed(at=5.0),
        ev.DeliberationWaiting(before=2, at=5.0),
        ev.DeliberationAdmitted(at=5.0),
        ev.HistoryFailed(reason="The disk is full.", at=5.0),
        ev.HistoryRecovered(at=5.0),
        ev.StageStarted(stage="answers", turns=3, at=5.0),
        ev.TurnReused(turn=Turn(kind="answer", seat=ANA)),
        ev.TurnStarted(turn=answer, at=5.0),
        ev.ContextCut(turn=answer, what="earlier_conversation", kept=10, total=99),
        ev.TurnNotice(turn=answer, text="loading the model"),
        ev.TurnDelta(turn=answer, text="En Eur", at=6.0),
        ev.TurnRestarted(turn=answer, reason="The server died."),
        ev.TurnDelta(turn=answer, text="En Australie.", at=7.0),
        finished("answer", BEN, "En Australie.", at=8.0),
        ev.TurnFailed(turn=Turn(kind="answer", seat=CEM), reason="'gamma|1b' is not installed.", at=9.0),
        ev.StageStarted(stage="ballots", turns=2, at=10.0),
        finished("ballot", ANA, "{}", at=11.0),
        ev.BallotCast(ballot=ballot),
        ev.BallotVoid(voter="seat-2", reason="No order was found.", raw="A, I guess"),
        standings(0),
    ]


def debate() -> list[ev.Event]:
    return [
        ev.DebateDecided(round=1, held=True, reason="contradiction"),
        ev.StageStarted(stage="debate", round=1, turns=2, at=12.0),
        finished("stance", BEN, "{}", round=1, at=13.0),
        ev.StanceTaken(stance=Stance(seat="seat-2", round=1, decision="revise", reason="I was wrong")),
        finished("revision", BEN, "En Océanie.", round=1, at=14.0),
        standings(1, flips=(Flip(voter="seat-1", before="seat-2", after="seat-1"),)),
        ev.DebateDecided(round=2, held=True, reason="no_clear_winner"),
        finished("revision", BEN, "En Autriche.", round=2, at=15.0),
        standings(2),
        ev.RevisionUndone(seat="seat-2", round=2, before=0.6, after=0.2),
    ]


def conclusion() -> list[ev.Event]:
    final = Turn(kind="synthesis", seat=ANA)
    minutes = Minutes(
        agreed=("le pays",), disputed=("l’année",), said_by_one=(LonePoint(seat="seat-2", point="le lac"),)
    )
    return [
        ev.StageStarted(stage="synthesis", turns=1, at=16.0),
        ev.TurnStarted(turn=final, at=16.0),
        finished("synthesis", ANA, "Canberra est en Australie.", at=18.0),
        ev.SynthesisWritten(synthesis=Synthesis(seat="seat-1", text="Canberra est en Australie.")),
        finished("minutes", ANA, "{}", at=19.0),
        ev.MinutesTaken(minutes=minutes),
        ev.DeliberationFinished(status="partial", at=20.0),
    ]
