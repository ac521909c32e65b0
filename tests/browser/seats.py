"""What browser tests let models say, and what they do on the page again and again."""

import threading
from collections.abc import Sequence
from typing import Any

from models.base import GenerationConfig, Message
from models.errors import BackendError, BackendUnavailableError
from tests.fakes import ScriptedBackend, obedient

QUESTION = "What is the capital of Australia?"


def an_ollama(script: Any = obedient, *, delay: float = 0.0, **options: Any) -> ScriptedBackend:
    """A scripted backend that stands in Ollama's place."""
    backend = ScriptedBackend(script, delay=delay, **options)
    backend.name = "ollama"
    return backend


def at_length(model: str, messages: Sequence[Message], config: GenerationConfig) -> str:
    """Answer with many words, so that there is time to watch them come."""
    if config.json_schema is not None:
        return obedient(model, messages, config)
    return f"**{model}** says " + " ".join(f"word{number}" for number in range(60))


class Mendable:
    """One model's answers fail until it is mended."""

    def __init__(self, broken: str) -> None:
        self.broken = broken
        self.is_mended = threading.Event()

    def __call__(self, model: str, messages: Sequence[Message], config: GenerationConfig) -> str | BackendError:
        if model == self.broken and config.json_schema is None and not self.is_mended.is_set():
            return BackendUnavailableError(f"{model!r} went away. Start it with `ollama serve`.", backend="ollama")
        return obedient(model, messages, config)


def ask(page: Any, question: str = QUESTION, *, mode: str = "") -> None:
    """Write a question, choose a mode, and ask."""
    page.locator("#seats-summary .badge").first.wait_for()
    if mode:
        page.locator("#mode label", has_text=mode).click()
    page.locator("#question textarea").fill(question)
    page.locator("#ask").click()


def press(page: Any, action: str, *, within: str = "#run") -> None:
    """Press a button that is drawn inside a part of the page."""
    page.locator(f"{within} [data-action={action}]").first.click()


def length(page: Any, selector: str) -> int:
    """How long the text of a part is."""
    return len(page.locator(selector).inner_text())
