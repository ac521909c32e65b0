"""Nothing is sent to another machine unless the request agrees to that very host: every backend, and the selector."""

from collections.abc import Awaitable, Callable

import httpx
import pytest

from models.base import Backend, GenerationConfig, Message
from models.errors import AllBackendsFailedError, BackendUnavailableError, RemoteModelError
from models.ollama.backend import OllamaBackend, open_ollama
from models.openai.backend import OpenAICompatibleBackend
from models.selector import BackendSelector
from tests.fakes import ScriptedBackend
from tests.models.http.wire_server import serve
from tests.models.scripts import OLLAMA_DONE, ollama_line, ollama_server, refuses, says

pytestmark = pytest.mark.anyio

CLOUD = {
    "gpt-oss:120b-cloud": {},
    "glm-4.6:cloud": {},
    "GLM:Cloud": {},
    "helper:latest": {"remote_host": "https://ollama.com:443", "remote_model": "gpt-oss:120b"},
    "nameless:latest": {"remote_model": "gpt-oss:120b"},
    "far:latest": {"remote_host": "far.example:11434", "remote_model": "x"},
}
HERE = {
    "weather-cloud:latest": {},
    "llama3.2:3b": {"remote_host": "", "remote_model": None},
    "next-door:latest": {"remote_host": "http://192.168.1.5:11434", "remote_model": "x"},
}
QUESTION = [Message("user", "My diary says …")]


def tags(models: dict[str, dict[str, object]]) -> Callable[..., Awaitable[None]]:
    listed = [{"name": name, "size": 384, "digest": "d", **remote} for name, remote in models.items()]
    return refuses(200, {"models": listed})


async def hear(backend: Backend, model: str, host: str = "") -> str:
    async with backend.stream(model, QUESTION, GenerationConfig(remote_host=host)) as chunks:
        return "".join([chunk.text async for chunk in chunks])


async def test_ollamas_cloud_models_are_told_by_host_or_name() -> None:
    async with serve(ollama_server(says(OLLAMA_DONE), tags=tags(CLOUD | HERE))) as server:
        backend = open_ollama(server.url)
        cards = {card.name: card for card in (await backend.health()).models}
        await backend.close()
    assert {name: cards[name].remote_host for name in CLOUD} == dict.fromkeys(CLOUD, "ollama.com") | {
        "far:latest": "far.example"
    }
    assert {cards[name].remote_host for name in HERE} == {""}
    assert cards["glm-4.6:cloud"].size_bytes == 0, "some hundred bytes are no weights"


async def test_a_cloud_model_is_asked_only_with_its_own_host_agreed_to() -> None:
    show = refuses(200, {"capabilities": ["completion"], "model_info": {}})
    answer = says(ollama_line("Hello"), OLLAMA_DONE)
    async with serve(ollama_server(answer, tags=tags(CLOUD), show=show)) as server:
        backend = open_ollama(server.url)
        await backend.health()
        for host in ("", "far.example"):
            with pytest.raises(RemoteModelError, match=r"runs at ollama\.com, not on this machine") as caught:
                await hear(backend, "helper", host)
            assert caught.value.host == "ollama.com"
        with pytest.raises(RemoteModelError):
            await backend.embed("helper", ["My diary"])
        assert not any("diary" in str(call.body) for call in server.calls)
        assert await hear(backend, "helper", "ollama.com") == "Hello"
        await backend.close()


async def test_one_that_is_on_no_list_is_told_when_it_is_described() -> None:
    show = refuses(200, {"remote_host": "https://ollama.com", "remote_model": "x", "capabilities": ["completion"]})
    async with serve(ollama_server(says(OLLAMA_DONE), show=show)) as server:
        backend = open_ollama(server.url)
        assert (await backend.describe("unlisted")).remote_host == "ollama.com"
        assert (await backend.describe("unlisted:cloud")).remote_host == "ollama.com"
        await backend.close()


def far_server(request: httpx.Request) -> httpx.Response:
    bodies = {
        "/v1/models": {"data": [{"id": "gpt"}]},
        "/api/tags": {"models": [{"name": "gpt:latest", "size": 7, "digest": "d"}]},
        "/api/show": {"capabilities": ["completion"]},
    }
    if request.url.path in bodies:
        return httpx.Response(200, json=bodies[request.url.path])
    raise AssertionError(f"{request.url} was asked")


@pytest.mark.parametrize("kind", [OllamaBackend, OpenAICompatibleBackend])
async def test_a_server_elsewhere_says_so_and_is_sent_nothing(kind: Callable[[httpx.AsyncClient], Backend]) -> None:
    path = "/v1" if kind is OpenAICompatibleBackend else ""
    transport = httpx.MockTransport(far_server)
    backend = kind(httpx.AsyncClient(base_url=f"https://api.example{path}", transport=transport))
    health = await backend.health()
    assert (health.remote_host, {card.remote_host for card in health.models}) == ("api.example", {"api.example"})
    with pytest.raises(RemoteModelError):
        await hear(backend, "gpt")
    with pytest.raises(RemoteModelError):
        await backend.embed("gpt", ["My diary"])
    await backend.close()


@pytest.mark.parametrize("first_is_down", [True, False])
async def test_no_answer_goes_from_here_to_another_machine_by_failover(first_is_down: bool) -> None:
    here, there = ScriptedBackend(models=["a:1b"]), ScriptedBackend(models=["a:1b"])
    here.name, there.name, there.elsewhere = "ollama", "openai", {"a:1b": "api.example"}
    broken = BackendUnavailableError("It broke.", backend="ollama")
    broken.after_words = 3  # type: ignore[attr-defined]
    here.script = lambda *_: broken
    here.models = [] if first_is_down else ["a:1b"]
    selector = BackendSelector([here, there])
    with pytest.raises(AllBackendsFailedError, match=r"runs at api\.example, not on this machine"):
        await hear(selector, "a:1b")
    assert there.prompts == []
    assert "Canberra" in await hear(selector, "a:1b", "api.example")


async def test_no_stand_in_is_asked_elsewhere() -> None:
    here, there = ScriptedBackend(models=[]), ScriptedBackend(models=["small:cloud"])
    there.elsewhere = {"small:cloud": "ollama.com"}
    selector = BackendSelector([here, there], stand_ins={"big:70b": "small:cloud"})
    with pytest.raises(AllBackendsFailedError, match=r"runs at ollama\.com"):
        await hear(selector, "big:70b")
    assert "small:cloud" not in [model for model, _, _ in there.prompts]


async def test_what_runs_here_too_is_listed_and_asked_here_and_nothing_is_said_to_have_been_lost() -> None:
    there, here = ScriptedBackend(models=["a:1b", "b:1b"]), ScriptedBackend(models=["a:1b"])
    there.name, here.name, there.elsewhere = "openai", "ollama", {"a:1b": "api.example", "b:1b": "api.example"}
    selector = BackendSelector([there, here])
    cards = await selector.list_models()
    assert [(card.name, card.backend) for card in cards] == [("b:1b", "openai"), ("a:1b", "ollama")]
    async with selector.stream("a:1b", QUESTION, GenerationConfig()) as chunks:
        told = [chunk async for chunk in chunks]
    assert not any(chunk.restart for chunk in told) and there.prompts == []
