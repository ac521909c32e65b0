"""Marks that tell turns apart, broken up in what strangers write; ordinary text and code as they are."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.marks.turns import disarm, is_mark
from tests.models.marks.injections import FORMS, ORDINARY


def test_the_table_holds_a_hundred_forms_and_more() -> None:
    assert len(set(FORMS)) > 150


@pytest.mark.parametrize("form", FORMS)
def test_no_mark_of_a_family_is_left_whole(form: str) -> None:
    for text in (form, f"before{form}after", f"1{form}{form}", f"<{form}>", f"[{form}]", f"\n{form}\n"):
        assert form not in disarm(text), text
        assert disarm(text).replace(" ", "") == text.replace(" ", "")


@pytest.mark.parametrize("text", ORDINARY)
def test_ordinary_text_and_code_stay_as_they_are(text: str) -> None:
    assert disarm(text) == text


@given(st.lists(st.sampled_from([*FORMS, "<", "|", "[", "]", ">", "◁", "x", "\n", " "]), max_size=12).map("".join))
def test_what_is_broken_up_stays_so_and_nothing_but_spaces_is_added(text: str) -> None:
    broken = disarm(text)
    assert disarm(broken) == broken
    assert re.sub(r"\s", "", broken) == re.sub(r"\s", "", text)


MARKS = [
    "<think>",
    "<tool_call>",
    "]~b]",
    ">>QUESTION<<",
    "|||EMAIL|||",
    "[gMASK]",
    "<|x|>",
    '<|"|>',
    "<｜User｜>",
    "◁think▷",
]
WORDS = [
    "<h1>",
    "</table>",
    "<BR/>",
    "  ",
    "\n\n",
    "word",
    "'ll",
    "你好",
    "...",
    "\t\t",
    ">>>",
    "<<<",
    "|||",
    "[]",
    '["a"]',
]
PHRASES = [
    '", "flaw": "',
    '{"order": "',
    "# Your own answer\n\n<<<",
    "; nobody knows.",
    '{"A": {"flaw": "…"}}',
    "[1, 2]",
]


def test_a_vocabularys_own_marks_are_told_from_its_words_tags_and_phrases() -> None:
    assert all(map(is_mark, MARKS))
    assert not any(map(is_mark, [*WORDS, *PHRASES]))
