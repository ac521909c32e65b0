"""Seats from texts and from what is installed, the chairman, and models that are missing."""

import pytest

from council.domain import Seat
from council.errors import ConfigurationError
from council.seats import (
    LARGEST_BY_DEFAULT_BYTES,
    PERSONAS,
    check_seats,
    choose_chairman,
    choose_seats,
    family_of,
    find_card,
    read_wish,
    take_seats,
)
from models.base import ModelCard
from models.demonstration import REMARK

GB = 10**9


def card(name: str, family: str = "", gigabytes: float = 0, **more: object) -> ModelCard:
    return ModelCard(name=name, backend="ollama", family=family, size_bytes=int(gigabytes * GB), **more)  # type: ignore[arg-type]


QWEN_4 = card("qwen3:4b", "qwen3", 2.6)
QWEN_8 = card("qwen3:8b", "qwen3", 5.2)
LLAMA_3 = card("llama3.2:3b", "llama", 2.0)
LLAMA_70 = card("llama3.3:70b", "llama", 42)
GEMMA_4 = card("gemma3:4b", "gemma3", 3.3)
NOMIC = card("nomic-embed-text:latest", "nomic-bert", 0.3, capabilities=("embedding",))


def models_of(seats: tuple[Seat, ...]) -> list[str]:
    return [seat.model for seat in seats]


def parse_seats(texts: list[str]) -> tuple[Seat, ...]:
    return take_seats([read_wish(text) for text in texts])


# Reading seats


def test_seats_are_numbered_in_the_order_given():
    seats = parse_seats(["qwen3:4b", " llama3.2:3b = sceptic @0.3", "qwen3:4b=Teacher", "qwen3:4b@2"])
    assert [(seat.id, seat.model, seat.persona, seat.temperature) for seat in seats] == [
        ("seat-1", "qwen3:4b", "", 0.7),
        ("seat-2", "llama3.2:3b", "sceptic", 0.3),
        ("seat-3", "qwen3:4b", "teacher", 0.7),
        ("seat-4", "qwen3:4b", "", 2.0),
    ]


def test_the_same_model_may_sit_three_times():
    assert [seat.id for seat in parse_seats(["qwen3:4b"] * 3)] == ["seat-1", "seat-2", "seat-3"]


def test_a_persona_may_be_a_text_of_the_users_own():
    persona = "You answer as a judge @home: 1 + 1 = 2 must hold."
    assert parse_seats([f"qwen3:4b={persona}"])[0].persona == persona


@pytest.mark.parametrize(
    ("texts", "message"),
    [
        ([], "no seats.*Name a model"),
        (["qwen3:4b"] * 9, "8 seats at most, not 9"),
        (["qwen3:4b", ""], "Seat 2 names no model"),
        (["=sceptic"], "names no model"),
        (["qwen3:4b="], "names no persona.*analyst"),
        (["qwen3:4b=scpetic"], "'scpetic'. Did you mean 'sceptic'"),
        (["qwen3:4b=nobody"], "'nobody'. Known: analyst"),
        (["q" * 301], "300 characters"),
        (["qwen3:4b=" + "p" * 2001], "2,000 for a persona"),
        (["qwen3:4b@2.5"], r"temperature of seat 1 goes from 0 to 2"),
    ],
)
def test_wrong_seats_are_refused_with_what_to_do(texts: list[str], message: str):
    with pytest.raises(ConfigurationError, match=message):
        parse_seats(texts)


def test_every_persona_has_an_instruction_and_a_name_in_both_languages():
    assert len(PERSONAS) >= 5
    for name, persona in PERSONAS.items():
        assert persona.name == name == name.lower()
        assert persona.instruction.endswith(".") and str(persona.label)


# Choosing seats


def test_different_families_are_seated_first_and_the_larger_models_of_each():
    assert models_of(choose_seats([QWEN_4, LLAMA_3, QWEN_8, GEMMA_4])) == ["qwen3:8b", "gemma3:4b", "llama3.2:3b"]


def test_a_family_sits_twice_only_after_every_family_sits_once():
    seats = choose_seats([QWEN_4, QWEN_8, LLAMA_3, GEMMA_4], size=4)
    assert models_of(seats) == ["qwen3:8b", "gemma3:4b", "llama3.2:3b", "qwen3:4b"]
    assert {seat.persona for seat in seats} == {""}


def test_a_model_with_no_name_or_one_without_end_is_not_seated():
    assert set(models_of(choose_seats([card(""), card("x" * 301, "qwen3", 9), GEMMA_4]))) == {"gemma3:4b"}


def test_one_model_alone_takes_three_seats_with_three_personas():
    seats = choose_seats([QWEN_4])
    assert models_of(seats) == ["qwen3:4b"] * 3
    assert len({seat.persona for seat in seats}) == 3 and {seat.persona for seat in seats} <= set(PERSONAS)


def test_two_models_fill_three_seats_and_each_seat_differs():
    seats = choose_seats([QWEN_4, LLAMA_3])
    assert models_of(seats) == ["qwen3:4b", "llama3.2:3b", "qwen3:4b"]
    assert len({seat.persona for seat in seats}) == 3


def test_models_that_only_embed_are_not_seated():
    bge = card("bge-m3", "bert", 1.2)
    unknown = card("my-embedder")
    assert models_of(choose_seats([NOMIC, bge, unknown, QWEN_4])) == ["qwen3:4b"] * 3


def test_what_a_server_says_that_a_model_can_do_counts_more_than_its_name():
    able, unable = card("bert-writer", "bert", 1, capabilities=("completion",)), card("plain", capabilities=("x",))
    assert models_of(choose_seats([able, unable])) == ["bert-writer"] * 3


def test_a_model_with_a_family_of_its_own_that_can_write_is_seated():
    able = card("embedded-writer", "llama", 1, capabilities=("completion", "embedding"))
    assert models_of(choose_seats([able]))[0] == "embedded-writer"


def test_a_very_large_model_is_seated_only_where_nothing_else_is():
    assert LLAMA_70.size_bytes > LARGEST_BY_DEFAULT_BYTES
    assert LLAMA_70.name not in models_of(choose_seats([LLAMA_70, QWEN_4]))
    assert models_of(choose_seats([LLAMA_70])) == [LLAMA_70.name] * 3


def test_demonstration_weights_are_seated_only_where_nothing_else_is():
    demo = card("demo", "llama", 0.1, remark=REMARK)
    assert "demo" not in models_of(choose_seats([demo, QWEN_4]))
    assert models_of(choose_seats([demo])) == ["demo"] * 3


def test_the_same_weights_under_two_names_are_one_model():
    same = [card("qwen3:latest", "qwen3", 5.2), QWEN_8, ModelCard("qwen3:8b", "llama_cpp", "qwen3", 5_200_000_000)]
    assert models_of(choose_seats(same)) == ["qwen3:latest"] * 3


@pytest.mark.parametrize("cards", [[], [NOMIC]])
def test_without_a_model_that_can_answer_the_message_says_how_to_get_one(cards: list[ModelCard]):
    with pytest.raises(ConfigurationError, match=r"`ollama pull .*COUNCIL_WEIGHTS"):
        choose_seats(cards)


def test_models_of_one_size_and_family_are_still_different_models():
    trained_alike = [card(f"tiny-{letter}", "llama", 0.001) for letter in "abc"]
    assert [seat.model for seat in choose_seats(trained_alike)] == ["tiny-a", "tiny-b", "tiny-c"]


def test_one_model_under_the_names_of_two_backends_is_one_model():
    in_process = ModelCard("Llama-3.2-3B-Instruct-Q4_K_M", "llama_cpp", "llama", 2_019_377_696)
    assert models_of(choose_seats([LLAMA_3, in_process])) == ["llama3.2:3b"] * 3


@pytest.mark.parametrize(
    ("name", "architecture", "family"),
    [
        ("qwen2.5:7b", "qwen2", "qwen"),
        ("qwen3:30b", "qwen3moe", "qwen"),
        ("mistral:7b", "llama", "mistral"),
        ("llama3.2:3b", "llama", "llama"),
        ("hf.co/someone/Meta-Llama-3-8B-GGUF:Q4_K_M", "llama", "llama"),
        ("my-own", "gemma3", "gemma"),
        ("phi4", "", "phi"),
        ("123", "", "123"),
    ],
)
def test_the_family_is_told_without_its_generation(name: str, architecture: str, family: str):
    assert family_of(card(name, architecture)) == family


def test_two_generations_of_a_family_sit_after_the_other_families():
    cards = [card("qwen3:8b", "qwen3", 5.2), card("qwen2.5:7b", "qwen2", 4.7), LLAMA_3, card("mistral", "llama", 4.1)]
    assert models_of(choose_seats(cards)) == ["qwen3:8b", "mistral", "llama3.2:3b"]


# The chairman


def test_the_largest_model_concludes_by_default():
    seats = parse_seats(["llama3.2:3b", "qwen3:8b", "gemma3:4b"])
    assert choose_chairman(seats, [LLAMA_3, QWEN_8, GEMMA_4]) == seats[1]


def test_the_first_seat_concludes_where_sizes_are_equal_or_unknown():
    seats = parse_seats(["a", "b"])
    assert choose_chairman(seats, []) == seats[0]


def test_a_seat_can_be_wanted_by_id_or_model():
    seats = parse_seats(["llama3.2:3b", "qwen3:8b", "qwen3:8b=sceptic"])
    assert choose_chairman(seats, [], "seat-3") == seats[2]
    assert choose_chairman(seats, [], "qwen3:8b") == seats[1]
    assert choose_chairman(seats, [], " qwen3:8b=sceptic ") == seats[2]


def test_a_wanted_model_that_does_not_sit_gets_a_chair_of_its_own():
    chairman = choose_chairman(parse_seats(["llama3.2:3b"]), [], "qwen3:8b")
    assert (chairman.id, chairman.model) == ("chairman", "qwen3:8b")


def test_without_seats_nobody_can_take_the_chair():
    with pytest.raises(ConfigurationError, match="no seat to take the chair"):
        choose_chairman([], [])


# Missing models


def test_installed_models_pass_with_or_without_the_usual_tag():
    check_seats(parse_seats(["mistral", "mistral:latest", "QWEN3:4b"]), [card("mistral:latest"), QWEN_4])


def test_a_seat_whose_model_is_missing_is_named_with_what_is_near_and_the_command():
    with pytest.raises(ConfigurationError) as caught:
        check_seats(parse_seats(["qwen3:4b", "qwen3:14b"]), [QWEN_4, QWEN_8, GEMMA_4])
    message = str(caught.value)
    assert "'qwen3:14b' of 'seat-2' is not installed" in message
    assert "Choose 'qwen3:4b', 'qwen3:8b', or get it" in message
    assert "`ollama pull qwen3:14b`" in message


def test_with_nothing_installed_only_the_command_is_named():
    with pytest.raises(ConfigurationError, match=r"is not installed. Get it with `ollama pull qwen3:14b`"):
        check_seats(parse_seats(["qwen3:14b"]), [])


def test_a_card_is_found_by_its_very_name_first():
    cards = [card("Llama-3.2-3B-Instruct-Q4_K_M", "llama", 2.0), LLAMA_3]
    assert find_card("llama3.2:3b", cards) is LLAMA_3
    assert find_card("llama3.2:3b", cards[:1]) is cards[0]
    assert find_card("mistral", cards) is None
