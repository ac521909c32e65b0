"""A lamp for every backend, what to do when one is away, and what to do when there is no model at all."""

from collections.abc import Sequence
from dataclasses import dataclass

from markupsafe import Markup

from council.advice import explain, explain_health
from council.settings import Settings
from council.translation import Translator
from council.ui.drawing import draw
from council.ui.html_parts import chip, folded, items, sentence
from models.base import LLAMA_CPP, Health, ModelCard
from models.demonstration import EXAMPLES, is_demonstration

BACKEND_NAMES = {"ollama": "Ollama", LLAMA_CPP: "llama.cpp", "openai": "OpenAI-compatible"}
MOST_FILES = 50
FIRST_MODEL = "llama3.2:3b"


@dataclass(frozen=True)
class _Lamp:
    """How one backend is shown."""

    name: str
    colour: str
    state: str
    tip: str
    hosts: tuple[str, ...]
    """Where it, or some of its models, are run, if that is elsewhere."""


def render_lamps(healths: Sequence[Health], words: Translator) -> str:
    """Draw one lamp per backend: green with models, amber without, red when it is away."""
    return draw("lamps", words, lamps=[_lamp(health, words) for health in healths])


def _lamp(health: Health, words: Translator) -> _Lamp:
    if not health.ok and health.backend != LLAMA_CPP:  # in this process nothing can be away but the weights
        colour, state = "off", words.gettext("away")
    elif not health.models:
        colour, state = "empty", words.gettext("runs, but has no model")
    elif not _proper([health]):
        colour, state = "empty", words.gettext("demonstration weights only")
    else:
        colour, state = "on", words.ngettext("{n} model ready", "{n} models ready", len(health.models))
    tip = words.text(explain_health(health)) or state
    hosts = dict.fromkeys((health.remote_host, *(card.remote_host for card in health.models)))
    name = BACKEND_NAMES.get(health.backend, health.backend)
    return _Lamp(name, colour, state, tip, tuple(filter(None, hosts)))


def render_alerts(
    healths: Sequence[Health], were_ok: Sequence[str], settings: Settings, words: Translator, *, has_offer: bool = False
) -> str:
    """Draw what a user must know: a backend that answered before and is away now, or that no model is there.

    With `has_offer`, the page offers downloads below, and the commands are folded away.
    """
    alerts = Markup()
    if "ollama" in were_ok and any(health.backend == "ollama" and not health.ok for health in healths):
        gone = words.gettext(
            "Ollama went away. Runs go on in this process where the weights are on this disk. "
            "Start it again with `ollama serve`."
        )
        alerts += Markup('<div class="alert bad" role="alert">{} {}</div>').format(chip("!", "bad"), sentence(gone))
    if lacks_models(healths):
        alerts += draw(
            "no_models",
            words,
            is_empty=not any(health.models for health in healths),
            looked=[(BACKEND_NAMES.get(h.backend, h.backend), _found(h, words)) for h in healths],
            examples=EXAMPLES.get(words.language, EXAMPLES["en"]),
            has_offer=has_offer,
            ways=_ways(healths, settings, words),
        )
    return alerts + _unusable_files(healths, settings, words)


def _unusable_files(healths: Sequence[Health], settings: Settings, words: Translator) -> Markup:
    """Name the files that were found and cannot be used; to strangers nothing is said of this machine's folders."""
    faults = [] if settings.allow_public else [words.text(explain(fault)) for one in healths for fault in one.faults]
    if not faults:
        return Markup()
    title = words.ngettext("{n} file cannot be used", "{n} files cannot be used", len(faults))
    return folded("unusable-files", title, items(faults[:MOST_FILES]))


def lacks_models(healths: Sequence[Health]) -> bool:
    """Whether there is nothing, or nothing but the program's own very small models."""
    return not _proper(healths)


def _proper(healths: Sequence[Health]) -> list[ModelCard]:
    return [card for health in healths for card in health.models if not is_demonstration(card.name)]


def can_use_downloads(healths: Sequence[Health]) -> bool:
    """Whether a GGUF file that is fetched now could be run: llama.cpp works here and lacks nothing but weights."""
    return any(health.ok or health.lacks_weights for health in healths if health.backend == LLAMA_CPP)


def _found(health: Health, words: Translator) -> str:
    """What a backend found, without its advice: the panel itself says what to do."""
    if health.ok:
        return words.gettext("runs, but has no model")
    return words.text(health.detail) or words.gettext("away")


def _ways(healths: Sequence[Health], settings: Settings, words: Translator) -> Markup:
    """What brings a model: commands after which the page notices it, and the one that needs a restart."""
    return draw(
        "ways_to_models",
        words,
        model=FIRST_MODEL,
        uses_ollama="ollama" in settings.backends,
        is_ollama_up=any(health.backend == "ollama" and health.ok for health in healths),
        uses_files=LLAMA_CPP in settings.backends,
        is_private=settings.is_private,
    )
