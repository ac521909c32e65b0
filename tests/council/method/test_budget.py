"""Fair shares, visible cuts and the window."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from council.method.budget import MARK_TOKENS, cut, fair_shares, window

LENGTHS = st.lists(st.integers(0, 5000), max_size=8)


@given(LENGTHS, st.integers(-10, 20_000))
def test_shares_use_the_whole_budget_and_no_more(lengths: list[int], budget: int):
    shares = fair_shares(lengths, budget)
    assert sum(shares) == min(sum(lengths), max(0, budget))
    assert all(0 <= share <= length for share, length in zip(shares, lengths, strict=True))


@given(LENGTHS, st.integers(0, 20_000))
def test_texts_that_are_cut_keep_the_same_and_no_whole_text_keeps_more(lengths: list[int], budget: int):
    shares = fair_shares(lengths, budget)
    cut_to = [share for share, length in zip(shares, lengths, strict=True) if share < length]
    if cut_to:
        assert max(cut_to) - min(cut_to) <= 1
        assert all(share <= min(cut_to) + 1 for share in shares)


@given(LENGTHS, st.integers(0, 10_000), st.integers(0, 500))
def test_a_larger_budget_takes_nothing_from_anybody(lengths: list[int], budget: int, more: int):
    smaller, larger = fair_shares(lengths, budget), fair_shares(lengths, budget + more)
    assert all(b >= a - 1 for a, b in zip(smaller, larger, strict=True))


def test_short_texts_give_their_unused_share_to_long_ones():
    assert fair_shares([10, 500, 1000], 910) == [10, 450, 450]
    assert fair_shares([1000, 10, 100], 500) == [390, 10, 100]


def test_a_rest_goes_to_the_first_of_the_cut_texts():
    assert fair_shares([100, 100, 100], 101) == [34, 34, 33]


def test_a_negative_length_is_refused():
    with pytest.raises(ValueError, match="negative"):
        fair_shares([3, -1], 5)


def test_a_cut_shows_what_is_missing_and_keeps_beginning_and_end():
    words = [f"word{number}" for number in range(500)]
    shortened = cut(" ".join(words), 200, 1000)
    assert shortened.startswith("word0 word1 ") and shortened.endswith(" word498 word499")
    mark = "[… about 824 of 1000 tokens left out here …]"
    assert mark in shortened.splitlines()
    assert set(shortened.replace(mark, "").split()) <= set(words)


def test_what_fits_is_not_touched():
    assert cut("  as it is \n", 7, 7) == "  as it is \n"


@pytest.mark.parametrize("kept", [0, 1, MARK_TOKENS])
def test_with_no_room_only_the_mark_remains(kept: int):
    assert cut("some words that are too many", kept, 100) == "[… about 100 of 100 tokens left out here …]"


@given(st.text(max_size=3000), st.integers(0, 1000), st.integers(1, 1000))
def test_a_cut_text_never_keeps_more_than_its_share(text: str, kept: int, total: int):
    shortened = cut(text, kept, total)
    if kept < total:
        mark = shortened[shortened.index("[… about ") : shortened.index(" left out here …]")]
        assert len(shortened) - len(mark) <= len(text) * kept / total + len(" left out here …]\n\n")


@pytest.mark.parametrize(
    ("prompt", "answer", "trained", "limit", "expected"),
    [
        (100, 100, 0, 16_384, 2048),
        (1500, 548, 0, 16_384, 2048),
        (1500, 549, 0, 16_384, 3072),
        (3000, 1024, 0, 16_384, 4096),
        (3000, 1024, 2048, 16_384, 2048),
        (30_000, 1024, 131_072, 16_384, 16_384),
        (100, 100, 512, 16_384, 512),
        (100, 100, 0, 1500, 1500),
    ],
)
def test_the_window_is_rounded_up_within_what_is_allowed(
    prompt: int, answer: int, trained: int, limit: int, expected: int
):
    assert window(prompt, answer, trained=trained, limit=limit) == expected
