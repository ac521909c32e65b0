"""Lists of records, read one by one: a record that is broken hides none of the others."""

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import islice
from typing import Any, Generic, TypeVar

from pydantic import BaseModel, ValidationError

from models.characters import mended
from models.text import NOTHING, Text, lazy_ngettext

Record = TypeVar("Record", bound=BaseModel)

MOST_RECORDS = 2000
"""More models than anybody could choose from; a list without an end must not keep the program busy."""
EXAMPLE_CHARACTERS = 60


@dataclass(frozen=True, slots=True)
class Records(Generic[Record]):
    """What could be read, and a sentence on what was left out, its `{server}` still open."""

    read: list[Record]
    left_out: Text = NOTHING


def read_records(kind: type[Record], items: Iterable[Any]) -> Records[Record]:
    """Read as many records as are good; raises ValueError where there are some and none of them is."""
    read: list[Record] = []
    broken: list[Any] = []
    rest = iter(items)
    for item in islice(rest, MOST_RECORDS):
        try:
            read.append(kind.model_validate(mended(item)))
        except ValidationError:
            broken.append(item)
    if broken and not read:
        raise ValueError("no record can be read")
    return Records(read, _left_out(broken) if broken else _too_many(sum(1 for _ in rest)))


def _left_out(broken: list[Any]) -> Text:
    return lazy_ngettext(
        "{server} lists {n} model in a form that cannot be read, and it is left out: {example!r}.",
        "{server} lists {n} models in a form that cannot be read, and they are left out, such as {example!r}.",
        n=len(broken),
        example=str(mended(broken[0]))[:EXAMPLE_CHARACTERS],
    )


def _too_many(number: int) -> Text:
    if not number:
        return NOTHING
    return lazy_ngettext(
        "{server} lists {n} model more than can be shown.",
        "{server} lists {n} models more than can be shown.",
        n=number,
    )
