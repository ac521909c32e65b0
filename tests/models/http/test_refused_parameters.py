"""A request that is refused for something it can do without is asked again without it, once, and so from then on."""

from collections.abc import Callable
from typing import Any

import pytest

from models.base import GenerationConfig
from models.errors import RequestRejectedError
from models.http.concessions import Payload
from models.ollama.backend import open_ollama
from models.openai.backend import open_openai_compatible
from tests.models.http.wire_server import Call, Handler, Wire, WireServer, serve
from tests.models.ollama.ollama_script import listen as listen_to_ollama
from tests.models.scripts import OLLAMA_DONE, OPENAI_DONE, ollama_line, ollama_server, openai_piece, openai_server, says
from tests.models.speaker import QUESTION, final_text

pytestmark = pytest.mark.anyio

EVERYTHING = GenerationConfig(
    max_tokens=64, seed=5, stop=("END",), json_schema={"type": "object"}, think=False, temperature=0.3
)
Complaint = Callable[[dict[str, Any]], tuple[int, object] | None]
CHAT = "/v1/chat/completions"


def strict(complain: Complaint) -> Handler:
    """An endpoint that complains about requests; the ones that it takes are answered."""

    async def handle(call: Call, wire: Wire) -> None:
        complaint = complain(call.body) if call.path == CHAT else None
        if complaint:
            await wire.json(complaint[1], status=complaint[0])
        else:
            await openai_server(says(openai_piece("Yes"), OPENAI_DONE))(call, wire)

    return handle


async def ask(server: WireServer, times: int = 1, config: GenerationConfig = EVERYTHING) -> list[Payload]:
    """Ask so often, and return what was sent."""
    backend = open_openai_compatible(server.url)
    try:
        for _ in range(times):
            async with backend.stream("tiny", QUESTION, config) as chunks:
                assert final_text([chunk async for chunk in chunks]) == "Yes"
    finally:
        await backend.close()
    return server.bodies(CHAT)


def openai_says(message: str, param: str | None = None) -> object:
    return {"error": {"message": message, "type": "invalid_request_error", "param": param, "code": None}}


KINDS: dict[str, Callable[[str], tuple[int, object]]] = {
    "openai": lambda key: (400, openai_says(f"Unsupported parameter: '{key}' is not supported with this model.", key)),
    "param only": lambda key: (400, openai_says("Bad request.", key)),
    "groq": lambda key: (400, openai_says(f"property '{key}' is unsupported, did you mean 'stop'?")),
    "pydantic": lambda key: (422, {"detail": [{"type": "extra_forbidden", "loc": ["body", key], "input": 1}]}),
    "litellm": lambda key: (500, openai_says(f"UnsupportedParamsError: x does not support parameters: ['{key}']")),
}


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("key", ["chat_template_kwargs", "stream_options", "seed", "temperature"])
async def test_a_parameter_that_a_refusal_names_is_left_out_from_then_on(kind: str, key: str) -> None:
    async with serve(strict(lambda body: KINDS[kind](key) if key in body else None)) as server:
        sent = await ask(server, times=3)
    assert [key in body for body in sent] == [True, False, False, False]
    left = [{name for name in body if name != key} for body in sent]
    assert left[0] == left[1] == left[2] == left[3]


async def test_a_parameter_nobody_thought_of_is_left_out_where_it_is_named() -> None:
    async with serve(strict(lambda body: KINDS["groq"]("stop") if "stop" in body else None)) as server:
        sent = await ask(server)
    assert ["stop" in body for body in sent] == [True, False]


async def test_several_parameters_are_left_out_one_after_the_other() -> None:
    refused = ("chat_template_kwargs", "seed", "stream_options")

    def complain(body: dict[str, Any]) -> tuple[int, object] | None:
        return next((KINDS["openai"](key) for key in refused if key in body), None)

    async with serve(strict(complain)) as server:
        sent = await ask(server, times=2)
    assert len(sent) == len(refused) + 2
    assert not set(refused) & sent[-1].keys()


@pytest.mark.parametrize("words", ["", "Bad Request", "<html>400</html>"])
@pytest.mark.parametrize("key", ["chat_template_kwargs", "seed", "response_format", "temperature"])
async def test_what_a_refusal_does_not_name_is_found_by_trying(key: str, words: str) -> None:
    async with serve(strict(lambda body: (400, words) if key in body else None)) as server:
        sent = await ask(server, times=2)
    assert key not in sent[-1] and len(sent) <= 9
    assert [key in body for body in sent[-2:]] == [False, False]


async def test_an_older_name_of_the_limit_is_replaced_by_the_newer_one() -> None:
    words = "Unsupported parameter: 'max_tokens' is not supported with this model. Use 'max_completion_tokens' instead."

    async with serve(strict(lambda body: (400, openai_says(words)) if "max_tokens" in body else None)) as server:
        sent = await ask(server, times=2)
    assert [body.get("max_completion_tokens") for body in sent] == [None, 64, 64]
    assert all(body["seed"] == 5 for body in sent)


@pytest.mark.parametrize("takes", ["json_object", "text"])
async def test_without_a_schema_any_json_is_asked_for_and_without_that_any_text(takes: str) -> None:
    def complain(body: dict[str, Any]) -> tuple[int, object] | None:
        form = body.get("response_format", {}).get("type")
        allowed = (None, "json_object") if takes == "json_object" else (None,)
        return None if form in allowed else (400, openai_says(f"response_format type {form} is unavailable"))

    async with serve(strict(complain)) as server:
        sent = await ask(server, times=2)
    forms = [body.get("response_format", {}).get("type") for body in sent]
    expected = ["json_schema", "json_object", "json_object"] if takes == "json_object" else None
    assert forms == (expected or ["json_schema", "json_object", None, None])


@pytest.mark.parametrize(
    "words",
    [
        "This model's maximum context length is 4096 tokens.",
        "'max_tokens' is too large: 64. The context length is 32 tokens.",
        "The prompt was filtered due to the content management policy.",
    ],
)
async def test_a_refusal_of_the_question_itself_is_final(words: str) -> None:
    async with serve(strict(lambda body: (400, openai_says(words)))) as server:
        with pytest.raises(RequestRejectedError, match=words[:20]):
            await ask(server)
        assert len(server.bodies(CHAT)) == 1


async def test_a_server_that_refuses_everything_is_asked_a_few_times_and_nothing_is_remembered() -> None:
    async with serve(strict(lambda body: (400, openai_says("no")))) as server:
        backend = open_openai_compatible(server.url)
        for _ in range(2):
            with pytest.raises(RequestRejectedError, match="'no'"):
                async with backend.stream("tiny", QUESTION, EVERYTHING) as chunks:
                    _ = [chunk async for chunk in chunks]
        await backend.close()
        sent = server.bodies(CHAT)
    assert len(sent) <= 20 and sent[0] == sent[len(sent) // 2]


async def test_what_one_model_does_not_take_another_is_still_asked_with() -> None:
    def complain(body: dict[str, Any]) -> tuple[int, object] | None:
        return KINDS["openai"]("seed") if "seed" in body and body["model"] == "tiny" else None

    def handler() -> Handler:
        inner = strict(complain)

        async def handle(call: Call, wire: Wire) -> None:
            if call.path == CHAT and call.body["model"] == "other":
                await says(openai_piece("Yes"), OPENAI_DONE)(wire)
            else:
                await inner(call, wire)

        return handle

    async with serve(handler()) as server:
        backend = open_openai_compatible(server.url)
        for model in ("tiny", "other", "tiny"):
            async with backend.stream(model, QUESTION, EVERYTHING) as chunks:
                _ = [chunk async for chunk in chunks]
        await backend.close()
    assert [("seed" in body, body["model"]) for body in server.bodies(CHAT)] == [
        (True, "tiny"),
        (False, "tiny"),
        (True, "other"),
        (False, "tiny"),
    ]


OLD_FORMAT = "json: cannot unmarshal object into Go struct field ChatRequest.format of type string"


@pytest.mark.parametrize(
    ("refuses", "words"),
    [
        (lambda body: isinstance(body.get("format"), dict), OLD_FORMAT),
        (lambda body: "format" in body, "invalid format"),
        (lambda body: "think" in body, '"thinker" does not support thinking'),
        (lambda body: "shift" in body, 'unknown field "shift"'),
    ],
)
async def test_an_ollama_server_is_asked_without_what_it_does_not_take(
    refuses: Callable[[dict[str, Any]], bool], words: str
) -> None:
    inner = ollama_server(says(ollama_line("Yes"), OLLAMA_DONE))

    async def handle(call: Call, wire: Wire) -> None:
        if call.path == "/api/chat" and call.body["messages"] and refuses(call.body):
            await wire.json({"error": words}, status=400)
        else:
            await inner(call, wire)

    async with serve(handle) as server:
        backend = open_ollama(server.url)
        for _ in range(2):
            assert final_text(await listen_to_ollama(backend, "thinker", EVERYTHING)) == "Yes"
        await backend.close()
        sent = [body for body in server.bodies("/api/chat") if body["messages"]]
    assert [refuses(body) for body in sent[-2:]] == [False, False]
    assert 3 <= len(sent) <= 4
