"""What a chat template is told of thinking: each family's has a switch of its own, whose name its text holds."""

import re
from typing import Any

from models.base import Thinking

_EFFORTS = ("reasoning_effort", "thinking_effort")  # gpt-oss, Solar, Mistral; Kimi K3
_REASONING = re.compile(r"\b(?:if|not|and|or)\s+reasoning\b")  # Cohere


def thinking_switches(template: str, think: Thinking | None) -> dict[str, Any]:
    """Return the variables that switch thinking as wished; None leaves them out."""
    if think is None:
        return {}
    switches: dict[str, Any] = {"enable_thinking": bool(think), "thinking": bool(think)}
    if _REASONING.search(template):
        switches["reasoning"] = bool(think)
    if _holds(template, "disabled"):  # MiniMax
        switches["thinking_mode"] = "enabled" if think else "disabled"
    effort = _effort(template, think)
    return switches | {name: effort for name in _EFFORTS if effort and name in template}


def _effort(template: str, think: Thinking) -> str:
    """Return the level in the template's words; "" leaves it at its own."""
    if not _holds(template, "none"):
        return "" if think is True else think or "low"
    if think is False:
        return "none"
    return think if think is not True and _holds(template, think) else "high"


def _holds(template: str, word: str) -> bool:
    return f"'{word}'" in template or f'"{word}"' in template
