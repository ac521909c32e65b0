"""What the page shows of a transcript: text in, text out, no browser."""

from html.parser import HTMLParser

import pytest

from council import events as ev
from council.domain import (
    MAX_SEATS,
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
    TurnKind,
)
from council.translation import translator
from council.ui.run.render import PANE_PARTS, PARTS, View, render
from models.base import Usage
from tests.council.transcripts import SEATS, failed, fold, said, started, turn

ENGLISH, FRENCH = translator("en"), translator("fr-CA")
HOSTILE = "<img src=x onerror=alert(1)>"


class Elements(HTMLParser):
    """The elements and attributes that a browser would see."""

    def __init__(self, source: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.seen: list[str] = []
        self.feed(source)

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        self.seen += [tag, *(name for name, _ in attributes)]
        self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


def a_ballot(voter: str, *order: str, round: int = 0, note: str = "clear", contradiction: str = "") -> ev.BallotCast:
    labels = dict(zip("ABCD", reversed(order), strict=False))
    notes = {seat: Note(strength=note, flaw=f"{note} but long") for seat in order}
    of = Ballot(
        voter=voter, round=round, labels=labels, order=order, notes=notes, contradiction=contradiction, raw=note
    )
    return ev.BallotCast(ballot=of)


def counted(*scores: float, round: int = 0, winner: str | None = "seat-1", **more: object) -> ev.StandingsComputed:
    order = tuple(
        Standing(seat=f"seat-{number}", place=number, score=score, first_places=0)
        for number, score in enumerate(scores, 1)
    )
    standings = Standings.model_validate(
        {"round": round, "order": order, "winner": winner, "voters": 3, "families": 2, "agreement": 0.8} | more
    )
    return ev.StandingsComputed(standings=standings)


def test_a_view_has_a_text_for_every_part_and_pane() -> None:
    view = render(fold(started()), ENGLISH, 100.0)
    assert len(view.values()) == len(PARTS) + MAX_SEATS * len(PANE_PARTS)
    assert all(isinstance(text, str) for text in view.values())
    assert [bool(pane.head) for pane in view.panes] == [True] * 4 + [False] * 4


def test_an_empty_view_hides_everything() -> None:
    assert set(View().values()) == {""}


def test_what_befalls_turns_without_a_pane_is_a_notice() -> None:
    of = turn("seat-2", "ballot")
    events = [ev.TurnStarted(turn=of), ev.TurnRestarted(turn=of, reason="Ollama went away")]
    notices = render(fold(started(), events), ENGLISH, 100.0).notices
    assert "model-2:1b (ballot): Started again: Ollama went away" in notices


@pytest.mark.parametrize(
    ("kind", "part"), [("synthesis", "answer_heading"), ("minutes", "notices"), ("ballot", "notices")]
)
def test_what_was_cut_at_its_token_limit_says_so(kind: TurnKind, part: str) -> None:
    of = turn("seat-1", kind)
    cut = ev.TurnFinished(turn=of, text="So", backend="b", model="m", usage=Usage(truncated=True))
    transcript = fold(
        started(), said("seat-1"), cut, ev.SynthesisWritten(synthesis=Synthesis(seat="seat-1", text="So"))
    )
    view = render(transcript, ENGLISH, 100.0)
    assert "token limit" in getattr(view, part)
    assert sum("token limit" in text for text in view.values()) == 1


def test_an_answer_that_stands_in_for_the_conclusion_says_that_it_was_cut() -> None:
    cut = ev.TurnFinished(turn=turn("seat-1"), text="So", backend="b", model="m", usage=Usage(truncated=True))
    leading = Synthesis(seat="seat-1", text="So", source="leading_answer")
    view = render(fold(started(), cut, ev.SynthesisWritten(synthesis=leading)), ENGLISH, 100.0)
    assert "The final answer stops at its token limit." in view.answer_heading


def test_ballots_show_places_letters_notes_and_who_abstained() -> None:
    void = ev.BallotVoid(voter="seat-3", reason="no order in it")
    cast = [
        a_ballot("seat-1", "seat-2", "seat-1", note="short", contradiction="the year"),
        a_ballot("seat-2", "seat-1", "seat-2"),
    ]
    view = render(fold(started(), *cast, void, counted(0.7, 0.3, weights={"seat-1": 0.5})), ENGLISH, 100.0)
    Elements(view.ballots)
    assert view.ballots.count('class="place place-1"') == 2
    assert view.ballots.count("<small>(own)</small>") == 2
    assert "weight 0.5" in view.ballots
    for told in ("short but long", "the year", "abstains: no order in it", 'class="letter">A<'):
        assert told in view.ballots


def test_why_a_ballot_weighs_less_is_said_once_under_the_ballots() -> None:
    steady = a_ballot("seat-1", "seat-1", "seat-2").ballot.model_copy(update={"second_order": ("seat-1", "seat-2")})
    turned = a_ballot("seat-2", "seat-2", "seat-1").ballot.model_copy(update={"second_order": ("seat-1", "seat-2")})
    cast = [ev.BallotCast(ballot=ballot) for ballot in (steady, turned)]
    light = fold(started(), *cast, counted(0.6, 0.4, weights={"seat-1": 1.0, "seat-2": 0.0}))
    assert render(light, ENGLISH, 1.0).ballots.count("1 voter changed its order") == 1
    assert "1 votant a changé son ordre" in render(light, FRENCH, 1.0).ballots
    full = fold(started(), *cast, counted(0.6, 0.4, weights={"seat-1": 1.0, "seat-2": 1.0}))
    assert "changed its order" not in render(full, ENGLISH, 1.0).ballots


def test_bars_begin_at_zero_and_end_at_one() -> None:
    view = render(fold(started(), counted(1.0, 0.25, 0.0)), ENGLISH, 100.0)
    widths = [f"width:{share}%" in view.standings for share in ("100.0", "25.0", "0.0")]
    assert widths == [True, True, True]
    assert ">leads<" in view.standings and "3 voters · 2 model families · 80% agreement" in view.standings


def test_a_tie_is_not_sold_as_a_victory() -> None:
    view = render(fold(started(), counted(0.5, 0.5, winner=None, tied=("seat-1", "seat-2"), cycle=True)), ENGLISH, 1.0)
    assert "No clear winner" in view.standings and "run in a circle" in view.standings
    assert ">leads<" not in view.standings and view.standings.count(">tied<") == 2


def test_a_lead_under_one_ballot_is_told_as_that_and_no_seat_as_tied() -> None:
    close = counted(1.0, 0.0, winner=None, tied=("seat-1", "seat-2"), margin=0.5, voters=1, agreement=1.0)
    standings = render(fold(started(), close), ENGLISH, 1.0).standings
    assert "No clear winner" in standings and "The lead (0.5) is less than one ballot" in standings
    assert ">tied<" not in standings and "agreement" not in standings  # one voter agrees with itself


def test_the_debate_shows_stances_flips_and_what_the_vote_undid() -> None:
    flip = Flip(voter="seat-2", before="seat-1", after="seat-3")
    transcript = fold(
        started("full"),
        ev.DebateDecided(round=1, held=True, reason="contradiction"),
        ev.StanceTaken(stance=Stance(seat="seat-1", round=1, decision="concede", reason="They are right.")),
        counted(0.6, 0.4, round=1, flips=(flip,)),
        ev.RevisionUndone(seat="seat-1", round=1, before=0.6, after=0.2),
    )
    debate = render(transcript, ENGLISH, 100.0).debate
    Elements(debate)
    for told in (
        ">concedes<",
        "They are right.",
        "contradict each other",
        "Votes that changed",
        "undid the revision",
        "0.60",
    ):
        assert told in debate
    assert ">concède<" in render(transcript, FRENCH, 100.0).debate


def test_minutes_name_the_seat_that_alone_said_something() -> None:
    minutes = Minutes(agreed=("It is old.",), said_by_one=(LonePoint(seat="seat-3", point="It leaks."),), departs=True)
    text = render(fold(started(), ev.MinutesTaken(minutes=minutes)), ENGLISH, 100.0).minutes
    Elements(text)
    assert text.index("model-3:1b") < text.index("It leaks.")
    assert "It is old." in text and "departs from the answer that leads" in text


@pytest.mark.parametrize(
    ("source", "told"),
    [
        ("chairman", "written by the chairman"),
        ("stand_in", "the chairman failed"),
        ("leading_answer", "word for word"),
    ],
)
def test_the_final_answer_says_who_really_wrote_it(source: str, told: str) -> None:
    synthesis = Synthesis.model_validate({"seat": "seat-1", "text": "So.", "source": source})
    view = render(fold(started(), ev.SynthesisWritten(synthesis=synthesis)), ENGLISH, 100.0)
    assert view.answer == "So." and told in view.answer_heading


@pytest.mark.parametrize(
    ("ending", "offered", "refused"),
    [
        (None, "stop", "export"),
        (ev.DeliberationEnded(status="stopped", reason="You stopped it."), "resume", "stop"),
        (ev.DeliberationFinished(status="partial"), "resume", "stop"),
        (ev.DeliberationFinished(status="complete"), "export", "resume"),
    ],
)
def test_only_what_makes_sense_now_can_be_pressed(ending: ev.Event | None, offered: str, refused: str) -> None:
    transcript = fold(started(), said("seat-1"), [ending] if ending else [])
    actions = render(transcript, ENGLISH, 100.0).actions
    assert f'data-action="{offered}"' in actions and f'data-action="{refused}"' not in actions


def test_nothing_that_people_or_models_wrote_becomes_an_element() -> None:
    seat = Seat(id="seat-1", model=HOSTILE, persona=HOSTILE)
    council = Council(seats=(seat, SEATS["seat-2"]), chairman=seat)
    question = Question(text=HOSTILE, earlier=(Exchange(question=HOSTILE, answer=HOSTILE),))
    of = turn("seat-2")
    transcript = fold(
        ev.DeliberationStarted(id="run-1", question=question, council=council, seed=1, nonce_seed="s"),
        ev.TurnStarted(turn=of),
        ev.ContextCut(turn=of, what=HOSTILE, kept=1, total=2),
        failed("seat-2", HOSTILE),
        failed("seat-2", HOSTILE, "ballot"),
        a_ballot("seat-2", "seat-1", "seat-2", note=HOSTILE, contradiction=HOSTILE),
        ev.BallotVoid(voter="seat-1", reason=HOSTILE),
        counted(0.6, 0.4),
        ev.DebateDecided(round=1, held=True, reason="asked_for"),
        ev.StanceTaken(stance=Stance(seat="seat-1", round=1, decision="keep", reason=HOSTILE)),
        ev.MinutesTaken(minutes=Minutes(agreed=(HOSTILE,), disputed=(HOSTILE,))),
        ev.DeliberationEnded(status="failed", reason=HOSTILE),
    )
    view = render(transcript, ENGLISH, 100.0)
    html = "".join([*view.values()])
    assert HOSTILE not in html and "&lt;img" in html
    assert not {"img", "onerror", "script"} & set(Elements(html).seen)


@pytest.mark.parametrize(("voters", "told"), [(1, "1 voter ·"), (2, "2 voters ·")])
def test_one_voter_is_not_told_as_several(voters: int, told: str) -> None:
    assert told in render(fold(started(), counted(0.6, 0.4, voters=voters)), ENGLISH, 1.0).standings


def test_seats_that_were_never_asked_do_not_wait_for_ever() -> None:
    ended = fold(started(), said("seat-1"), ev.DeliberationEnded(status="stopped", reason="x"))
    assert [bool(pane.state) for pane in render(ended, ENGLISH, 1.0).panes[:4]] == [True, False, False, False]
    quick = render(fold(started("quick")), ENGLISH, 1.0)
    assert [bool(pane.head) for pane in quick.panes[:2]] == [True, False]
