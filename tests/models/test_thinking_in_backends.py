"""Every family's thinking, read by every backend: over HTTP, and in the tokens of a vocabulary in this process."""

from collections.abc import Iterator
from contextlib import suppress

import pytest

from models.base import Chunk, GenerationConfig, Message, ModelCard, Thinking
from models.errors import NoAnswerError
from models.llama_cpp.engine.text_stream import TextStream
from models.llama_cpp.loading import Model
from models.marks.thinking import ThinkingSplitter, opened_thinking
from models.ollama import wire as ollama
from models.openai import wire as openai
from tests.models.http.wire_server import Wire
from tests.models.llama_cpp.engine_bench import load
from tests.models.marks.family_texts import ANSWER, MARKED, OPENED, OPENED_FOR_SURE, SPOKEN, THOUGHT
from tests.models.ollama.ollama_script import ollama as ollama_at
from tests.models.scripts import OLLAMA_DONE, ScriptedOllama, ScriptedOpenAI, ollama_line, says
from tests.tiny_gguf import make_tiny_gguf, with_tokens

pytestmark = pytest.mark.anyio
TEXTS = MARKED | {opening: text for opening, text in OPENED.items()} | SPOKEN
CONTROL = ["[THINK]", "[/THINK]", "<|think|>", "<|content|>", "<|begin|>", "<|channel>", "<channel|>", "<|turn>"]
CONTROL += [
    "<|start|>",
    "<|channel|>",
    "<|message|>",
    "<|constrain|>",
    "<|end|>",
    "<|START_THINKING|>",
    "<|END_THINKING|>",
]
CONTROL += ["<|START_RESPONSE|>", "<|END_RESPONSE|>", "<|inner_prefix|>", "<|inner_suffix|>"]


def told(chunks: list[Chunk]) -> tuple[str, str]:
    """Return thinking and answer as who listens to the end has them."""
    start = max((place for place, chunk in enumerate(chunks) if chunk.restart), default=0)
    heard = chunks[start:]
    return "".join(chunk.thinking for chunk in heard).strip(), "".join(chunk.text for chunk in heard).strip()


@pytest.mark.parametrize("scripted", [ScriptedOllama(), ScriptedOpenAI()], ids=lambda scripted: scripted.name)
@pytest.mark.parametrize("family", TEXTS)
async def test_a_backend_over_http_tells_every_familys_thinking_from_its_answer(
    scripted: ScriptedOllama | ScriptedOpenAI, family: str
) -> None:
    text = TEXTS[family]
    for size in (5, len(text)):
        pieces = [scripted.hello(text[start : start + size]) for start in range(0, len(text), size)]
        async with (
            scripted.open(says(*pieces, scripted.done)) as (backend, _),
            backend.stream("tiny", [Message("user", "Why?")], GenerationConfig()) as chunks,
        ):
            thinking, answer = told([chunk async for chunk in chunks])
        assert answer == ANSWER
        assert thinking.endswith(THOUGHT.strip())


@pytest.fixture(scope="module")
def spoken(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Model]:
    """A vocabulary in which the marks of several families are control tokens, and those of others are none."""
    path = tmp_path_factory.mktemp("marks") / "marks.gguf"
    words = ["<think>", "</think>", "<seed:think>", "</seed:think>"]
    loaded = load(make_tiny_gguf(path, shape=with_tokens(CONTROL, words)))
    yield loaded
    loaded.close()


@pytest.mark.parametrize("opening", ["", *OPENED_FOR_SURE])
def test_in_this_process_the_marks_of_thinking_are_read_also_where_they_are_control_tokens(
    spoken: Model, opening: str
) -> None:
    for text in [OPENED_FOR_SURE[opening]] if opening else MARKED.values():
        tokens = spoken.vocabulary.tokenize(text, has_markers=True)
        stream, splitter = TextStream(), ThinkingSplitter(opened_thinking(f"assistant\n{opening}") if opening else None)
        chunks = [splitter.push(stream.push(spoken.vocabulary.piece(token))) for token in tokens]
        assert told([*chunks, splitter.push(stream.finish(), is_last=True)]) == (THOUGHT.strip(), ANSWER)


def test_other_control_tokens_have_no_text(spoken: Model) -> None:
    for text in ("<|im_start|>", "<|turn>", "</s>"):
        tokens = spoken.vocabulary.tokenize(text, has_markers=True)
        assert len(tokens) == 1 and not spoken.vocabulary.piece(tokens[0])


@pytest.mark.parametrize(
    ("family", "wish", "sent"),
    [
        ("qwen3", None, None),
        ("qwen3", False, False),
        ("qwen3", "low", True),
        ("gptoss", None, None),
        ("gptoss", True, None),
        ("gptoss", False, "low"),
        ("gptoss", "high", "high"),
    ],
)
def test_ollama_is_told_a_level_only_where_the_model_takes_one(
    family: str, wish: Thinking | None, sent: Thinking | None
) -> None:
    card = ModelCard("some:1b", "ollama", family=family, capabilities=("completion", "thinking"))
    assert ollama.think_value(wish, card) == sent
    assert (
        ollama.think_value(wish, ModelCard("some:1b", "ollama", family="llama", capabilities=("completion",))) is None
    )


@pytest.mark.parametrize(
    ("model", "wish", "sent"),
    [
        ("Qwen/Qwen3-8B", False, {"chat_template_kwargs": {"enable_thinking": False}}),
        ("Qwen/Qwen3-8B", "low", {"chat_template_kwargs": {"enable_thinking": True}, "reasoning_effort": "low"}),
        ("openai/gpt-oss-20b", False, {"reasoning_effort": "low"}),
        ("openai/gpt-oss-20b", True, {}),
        ("o3-mini", "high", {"reasoning_effort": "high"}),
    ],
)
def test_an_endpoint_is_told_a_level_where_the_model_takes_one(
    model: str, wish: Thinking, sent: dict[str, object]
) -> None:
    payload = openai.chat_payload(model, [], GenerationConfig(think=wish))
    plain = openai.chat_payload(model, [], GenerationConfig())
    assert {name: value for name, value in payload.items() if name not in plain} == sent


@pytest.mark.parametrize(
    ("template", "capabilities", "text", "thinking", "answer"),
    [
        ("{{ .Prompt }}<|im_start|>assistant\n<think>\n{{- end }}{{ end }}", [], "Hm</think>Yes", "Hm", "Yes"),
        ("{{ .Prompt }}<｜Assistant｜><think>\n", [], "Hm, and so on", "Hm, and so on", ""),
        ("{{ .Prompt }}<think>{{ end }}", ["thinking"], "Yes, it is", "", "Yes, it is"),
        ("{{ .Prompt }}", [], "Yes", "", "Yes"),
    ],
)
async def test_thinking_that_an_ollama_template_opens_unnoticed_is_known_from_the_start(
    template: str, capabilities: list[str], text: str, thinking: str, answer: str
) -> None:
    async def show(wire: Wire) -> None:
        await wire.json({"capabilities": ["completion", *capabilities], "template": template})

    heard: list[Chunk] = []
    async with ollama_at(says(ollama_line(text), OLLAMA_DONE), show=show) as (backend, _):
        with suppress(NoAnswerError):
            async with backend.stream("tiny", [Message("user", "Why?")], GenerationConfig()) as chunks:
                async for chunk in chunks:
                    heard.append(chunk)
    assert told(heard) == (thinking, answer)
