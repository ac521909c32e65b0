"""Sentences put into a language that has a catalogue."""

import pytest

from council.translation import languages, translator
from models.text import NOTHING
from models.text import lazy_gettext as _


@pytest.mark.parametrize("language", languages())
def test_a_value_that_says_nothing_adds_nothing(language: str) -> None:
    assert translator(language).text(NOTHING) == ""
    assert translator(language).text(_("<{reason}>", reason=NOTHING)) == "<>"
