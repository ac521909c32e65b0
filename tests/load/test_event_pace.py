"""How much may happen on the page from one address."""

import pytest
from starlette.types import Message, Receive, Scope, Send

from council.api.pace import EventPace
from council.runs.pace import Pace

pytestmark = pytest.mark.anyio


async def page(scope: Scope, receive: Receive, send: Send) -> None:
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": b""})


async def answer(layer: EventPace, address: str, method: str = "POST", path: str = "/gradio_api/queue/join") -> Message:
    """Send a request from this address; returns how the answer begins."""
    told: list[Message] = []

    async def send(message: Message) -> None:
        told.append(message)

    async def receive() -> Message:
        raise AssertionError("a request that is refused is not read")

    await layer({"type": "http", "method": method, "path": path, "client": (address, 1), "headers": []}, receive, send)
    return told[0]


async def test_an_address_has_so_many_events_and_is_then_told_when_to_come_again() -> None:
    layer = EventPace(page, pace=Pace(at_once=2, a_minute=6, clock=lambda: 0.0))
    answers = [await answer(layer, "192.0.2.1") for _ in range(3)]
    assert [begun["status"] for begun in answers] == [200, 200, 429]
    assert (b"retry-after", b"10") in answers[-1]["headers"]
    assert (b"content-type", b"application/json") in answers[-1]["headers"]  # else the page shows a fault of its own
    assert (await answer(layer, "192.0.2.1", "GET", "/gradio_api/queue/data"))["status"] == 200  # streams go on
    assert (await answer(layer, "192.0.2.1", "GET", "/"))["status"] == 429  # a page has to be made
    assert (await answer(layer, "192.0.2.2"))["status"] == 200


async def test_the_many_addresses_of_one_ipv6_customer_count_as_one() -> None:
    layer = EventPace(page, pace=Pace(at_once=2, a_minute=6, clock=lambda: 0.0))
    told = [await answer(layer, f"2001:db8::{host:x}") for host in range(3)]
    assert [begun["status"] for begun in told] == [200, 200, 429]
    assert (await answer(layer, "2001:db8:0:1::1"))["status"] == 200
