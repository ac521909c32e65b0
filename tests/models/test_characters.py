"""Halves of characters, NULs, invisible characters: what is joined, what is replaced, what counts as nothing."""

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from models.characters import Joiner, is_blank, mended, typed, well_formed
from models.text import Text

UTF_16 = st.text(st.characters() | st.sampled_from("\ud83e\udd98\ud83d\ude00\udc00\ud800\0"), max_size=30)


@given(UTF_16, st.lists(st.integers(0, 30), max_size=6))
@example("a\ud83e\udd98b", [2])
@example("\ud83e", [])
def test_however_a_text_is_cut_halves_are_joined_and_lone_ones_replaced(text: str, cuts: list[int]) -> None:
    joiner, ends = Joiner(), sorted({cut for cut in cuts if cut < len(text)} | {len(text)})
    starts = [0, *ends[:-1]]
    found = "".join(joiner.push(text[start:end]) for start, end in zip(starts, ends, strict=True)) + joiner.finish()
    assert found == well_formed(text)
    found.encode()
    assert "\0" not in found


@given(UTF_16)
def test_a_well_formed_text_stays_as_it_is(text: str) -> None:
    assert well_formed(well_formed(text)) == well_formed(text)


def test_nothing_but_halves_and_nuls_changes() -> None:
    assert well_formed("a\ud83e\udd98b\ud83ec\0d\u200d\ufeffe") == "a🦘b�c�d\u200d\ufeffe"
    assert mended({"\ud83e": [Text("{x}", {"x": "\ud83e\udd98"}), 1, None]}) == {
        "�": [Text("{x}", {"x": "🦘"}), 1, None]
    }


INVISIBLE = [
    "",
    " \n\t",
    "\u200b",
    "\ufeff",
    "\u2060\u200d\u200c",
    "\u00ad",
    "\x00\x1b",
    "\u202e\u2066",
    "\u3164",
    "\u2800",
]


@pytest.mark.parametrize("text", [*INVISIBLE, "".join(INVISIBLE), "\U000e0041\U000e0042", "\u0301", "\ufe0f", "\ue000"])
def test_a_text_of_which_nothing_can_be_seen_is_blank(text: str) -> None:
    assert is_blank(text)


@pytest.mark.parametrize("text", ["?", "a", "é", "🦘", "👩\u200d👩", "問", "١", "\u200b.", "∫", "e\u0301"])
def test_one_visible_character_is_enough(text: str) -> None:
    assert not is_blank(text)


def test_what_was_meant_to_be_typed_has_no_mark_before_it_and_no_controls_in_it() -> None:
    assert typed(" \ufeff \ufeffWhy\x1b[2J\x00 is\n\tit\u200d so\ufeff?\r\n ") == "Why[2J is\n\tit\u200d so\ufeff?"
