"""JSON as servers really write it: figures that are null or text, halves of characters, bytes that are no UTF-8.

What a record cannot do without is checked strictly; the rest falls back to "unknown", so that it hides nothing else.
"""

import json
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Annotated, Any, TypeVar

from pydantic import (
    BeforeValidator,
    Field,
    PlainValidator,
    StringConstraints,
    TypeAdapter,
    ValidationError,
    WrapValidator,
)

T = TypeVar("T")

MOST_NAME_CHARACTERS = 300
MOST_COUNT = 2**62


def or_else(default: Callable[[], T]) -> WrapValidator:
    """Read a field as its type says, and as its default where it is anything else."""

    def read(value: Any, handler: Callable[[Any], T]) -> T:
        try:
            return handler(value)
        except ValidationError:
            return default()

    return WrapValidator(read)


def _epoch_seconds(value: Any) -> float:
    moment = _DATE.validate_python(value)
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()


Count = Annotated[int, Field(ge=0, le=MOST_COUNT), or_else(int)]
"""A figure, 0 where it is unknown."""
Words = Annotated[str, StringConstraints(max_length=MOST_NAME_CHARACTERS), or_else(str)]
"""A short text for people, "" where it is unknown."""
Name = Annotated[str, StringConstraints(min_length=1, max_length=MOST_NAME_CHARACTERS)]
"""What something is called; without one it cannot be asked for."""
Moment = Annotated[float, BeforeValidator(_epoch_seconds), or_else(float)]
"""A date as seconds since the epoch, 0 where it is unknown."""

_JSON: TypeAdapter[Any] = TypeAdapter(Any)
_DATE: TypeAdapter[datetime] = TypeAdapter(datetime)


def _as_written(value: Any) -> str:
    if not isinstance(value, str):
        raise ValueError("no text")
    return value


Written = Annotated[str, PlainValidator(_as_written)]
"""Streamed text as it came: it may begin or end with half a character."""


def load_json(raw: bytes) -> Any:
    """Read JSON of any shape; raises ValueError.

    Half a character, which JSON can escape, and bytes that are no UTF-8 are let through as they come: one of them in
    one name must not make a whole list unreadable.
    """
    try:
        return _JSON.validate_json(raw)
    except ValidationError as error:
        if "recursion" in error.errors(include_input=False)[0]["msg"]:
            raise
    return json.loads(raw.decode("utf-8-sig", "replace"))


def is_json(raw: bytes) -> bool:
    """Tell whether these bytes are a whole JSON value."""
    try:
        load_json(raw)
    except ValueError:
        return False
    return True
