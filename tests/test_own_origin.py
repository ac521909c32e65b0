"""Nobody gets in where they do not belong: names, origins, visitors, guesses, floods, over the real application."""

import asyncio
import logging
import socket
from collections.abc import Callable, Iterator
from typing import Any

import httpx
import pytest
from starlette.types import Message, Receive, Scope, Send

from council.api.limits import GUESSES_BY_ONE, GUESSES_BY_ONE_FOR_ONE, BodyLimit, LoginBrake
from council.configuration import load_settings
from tests.browser.served import ServedCouncil
from tests.fakes import ScriptedBackend
from tests.test_web import get

LAN = {"host": "0.0.0.0"}  # noqa: S104 - what is tested is who may address it there
USERS = {"users": "ada:a-long-password"}


@pytest.fixture(scope="module")
def servers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[..., ServedCouncil]]:
    """One server for each set of settings, shared by the tests of this file."""
    started: dict[str, ServedCouncil] = {}

    def serve(**values: Any) -> ServedCouncil:
        key = repr(values)
        if key not in started:
            settings = load_settings(env_file=None, data_dir=tmp_path_factory.mktemp("data"), **values)
            started[key] = ServedCouncil(settings, [ScriptedBackend(models=("alpha:1b",))])
        return started[key]

    yield serve
    for council in started.values():
        council.close()


@pytest.fixture
def serve(servers: Callable[..., ServedCouncil]) -> Callable[..., ServedCouncil]:
    return servers


Start = Callable[..., ServedCouncil]


def post(council: ServedCouncil, path: str, content: bytes = b"{}", **headers: str) -> httpx.Response:
    return httpx.post(council.url + path, content=content, headers=headers, trust_env=False, timeout=20)


@pytest.mark.parametrize("values", [{}, LAN | {"allow_public": True}, LAN | USERS])
def test_a_foreign_name_is_refused_on_every_deployment(serve: Start, values: dict[str, Any]) -> None:
    council = serve(**values)
    for name in ("evil.example", "127.0.0.1.evil.example", "localhost.evil.example", "testserver", ""):
        assert get(council, "/config", host=name).status_code == 421
    assert get(council, "/config", host="localhost:7860").status_code in (200, 401)


def test_a_machines_address_is_taken_where_others_may_reach_it_and_the_public_name_is(serve: Start) -> None:
    assert get(serve(), "/healthz", host="192.168.1.5:7860").status_code == 421
    shared = serve(**LAN, allow_public=True, public_url="https://council.example")
    for name in ("192.168.1.5:7860", "[2001:db8::5]", "council.example"):
        assert get(shared, "/healthz", host=name).status_code == 200


@pytest.mark.parametrize("values", [{}, LAN | USERS])
@pytest.mark.parametrize("origin", ["https://evil.example", "null", "http://localhost:1", "http://sub.localhost"])
def test_a_page_of_another_origin_reads_and_sends_nothing(serve: Start, values: dict[str, Any], origin: str) -> None:
    council = serve(**values)
    for answer in (get(council, "/config", origin=origin), post(council, "/gradio_api/queue/join", origin=origin)):
        assert answer.status_code == 403
        assert not [name for name in answer.headers if name.startswith("access-control")]
    assert get(council, "/config", origin=council.url).status_code in (200, 401)


def test_no_answer_lets_another_origin_read_it(serve: Start) -> None:
    council = serve()
    answer = get(council, "/config", origin=council.url)
    assert answer.status_code == 200 and not [name for name in answer.headers if name.startswith("access-control")]


def test_a_link_from_elsewhere_opens_the_page_and_a_picture_or_script_from_there_gets_nothing(serve: Start) -> None:
    council = serve()
    foreign = {"sec-fetch-site": "cross-site"}
    assert get(council, "/", **foreign, **{"sec-fetch-mode": "navigate"}).status_code == 200
    for mode in ("no-cors", "cors"):
        assert get(council, "/config", **foreign, **{"sec-fetch-mode": mode}).status_code == 403
    assert get(council, "/config", **{"sec-fetch-site": "same-site", "sec-fetch-mode": "cors"}).status_code == 403


def test_a_picture_in_an_answer_fetches_nothing_and_logs_nobody_out(serve: Start) -> None:
    council = serve(**USERS)
    with httpx.Client(base_url=council.url, trust_env=False, timeout=20) as ada:
        ada.post("/login", data={"username": "ada", "password": "a-long-password"})
        same = {"sec-fetch-site": "same-origin", "sec-fetch-mode": "no-cors", "sec-fetch-dest": "image"}
        assert ada.get("/config", headers=same).status_code == 403
        assert ada.get("/favicon.ico", headers=same).status_code == 200
        assert ada.get("/logout").status_code == 405
        assert ada.get("/config").status_code == 200
        assert ada.post("/logout", headers={"origin": council.url}).status_code in (200, 302)
        assert ada.get("/config").status_code == 401


@pytest.mark.parametrize(
    "path",
    [
        "/gradio_api/upload",
        "/gradio_api/deep_link?session_hash=x",
        "/gradio_api/file=/etc/passwd",
        "/gradio_api/proxy=http://127.0.0.1:1/",
        "/gradio_api/run-history/buckets",
        "/gradio_api/dev/reload",
        "/gradio_api/openapi.json",
        "/monitoring",
        "/runs",
    ],
)
def test_addresses_that_the_page_never_asks_for_are_closed(serve: Start, path: str) -> None:
    council = serve()
    assert {get(council, path).status_code, post(council, path).status_code} == {404}


def test_on_a_public_page_each_browser_owns_its_runs(serve: Start) -> None:
    council = serve(**LAN, allow_public=True)
    given = [get(council, "/").headers["set-cookie"] for _ in range(2)]
    names = {cookie.partition(";")[0] for cookie in given}
    assert len(names) == 2 and all("HttpOnly" in cookie and "SameSite" in cookie for cookie in given)
    assert "set-cookie" not in get(council, "/", cookie=names.pop()).headers
    assert "set-cookie" in get(council, "/", cookie="council-visitor=guessed").headers
    assert "set-cookie" not in get(serve(), "/").headers


def test_what_a_proxy_says_counts_only_from_those_that_are_trusted(serve: Start) -> None:
    said = {"x-forwarded-host": "evil.example", "x-forwarded-proto": "https"}
    assert "evil.example" not in get(serve(), "/", **said).text
    trusting = serve(trusted_proxies="127.0.0.1", public_url="https://council.example")
    page = get(trusting, "/", **(said | {"x-forwarded-host": "council.example"})).text
    assert "https://council.example" in page


def test_guessing_passwords_is_slowed_down_and_written_down(serve: Start, caplog: pytest.LogCaptureFixture) -> None:
    council = serve(users="ada:a-long-password,alan:another-one")  # a server of its own, whose brake is used up
    form = {"username": "ada", "password": "guess-of-a-stranger"}
    with caplog.at_level(logging.WARNING):
        codes = [httpx.post(f"{council.url}/login", data=form, trust_env=False).status_code for _ in range(30)]
    assert codes == [400] * GUESSES_BY_ONE_FOR_ONE + [429] * (30 - GUESSES_BY_ONE_FOR_ONE)
    right = httpx.post(f"{council.url}/login", data=form | {"password": "a-long-password"}, trust_env=False)
    assert right.status_code == 429 and int(right.headers["retry-after"]) > 0
    assert len([record for record in caplog.records if "ada" in record.getMessage()]) == 31
    assert "guess-of-a-stranger" not in caplog.text


def request(body: bytes, *, path: str = "/", client: str = "1.2.3.4") -> tuple[Scope, Receive]:
    scope = {"type": "http", "method": "POST", "path": path, "headers": [], "client": (client, 1)}

    async def receive() -> Message:
        return {"type": "http.request", "body": body, "more_body": False}

    return scope, receive


async def answered(app: Any, scope: Scope, receive: Receive) -> int:
    codes: list[int] = []

    async def send(message: Message) -> None:
        if message["type"] == "http.response.start":
            codes.append(message["status"])

    await app(scope, receive, send)
    return codes[0]


class LogIn:
    """Takes one password; what it answers is all that a brake sees."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        message = await receive()
        status = 200 if b"right" in message["body"] else 400
        await send({"type": "http.response.start", "status": status, "headers": []})
        await send({"type": "http.response.body"})


async def test_the_brake_lets_go_after_a_while_and_one_guesser_does_not_lock_a_user_out() -> None:
    now = [0.0]
    brake = LoginBrake(LogIn(), clock=lambda: now[0])

    async def guess(password: str, *, name: str = "ada", client: str = "1.2.3.4") -> int:
        return await answered(
            brake, *request(f"username={name}&password={password}".encode(), path="/login", client=client)
        )

    codes = [await guess("wrong") for _ in range(GUESSES_BY_ONE_FOR_ONE + 1)]
    assert codes[-2:] == [400, 429]
    assert await guess("right", client="5.6.7.8") == 200
    now[0] += 16 * 60
    assert await guess("right") == 200
    codes = [await guess("wrong", name=f"user-{number}") for number in range(GUESSES_BY_ONE + 1)]
    assert codes[-2:] == [400, 429], "one address that tries many names is stopped, too"


@pytest.mark.parametrize("chunk", [b"x" * 400_000, b"x" * 1_000_001])
async def test_a_body_over_the_limit_is_refused_before_it_is_held(chunk: bytes) -> None:
    given = 0

    async def flood() -> Message:
        nonlocal given
        given += len(chunk)
        return {"type": "http.request", "body": chunk, "more_body": True}

    scope, _ = request(b"")
    assert await answered(BodyLimit(LogIn()), scope, flood) == 413
    assert given < 1_500_000


async def test_a_body_that_does_not_come_is_given_up() -> None:
    async def silence() -> Message:
        await asyncio.Event().wait()
        raise AssertionError

    scope, _ = request(b"")
    assert await answered(BodyLimit(LogIn(), most_seconds=0.05), scope, silence) == 408


def test_a_flood_without_a_log_in_is_refused_by_the_real_server(serve: Start) -> None:
    council = serve(**USERS)
    with socket.create_connection(("127.0.0.1", int(council.url.rpartition(":")[2]))) as plug:
        head = f"POST /gradio_api/cancel HTTP/1.1\r\nHost: {council.url.partition('://')[2]}\r\n"
        plug.sendall(f"{head}Content-Length: 700000000\r\n\r\n".encode() + b"x" * 1_100_000)
        answer = plug.recv(1000)
        assert (
            answer.startswith(b"HTTP/1.1 413") and b"application/json" in answer
        )  # else the page shows a fault of its own


@pytest.mark.parametrize(
    ("name", "value"),
    [("public_url", "council.example"), ("public_url", "https://a/b?c"), ("trusted_proxies", "proxy.example")],
)
def test_a_wrong_address_in_the_settings_is_named(name: str, value: str) -> None:
    with pytest.raises(Exception, match=f"COUNCIL_{name.upper()}"):
        load_settings(env_file=None, **{name: value})
