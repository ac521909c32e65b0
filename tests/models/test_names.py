"""Names of one model across backends."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.catalogue import CATALOGUE, fitting_entries, suggested_entries
from models.names import aliases_of_file, canonical, every_name, file_name, find_entry, is_same, ollama_name


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("llama3.2", "llama3.2:latest"),
        ("LLaMA3.2:3B", "llama3.2:3b"),
        ("library/llama3.2:3b", "llama3.2:3b"),
        ("registry.ollama.ai/library/llama3.2:3b", "llama3.2:3b"),
        ("tiny", "tiny:latest"),
        ("tiny.gguf", "tiny"),
        ("big-00001-of-00003.gguf", "big"),
        ("llama3.2:3b", "Llama-3.2-3B-Instruct-Q4_K_M"),
        ("llama3.2", "Llama-3.2-3B-Instruct-Q8_0.gguf"),
        ("mistral", "mistral-7b-instruct-v0.3.Q5_K_S"),
    ],
)
def test_two_names_of_one_model_are_the_same(first: str, second: str) -> None:
    assert is_same(first, second)
    assert is_same(second, first)


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("llama3.2:1b", "llama3.2:3b"),
        ("llama3.2", "llama3.2:1b"),
        ("someone/llama3.2:3b", "llama3.2:3b"),
        ("Llama-3.2-1B-Instruct-Q4_K_M", "llama3.2:3b"),
        ("tiny", "tiny2"),
        ("tiny:a", "tiny:b"),
    ],
)
def test_names_of_different_models_are_not(first: str, second: str) -> None:
    assert not is_same(first, second)


def test_a_port_in_a_host_is_not_a_tag() -> None:
    assert canonical("localhost:5000/someone/own") == "localhost:5000/someone/own:latest"


@given(st.text(max_size=40))
def test_any_text_is_one_of_its_own_names(name: str) -> None:
    assert canonical(name) in every_name(name)


def test_ollama_shows_host_and_namespace_only_where_they_are_unusual() -> None:
    assert ollama_name("registry.ollama.ai", "library", "qwen3", "4b") == "qwen3:4b"
    assert ollama_name("registry.ollama.ai", "someone", "own", "v1") == "someone/own:v1"
    assert ollama_name("hf.co", "owner", "repo", "Q4_K_M") == "hf.co/owner/repo:Q4_K_M"
    assert ollama_name("hf.co", "library", "repo", "Q4_K_M") == "hf.co/library/repo:Q4_K_M"


def test_a_file_of_any_quantisation_answers_to_ollamas_names() -> None:
    for file in ("Qwen2.5-7B-Instruct-Q8_0", "qwen2.5-7b-instruct-IQ4_XS", "Qwen2.5-7B-Instruct.f16"):
        assert aliases_of_file(file) == ("qwen2.5:7b", "qwen2.5")
    assert aliases_of_file("my-own-model-Q4_K_M") == ()
    assert file_name("x.GGUF") == "x"


def test_the_catalogue_is_found_by_each_of_its_names_and_no_name_is_given_twice() -> None:
    names = [canonical(name) for entry in CATALOGUE for name in (entry.name, *entry.ollama_names)]
    assert len(names) == len(set(names))
    for entry in CATALOGUE:
        assert entry.file.endswith("-Q4_K_M.gguf")
        assert all(find_entry(name) is entry for name in (entry.name, entry.title, *entry.ollama_names))
    assert find_entry("llama9:1b") is None


def test_the_catalogue_offers_what_fits_smallest_first() -> None:
    sizes = [entry.size_bytes for entry in fitting_entries(None)]
    assert sizes == sorted(sizes)
    small = fitting_entries(2_000_000_000)
    assert small
    assert len(small) < len(sizes)
    assert all(entry.memory_bytes <= 2_000_000_000 for entry in small)


def test_suggestions_are_of_different_families_leave_room_for_a_second_model_and_may_be_used_at_work() -> None:
    for memory in (4_000_000_000, 8_000_000_000, None):
        suggested = suggested_entries(memory)
        assert len({entry.family for entry in suggested}) == len(suggested) >= 3
        assert all(entry.is_for_work and (memory is None or 2 * entry.memory_bytes <= memory) for entry in suggested)
    assert [entry.title for entry in suggested_entries(1_000_000_000)] == ["Qwen 2.5 0.5B"]
    assert suggested_entries(500_000_000) == []
