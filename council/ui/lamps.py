"""A lamp for every backend, what to do when one is away, and what to do when there is no model at all."""

from collections.abc import Sequence
from html import escape

from council.heading import Number
from council.settings import Settings
from council.ui.marks import button, chip, sentence
from council.ui.texts import Texts
from council.ui.translation import translated
from models.base import Health, ModelCard
from models.demonstration import EXAMPLES, is_demonstration
from models.llama_cpp.weights import HOW_TO_GET_WEIGHTS

BACKEND_NAMES = {"ollama": "Ollama", "llama_cpp": "llama.cpp", "openai": "OpenAI-compatible"}
FIRST_MODEL = "llama3.2:3b"


def render_lamps(healths: Sequence[Health], texts: Texts) -> str:
    """Draw one lamp per backend: green with models, amber without, red when it is away."""
    lamps = "".join(_lamp(health, texts) for health in healths)
    return f'<ul class="lamps" aria-label="{escape(texts.lamps)}">{lamps}</ul>'


def _lamp(health: Health, texts: Texts) -> str:
    if not health.ok and health.backend != "llama_cpp":  # in this process nothing can be away but the weights
        colour, state = "off", texts.lamp_off
    elif not health.models:
        colour, state = "empty", texts.lamp_no_models
    elif not _proper([health]):
        colour, state = "empty", texts.lamp_demonstration
    else:
        colour, state = "on", texts.lamp_ok.format(count=Number(len(health.models), texts.language))
    name = BACKEND_NAMES.get(health.backend, health.backend)
    tip = escape(translated(health.detail, texts) or state)
    return (
        f'<li class="lamp {colour}" title="{tip}"><span class="light" aria-hidden="true"></span>'
        f"<b>{escape(name)}</b> <span>{escape(state)}</span></li>"
    )


def render_alerts(healths: Sequence[Health], were_ok: Sequence[str], settings: Settings, texts: Texts) -> str:
    """Draw what a user must know: a backend that answered before and is away now, or that no model is there."""
    parts = []
    away = {health.backend for health in healths if not health.ok}
    if "ollama" in away and "ollama" in were_ok:
        parts.append(
            f'<div class="alert bad" role="alert">{chip("!", "bad")} {escape(texts.ollama_gone)}'
            " <code>ollama serve</code></div>"
        )
    if not any(health.models for health in healths):
        parts.append(_missing(healths, settings, texts))
    elif not _proper(healths):
        parts.append(_demonstration(healths, settings, texts))
    return "".join(parts)


def _proper(healths: Sequence[Health]) -> list[ModelCard]:
    """The models that are not the program's own very small ones."""
    return [card for health in healths for card in health.models if not is_demonstration(card.name)]


def _demonstration(healths: Sequence[Health], settings: Settings, texts: Texts) -> str:
    """Say what these models are, offer questions that they know, and tell the ways to real ones."""
    examples = "".join(button(question, "example", question) for question in EXAMPLES[texts.language])
    return (
        f'<section class="alert missing" role="status"><h3>{escape(texts.demonstration_only)}</h3>'
        f"<p>{escape(texts.demonstration_why)} {escape(texts.demonstration_try)}</p>"
        f'<p class="examples">{examples}</p>'
        f"<p>{escape(texts.demonstration_how)}</p>{_ways(healths, settings, texts)}</section>"
    )


def _missing(healths: Sequence[Health], settings: Settings, texts: Texts) -> str:
    looked = "".join(
        f"<li><b>{escape(BACKEND_NAMES.get(health.backend, health.backend) + texts.colon)}</b> "
        f"{sentence(_found(health, texts))}</li>"
        for health in healths
    )
    return (
        f'<section class="alert missing" role="status"><h3>{escape(texts.nothing_installed)}</h3>'
        f"<p>{escape(texts.nothing_why)}</p><ul>{looked}</ul>"
        f"<p>{escape(texts.nothing_how)}</p>{_ways(healths, settings, texts)}</section>"
    )


def _found(health: Health, texts: Texts) -> str:
    """What a backend found, without its advice: the panel itself says what to do."""
    if health.ok:
        return texts.lamp_no_models
    return translated(health.detail.removesuffix(HOW_TO_GET_WEIGHTS).strip(), texts) or texts.lamp_off


def _ways(healths: Sequence[Health], settings: Settings, texts: Texts) -> str:
    """What brings a model: commands after which the page notices it, and the one that needs a restart."""
    ways, has_files = [], "llama_cpp" in settings.backends
    if "ollama" in settings.backends:
        pull = f"`ollama pull {FIRST_MODEL}`"
        is_up = any(health.backend == "ollama" and health.ok for health in healths)
        ways.append(pull if is_up else texts.serve_then.format(serve="`ollama serve`", pull=pull))
    if has_files:
        ways.append("`python -m council download`")
    listed = f"<ul>{''.join(f'<li>{sentence(way)}</li>' for way in ways)}</ul>"
    noticed = f"<p>{escape(texts.nothing_then)}</p>" if ways else ""
    start = texts.weights_here.format(command="`COUNCIL_WEIGHTS=/path/to/folder ./scripts/run.sh`")
    return listed + noticed + (f"<p>{sentence(start)}</p>" if has_files else "")
