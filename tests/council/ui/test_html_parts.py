"""The small signs of the page: durations as they are spoken, commands as code, everything else escaped."""

import pytest

from council.translation import translator
from council.ui.html_parts import duration, sentence

ENGLISH = translator("en")


@pytest.mark.parametrize(("seconds", "english"), [(0.4, "0 s"), (59.4, "59 s"), (61, "1 min 1 s"), (-3, "0 s")])
def test_durations_are_read_like_spoken(seconds: float, english: str) -> None:
    assert duration(seconds, ENGLISH) == english


def test_commands_in_a_message_are_set_as_code_and_the_rest_is_escaped() -> None:
    assert sentence("<b> run `ollama pull <x>`") == "&lt;b&gt; run <code>ollama pull &lt;x&gt;</code>"
