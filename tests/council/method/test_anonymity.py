"""Names that models give themselves, and fences that a text cannot close."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from council.method.anonymity import HIDDEN, fence, scrub_names

NAMES = ("qwen3:4b", "llama3.2:3b", "hf.co/someone/Phi-4-mini-GGUF:Q4_K_M", "mistral:latest", "tiny", "command-r")
NONCE = "k7Qm2xW9"

HIDDEN_NAMES = {
    "I am Qwen.": "I am [model].",
    "I'm **Qwen3-4B**, here to help.": "I'm [model], here to help.",
    "I am Qwen, a large language model created by Alibaba Cloud.": "I am [model], a large language model created by "
    "[model].",
    "As Llama 3, I would say no.": "As [model], I would say no.",
    "As Llama 3.2 3B Instruct, the answer is no.": "As [model], the answer is no.",
    "As a Llama model, I cannot see.": "As a [model] model, I cannot see.",
    "My name is DeepSeek-R1.": "My name is [model].",
    "I, Gemma, think so.": "I, [model], think so.",
    "I was trained by Google DeepMind.": "I was trained by [model].",
    "Je suis Mistral, à votre service.": "Je suis [model], à votre service.",
    "Je m’appelle Gemma 3.": "Je m’appelle [model].",
    "En tant que Qwen, je pense que oui.": "En tant que [model], je pense que oui.",
    "Je suis un modèle Mistral 7B.": "Je suis un modèle [model].",
    "J'ai été créé par Mistral AI.": "J'ai été créé par [model].",
    "Answered by qwen3:4b and Qwen3.": "Answered by [model] and [model].",
    "(llama3.2:3b)": "([model])",
    "See Phi-4-mini-GGUF, or Phi-4-mini.": "See [model], or [model].",
    "Command-R says so": "[model] says so",
    "I am Tiny.": "I am [model].",
}

UNTOUCHED = [
    "The llama is a camelid. As llamas go, this one is calm. I am a llama, said the llama.",
    "Llama: a domesticated animal of South America.",
    "As Llama herders know, I mean those of Peru, wool is warm.",
    "The mistral blows in the valley of the Rhône; je suis dans le mistral.",
    "I am Claude Monet, a painter. Je suis Claude Debussy.",
    "I am Claude's neighbour.",
    "A granite table, a solar panel, a falcon and a dolphin.",
    "The letter phi is φ; the golden ratio is phi.",
    "GPT-4 was made by OpenAI, and Qwen by Alibaba Cloud.",
    "Run `ollama pull qwen3-coder` or qwen3.5 or llama3.2:1b.",
    "A tiny command line: tiny steps.",
    "I am sure. I'm fine. As I said, my name is Bond.",
]


@pytest.mark.parametrize(("text", "expected"), HIDDEN_NAMES.items(), ids=list(HIDDEN_NAMES))
def test_a_name_that_a_model_gives_itself_is_hidden(text: str, expected: str):
    assert scrub_names(text, NAMES) == expected


@pytest.mark.parametrize("text", UNTOUCHED)
def test_ordinary_words_and_talk_about_models_stay(text: str):
    assert scrub_names(text, NAMES) == text


@given(st.text(), st.lists(st.text(max_size=20), max_size=3))
def test_scrubbing_never_fails_and_a_second_time_changes_nothing(text: str, names: list[str]):
    scrubbed = scrub_names(text, names)
    assert scrub_names(scrubbed, [name for name in names if name.lower() not in HIDDEN]) is not None
    assert scrub_names(text, []) == scrub_names(scrub_names(text, []), [])


def test_a_text_without_names_stays_as_it_is():
    text = "Two plus two is four.\n\n```python\nprint(2 + 2)\n```\n"
    assert scrub_names(text, NAMES) == text


def test_a_fence_stands_around_the_text_on_lines_of_its_own():
    assert fence("some\ntext", NONCE) == f"<<<{NONCE}\nsome\ntext\n{NONCE}>>>"


@given(st.lists(st.sampled_from([NONCE, NONCE.lower(), NONCE[:4], NONCE[4:], ">>>", "<<<", "\n", "x"]), max_size=20))
def test_a_text_cannot_close_its_fence(pieces: list[str]):
    fenced = fence("".join(pieces), NONCE)
    assert len(re.findall(NONCE, fenced, re.IGNORECASE)) == 2
    assert fenced.index(f"{NONCE}>>>") == len(fenced) - len(f"{NONCE}>>>")


@pytest.mark.parametrize("nonce", ["", "abc", "not a word", "a>>>\nb"])
def test_a_nonce_that_can_be_guessed_or_breaks_the_fence_is_refused(nonce: str):
    with pytest.raises(ValueError, match="nonce"):
        fence("text", nonce)
