"""The buttons of a run: stop, conclude, resume, ask a seat again, export; and the generator that shows it."""

import json
from collections.abc import Sequence

import pytest

from models.base import GenerationConfig, Message
from models.errors import BackendError, BackendUnavailableError
from tests.council.ui.visitors import OpenPage, Visitor
from tests.deliberations import until
from tests.fakes import ScriptedBackend, long_winded, obedient

pytestmark = pytest.mark.anyio


def without_beta(model: str, messages: Sequence[Message], config: GenerationConfig) -> str | BackendError:
    """One seat's answer fails."""
    if model == "beta:1b" and config.json_schema is None:
        return BackendUnavailableError("'beta:1b' went away.", backend="ollama")
    return obedient(model, messages, config)


async def begin(visitor: Visitor, backend: ScriptedBackend, mode: str = "compare") -> None:
    """Begin a run that has time to be stopped."""
    backend.delay = 0.01
    visitor.fields |= {visitor.page.composer.question: "Why?", visitor.page.composer.mode: mode}
    await visitor.fire(visitor.page.composer.ask, "click")
    await until(lambda: len(visitor.transcript.speeches) == 3)


async def test_a_run_is_stopped_and_resumed(visitor: Visitor, backend: ScriptedBackend) -> None:
    buttons = visitor.page.run.acting[0]
    await begin(visitor, backend)
    await visitor.press(buttons, "stop")
    run_id = await visitor.ended()
    assert visitor.transcript.status == "stopped"
    backend.delay, target = 0.0, visitor.fields[visitor.page.run.target]
    await visitor.press(buttons, "resume")
    assert await visitor.ended() == run_id and visitor.transcript.status == "complete"
    assert visitor.fields[visitor.page.run.target] != target  # so that the page follows it again


async def test_a_run_concludes_at_once_when_wished(visitor: Visitor, backend: ScriptedBackend) -> None:
    def slow_gamma(model: str, messages: Sequence[Message], config: GenerationConfig) -> str:
        is_slow = model == "gamma:1b" and config.json_schema is None
        return long_winded(2000) if is_slow else obedient(model, messages, config)

    backend.script = slow_gamma
    await begin(visitor, backend, mode="council")
    await until(lambda: [speech.state for speech in visitor.transcript.speeches.values()].count("finished") == 2)
    backend.delay = 0.0
    await visitor.press(visitor.page.run.acting[0], "synthesise_now")
    await visitor.ended()
    assert visitor.transcript.synthesis is not None and visitor.transcript.status == "partial"


async def test_a_failed_seat_is_asked_again_and_a_partial_run_resumed(
    visitor: Visitor, backend: ScriptedBackend
) -> None:
    for action, argument in (("retry", "seat-2"), ("resume", "")):
        backend.script = without_beta
        await visitor.ask(f"Does {action} mend it?")
        assert visitor.transcript.status == "partial"
        backend.script = obedient
        await visitor.press(visitor.page.run.acting[2], action, argument)
        await visitor.ended()
        assert visitor.transcript.status == "complete"


async def test_what_cannot_be_done_is_told(visitor: Visitor) -> None:
    message, buttons = visitor.page.composer.message, visitor.page.run.acting[0]
    await visitor.ask()
    await visitor.press(buttons, "resume")
    assert "is complete" in visitor.said(message)
    await visitor.press(buttons, "retry", "seat-1")
    assert "has no failed answer" in visitor.said(message)
    await visitor.press(buttons, "something else")
    assert visitor.said(message) == ""


async def test_a_run_is_exported_as_markdown_and_as_json_as_often_as_wanted(visitor: Visitor) -> None:
    files = []
    run_id = await visitor.ask("Why?", mode="council")
    for kind in ("json", "markdown", "markdown"):
        await visitor.press(visitor.page.run.acting[0], "export", kind)
        files.append(visitor.fields[visitor.page.file])
    as_json, as_markdown, again = map(json.loads, files)
    assert (as_json["name"], as_json["type"]) == (f"council-{run_id}.json", "application/json")
    assert json.loads(as_json["text"])["question"] == "Why?"
    assert (as_markdown["name"], as_markdown["type"]) == (f"council-{run_id}.md", "text/markdown")
    assert "Canberra" in as_markdown["text"] == again["text"]
    assert files[1] != files[2]  # another value, so that the browser saves it again


async def test_anothers_run_can_be_neither_seen_nor_touched(visitor: Visitor, open_page: OpenPage) -> None:
    run_id = await visitor.ask()
    stranger = open_page.visitor("a stranger to it", run=run_id)
    await stranger.arrive()
    assert stranger.shown == run_id
    file = stranger.fields[stranger.page.file]
    for action in ("resume", "retry", "export", "follow_up"):
        await stranger.press(stranger.page.run.acting[0], action, "json")
        assert "There is no run" in stranger.said(stranger.page.composer.message)
    for action in ("stop", "synthesise_now"):
        await stranger.press(stranger.page.run.acting[0], action)
        assert "class=" in stranger.said(stranger.page.composer.message)
    assert stranger.fields[stranger.page.file] == file and not stranger.fields[stranger.page.composer.follow_up]
    drawn = [updates async for updates in stranger.follow()]
    assert len(drawn) == 1 and "There is no run" in "".join(drawn[0].values())


async def test_the_whole_view_is_sent_at_each_change_until_the_run_has_ended(
    visitor: Visitor, backend: ScriptedBackend
) -> None:
    """A part that was left out would cost more than one that is sent unchanged, see `run_stream.py`."""
    await begin(visitor, backend)
    backend.delay = 0.0
    drawn = [updates async for updates in visitor.follow()]
    assert all(list(updates) == list(visitor.page.run.outputs) for updates in drawn)
    assert "Canberra" in "".join(drawn[-1].values()) and visitor.transcript.status == "complete"


async def test_a_page_that_shows_another_run_by_now_is_fed_no_longer(
    visitor: Visitor, backend: ScriptedBackend
) -> None:
    await begin(visitor, backend)
    first = visitor.follow()
    await anext(first)
    await visitor.press(visitor.page.history.heading, "new")
    cleared = [updates async for updates in visitor.follow()]
    assert set("".join(cleared[0].values())) == set()
    await first.aclose()


async def test_a_page_that_asks_for_the_same_run_once_more_is_fed_once(
    visitor: Visitor, backend: ScriptedBackend
) -> None:
    await begin(visitor, backend)
    first, second = visitor.follow(), visitor.follow()
    await anext(first)
    await anext(second)
    assert [updates async for updates in first] == []
    assert visitor.transcript.status == "running"
    backend.delay = 0.0
    await visitor.press(visitor.page.run.acting[0], "stop")
    async for _ in second:
        pass
