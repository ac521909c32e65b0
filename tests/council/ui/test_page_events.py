"""The page as a whole: it opens with a run, speaks another language, and follows backends and downloads."""

import pytest

from tests.council.ui.visitors import OpenPage, Visitor
from tests.fakes import ScriptedBackend

pytestmark = pytest.mark.anyio


async def test_the_page_opens_with_the_run_of_its_address(visitor: Visitor, open_page: OpenPage) -> None:
    run_id = await visitor.ask()
    again = open_page.visitor(visitor.name, run=run_id)
    await again.arrive()
    assert again.shown == run_id and run_id in again.said(again.page.history.list)


async def test_another_language_is_spoken_everywhere_the_run_included(visitor: Visitor) -> None:
    page, run_id = visitor.page, await visitor.ask()
    visitor.fields[page.history.search] = "nothing like it"
    target, mode = visitor.fields[page.run.target], visitor.fields[page.composer.mode]
    visitor.fields[page.language] = "fr"
    await visitor.fire(page.language, "input")
    assert visitor.shown == run_id and visitor.fields[page.run.target] != target  # it is drawn anew
    assert visitor.properties[page.composer.question]["label"] == "Votre question"
    assert visitor.properties[page.seats.accordion]["label"] == "Sièges et règles"
    assert run_id not in visitor.said(page.history.list)  # what is searched for stays
    assert visitor.fields[page.composer.mode] == mode
    [drawn] = [updates async for updates in visitor.follow()]
    assert "terminée" in "".join(drawn.values()) or "complète" in "".join(drawn.values())


async def test_backends_are_shown_and_one_that_goes_away_is_missed(
    visitor: Visitor, backend: ScriptedBackend, open_page: OpenPage
) -> None:
    page = visitor.page
    assert "Ollama" in visitor.said(page.backend_status) and visitor.said(page.alerts) == ""
    assert visitor.fields[page.were_ok] == ("ollama",)
    backend.models = []
    await open_page.application.backend.healths(anew=True)
    await visitor.fire(page.health_timer, "tick")
    assert "ollama serve" in visitor.said(page.alerts)
    assert visitor.fields[page.models] == ()


async def test_an_example_is_put_into_the_box(visitor: Visitor) -> None:
    await visitor.press(visitor.page.alerts, "example", "What is the capital of France?")
    assert visitor.fields[visitor.page.composer.question] == "What is the capital of France?"


def test_every_handler_stands_behind_the_error_boundary(open_page: OpenPage) -> None:
    assert {function.fn.__code__.co_filename.rpartition("/")[2] for function in open_page.functions} == {
        "error_boundary.py"
    }
    assert all(open_page.layout.language in function.inputs for function in open_page.functions)


def test_scripts_find_the_values_where_they_look_for_them(open_page: OpenPage) -> None:
    """Gradio orders the inputs that a script is given by the age of their components."""
    page = open_page.layout
    assert open_page.handlers(page.blocks, "load")[0].inputs[0] is page.language
    assert open_page.handlers(page.run.target, "change")[0].inputs == [page.language, page.run.target]
