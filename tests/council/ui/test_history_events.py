"""The sidebar: runs are found, opened, and deleted after a second press."""

import pytest

from tests.council.ui.visitors import OpenPage, Visitor

pytestmark = pytest.mark.anyio


async def test_a_search_finds_a_visitors_own_runs(visitor: Visitor, open_page: OpenPage) -> None:
    history = visitor.page.history
    swallows, _ = await visitor.ask("Where do swallows sleep?"), await visitor.ask("Why is the sea salty?")
    visitor.fields[history.search] = "SWALLOWS"
    await visitor.fire(history.search, "change")
    assert swallows in visitor.said(history.list) and "salty" not in visitor.said(history.list)
    stranger = open_page.visitor("somebody without runs")
    await stranger.arrive()
    assert "swallows" not in stranger.said(stranger.page.history.list)


async def test_a_line_is_opened(visitor: Visitor) -> None:
    run_id = await visitor.ask()
    await visitor.press(visitor.page.history.heading, "new")
    assert not visitor.shown
    await visitor.press(visitor.page.history.list, "open", run_id)
    assert visitor.shown == run_id


async def test_a_run_is_deleted_after_a_second_press_and_leaves_the_page(visitor: Visitor) -> None:
    entries, run_id = visitor.page.history.list, await visitor.ask()
    for answer in ("keep", "delete"):
        await visitor.press(entries, "ask_delete", run_id)
        assert f'data-action="delete" data-argument="{run_id}"' in visitor.said(entries)
        assert visitor.shown == run_id
        await visitor.press(entries, answer, run_id)
        assert 'data-action="delete"' not in visitor.said(entries)
        assert (run_id in visitor.said(entries)) is (visitor.shown == run_id) is (answer == "keep")


async def test_the_run_on_the_page_stays_when_another_is_deleted(visitor: Visitor) -> None:
    first, second = await visitor.ask("One?"), await visitor.ask("Two?")
    await visitor.press(visitor.page.history.list, "delete", first)
    assert visitor.shown == second and first not in visitor.said(visitor.page.history.list)


async def test_anothers_run_cannot_be_deleted(visitor: Visitor, open_page: OpenPage) -> None:
    run_id = await visitor.ask()
    stranger = open_page.visitor("a jealous one")
    await stranger.arrive()
    await stranger.press(stranger.page.history.list, "delete", run_id)
    assert 'class="failure"' in stranger.said(stranger.page.history.list)
    assert open_page.application.runs.of(visitor.owner).transcript(run_id).status == "complete"
