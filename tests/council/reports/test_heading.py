"""The honest heading: every number in it was counted, nothing is claimed that did not happen."""

import pytest

from council import events as ev
from council.domain import Ballot, Flip, Language, Minutes, Standings, Synthesis
from council.method.voting.tally import count_ballots
from council.reports.heading import heading
from council.transcript import Transcript
from tests.council.transcripts import NAMES, failed, fold, said, started

COMPLETE = ev.DeliberationFinished(status="complete")
PARTIAL = ev.DeliberationFinished(status="partial")
ALL_ANSWERED = [event for name in NAMES for event in said(name)]
THREE_ANSWERED = [event for name in NAMES[:3] for event in said(name)] + failed("seat-4")
FAMILIES = {"seat-1": "qwen3", "seat-2": "llama", "seat-3": "qwen3", "seat-4": "gemma3"}


def counted(orders: dict[str, str], *, abstained: int = 0, flips: tuple[Flip, ...] = (), round: int = 0) -> ev.Event:
    """The standings of ballots such as {"seat-1": "213"}: seat 2 before seat 1 before seat 3."""
    answers = [f"seat-{number}" for number in sorted(next(iter(orders.values())))]
    labels = {letter: seat for letter, seat in zip("ABCD", answers, strict=False)}
    ballots = [
        Ballot(voter=voter, round=round, labels=labels, order=tuple(f"seat-{number}" for number in order))
        for voter, order in orders.items()
    ]
    standings = count_ballots(ballots, answers, families=FAMILIES, abstained=abstained, round=round)
    return ev.StandingsComputed(standings=standings.model_copy(update={"flips": flips}))


def written(source: str = "chairman", seat: str = "seat-1") -> ev.Event:
    return ev.SynthesisWritten(synthesis=Synthesis.model_validate({"seat": seat, "text": "So.", "source": source}))


UNANIMOUS = counted({name: "2134" for name in NAMES})
SPLIT = counted({"seat-1": "123", "seat-2": "213"}, abstained=1)
CIRCLE = counted({"seat-1": "123", "seat-2": "231", "seat-3": "312"})
NOBODY = ev.StandingsComputed(standings=Standings(order=(), abstained=3))
NO_NONSENSE = ("{", "}", "None", "nan", ", ,", ",,")

CASES: dict[str, tuple[Transcript, str, str]] = {
    "nothing yet": (Transcript(), "Nothing has been asked yet", "Aucune question n’a encore été posée"),
    "a clear winner": (
        fold(started(), ALL_ANSWERED, UNANIMOUS, written(), COMPLETE),
        "4 of 4 seats answered, 4 voted (3 model families), clear winner by 3 votes",
        "4 sièges sur 4 ont répondu, 4 votes (3 familles de modèles), vainqueur net avec 3 voix d’avance",
    ),
    "a seat failed, one abstained, no clear winner": (
        fold(started(), THREE_ANSWERED, SPLIT, written(), PARTIAL),
        "3 of 4 seats answered, 2 voted (2 model families), 1 abstained, no clear winner",
        "3 sièges sur 4 ont répondu, 2 votes (2 familles de modèles), 1 abstention, pas de vainqueur net",
    ),
    "majorities in a circle": (
        fold(started(), THREE_ANSWERED, CIRCLE, written(), PARTIAL),
        "3 of 4 seats answered, 3 voted (2 model families), no clear winner, majorities in a circle",
        "3 sièges sur 4 ont répondu, 3 votes (2 familles de modèles), pas de vainqueur net, majorités en cercle",
    ),
    "every ballot void": (
        fold(started(), THREE_ANSWERED, NOBODY, written(), PARTIAL),
        "3 of 4 seats answered, nobody voted, 3 abstained",
        "3 sièges sur 4 ont répondu, aucun vote, 3 abstentions",
    ),
    "one answer is not voted on": (
        fold(started(), said("seat-1"), failed("seat-2"), written("leading_answer"), PARTIAL),
        "1 of 4 seats answered, no vote, no conclusion: one seat's answer, word for word",
        "1 siège sur 4 a répondu, sans vote, sans conclusion\u202f: la réponse d’un siège, mot pour mot",
    ),
    "a stand-in concluded": (
        fold(started(), ALL_ANSWERED, UNANIMOUS, written("stand_in", "seat-2"), PARTIAL),
        "4 of 4 seats answered, 4 voted (3 model families), clear winner by 3 votes, "
        "another seat concluded in the chairman's place",
        "4 sièges sur 4 ont répondu, 4 votes (3 familles de modèles), vainqueur net avec 3 voix d’avance, "
        "conclusion d’un autre siège à la place du président",
    ),
    "the leading answer word for word": (
        fold(started(), ALL_ANSWERED, UNANIMOUS, written("leading_answer", "seat-2"), PARTIAL),
        "4 of 4 seats answered, 4 voted (3 model families), clear winner by 3 votes, "
        "no conclusion: the leading answer, word for word",
        "4 sièges sur 4 ont répondu, 4 votes (3 familles de modèles), vainqueur net avec 3 voix d’avance, "
        "sans conclusion\u202f: la réponse en tête, mot pour mot",
    ),
    "one of several leading answers word for word": (
        fold(started(), THREE_ANSWERED, CIRCLE, written("leading_answer"), PARTIAL),
        "3 of 4 seats answered, 3 voted (2 model families), no clear winner, majorities in a circle, "
        "no conclusion: one of the leading answers, word for word",
        "3 sièges sur 4 ont répondu, 3 votes (2 familles de modèles), pas de vainqueur net, majorités en cercle, "
        "sans conclusion\u202f: une des réponses en tête, mot pour mot",
    ),
    "the conclusion departs from the leading answer": (
        fold(started(), ALL_ANSWERED, UNANIMOUS, written(), ev.MinutesTaken(minutes=Minutes(departs=True)), COMPLETE),
        "4 of 4 seats answered, 4 voted (3 model families), clear winner by 3 votes, "
        "the conclusion departs from the leading answer",
        "4 sièges sur 4 ont répondu, 4 votes (3 familles de modèles), vainqueur net avec 3 voix d’avance, "
        "la conclusion s’écarte de la réponse en tête",
    ),
    "a debate with revisions, one undone, and a flip": (
        fold(
            started("full"),
            ALL_ANSWERED,
            UNANIMOUS,
            ev.DebateDecided(round=1, held=True, reason="asked_for"),
            said("seat-1", "Better.", "revision", 1),
            said("seat-3", "Worse.", "revision", 1),
            counted(
                {name: "1234" for name in NAMES},
                round=1,
                flips=(Flip(voter="seat-4", before="seat-2", after="seat-1"),),
            ),
            ev.RevisionUndone(seat="seat-3", round=1, before=0.5, after=0.2),
            written(),
            COMPLETE,
        ),
        "4 of 4 seats answered, 4 voted (3 model families), clear winner by 3 votes, 1 debate round, 1 revision, "
        "1 revision undone by the vote, 1 vote changed",
        "4 sièges sur 4 ont répondu, 4 votes (3 familles de modèles), vainqueur net avec 3 voix d’avance, "
        "1 tour de débat, 1 révision, 1 révision annulée par le vote, 1 vote changé",
    ),
    "a debate that was not held": (
        fold(
            started("full"),
            ALL_ANSWERED,
            UNANIMOUS,
            ev.DebateDecided(round=1, held=False, reason="clear_winner"),
            written(),
            COMPLETE,
        ),
        "4 of 4 seats answered, 4 voted (3 model families), clear winner by 3 votes",
        "4 sièges sur 4 ont répondu, 4 votes (3 familles de modèles), vainqueur net avec 3 voix d’avance",
    ),
    "quick": (
        fold(started("quick"), said("seat-1"), written("leading_answer"), COMPLETE),
        "One model alone, no vote",
        "Un seul modèle, sans vote",
    ),
    "quick that failed": (
        fold(
            started("quick"),
            failed("seat-1"),
            ev.DeliberationEnded(status="failed", reason="No seat could answer."),
        ),
        "Failed: one model alone, no vote, no answer (No seat could answer.)",
        "Échec\u202f: un seul modèle, sans vote, sans réponse (No seat could answer.)",
    ),
    "a council of one": (
        fold(started("full", NAMES[:1]), said("seat-1"), written("leading_answer"), COMPLETE),
        "One model alone, no vote",
        "Un seul modèle, sans vote",
    ),
    "compare": (
        fold(started("compare", NAMES[:2]), said("seat-1"), said("seat-2"), COMPLETE),
        "2 of 2 seats answered, side by side, no vote",
        "2 sièges sur 2 ont répondu, côte à côte, sans vote",
    ),
    "running, nothing said": (
        fold(started()),
        "In progress: 0 of 4 seats answered",
        "En cours\u202f: 0 siège sur 4 a répondu",
    ),
    "running, before the vote": (
        fold(started(), said("seat-1"), said("seat-2")),
        "In progress: 2 of 4 seats answered",
        "En cours\u202f: 2 sièges sur 4 ont répondu",
    ),
    "running, after the vote": (
        fold(started(), THREE_ANSWERED, SPLIT),
        "In progress: 3 of 4 seats answered, 2 voted (2 model families), 1 abstained, no clear winner",
        "En cours\u202f: 3 sièges sur 4 ont répondu, "
        "2 votes (2 familles de modèles), 1 abstention, pas de vainqueur net",
    ),
    "stopped": (
        fold(started(), said("seat-1"), ev.DeliberationEnded(status="stopped", reason="Stopped by you.")),
        "Stopped: 1 of 4 seats answered, no vote",
        "Arrêté\u202f: 1 siège sur 4 a répondu, sans vote",
    ),
    "interrupted": (
        fold(started(), THREE_ANSWERED, SPLIT, ev.DeliberationEnded(status="interrupted", reason="closed")),
        "Interrupted: 3 of 4 seats answered, 2 voted (2 model families), 1 abstained, no clear winner",
        "Interrompu\u202f: 3 sièges sur 4 ont répondu, "
        "2 votes (2 familles de modèles), 1 abstention, pas de vainqueur net",
    ),
    "failed": (
        fold(started(), failed("seat-1"), ev.DeliberationEnded(status="failed", reason="Too few answers.")),
        "Failed: 0 of 4 seats answered, no vote (Too few answers.)",
        "Échec\u202f: 0 siège sur 4 a répondu, sans vote (Too few answers.)",
    ),
}


@pytest.mark.parametrize(("transcript", "english", "french"), CASES.values(), ids=list(CASES))
def test_the_heading_says_what_happened_in_both_languages(transcript: Transcript, english: str, french: str):
    assert heading(transcript) == english
    assert heading(transcript, "fr") == french


@pytest.mark.parametrize("language", ["en", "fr", "other"])
@pytest.mark.parametrize("transcript", [case[0] for case in CASES.values()], ids=list(CASES))
def test_no_placeholder_is_left_in_any_heading(transcript: Transcript, language: Language):
    assert not [sign for sign in NO_NONSENSE if sign in heading(transcript, language)]


def test_another_language_reads_english():
    transcript = CASES["compare"][0]
    assert heading(transcript, "other") == heading(transcript, "en")


def test_a_margin_between_whole_votes_is_written_as_the_language_does():
    weights = {"seat-1": "213", "seat-2": "213", "seat-3": "213"}
    event = counted(weights)
    assert isinstance(event, ev.StandingsComputed)
    uneven = event.standings.model_copy(update={"margin": 1.4499})
    transcript = fold(started(), THREE_ANSWERED, ev.StandingsComputed(standings=uneven), written(), PARTIAL)
    assert "clear winner by 1.4 votes" in heading(transcript)
    assert "avec 1,4 voix" in heading(transcript, "fr")


def test_a_revision_counts_only_once_it_is_finished():
    transcript = fold(
        started("full"),
        ALL_ANSWERED,
        UNANIMOUS,
        ev.DebateDecided(round=1, held=True, reason="asked_for"),
        failed("seat-1", kind="revision", round=1),
    )
    assert "revision" not in heading(transcript)
