"""What a chat completion can do without; strict servers refuse what they do not know."""

import re
from typing import Any

from models.http.concessions import Concession, Concessions, Payload, leave_out

ESSENTIAL = frozenset({"model", "messages", "stream", "response_format"})


def concessions() -> Concessions:
    """Make an empty memory for one server."""
    return Concessions(
        [
            leave_out("chat_template_kwargs"),
            leave_out("reasoning_effort"),
            leave_out("stream_options"),
            leave_out("seed"),
            SCHEMA,
            JSON,
            MAX_TOKENS,
            leave_out("temperature"),
        ],
        ESSENTIAL,
    )


def _format(payload: Payload) -> Any:
    return (payload.get("response_format") or {}).get("type")


def _any_json(payload: Payload) -> Payload | None:
    return {**payload, "response_format": {"type": "json_object"}} if _format(payload) == "json_schema" else None


def _any_text(payload: Payload) -> Payload | None:
    if _format(payload) != "json_object":
        return None
    return {name: value for name, value in payload.items() if name != "response_format"}


def _other_limit(payload: Payload) -> Payload | None:
    if "max_tokens" not in payload:
        return None
    rest = {name: value for name, value in payload.items() if name != "max_tokens"}
    return {**rest, "max_completion_tokens": payload["max_tokens"]}


_FORMAT = r"response_format|response format|json|structured|schema|grammar|guided"
_LIMIT = r"max_completion_tokens|unsupported.*max_tokens|max_tokens.*(unsupported|not supported|not permitted)"
SCHEMA = Concession("json_schema", re.compile(_FORMAT, re.IGNORECASE), _any_json)
"""A form is asked for in the prompt, too; any JSON will do."""
JSON = Concession("json_object", re.compile(_FORMAT, re.IGNORECASE), _any_text)
MAX_TOKENS = Concession("max_tokens", re.compile(_LIMIT, re.IGNORECASE | re.DOTALL), _other_limit)
"""Newer models of OpenAI's take the same limit under another name."""
