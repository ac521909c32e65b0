"""A lamp for every backend, what to do when one is away, and what to do when there is no model at all."""

from collections.abc import Sequence
from html import escape

from council.advice import explain_health
from council.numbers import Number
from council.settings import Settings
from council.ui.html_parts import button, chip, folded, sentence
from council.ui.words.texts import Texts
from council.ui.words.translation import translated
from models.base import LLAMA_CPP, Health, ModelCard
from models.demonstration import EXAMPLES, is_demonstration

BACKEND_NAMES = {"ollama": "Ollama", LLAMA_CPP: "llama.cpp", "openai": "OpenAI-compatible"}
FIRST_MODEL = "llama3.2:3b"


def render_lamps(healths: Sequence[Health], texts: Texts) -> str:
    """Draw one lamp per backend: green with models, amber without, red when it is away."""
    lamps = "".join(_lamp(health, texts) for health in healths)
    return f'<ul class="lamps" aria-label="{escape(texts.lamps)}">{lamps}</ul>'


def _lamp(health: Health, texts: Texts) -> str:
    if not health.ok and health.backend != LLAMA_CPP:  # in this process nothing can be away but the weights
        colour, state = "off", texts.lamp_off
    elif not health.models:
        colour, state = "empty", texts.lamp_no_models
    elif not _proper([health]):
        colour, state = "empty", texts.lamp_demonstration
    else:
        colour, state = "on", texts.lamp_ok.format(count=Number(len(health.models), texts.language))
    name = BACKEND_NAMES.get(health.backend, health.backend)
    tip = escape(translated(explain_health(health), texts) or state)
    return (
        f'<li class="lamp {colour}" title="{tip}"><span class="light" aria-hidden="true"></span>'
        f"<b>{escape(name)}</b> <span>{escape(state)}</span></li>"
    )


def render_alerts(
    healths: Sequence[Health], were_ok: Sequence[str], settings: Settings, texts: Texts, *, has_offer: bool = False
) -> str:
    """Draw what a user must know: a backend that answered before and is away now, or that no model is there.

    With `has_offer`, the page offers downloads below, and the commands are folded away.
    """
    parts = []
    away = {health.backend for health in healths if not health.ok}
    if "ollama" in away and "ollama" in were_ok:
        parts.append(
            f'<div class="alert bad" role="alert">{chip("!", "bad")} {escape(texts.ollama_gone)}'
            " <code>ollama serve</code></div>"
        )
    if lacks_models(healths):
        is_empty = not any(health.models for health in healths)
        how, ways = texts.nothing_how if is_empty else texts.demonstration_how, _ways(healths, settings, texts)
        told = folded("ways", texts.other_ways, ways) if has_offer else f"<p>{escape(how)}</p>{ways}"
        parts.append(_missing(healths, told, texts) if is_empty else _demonstration(told, texts))
    return "".join(parts)


def lacks_models(healths: Sequence[Health]) -> bool:
    """Whether there is nothing, or nothing but the program's own very small models."""
    return not _proper(healths)


def _proper(healths: Sequence[Health]) -> list[ModelCard]:
    return [card for health in healths for card in health.models if not is_demonstration(card.name)]


def can_use_downloads(healths: Sequence[Health]) -> bool:
    """Whether a GGUF file that is fetched now could be run: llama.cpp works here and lacks nothing but weights."""
    return any(health.ok or health.lacks_weights for health in healths if health.backend == LLAMA_CPP)


def _demonstration(ways: str, texts: Texts) -> str:
    """Say what these models are, offer questions that they know, and tell the ways to real ones."""
    examples = "".join(button(question, "example", question) for question in EXAMPLES[texts.language])
    return (
        f'<section class="alert missing" role="status"><h2>{escape(texts.demonstration_only)}</h2>'
        f"<p>{escape(texts.demonstration_why)} {escape(texts.demonstration_try)}</p>"
        f'<p class="examples">{examples}</p>{ways}</section>'
    )


def _missing(healths: Sequence[Health], ways: str, texts: Texts) -> str:
    looked = "".join(
        f"<li><b>{escape(BACKEND_NAMES.get(health.backend, health.backend) + texts.colon)}</b> "
        f"{sentence(_found(health, texts))}</li>"
        for health in healths
    )
    return (
        f'<section class="alert missing" role="status"><h2>{escape(texts.nothing_installed)}</h2>'
        f"<p>{escape(texts.nothing_why)}</p><ul>{looked}</ul>{ways}</section>"
    )


def _found(health: Health, texts: Texts) -> str:
    """What a backend found, without its advice: the panel itself says what to do."""
    if health.ok:
        return texts.lamp_no_models
    return translated(health.detail, texts) or texts.lamp_off


def _ways(healths: Sequence[Health], settings: Settings, texts: Texts) -> str:
    """What brings a model: commands after which the page notices it, and the one that needs a restart."""
    ways, has_files = [], LLAMA_CPP in settings.backends
    if "ollama" in settings.backends:
        pull = f"`ollama pull {FIRST_MODEL}`"
        is_up = any(health.backend == "ollama" and health.ok for health in healths)
        ways.append(pull if is_up else texts.serve_then.format(serve="`ollama serve`", pull=pull))
    if has_files:
        ways.append("`python -m council download`")
    listed = f"<ul>{''.join(f'<li>{sentence(way)}</li>' for way in ways)}</ul>"
    noticed = f"<p>{escape(texts.nothing_then)}</p>" if ways else ""
    start = texts.weights_here.format(command="`COUNCIL_WEIGHTS=/path/to/folder ./scripts/run.sh`")
    shared = "" if settings.is_private else f"<p>{escape(texts.only_at_terminal)}</p>"
    return listed + noticed + (f"<p>{sentence(start)}</p>{shared}" if has_files else "")
