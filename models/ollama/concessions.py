"""What a chat with Ollama can do without; old versions and models that do not think refuse what they do not know."""

import re

from models.http.concessions import Concession, Concessions, Payload, leave_out

ESSENTIAL = frozenset({"model", "messages", "stream", "options"})


def concessions() -> Concessions:
    """Make an empty memory for one server."""
    return Concessions([THINK, SCHEMA, JSON], ESSENTIAL)


def _any_json(payload: Payload) -> Payload | None:
    return {**payload, "format": "json"} if isinstance(payload.get("format"), dict) else None


def _any_text(payload: Payload) -> Payload | None:
    if payload.get("format") != "json":
        return None
    return {name: value for name, value in payload.items() if name != "format"}


def _named(words: str) -> re.Pattern[str]:
    return re.compile(words, re.IGNORECASE)


THINK = Concession("think", _named(r"(?<!\w)think(ing)?(?!\w)"), leave_out("think").without, only_named=True)
SCHEMA = Concession("format", _named(r"(?<!\w)format(?!\w)"), _any_json, only_named=True)
"""Servers before 0.5 take the word "json" alone."""
JSON = Concession("json", _named(r"(?<!\w)format(?!\w)"), _any_text, only_named=True)
