"""A real Chromium, and pages in it that prove at their end that nothing left this machine and no script failed."""

import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from council.settings import Settings
from models.base import Backend
from tests.browser.chromium import FLAGS, find_chromium
from tests.browser.served import ServedCouncil

playwright_api = pytest.importorskip("playwright.sync_api", reason="Playwright is missing: scripts/test.sh brings it")

LOOPBACK = ("http://127.0.0.1:", "http://localhost:", "https://localhost:", "data:", "blob:")
PATIENCE_MILLISECONDS = 15_000

Serve = Callable[..., ServedCouncil]
OpenPage = Callable[..., Any]


@pytest.fixture(scope="package")
def chromium() -> Iterator[Any]:
    """The browser, for all tests of this folder: it must be gone before tests elsewhere start event loops."""
    program = find_chromium()
    if program is None:
        pytest.skip("there is no Chromium on the PATH: apt-get install chromium")
    with playwright_api.sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=FLAGS)
        yield browser
        browser.close()


@pytest.fixture
def serve(settings: Settings, tmp_path: Path) -> Iterator[Serve]:
    """Start the web application over some backends; it is closed after the test."""
    os.environ["GRADIO_TEMP_DIR"] = str(tmp_path / "gradio")
    started: list[ServedCouncil] = []

    def start(*backends: Backend, **changed: Any) -> ServedCouncil:
        started.append(ServedCouncil(settings.model_copy(update=changed), backends))
        return started[-1]

    yield start
    for council in started:
        council.close()


@pytest.fixture
def open_page(chromium: Any) -> Iterator[OpenPage]:
    """Open an address in a browser of its own; requests to other machines are refused and fail the test."""
    contexts: list[Any] = []
    strangers: list[str] = []
    faults: list[str] = []

    def judge(route: Any) -> None:
        if route.request.url.startswith(LOOPBACK):
            route.continue_()
        else:
            strangers.append(route.request.url)
            route.abort()

    def open_(
        url: str, *, locale: str = "en-US", width: int = 1280, height: int = 900, log_in: Any = None, **options: Any
    ) -> Any:
        size = {"width": width, "height": height}
        context = chromium.new_context(locale=locale, viewport=size, reduced_motion="reduce", **options)
        contexts.append(context)
        context.set_default_timeout(PATIENCE_MILLISECONDS)
        context.route("**/*", judge)
        page = context.new_page()
        page.on("pageerror", lambda error: faults.append(str(error)))
        page.goto(url)
        if log_in:
            _log_in(page, *log_in)
        page.locator("#mode-note .note").filter(has_text=".").wait_for()
        return page

    playwright_api.expect.set_options(timeout=PATIENCE_MILLISECONDS)
    yield open_
    for context in contexts:
        context.close()
    assert not strangers, f"the page asked other machines: {strangers}"
    assert not faults, f"the page's script failed: {faults}"


def _log_in(page: Any, name: str, password: str) -> None:
    page.get_by_label("username").fill(name)
    page.get_by_label("password").fill(password)
    page.get_by_role("button", name="Login").click()
