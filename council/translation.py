"""The program's sentences in the reader's language: catalogues, plural rules, numbers; everything by gettext and Babel.

A language is one file, `locale/<language>.po`. English needs none: its sentences stand in the code.
"""

import gettext
import io
import string
from collections.abc import Mapping
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Any

from babel import Locale
from babel.dates import format_datetime
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from babel.numbers import format_decimal, format_percent

from models.text import Bytes, Text

FOLDER = Path(__file__).parent / "locale"


def languages() -> tuple[str, ...]:
    """Return the tags of the languages that the program speaks, English first."""
    return ("en", *sorted(path.stem for path in FOLDER.glob("*.po")))


@cache
def translator(language: str | None) -> "Translator":
    """Return the translator for a language tag ("fr-CA", "de"); what is not spoken here is English."""
    tag = (language or "en").lower().replace("_", "-").partition("-")[0]
    return Translator(tag if tag in languages() else "en")


class Translator:
    """Puts sentences and figures into one language."""

    def __init__(self, language: str) -> None:
        self.language = language
        self._catalogue = _read(language)
        self._locale = Locale.parse(language)
        self._formatter = _LocalFormatter(self)

    @property
    def name(self) -> str:
        """What the language calls itself."""
        return (self._locale.get_display_name() or self.language).capitalize()

    def gettext(self, template: str, **values: object) -> str:
        """Translate a template and fill it in."""
        return self._fill(self._catalogue.gettext(template), values)

    def ngettext(self, singular: str, plural: str, n: float, **values: object) -> str:
        """Translate a template whose words depend on the number `n`."""
        form = self._catalogue.ngettext(singular, plural, self._count(n))
        return self._fill(form, {"n": n, **values})

    def pgettext(self, context: str, template: str, **values: object) -> str:
        """Translate a template whose English words mean different things in different places."""
        return self._fill(self._catalogue.pgettext(context, template), values)

    def text(self, text: Text) -> str:
        """Translate a sentence that was made elsewhere, with the sentences inside it."""
        if not text:
            return ""  # a catalogue holds its own header under the empty template
        if not text.plural:
            return self.gettext(text.template, **text.values)
        return self.ngettext(text.template, text.plural, **text.values)  # type: ignore[arg-type]

    def number(self, value: float) -> str:
        """Write a number; of a fraction two digits at most."""
        return str(format_decimal(round(value, 2), locale=self._locale))

    def decimal(self, value: float, digits: int) -> str:
        """Write a number with so many digits after the point."""
        return str(format_decimal(value, "#,##0." + "0" * digits if digits else "#,##0", locale=self._locale))

    def percent(self, share: float) -> str:
        """Write a share of one as a whole percentage."""
        return str(format_percent(share, locale=self._locale))

    def size(self, amount: Bytes) -> str:
        """Write an amount of bytes."""
        if amount.bytes >= 100_000_000:
            return self.gettext("{figure} GB", figure=self.decimal(amount.bytes / 1e9, 1))
        return self.gettext("{figure} MB", figure=self.decimal(amount.bytes / 1e6, 1))

    def date(self, seconds: float) -> str:
        """Write a moment, given in seconds since the epoch, in the time zone of this machine."""
        return str(format_datetime(datetime.fromtimestamp(seconds).astimezone(), "short", locale=self._locale))

    def _count(self, n: float) -> int:
        """What the catalogue's rule counts, which knows whole numbers only: a fraction counts as what it is like."""
        if n == int(n):
            return int(n)
        return 1 if self._locale.plural_form(n) == "one" else 2

    def _fill(self, template: str, values: Mapping[str, object]) -> str:
        return self._formatter.vformat(template, (), values) if values else template


class _LocalFormatter(string.Formatter):
    """`str.format` that writes numbers, amounts and inner sentences in a translator's language."""

    def __init__(self, words: Translator) -> None:
        self._words = words

    def format_field(self, value: Any, format_spec: str) -> str:
        match value:
            case Text():
                return self._words.text(value)
            case Bytes():
                return self._words.size(value)
            case bool() | str():
                return format(value, format_spec)
            case int() | float() if not format_spec:
                return self._words.number(value)
            case int() | float() if format_spec.endswith("%"):
                return self._words.percent(value)
            case int() | float() if format_spec.endswith("f"):
                return self._words.decimal(value, int(format_spec.strip("f.") or 0))
            case _:
                return format(value, format_spec)


def _read(language: str) -> gettext.NullTranslations:
    path = FOLDER / f"{language}.po"
    if not path.is_file():
        return gettext.NullTranslations()
    compiled = io.BytesIO()
    with path.open("rb") as file:
        write_mo(compiled, read_po(file, locale=language))
    compiled.seek(0)
    return gettext.GNUTranslations(compiled)
