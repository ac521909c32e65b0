"""What a seat's pane shows: how far it is, which of its words stands, and what befell it."""

from html import unescape
from typing import Literal

import pytest

from council import events as ev
from council.domain import TurnKind
from council.translation import translator
from council.ui.run.pane import tokens_per_second
from council.ui.run.render import render
from models.base import Usage
from tests.council.transcripts import failed, fold, said, started, turn

ENGLISH, FRENCH = translator("en"), translator("fr-CA")


def test_text_only_grows_while_a_seat_writes() -> None:
    of, grown = turn("seat-1"), ""
    transcript = fold(started(), ev.TurnStarted(turn=of))
    for piece in ("Be", "cause ", "**it** ", "is."):
        transcript.apply(ev.TurnDelta(turn=of, text=piece))
        body = render(transcript, ENGLISH, 100.0).panes[0].body
        assert body.startswith(grown) and body != grown
        grown = body


@pytest.mark.parametrize(
    ("events", "state"),
    [
        ([], "waiting"),
        ([ev.TurnNotice(turn=turn("seat-1"), text="loading the model")], "loading"),
        ([ev.TurnDelta(turn=turn("seat-1"), thinking="hm")], "thinking"),
        ([ev.TurnDelta(turn=turn("seat-1"), text="Because")], "writing"),
        (said("seat-1"), "done"),
        (failed("seat-1"), "failed"),
    ],
)
def test_a_chip_tells_what_a_seat_is_doing(events: list[ev.Event], state: str) -> None:
    transcript = fold(started(), ev.TurnStarted(turn=turn("seat-1")), events)
    assert f">{state}</span>" in render(transcript, ENGLISH, 100.0).panes[0].state


@pytest.mark.parametrize(
    ("cause", "status", "state"),
    [("hurried", None, "left out"), ("ended", "stopped", "stopped"), ("ended", "interrupted", "interrupted")],
)
def test_a_seat_that_was_cut_off_is_not_told_as_failed(
    cause: ev.FailureCause, status: Literal["stopped", "interrupted"] | None, state: str
) -> None:
    of = turn("seat-1")
    cut_off = ev.TurnFailed(turn=of, reason="It was cut off.", cause=cause)
    ending = [ev.DeliberationEnded(status=status, reason="It ended.")] if status else []
    view = render(fold(started(), ev.TurnStarted(turn=of), cut_off, ending), ENGLISH, 100.0)
    pane = view.panes[0]
    assert f'<span class="chip quiet">{state}</span>' in pane.state
    assert "bad" not in pane.state and "failure" not in pane.foot + view.answer_heading


@pytest.mark.parametrize("cause", ["error", "degenerate"])
def test_a_seat_that_failed_by_itself_is_told_as_failed(cause: ev.FailureCause) -> None:
    broken = ev.TurnFailed(turn=turn("seat-1"), reason="It broke.", cause=cause)
    pane = render(fold(started(), ev.TurnStarted(turn=turn("seat-1")), broken), ENGLISH, 100.0).panes[0]
    assert '<span class="chip bad">failed</span>' in pane.state and '<div class="failure">' in pane.foot


@pytest.mark.parametrize("kind", ["answer", "ballot"])
def test_what_a_seat_waits_for_is_told_beside_its_state_and_is_no_warning(kind: TurnKind) -> None:
    of = turn("seat-1", kind)
    view = render(fold(started(), ev.TurnStarted(turn=of), ev.TurnNotice(turn=of, text="loading it")), ENGLISH, 100.0)
    place = view.panes[0].state if kind == "answer" else view.progress
    assert '<span class="doing">loading it</span>' in place
    assert "loading it" not in view.notices + view.panes[0].foot


def test_a_failed_seat_tells_its_cause_with_a_command_and_a_button() -> None:
    transcript = fold(started(), failed("seat-2", "It is away. Start it with `ollama serve`."))
    foot = render(transcript, ENGLISH, 100.0).panes[1].foot
    assert "<code>ollama serve</code>" in foot
    assert 'data-action="retry" data-argument="seat-2"' in foot


def test_restarts_cuts_and_stand_ins_are_told_in_the_pane() -> None:
    of = turn("seat-1")
    transcript = fold(
        started(),
        ev.TurnStarted(turn=of),
        ev.ContextCut(turn=of, what="earlier_conversation", kept=10, total=90),
        ev.TurnRestarted(turn=of, reason="Ollama went away"),
        ev.TurnFinished(turn=of, text="x", backend="llama_cpp", model="small:1b", usage=Usage(truncated=True)),
    )
    foot = unescape(render(transcript, ENGLISH, 100.0).panes[0].foot)
    for told in ("Ollama went away", "10 of 90 tokens", "small:1b spoke, on llama_cpp", "stops at its token limit"):
        assert told in foot


def test_a_revision_stands_below_the_answer_it_changes() -> None:
    transcript = fold(started("full"), said("seat-1", "First."), said("seat-1", "Second.", "revision", 1))
    body = render(transcript, ENGLISH, 100.0).panes[0].body
    assert body.index("First.") < body.index("Revised in the debate") < body.index("Second.")


def test_a_revision_that_the_vote_undid_is_not_shown_as_the_answer_that_stands() -> None:
    undone = ev.RevisionUndone(seat="seat-1", round=1, before=0.6, after=0.2)
    transcript = fold(started("full"), said("seat-1", "First."), said("seat-1", "Second.", "revision", 1), undone)
    pane = render(transcript, ENGLISH, 100.0).panes[0]
    assert pane.body.index("First.") < pane.body.index("undone by the vote") < pane.body.index("Second.")
    assert ">done</span>" in pane.state and ">revision undone</span>" in pane.state
    assert "annulée par le vote" in render(transcript, FRENCH, 100.0).panes[0].body


def test_a_revision_that_broke_off_says_so_and_the_answer_before_it_stands() -> None:
    broken = [
        ev.TurnStarted(turn=turn("seat-1", "revision", 1)),
        ev.TurnDelta(turn=turn("seat-1", "revision", 1), text="Sec"),
    ]
    transcript = fold(started("full"), said("seat-1", "First."), broken)
    assert ">revising</span>" in render(transcript, ENGLISH, 100.0).panes[0].state
    transcript.apply(ev.TurnFailed(turn=turn("seat-1", "revision", 1), reason="It went away."))
    pane = render(transcript, ENGLISH, 100.0).panes[0]
    assert "Revision broken off" in pane.body and ">done</span>" in pane.state and "It went away." in pane.foot


def test_the_rate_is_the_backends_own_once_a_turn_is_done_and_unknown_before_it_writes() -> None:
    of = turn("seat-1")
    transcript = fold(started(), ev.TurnStarted(turn=of, at=100))
    speech = transcript.speeches[of.key]
    assert tokens_per_second(speech, 130) is None
    transcript.apply(ev.TurnDelta(turn=of, text="x" * 80, at=110))
    assert tokens_per_second(speech, 110.5) is None
    assert tokens_per_second(speech, 120) == 2.0
    usage = Usage(completion_tokens=30, completion_seconds=2.0)
    transcript.apply(ev.TurnFinished(turn=of, text="x", backend="ollama", model="m", usage=usage))
    assert tokens_per_second(speech, 120) == 15.0
