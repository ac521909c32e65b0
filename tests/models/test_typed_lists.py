"""Lists as people type them, with quotes around what holds a comma."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.typed_lists import quote, split_list, split_pair, unquote

NAMES = st.text(alphabet='ab,="@.3 é\n/', min_size=1, max_size=12).filter(lambda name: name.strip() != "")


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("a, b=c ,d@0.3,", ["a", "b=c", "d@0.3"]),
        ('"x, y"=sceptic,"p=q"', ['"x, y"=sceptic', '"p=q"']),
        ('a="Be brief, be kind."@0.5,b', ['a="Be brief, be kind."@0.5', "b"]),
        ('say "hi", b', ['say "hi"', "b"]),
        ('"never closed, b', ['"never closed', "b"]),
        ("/models/a=b/c,/d", ["/models/a=b/c", "/d"]),
        (" ,, ", []),
        ("", []),
    ],
)
def test_a_comma_separates_unless_it_stands_in_quotes(text: str, parts: list[str]) -> None:
    assert split_list(text) == parts


@given(st.lists(NAMES, max_size=5))
def test_every_name_can_be_written_so_that_it_is_read_as_one(names: list[str]) -> None:
    assert list(map(unquote, split_list(",".join(map(quote, names))))) == names


@given(NAMES, NAMES)
def test_a_pair_is_parted_where_it_was_joined(name: str, value: str) -> None:
    (part,) = split_list(f"{quote(name)}={quote(value)}")
    assert split_pair(part) == (name, "=", value)
