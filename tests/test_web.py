"""The web application around the page: who is it for, what may the page load, is it alive, does it end well."""

import re
import signal
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from council.configuration import load_settings
from council.settings import Settings
from tests.browser.served import ServedCouncil
from tests.fakes import ScriptedBackend
from tests.programs import Served

Start = Callable[..., ServedCouncil]


@pytest.fixture
def serve(tmp_path: Path) -> Iterator[Start]:
    """Start the web application with these settings over one scripted backend."""
    started: list[ServedCouncil] = []

    def start(*, models: tuple[str, ...] = ("alpha:1b",), **values: Any) -> ServedCouncil:
        settings: Settings = load_settings(env_file=None, data_dir=tmp_path / "data", **values)
        started.append(ServedCouncil(settings, [ScriptedBackend(models=models)]))
        return started[-1]

    yield start
    for council in started:
        council.close()


def get(council: ServedCouncil, path: str, **headers: str) -> httpx.Response:
    return httpx.get(council.url + path, headers=headers, trust_env=False, timeout=20)


def test_it_is_alive_without_a_model_but_not_ready(serve: Start) -> None:
    council = serve(models=())
    assert (get(council, "/healthz").status_code, get(council, "/readyz").status_code) == (200, 503)
    assert get(council, "/readyz").json()["status"] == "no model"


def test_it_is_ready_with_a_model(serve: Start) -> None:
    answer = get(serve(), "/readyz")
    assert (answer.status_code, answer.json()["backends"][0]["models"]) == (200, 1)


def test_every_answer_forbids_the_browser_to_load_from_elsewhere(serve: Start) -> None:
    council = serve()
    for path in ("/", "/healthz", "/theme.css", "/nothing-here"):
        policy = get(council, path).headers["content-security-policy"]
        assert "default-src 'none'" in policy and "connect-src 'self'" in policy
        assert "script-src-attr 'none'" in policy and "form-action 'none'" in policy
        assert "http" not in policy


def test_the_page_names_no_other_machine_to_load_from(serve: Start) -> None:
    page = get(serve(), "/").text
    loaded = re.findall(r"<(?:script|link|img|iframe)[^>]+(?:src|href)=[\"'](https?://[^\"']+)", page)
    assert [address for address in loaded if "127.0.0.1" not in address] == []


@pytest.mark.parametrize(
    ("host", "status"),
    [
        ("localhost:7860", 200),
        ("127.0.0.1", 200),
        ("[::1]:7860", 200),
        ("evil.example", 421),
        ("127.0.0.1.evil.example", 421),
    ],
)
def test_a_local_server_answers_to_local_names_only(serve: Start, host: str, status: int) -> None:
    assert get(serve(), "/healthz", host=host).status_code == status


def test_where_people_log_in_strangers_see_neither_the_page_nor_the_backends(serve: Start) -> None:
    council = serve(users="ada:a-long-password")
    assert get(council, "/config").status_code == 401
    assert get(council, "/readyz").json() == {"status": "ready"}
    with httpx.Client(base_url=council.url, trust_env=False, timeout=20) as visitor:
        wrong = visitor.post("/login", data={"username": "ada", "password": "guess"})
        assert wrong.status_code == 400
        assert visitor.post("/login", data={"username": "ada", "password": "a-long-password"}).status_code == 200
        assert visitor.get("/config").status_code == 200


def test_nothing_is_stored_in_the_browser_by_gradio_and_no_address_documents_the_insides(serve: Start) -> None:
    council = serve()
    assert get(council, "/config").json()["run_history"] is False
    assert {get(council, path).status_code for path in ("/docs", "/redoc", "/gradio_api/info")} == {404}


def test_sigterm_ends_the_program_in_good_order(tmp_path: Path) -> None:
    with Served(tmp_path, backends="llama_cpp") as served:
        served.process.send_signal(signal.SIGTERM)
        served.process.wait(20)
    assert "Traceback" not in served.log()
    assert not (tmp_path / "data" / "history.db-wal").exists()  # the store was closed, not torn away
