"""A sentence for a person, as an English template with its values: whoever shows it can put it into another language.

Marked for `pybabel extract` where it is written: `from models.text import lazy_gettext as _`, then
`_("{server} does not have {model!r}.", server=…, model=…)`. Templates are filled in as by `str.format`.
"""

import string
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any


@dataclass(frozen=True, slots=True)
class Bytes:
    """An amount of memory or of a file, written as "1.9 GB" or as the reader's language has it."""

    bytes: int

    def __str__(self) -> str:
        unit, name = (1e9, "GB") if self.bytes >= 100_000_000 else (1e6, "MB")
        return f"{self.bytes / unit:.1f} {name}"


@dataclass(frozen=True, slots=True)
class Text:
    """A sentence; `str` gives it in English.

    `values` are texts, numbers, amounts, or sentences of their own. A number that a template names without a format is
    written as a language writes numbers, so one that only names something (a port, a status) is given as a string.
    Where `plural` is set, `values["n"]` chooses between the two.
    """

    template: str
    values: Mapping[str, "Argument"] = field(default_factory=dict)
    plural: str = ""

    def __str__(self) -> str:
        is_one = not self.plural or self.values["n"] == 1
        return _ENGLISH.vformat(self.template if is_one else self.plural, (), self.values)

    def __bool__(self) -> bool:
        return bool(self.template)

    def fill(self, **values: "Argument") -> "Text":
        """Give the values that its template leaves open."""
        return replace(self, values={**self.values, **values})

    def __hash__(self) -> int:
        return hash((self.template, self.plural, str(self)))


NOTHING = Text("")

Argument = str | int | float | Bytes | Text


def lazy_gettext(template: str, **values: Argument) -> Text:
    """Return a sentence that is put into a language where it is shown."""
    return Text(template, values)


def lazy_ngettext(singular: str, plural: str, n: float, **values: Argument) -> Text:
    """Return a sentence whose words depend on the number `n`, which its templates may name."""
    return Text(singular, {"n": n, **values}, plural)


def verbatim(words: str) -> Text:
    """Return words that are not the program's own, as they are: a server's, a library's, an older history's."""
    return Text("{words}", {"words": words})


def sentences(texts: Iterable[Text], *, between: str = " ") -> Text:
    """Return several sentences, one after the other, as one text."""
    told = list(texts)
    if len(told) == 1:
        return told[0]
    return Text(
        between.join(f"{{s{number}}}" for number in range(len(told))), {f"s{n}": one for n, one in enumerate(told)}
    )


class _English(string.Formatter):
    def format_field(self, value: Any, format_spec: str) -> str:
        if isinstance(value, int) and not format_spec:
            return f"{value:,}"
        return format(value, format_spec)


_ENGLISH = _English()
