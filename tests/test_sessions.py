"""Log-ins end, pages belong to who opened them, and what Gradio remembers of pages is bounded."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from types import SimpleNamespace
from typing import Any

import httpx
import pytest
from gradio.state_holder import StateHolder
from starlette.types import Message, Receive, Scope, Send

from council.api.log_in_sessions import DAY_SECONDS, MOST_SESSIONS, LogInSessions
from council.api.page_sessions import LOOK_SECONDS, MOST_PAGES, PageSessions
from council.configuration import load_settings
from tests.browser.served import ServedCouncil
from tests.fakes import ScriptedBackend
from tests.test_web import get

USERS = "ada:a-long-password,alan:another-one"


def test_a_log_in_ends_after_a_week_without_use_and_after_a_month_with_it() -> None:
    now = [0.0]
    sessions = LogInSessions(clock=lambda: now[0])
    sessions["used"], sessions["unused"] = "ada", "alan"
    for day in range(1, 31):
        now[0] = day * DAY_SECONDS
        assert sessions.get("used") == "ada"
    assert sessions.get("unused") is None
    now[0] += 1
    assert sessions.get("used") is None and sessions.get("") is None
    sessions["new"] = "ada"
    assert list(sessions) == ["new"]


def test_of_too_many_log_ins_the_longest_unused_goes() -> None:
    now = [0.0]
    sessions = LogInSessions(clock=lambda: now[0])
    sessions["first"] = "ada"
    for number in range(MOST_SESSIONS):
        now[0] += 1
        sessions[f"{number}"] = "alan"
        assert sessions.get("first") == "ada"
    assert len(sessions) == MOST_SESSIONS and "0" not in sessions


@pytest.fixture(scope="module")
def council(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServedCouncil]:
    settings = load_settings(env_file=None, data_dir=tmp_path_factory.mktemp("data"), users=USERS)
    served = ServedCouncil(settings, [ScriptedBackend(models=("alpha:1b",))])
    yield served
    served.close()


@contextmanager
def log_in(council: ServedCouncil, name: str, password: str) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=council.url, trust_env=False, timeout=20) as visitor:
        assert visitor.post("/login", data={"username": name, "password": password}).status_code == 200
        yield visitor


def test_logging_out_ends_every_log_in_of_the_user_in_the_server(council: ServedCouncil) -> None:
    with log_in(council, "ada", "a-long-password") as here, log_in(council, "ada", "a-long-password") as there:
        kept = dict(here.cookies)
        here.post("/logout", headers={"origin": council.url})
        assert [visitor.get("/config").status_code for visitor in (here, there)] == [401, 401]
        stolen = "; ".join(f"{name}={value}" for name, value in kept.items())
        assert get(council, "/config", cookie=stolen).status_code == 401


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("POST", "/gradio_api/queue/join", {"session_hash": "of-ada", "fn_index": 0, "data": []}),
        ("POST", "/gradio_api/cancel", {"session_hash": "of-ada", "fn_index": 0, "event_id": "x"}),
        ("GET", "/gradio_api/queue/data?session_hash=of-ada", None),
        ("GET", "/gradio_api/queue/data?session_hash=mine&session_hash=of-ada", None),
        ("GET", "/gradio_api/heartbeat/of-ada", None),
    ],
)
def test_a_page_belongs_to_who_opened_it(council: ServedCouncil, method: str, path: str, body: Any) -> None:
    opening = {"session_hash": "of-ada", "fn_index": 9999, "data": []}
    with log_in(council, "ada", "a-long-password") as ada, log_in(council, "alan", "another-one") as alan:
        assert ada.post("/gradio_api/queue/join", json=opening).status_code not in (401, 403)
        assert alan.request(method, path, json=body).status_code == 403
        stranger = httpx.request(method, council.url + path, json=body, trust_env=False)
        assert stranger.status_code == 401


class Counter:
    """Stands behind the layer and counts what comes through."""

    def __init__(self) -> None:
        self.came = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        self.came += 1
        await send({"type": "http.response.start", "status": 200, "headers": []})


def page_states(pages: int) -> StateHolder:
    """Gradio's own holder, with so many pages."""
    import gradio as gr

    with gr.Blocks() as blocks:
        gr.State(0)
    states = StateHolder()
    states.set_blocks(blocks)
    for number in range(pages):
        states[f"page-{number}"]
    return states


async def beat(layer: PageSessions, session: str) -> None:
    async def receive() -> Message:
        return {"type": "http.disconnect"}

    async def send(message: Message) -> None:
        return None

    path = f"/gradio_api/heartbeat/{session}"
    await layer({"type": "http", "method": "GET", "path": path, "query_string": b"", "headers": []}, receive, send)


@pytest.mark.anyio
async def test_pages_that_are_gone_are_forgotten_after_an_hour_and_sleeping_ones_after_a_day() -> None:
    states, now, behind = page_states(4), [0.0], Counter()
    gradio = SimpleNamespace(auth=None, cookie_id="", tokens={}, state_holder=states)
    layer = PageSessions(behind, gradio, clock=lambda: now[0])  # type: ignore[arg-type]
    for number, (is_closed, hours) in enumerate([(True, 2), (True, 0.5), (False, 23), (False, 25)]):
        states.session_data[f"page-{number}"].is_closed = is_closed
        states.time_last_used[f"page-{number}"] = datetime.now() - timedelta(hours=hours)
    await beat(layer, "page-2")
    assert len(states.session_data) == 4, "it does not look at every request"
    now[0] += LOOK_SECONDS
    await beat(layer, "page-2")
    assert (list(states.session_data), behind.came) == (["page-1", "page-2"], 2)


def test_of_too_many_pages_those_longest_unused_are_forgotten() -> None:
    states = page_states(0)
    PageSessions(Counter(), SimpleNamespace(state_holder=states))  # type: ignore[arg-type]
    for number in range(MOST_PAGES + 50):
        states[f"page-{number}"]
        states["in use"]
    assert len(states.session_data) <= MOST_PAGES + 1 and "in use" in states.session_data
