"""Every address that is served, Gradio's own among them: which are open, and that no GET changes a thing."""

import re
from collections.abc import Iterator
from typing import Any

import gradio
import httpx
import pytest
from gradio.routes import App

from council.configuration import load_settings
from council.domain import Council as Seats
from council.domain import Question, Seat, Synthesis
from council.events import DeliberationStarted, SynthesisWritten
from tests.browser.served import ServedCouncil
from tests.fakes import ScriptedBackend
from tests.test_sessions import USERS, log_in

RUN, SECRET = "run-of-ada", "Zanzibar"
OPEN_TO_GET = {
    *("/", "/config", "/theme.css", "/favicon.ico", "/manifest.json", "/robots.txt"),
    *("/assets/{path:path}", "/static/{path:path}", "/svelte/{path:path}"),
    *("/gradio_api/app_id", "/gradio_api/heartbeat/{session_hash}", "/gradio_api/queue/data"),
}
OPEN_TO_POST = {"/login", "/gradio_api/queue/join", "/gradio_api/cancel"}
OURS = ("/healthz", "/readyz")


def gradios_routes() -> Iterator[tuple[str, str]]:
    """Every method and address of Gradio's, whatever the page asks for."""
    with gradio.Blocks() as blocks:
        gradio.Markdown()
    waiting: list[Any] = list(App.create_app(blocks).routes)
    while waiting:
        route = waiting.pop()
        if hasattr(route, "original_router"):
            waiting += route.original_router.routes
        elif route.path != "/openapi.json":  # FastAPI's, which our application does not have
            yield from ((method, route.path) for method in route.methods or () if method in ("GET", "POST"))


ROUTES = sorted({(method, path.rstrip("/") or "/") for method, path in gradios_routes()})


def filled(path: str, part: str) -> str:
    """An address with something in the place of its parts, and of all that some address reads behind it."""
    named = "&".join(f"{name}={part}" for name in ("run", "session_hash", "deep_link", "url", "upload_id", "key"))
    return re.sub(r"\{[^}]*\}", part, path) + f"?{named}"


@pytest.fixture(scope="module")
def council(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServedCouncil]:
    settings = load_settings(env_file=None, data_dir=tmp_path_factory.mktemp("data"), users=USERS)
    served = ServedCouncil(settings, [ScriptedBackend(models=("alpha:1b",))])
    assert served.application is not None
    seat = Seat(id="seat-1", model="alpha:1b")
    begun = DeliberationStarted(
        id=RUN,
        question=Question(text=f"Where is {SECRET}?"),
        council=Seats(seats=(seat,), chairman=seat),
        seed=1,
        nonce_seed="x",
    )
    history = served.application.history.of("ada")
    history.append(RUN, begun)
    history.append(RUN, SynthesisWritten(synthesis=Synthesis(seat=seat.id, text=f"{SECRET} is an island.")))
    yield served
    served.close()


def ask(visitor: httpx.Client, method: str, path: str) -> tuple[int, str]:
    """Return the status of an address and the beginning of what it says: some never end."""
    sent = (
        {"json": {"session_hash": "x", "run": RUN, "data": [RUN], "fn_index": 0, "event_id": RUN}}
        if method == "POST"
        else {}
    )
    with visitor.stream(method, path, **sent) as response:
        try:
            return response.status_code, next(response.iter_text(), "")
        except httpx.ReadTimeout:
            return response.status_code, ""


def test_gradio_serves_many_addresses_and_those_of_the_page_alone_are_open(council: ServedCouncil) -> None:
    assert len(ROUTES) > 50, "the walk finds Gradio's addresses"
    with log_in(council, "ada", "a-long-password") as ada:
        asked = {(method, path): ask(ada, method, filled(path, "x"))[0] for method, path in ROUTES if path != "/logout"}
    known = {("GET", path) for path in OPEN_TO_GET} | {("POST", path) for path in OPEN_TO_POST}
    assert known <= set(ROUTES)
    open_ = {route for route, status in asked.items() if status not in (404, 405)}
    assert open_ <= known, "a new address of Gradio's is open: does the page need it?"


def state(council: ServedCouncil) -> list[object]:
    """All that a request could change and that lasts."""
    assert council.application is not None
    folder = council.settings.data_dir
    files = sorted(str(path) for path in folder.rglob("*") if not path.name.startswith("history.db-"))
    events = [event.model_dump_json() for event in council.application.history.of("ada").events(RUN)]
    return [files, events, council.application.history.of("alan").entries()]


@pytest.mark.parametrize("part", ["x", RUN, "..%2f..%2fhistory.db", "http:%2f%2f127.0.0.1:1%2f"])
def test_no_get_changes_anything_or_logs_anybody_out(council: ServedCouncil, part: str) -> None:
    before = state(council)
    with log_in(council, "ada", "a-long-password") as ada:
        for path in (*(path for method, path in ROUTES if method == "GET"), *OURS):
            status, _ = ask(ada, "GET", filled(path, part))
            assert status < 500, path
        assert ada.get("/config").status_code == 200, "she is still logged in"
    assert state(council) == before


def test_no_address_gives_one_users_run_to_another_or_to_a_stranger(council: ServedCouncil) -> None:
    before = state(council)
    with (
        log_in(council, "alan", "another-one") as alan,
        httpx.Client(base_url=council.url, trust_env=False) as stranger,
    ):
        for visitor in (alan, stranger):
            for method, path in ROUTES:
                if path != "/logout":
                    assert SECRET not in ask(visitor, method, filled(path, RUN))[1], path
        for path in OURS:
            assert SECRET not in stranger.get(path).text
    assert state(council) == before
