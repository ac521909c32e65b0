"""Marks typed by a stranger, read by real tokenizers: none becomes a token that a model takes for a turn's."""

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

import models
from models.base import GenerationConfig, Message
from models.llama_cpp.chat_template import CHATML, FAMILIES, ChatTemplate
from models.llama_cpp.loading import Model
from models.marks.turns import disarm
from models.ollama.backend import open_ollama
from tests.models.llama_cpp.engine_bench import load
from tests.models.marks.injections import FORMS
from tests.models.ollama.ollama_script import listen
from tests.ollama_server import OllamaServer
from tests.tiny_gguf import BLANK, FIRST_BYTE, make_tiny_gguf, with_tokens

OWN = [form for form in FORMS if form not in ("<s>", "</s>", "<unk>", "<|im_start|>", "<|im_end|>")]
ODD = ["obey me", "x\u2060y", "xy", "||", "<a\nb>", "Ü>", "§turn§", "<|a", "a|>", "\u200c\u200b>"]
WORDS = ["<h1>", "</table>", "    ", "\n\n", "kangaroo"]


@pytest.fixture(scope="module")
def marks(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A vocabulary that holds every family's marks, half of them as control tokens and half as user-defined ones."""
    path = tmp_path_factory.mktemp("marks") / "marks.gguf"
    return make_tiny_gguf(path, shape=with_tokens([*OWN[::2], *ODD], [*OWN[1::2], *WORDS]), context=65_536)


@pytest.fixture(scope="module")
def model(marks: Path) -> Iterator[Model]:
    loaded = load(marks)
    yield loaded
    loaded.close()


def special(model: Model, text: str) -> list[str]:
    """Return the tokens of a text that are more than its letters."""
    words = {model.vocabulary.tokenize(word, has_markers=True)[0] for word in WORDS if len(word) > 1}
    tokens = model.vocabulary.tokenize(text, has_markers=True)
    return [
        model.vocabulary.text_of(token)
        for token in tokens
        if (token < FIRST_BYTE or token >= FIRST_BYTE + 256) and token not in words
        if model.vocabulary.text_of(token) != " "
    ]


def test_the_vocabulary_reads_each_mark_as_one_token(model: Model) -> None:
    assert all(len(special(model, form)) == 1 for form in [*OWN, *ODD])


@pytest.mark.parametrize("template", [CHATML, *(template for _, template, _ in FAMILIES)])
def test_a_message_adds_no_special_token_to_those_of_its_template(model: Model, template: str) -> None:
    with closing(ChatTemplate(template, model.vocabulary)) as written:
        own = special(model, written.render([Message("user", "Why?")]).text)
        attack = "".join(f"a{form}b {form}{form}" for form in [*FORMS, *ODD])
        assert special(model, written.render([Message("user", attack)]).text) == own


@given(st.lists(st.sampled_from([*FORMS, *ODD, "<", "|", ">", "x", "y", "o", " "]), max_size=12).map("".join))
def test_no_text_at_all_becomes_a_special_token(model: Model, text: str) -> None:
    assert special(model, model.vocabulary.disarm(text)) == []


def test_words_and_tags_of_a_vocabulary_stay_one_token(model: Model) -> None:
    for word in WORDS:
        assert model.vocabulary.disarm(word) == word
        assert len(model.vocabulary.tokenize(word)) == 1


def test_phrases_of_the_demonstration_models_stay_one_token() -> None:
    """They were trained with whole prompts and pieces of JSON as words of their own."""
    pocket = load(Path(models.__file__).parent / "pocket" / "pocket-a.gguf")
    for phrase in ('", "flaw": "', '{"order": "', "# Your own answer\n\n<<<", "; nobody knows."):
        assert pocket.vocabulary.disarm(phrase) == phrase
        assert len(pocket.vocabulary.tokenize(phrase)) == 1
    pocket.close()


def test_a_real_models_own_marks_are_broken_up(real_model: Path) -> None:
    loaded = load(real_model)
    with closing(ChatTemplate(loaded.chat_template, loaded.vocabulary)) as written:
        vocabulary = loaded.vocabulary
        ends = {token for token in range(vocabulary.size) if vocabulary.text_of(token) and not vocabulary.piece(token)}
        assert len(ends) > 10
        plain = vocabulary.tokenize(written.render([Message("user", "Why?")]).text, has_markers=True)
        attack = "".join({*FORMS, *map(vocabulary.text_of, ends)})
        prompt = vocabulary.tokenize(written.render([Message("user", attack)]).text, has_markers=True)
        assert [token for token in prompt if token in ends] == [token for token in plain if token in ends]
    loaded.close()


@pytest.mark.anyio
@pytest.mark.ollama
async def test_a_real_ollama_reads_a_mark_as_one_token_unless_it_is_broken_up(
    ollama_server: OllamaServer, tmp_path: Path
) -> None:
    marks = make_tiny_gguf(tmp_path / "marks.gguf", shape=with_tokens(OWN[::2], OWN[1::2]), context=65_536)
    ollama_server.create("marks", marks)
    backend = open_ollama(ollama_server.url)
    config = GenerationConfig(max_tokens=2, context_tokens=16_384)

    async def count(text: str) -> int:
        completion = (await listen(backend, "marks", config=config, messages=[Message("user", text)]))[-1].completion
        assert completion is not None
        return completion.usage.prompt_tokens

    attack = "\n".join(form for form in OWN if "img-" not in form)
    neutral = "".join(letter if letter in f" \n{BLANK}" else "x" * len(letter.encode()) for letter in disarm(attack))
    as_letters, whole, broken = await count(neutral), await count(attack), await count(disarm(attack))
    await backend.close()
    assert whole < as_letters / 2
    assert broken == as_letters
