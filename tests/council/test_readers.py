"""Every reader of the events tells of every kind of event, and none fails on a state that events can produce."""

import io
import json
from collections.abc import Callable, Iterator, Sequence
from random import Random
from typing import Any, get_args

import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from council import events as ev
from council.reports.as_json import to_json, to_markdown
from council.runs.history import CUT_SHORT
from council.terminal.narrator import Narrator
from council.transcript import Transcript
from council.translation import languages, translator
from council.ui.run.render import render
from tests.council.example_run import example_run
from tests.council.random_runs import random_run

NOW = 2000.0
KINDS: tuple[type[ev.BaseEvent], ...] = get_args(get_args(ev.Event)[0])
EXAMPLE = example_run()


def on_the_page(transcript: Transcript) -> str:
    return json.dumps(render(transcript, translator("en"), NOW).values())


def as_json(transcript: Transcript) -> str:
    return json.dumps(to_json(transcript)) if transcript.council else ""


def after_every_event(events: Sequence[ev.Event], show: Callable[[Transcript], str]) -> list[str]:
    """What a reader shows as a run goes on: each picture that differs from the one before."""
    transcript, shown = Transcript(), [""]
    for event in events:
        transcript.apply(event)
        picture = show(transcript)
        if picture != shown[-1]:
            shown.append(picture)
    return shown


def in_the_terminal(events: Sequence[ev.Event]) -> list[str]:
    """What is printed of the run up to each resumption, and of the whole."""
    resumed_at = [position for position, event in enumerate(events) if isinstance(event, ev.DeliberationResumed)]
    return [line for end in (*resumed_at, len(events)) for line in narrated(events[:end])]


def narrated(events: Sequence[ev.Event], language: str = "en", *, past: int = 0) -> list[str]:
    answer, progress = io.StringIO(), []
    narrator = Narrator(progress=progress.append, answer=answer, is_live=True, words=translator(language))
    for position, event in enumerate(events):
        narrator.tell(event, is_past=position < past)
    narrator.sum_up()
    return [*progress, answer.getvalue()]


READERS: dict[str, Callable[[Sequence[ev.Event]], list[str]]] = {
    "page": lambda events: after_every_event(events, on_the_page),
    "terminal": in_the_terminal,
    "Markdown": lambda events: after_every_event(events, to_markdown),
    "JSON": lambda events: after_every_event(events, as_json),
}
SILENT = {
    ("Markdown", ev.StageStarted): "the document is laid out by stages, whether they have begun or not",
    ("Markdown", ev.TurnNotice): "news of the moment, which a document outlasts",
    ("Markdown", ev.HistoryFailed): "likewise",
    ("Markdown", ev.HistoryRecovered): "likewise",
}


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_of_event_happens_in_the_example(kind: type[ev.BaseEvent]) -> None:
    assert any(isinstance(event, kind) for event in EXAMPLE)


@pytest.mark.parametrize("reader", READERS)
@pytest.mark.parametrize("kind", [kind for kind in KINDS if kind is not ev.DeliberationStarted])  # no run without it
def test_every_kind_of_event_leaves_a_trace_with_every_reader(kind: type[ev.BaseEvent], reader: str) -> None:
    gone = (kind, ev.TurnReused) if kind is ev.TurnFinished else kind  # what was never said is not taken over
    without = [event for event in EXAMPLE if not isinstance(event, gone)]
    is_told = READERS[reader](EXAMPLE) != READERS[reader](without)
    assert is_told != ((reader, kind) in SILENT)


def turns_in(exported: Any) -> Iterator[tuple[str, str, int]]:
    """Every turn that an exported run tells of, wherever it stands."""
    match exported:
        case {"seat": seat, "kind": kind, "round": round}:
            yield kind, seat, round
    if isinstance(exported, dict | list):
        for part in exported.values() if isinstance(exported, dict) else exported:
            yield from turns_in(part)


def draw_for_everybody(transcript: Transcript, now: float) -> None:
    """Show a state with every reader in every language; none may fail, or leave a turn out."""
    for language in languages():
        for text in render(transcript, translator(language), now).values():
            assert isinstance(text, str)
        assert to_markdown(transcript, language)
        exported = json.loads(json.dumps(to_json(transcript, language)))
        assert set(turns_in(exported)) == set(transcript.speeches)


@given(st.randoms(use_true_random=False))
@settings(max_examples=20, deadline=None, phases=[Phase.explicit, Phase.reuse, Phase.generate])  # runs do not shrink
def test_no_reader_fails_on_any_state_that_events_can_produce(random: Random) -> None:
    events = random_run(random)
    looked_at = set(random.sample(range(len(events)), min(3, len(events)))) | {len(events) - 1}
    transcript = Transcript()
    for position, event in enumerate(events):
        transcript.apply(event)
        if position in looked_at or isinstance(event, ev.RunEvent):
            draw_for_everybody(transcript, event.at + random.choice([0, 5, 86_400, -3600]))  # clocks are set back, too
    for language in languages():
        assert narrated(events, language)


@given(st.randoms(use_true_random=False))
@settings(max_examples=20, deadline=None, phases=[Phase.explicit, Phase.reuse, Phase.generate])
def test_no_reader_fails_on_what_the_history_keeps_of_a_run_or_on_its_going_on_in_a_terminal(random: Random) -> None:
    """Not all is kept; a program that was killed leaves a run anywhere, to be ended when the next one starts."""
    kept = [event for event in random_run(random) if not isinstance(event, ev.Fleeting)]
    kept = kept[: random.randint(1, len(kept))]
    transcript = Transcript()
    for event in kept:
        transcript.apply(ev.EVENT_ADAPTER.validate_json(event.model_dump_json()))
    if transcript.status == "running":
        draw_for_everybody(transcript, kept[-1].at)
        kept.append(ev.DeliberationEnded(status="interrupted", reason=CUT_SHORT, at=kept[-1].at))
        transcript.apply(kept[-1])
    draw_for_everybody(transcript, kept[-1].at)
    going_on = [ev.DeliberationResumed(at=kept[-1].at), ev.DeliberationWaiting(before=1, at=kept[-1].at)]
    for language in languages():
        assert narrated([*kept, *going_on], language, past=len(kept))


def test_random_runs_hold_every_kind_of_event() -> None:
    """Else the two tests above would say little; the seeds are fixed, so that it goes the same way each time."""
    missing = set(KINDS)
    for seed in range(500):
        missing -= {type(event) for event in random_run(Random(seed))}
        if not missing:
            return
    raise AssertionError(f"they never hold {missing}")
