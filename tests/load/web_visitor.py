"""A visitor of the page as it is served, without a browser: the requests that a browser sends, and nothing of ours.

Speaks the protocol of Gradio's queue: an event is joined, and what becomes of it is read from the session's stream.
"""

import json
import secrets
from collections.abc import AsyncIterator
from contextlib import aclosing
from types import TracebackType
from typing import Any, Self

import httpx
from gradio_client.utils import apply_diff

PATIENCE = httpx.Timeout(60.0)


class Refused(Exception):
    """The server refused an event; `status` is the HTTP status."""

    def __init__(self, response: httpx.Response) -> None:
        self.status, self.retry_after = response.status_code, response.headers.get("retry-after")
        super().__init__(f"{response.status_code}: {response.text[:200]}")


class WebVisitor:
    """Somebody with one tab open. `shown` is what stands in each component, by its element's id."""

    def __init__(self, url: str) -> None:
        self.client = httpx.AsyncClient(base_url=url, trust_env=False, timeout=PATIENCE)
        self.session = secrets.token_hex(5)
        self._ids: dict[str, int] = {}
        self._values: dict[int, Any] = {}
        self._events: list[dict[str, Any]] = []

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.client.aclose()

    async def open(self) -> None:
        """Load the page, and let it do what it does when it is opened."""
        (await self.client.get("/")).raise_for_status()
        await self.configure()
        await self.fire("", "load")

    def leave(self) -> None:
        """Become a tab that was just opened, in the same browser; what it shows stays."""
        self.session = secrets.token_hex(5)

    async def configure(self) -> None:
        """Learn what the page consists of."""
        config = (await self.client.get("/config")).raise_for_status().json()
        self._events = config["dependencies"]
        for component in config["components"]:
            self._values[component["id"]] = component["props"].get("value")
            if name := component["props"].get("elem_id"):
                self._ids[name] = component["id"]

    def shown(self, name: str) -> str:
        """What stands in a component."""
        return str(self._values[self._ids[name]] or "")

    def write(self, name: str, value: Any) -> None:
        """Fill a field in."""
        self._values[self._ids[name]] = value

    async def fire(self, name: str, event: str, **data: Any) -> None:
        """Let an event happen, and wait until all that it brought about has been shown."""
        async for _ in self.pictures(name, event, **data):
            pass

    async def ask(self, question: str, *, mode: str = "compare") -> str:
        """Ask; returns the run's id, or "" where the page refuses (it then says why in `message`)."""
        self.write("question", question)
        self.write("mode", mode)
        self.write("target", "")
        await self.fire("ask", "click")
        return self.shown("target").partition(" ")[0]

    async def follow(self) -> AsyncIterator[None]:
        """Watch the run on the page; each step is one picture, the last one is final."""
        async with aclosing(self.pictures("target", "change")) as pictures:
            async for picture in pictures:
                yield picture

    async def pictures(self, name: str, event: str, **data: Any) -> AsyncIterator[None]:
        """Let an event happen, and stop after each change that it makes to the page."""
        for function in self.triggered(name, event):
            event_id = await self.join(function, data)
            async with aclosing(self._messages(event_id)) as messages:
                output: list[Any] = []
                async for message in messages:
                    told = message["output"].get("data") or []
                    if message["msg"] == "process_generating" and output:
                        told = [apply_diff(old, new) for old, new in zip(output, told, strict=True)]
                    output = told
                    self._take(function, output)
                    yield

    async def join(self, function: dict[str, Any], data: dict[str, Any] | None = None) -> str:
        """Put an event into the queue; returns its id. Raises Refused."""
        body = {
            "data": [self._values[field] for field in function["inputs"]],
            "event_data": data,
            "fn_index": function["id"],
            "session_hash": self.session,
            "trigger_id": function["targets"][0][0],
        }
        response = await self.client.post("/gradio_api/queue/join", json=body)
        if response.is_error:
            raise Refused(response)
        return str(response.json()["event_id"])

    def triggered(self, name: str, event: str) -> list[dict[str, Any]]:
        """The handlers of an event, as `join` takes them."""
        source = self._ids.get(name)
        functions = [
            function
            for function in self._events
            if function["backend_fn"]
            and any(event == kind and source in (of, None) for of, kind in function["targets"])
        ]
        assert functions, f"nothing happens on {event} of {name!r}"
        return functions

    async def _messages(self, event_id: str) -> AsyncIterator[dict[str, Any]]:
        """What the server tells of one event: every picture, then the end."""
        address = f"/gradio_api/queue/data?session_hash={self.session}"
        async with self.client.stream("GET", address) as stream:
            async for line in stream.aiter_lines():
                if not line.startswith("data: "):
                    continue
                message = json.loads(line.removeprefix("data: "))
                if message.get("event_id") not in (event_id, None):
                    continue
                if message["msg"] == "unexpected_error" or message.get("success") is False:
                    raise RuntimeError(f"the page's event failed: {message}")
                if message["msg"] in ("process_generating", "process_completed"):
                    yield message
                if message["msg"] in ("process_completed", "close_stream"):
                    return

    def _take(self, function: dict[str, Any], output: list[Any]) -> None:
        for component, value in zip(function["outputs"], output, strict=bool(output)):
            if isinstance(value, dict) and value.get("__type__") == "update":
                if "value" in value:
                    self._values[component] = value["value"]
            else:
                self._values[component] = value
