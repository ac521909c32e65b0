"""The page behind a real nginx: under a path, behind HTTPS, with a log-in, streaming and the addresses of runs."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from playwright.sync_api import expect
from pydantic import SecretStr

from tests.browser.conftest import OpenPage, Serve
from tests.browser.nginx import Nginx, find_nginx
from tests.browser.seats import an_ollama, ask, at_length

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(find_nginx() is None, reason="nginx is missing: scripts/test.sh brings it"),
]
ADA = ("ada", "a-long-password")
Behind = Callable[..., str]


@pytest.fixture
def behind(serve: Serve, tmp_path: Path) -> Iterator[Behind]:
    """Serve the page behind a new nginx at a path of its, "" for none; returns the address that people type."""
    started: list[Nginx] = []

    def begin(path: str, *, https: bool = False, keeps_path: bool = False, **settings: Any) -> str:
        nginx = Nginx(tmp_path / "nginx", https=https)
        council = serve(
            an_ollama(at_length, delay=0.05), public_url=(nginx.origin + path,), allow_public=True, **settings
        )
        started.append(nginx.start(f"{path}/", council.url + ("" if keeps_path else "/")))
        return nginx.origin + path

    yield begin
    for nginx in started:
        nginx.stop()


@pytest.mark.parametrize(
    ("path", "https", "keeps_path"),
    [("/council", False, False), ("/a/council", True, True), ("", True, False)],
    ids=["path", "path kept, https", "https"],
)
def test_the_page_works_as_it_does_by_itself(
    behind: Behind, open_page: OpenPage, path: str, https: bool, keeps_path: bool
) -> None:
    address = behind(path, https=https, keeps_path=keeps_path, users=SecretStr(":".join(ADA)))
    page = open_page(f"{address}/", log_in=ADA, ignore_https_errors=https)
    ask(page)
    expect(page.locator("#body-1")).to_contain_text("word3")
    expect(page.locator("#progress .chip")).to_contain_text(["running"])  # it came before the run's end
    expect(page.locator("#progress .chip")).to_contain_text(["complete"], timeout=60_000)
    assert page.url.startswith(f"{address}/?run=")
    page.reload()
    expect(page.locator("#progress .chip")).to_contain_text(["complete"])
    expect(page.locator("#body-1")).to_contain_text("word59")
    cookies = page.context.cookies()
    assert cookies and all(cookie["secure"] for cookie in cookies if https)
    left = page.evaluate(
        "async (a) => { const r = await fetch(a, {method: 'POST'}); return r.url; }", f"{address}/logout"
    )
    assert left.rstrip("/") == address
    page.reload()
    expect(page.get_by_label("username")).to_be_visible()


def test_without_a_log_in_each_browser_keeps_its_own_runs_under_a_path(behind: Behind, open_page: OpenPage) -> None:
    address = behind("/council")
    page = open_page(address)  # without the last stroke
    assert page.url == f"{address}/"
    ask(page, mode="Quick")
    expect(page.locator("#progress .chip")).to_contain_text(["complete"], timeout=60_000)
    run = page.url
    page.goto(run)
    expect(page.locator("#progress .chip")).to_contain_text(["complete"])
    stranger = open_page(run)
    expect(stranger.locator("#run")).to_contain_text("not in the history")


def test_who_comes_by_another_name_or_from_another_page_is_refused_behind_a_proxy_too(behind: Behind) -> None:
    address = behind("/council")
    origin = address.removesuffix("/council")

    def status(method: str, path: str, **headers: str) -> int:
        return httpx.request(method, address + path, headers=headers, trust_env=False, timeout=20).status_code

    assert status("GET", "/healthz") == 200
    assert status("GET", "/config", host="evil.example") == 421
    assert status("POST", "/gradio_api/queue/join", origin="https://evil.example") == 403
    assert status("POST", "/gradio_api/queue/join", origin=origin.replace("localhost", "127.0.0.1")) == 403
    assert status("POST", "/gradio_api/cancel", origin=origin) == 422, "it is let through, and holds nothing"
    told = httpx.get(f"{address}/config", headers={"x-gradio-server": "https://evil.example"}, trust_env=False)
    assert told.json()["root"] == address
