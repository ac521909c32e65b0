"""Thinking and answer, told apart in every family's marks, however a stream is cut."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.marks.families import FAMILIES, Family, control_marks
from models.marks.thinking import ThinkingSplitter, opened_thinking, skip_thinking, without_thinking
from tests.models.marks.family_texts import ANSWER, MARKED, OPENED, OPENED_FOR_SURE, PLAIN, SPOKEN, THOUGHT

PIECES = [
    "<",
    ">",
    "</",
    "<|",
    "|>",
    "think",
    "[THINK]",
    "[/THINK]",
    "channel",
    "final",
    "message",
    "\n",
    " ",
    "`",
    "ab",
]
MARKS = [*PIECES, *(mark.text for family in FAMILIES for mark in family.marks), *MARKED.values(), *PLAIN.values()]


def split(pieces: list[str], opened: Family | None = None) -> tuple[str, str]:
    """Return thinking and answer as who listens to the end has them."""
    splitter, thinking, answer = ThinkingSplitter(opened), "", ""
    for chunk in [*map(splitter.push, pieces), splitter.finish()]:
        if chunk.restart:
            thinking = answer = ""
        thinking, answer = thinking + chunk.thinking, answer + chunk.text
    return thinking, answer


def cut(text: str, ends: list[int]) -> list[str]:
    """Return the text in pieces that end there."""
    places = [0, *sorted({end for end in ends if 0 < end < len(text)}), len(text)]
    return [text[start:end] for start, end in pairwise(places)]


@pytest.mark.parametrize("size", [1, 2, 3, 7, 10_000])
@pytest.mark.parametrize("family", [*MARKED, *SPOKEN])
def test_thinking_and_answer_are_told_apart_in_every_familys_marks(family: str, size: int) -> None:
    text = (MARKED | SPOKEN)[family]
    thinking, answer = split(cut(text, list(range(size, len(text), size))))
    assert answer.strip() == ANSWER
    assert thinking.strip().endswith(THOUGHT.strip()) and (family in SPOKEN or thinking.strip() == THOUGHT.strip())


@pytest.mark.parametrize("size", [1, 3, 10_000])
@pytest.mark.parametrize("opening", OPENED_FOR_SURE)
def test_thinking_that_the_prompt_opens_is_known_from_the_start(opening: str, size: int) -> None:
    text = OPENED_FOR_SURE[opening]
    opened = opened_thinking(f"<|im_start|>assistant\n{opening}")
    thinking, answer = split(cut(text, list(range(size, len(text), size))), opened)
    assert (thinking.strip(), answer.strip()) == (THOUGHT.strip(), ANSWER)


@pytest.mark.parametrize("size", [1, 3, 10_000])
@pytest.mark.parametrize("opening", OPENED)
def test_a_closing_mark_alone_tells_that_all_before_it_were_thoughts(opening: str, size: int) -> None:
    text = OPENED[opening]
    thinking, answer = split(cut(text, list(range(size, len(text), size))))
    assert (thinking.strip(), answer.strip()) == (THOUGHT.strip(), ANSWER)


@pytest.mark.parametrize("size", [1, 4, 10_000])
@pytest.mark.parametrize("text", PLAIN.values(), ids=list(PLAIN))
def test_a_mark_that_is_only_spoken_of_swallows_nothing(text: str, size: int) -> None:
    assert split(cut(text, list(range(size, len(text), size)))) == ("", text)


@given(st.lists(st.sampled_from(MARKS), max_size=8).map("".join), st.lists(st.integers(1, 400), max_size=12))
def test_however_a_text_is_cut_the_outcome_is_that_of_the_whole(text: str, ends: list[int]) -> None:
    opened = next((family for family in FAMILIES if text.startswith(family.opening.text)), None)
    for known in (None, opened):
        assert split(cut(text, ends), known) == split([text], known)


@given(st.lists(st.sampled_from(MARKS), max_size=8))
def test_nothing_is_lost_but_marks_and_blanks(pieces: list[str]) -> None:
    thinking, answer = split(["x ", *pieces, " y"])
    assert thinking.startswith("x") or answer.startswith("x")
    assert answer.endswith("y") or (thinking.endswith("y") and not answer.strip())


def test_thinking_is_passed_on_as_it_comes() -> None:
    splitter = ThinkingSplitter()
    assert [splitter.push(text).thinking for text in ("<think>a", "b", "c <", "d")] == ["a", "b", "c ", "<d"]


def test_an_answer_is_passed_on_as_it_comes() -> None:
    splitter = ThinkingSplitter()
    assert [splitter.push(text).text for text in ("Yes", ", a <", " b", " </thin", "g>")] == [
        "Yes",
        ", a ",
        "< b",
        " ",
        "</thing>",
    ]


def test_what_turns_out_to_be_thoughts_is_taken_back_only_where_it_was_shown() -> None:
    splitter = ThinkingSplitter()
    assert not splitter.push("Hm.\n</think>\n\nYes").restart
    splitter = ThinkingSplitter()
    assert splitter.push("Hm.\n").text == "Hm.\n"
    chunk = splitter.push("</think>\n\nYes")
    assert chunk.restart and (chunk.thinking, chunk.text) == ("Hm.\n", "Yes")


@pytest.mark.parametrize("text", [text.partition(THOUGHT)[0] + THOUGHT for text in MARKED.values()])
def test_thinking_that_never_ends_is_no_answer(text: str) -> None:
    thinking, answer = split(cut(text, list(range(len(text)))))
    assert (thinking.strip(), answer.strip()) == (THOUGHT.strip(), "")


def test_a_server_that_tells_thoughts_apart_is_trusted() -> None:
    splitter = ThinkingSplitter()
    splitter.trust()
    assert splitter.push("It ends.\n</think>\nSo.").text == "It ends.\n</think>\nSo."


@pytest.mark.parametrize("opening", OPENED_FOR_SURE)
def test_a_prompt_that_opens_thinking_can_be_made_to_go_on_with_the_answer(opening: str) -> None:
    prompt = skip_thinking(f"<|im_start|>assistant\n{opening}")
    assert prompt.startswith(f"<|im_start|>assistant\n{opening.rstrip()}") and opened_thinking(prompt) is None


@pytest.mark.parametrize(
    ("prompt", "end"),
    [
        ("<|start|>assistant", "<|channel|>final<|message|>"),
        ("<|begin|>assistant", "<|content|>"),
        ("<|channel>thought\n<channel|>", ""),
        ("<|im_start|>assistant\n", ""),
        ("<think>\n\n</think>\n\n", ""),
    ],
)
def test_where_the_answer_has_a_mark_of_its_own_it_begins_at_once(prompt: str, end: str) -> None:
    assert skip_thinking(prompt) == prompt + end


@pytest.mark.parametrize("family", MARKED)
def test_a_whole_text_is_known_without_its_thinking(family: str) -> None:
    spoken = without_thinking(MARKED[family].replace(ANSWER, "B > A"))
    assert spoken.strip().startswith(("B > A", "<")) and "First" not in spoken and "B > A" in spoken


def test_only_marks_that_a_vocabulary_has_in_whole_are_shown() -> None:
    gpt_oss = {"<|start|>", "<|channel|>", "<|message|>", "<|end|>", "<|return|>", "<|endoftext|>"}
    gemma = {"<|channel>", "<channel|>", "<|turn>", "<turn|>"}
    assert control_marks(frozenset(gpt_oss)) == gpt_oss - {"<|endoftext|>"}
    assert control_marks(frozenset(gemma)) == {"<|channel>", "<channel|>"}
    assert control_marks(frozenset({"[THINK]", "[/THINK]", "[INST]"})) == {"[THINK]", "[/THINK]"}
    assert control_marks(frozenset({"<|end|>", "<|user|>", "<|assistant|>"})) == frozenset()
