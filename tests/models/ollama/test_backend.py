"""The Ollama backend: what it sends and what it reads."""

import pytest

from models.base import GenerationConfig, Message
from models.errors import BadResponseError
from tests.models.http.wire_server import Wire
from tests.models.ollama.ollama_script import listen, ollama
from tests.models.scripts import OLLAMA_DONE, ollama_line, refuses, says

pytestmark = pytest.mark.anyio


async def test_every_field_of_the_configuration_reaches_the_server() -> None:
    schema = {"type": "object"}
    config = GenerationConfig(
        temperature=0.3, max_tokens=64, context_tokens=2048, seed=5, stop=("END",), json_schema=schema, think=False
    )
    async with ollama(keep_alive="5m") as (backend, server):
        await listen(backend, "thinker", config)
    load, chat = server.bodies("/api/chat")
    assert chat == {
        "model": "thinker",
        "messages": [{"role": "system", "content": "Be brief."}, {"role": "user", "content": "Hello?"}],
        "stream": True,
        "truncate": False,
        "shift": False,
        "keep_alive": "5m",
        "options": {"num_ctx": 2048, "num_predict": 64, "temperature": 0.3, "seed": 5, "stop": ["END"]},
        "format": schema,
        "think": False,
    }
    assert load["messages"] == []
    assert (load["options"]["num_ctx"], load["keep_alive"]) == (2048, "5m")


@pytest.mark.parametrize("think", [True, False, None])
async def test_only_a_thinking_model_is_told_whether_to_think(think: bool | None) -> None:
    async with ollama() as (backend, server):
        await listen(backend, "tiny", GenerationConfig(think=think))
        await listen(backend, "thinker", GenerationConfig(think=think))
    asked = {body["model"]: body for body in server.bodies("/api/chat") if body["messages"]}
    assert "think" not in asked["tiny"]
    assert asked["thinker"].get("think") is think


async def test_what_a_model_can_do_is_asked_once() -> None:
    async with ollama() as (backend, server):
        for _ in range(3):
            await listen(backend)
        await backend.list_models()
    assert len(server.bodies("/api/show")) == 1


async def test_a_model_that_was_replaced_is_described_anew() -> None:
    digests = iter(["old", "old", "new"])

    async def tags(wire: Wire) -> None:
        await wire.json({"models": [{"name": "tiny:latest", "digest": next(digests)}]})

    async with ollama(tags=tags) as (backend, server):
        for shows in (1, 1, 2):
            await backend.list_models()
            assert len(server.bodies("/api/show")) == shows


@pytest.mark.parametrize(("keep_alive", "sent"), [("30m", "30m"), ("-1", -1), ("0", 0), (" 2h ", "2h")])
async def test_a_bare_number_to_keep_alive_is_sent_as_a_number(keep_alive: str, sent: str | int) -> None:
    async with ollama(keep_alive=keep_alive) as (backend, server):
        await listen(backend)
    assert {body["keep_alive"] for body in server.bodies("/api/chat")} == {sent}


async def test_the_counters_of_the_server_are_in_seconds() -> None:
    last = ollama_line(
        done=True,
        done_reason="length",
        load_duration=2_000_000_000,
        prompt_eval_count=30,
        prompt_eval_duration=500_000_000,
        eval_count=7,
        eval_duration=250_000_000,
    )
    async with ollama(says(ollama_line("Hello"), last)) as (backend, _):
        completion = (await listen(backend))[-1].completion
    assert completion is not None
    usage = completion.usage
    assert (usage.prompt_tokens, usage.completion_tokens, usage.truncated) == (30, 7, True)
    assert (usage.load_seconds, usage.prompt_seconds, usage.completion_seconds) == (2.0, 0.5, 0.25)
    assert usage.cached_tokens is None


async def test_thinking_is_kept_apart_from_the_answer() -> None:
    thought = ollama_line(message={"role": "assistant", "content": "", "thinking": "Hmm. "})
    async with ollama(says(thought, ollama_line("Yes"), OLLAMA_DONE)) as (backend, _):
        chunks = await listen(backend, "thinker")
    assert "".join(chunk.thinking for chunk in chunks) == "Hmm. "
    assert "".join(chunk.text for chunk in chunks) == "Yes"


async def test_a_model_that_only_embeds_is_marked() -> None:
    async with ollama(show=refuses(200, {"capabilities": ["embedding"]})) as (backend, _):
        (card,) = await backend.list_models()
    assert card.capabilities == ("embedding",)


async def test_embedding_returns_one_vector_per_text() -> None:
    async with ollama(embed=refuses(200, {"embeddings": [[1.0, 0.0], [0.0, 1.0]]})) as (backend, server):
        assert await backend.embed("tiny", ["a", "b"]) == [[1.0, 0.0], [0.0, 1.0]]
        with pytest.raises(BadResponseError, match="2 vectors for 1 texts"):
            await backend.embed("tiny", ["a"])
    assert server.bodies("/api/embed")[0]["truncate"] is False


async def test_token_counts_are_learned_from_the_server() -> None:
    text = "word " * 100
    last = ollama_line(done=True, done_reason="stop", prompt_eval_count=300, eval_count=3)
    async with ollama(says(ollama_line("Hello"), last)) as (backend, _):
        before = await backend.count_tokens("tiny", text)
        await listen(backend, messages=[Message("user", text)])
        after = await backend.count_tokens("tiny", text)
    assert before < 300 < after


async def test_a_wish_for_less_repetition_is_the_servers_own_penalty() -> None:
    async with ollama() as (backend, server):
        await listen(backend, "tiny", GenerationConfig(avoid_repetition=True))
    options = server.bodies("/api/chat")[-1]["options"]
    assert options["repeat_penalty"] > 1.1 and options["repeat_last_n"] > 64
