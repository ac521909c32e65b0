"""What a model wrote, as servers put it: a text, or a list of parts of which some are texts and some thoughts."""

from dataclasses import dataclass
from typing import Annotated, Any

from pydantic import PlainValidator

MOST_PARTS_DEEP = 4


@dataclass(frozen=True, slots=True)
class Content:
    """The words of an answer and those thought before it, as they came: they may end with half a character."""

    text: str = ""
    thinking: str = ""


def read_content(value: Any, *, depth: int = 0) -> Content:
    """Read a text, null, or a list of parts; parts that are no text (images, calls) say nothing. Raises ValueError."""
    match value:
        case None:
            return Content()
        case str():
            return Content(value)
        case list() if depth < MOST_PARTS_DEEP:
            parts = [read_content(part, depth=depth + 1) for part in value]
            return Content("".join(part.text for part in parts), "".join(part.thinking for part in parts))
        case {"type": "thinking" | "reasoning", **rest} if depth < MOST_PARTS_DEEP:
            said = rest.get("thinking") or rest.get("reasoning") or rest.get("text")
            thought = read_content(said, depth=depth + 1)
            return Content(thinking=thought.text + thought.thinking)
        case {"text": text} if depth and depth < MOST_PARTS_DEEP:
            return read_content(text, depth=depth + 1)
        case {"value": str(text)} if depth > 1:
            return Content(text)
        case dict() if depth:
            return Content()
    raise ValueError("neither a text nor a list of parts")


SomeContent = Annotated[Content, PlainValidator(read_content)]
