"""Who sits: personas, seats from texts or from what is installed, the chairman, and whether all can be seated.

Pure functions over model cards; asks no backend.
"""

import difflib
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import cycle, islice

from council.domain import MAX_MODEL_CHARACTERS, MAX_SEATS, Seat
from council.errors import ConfigurationError
from models.base import ModelCard
from models.names import canonical, is_same

LARGEST_BY_DEFAULT_BYTES = 12 * 10**9
"""Larger models are seated without being asked for only where nothing smaller is installed."""
GET_A_MODEL = "Get one with `ollama pull llama3.2:3b`, or name a GGUF file or its folder in COUNCIL_WEIGHTS."


@dataclass(frozen=True, slots=True)
class Persona:
    """A way of looking at a question; `instruction` goes into the prompt, the labels onto the page."""

    name: str
    instruction: str
    english: str
    french: str


PERSONAS: Mapping[str, Persona] = {
    persona.name: persona
    for persona in (
        Persona(
            "analyst",
            "You are a careful analyst: take the question apart, check each step, and say what is not sure.",
            "Careful analyst",
            "Analyste rigoureux",
        ),
        Persona(
            "sceptic",
            "You are a sceptic: look for the hidden assumption and the common mistake before you answer.",
            "Sceptic",
            "Sceptique",
        ),
        Persona(
            "pragmatist",
            "You are a pragmatist: say what one would actually do, and name its costs and limits.",
            "Pragmatist",
            "Pragmatique",
        ),
        Persona(
            "teacher",
            "You are a teacher: explain so that a newcomer understands, with one good example.",
            "Teacher",
            "Pédagogue",
        ),
        Persona(
            "inventor",
            "You are inventive: consider the approach that others would overlook, and keep it if it holds up.",
            "Inventor",
            "Inventif",
        ),
        Persona(
            "expert",
            "You are an expert in the field of the question: be exact and mention the special cases.",
            "Expert in the field",
            "Expert du domaine",
        ),
    )
}
DEFAULT_PERSONAS = ("analyst", "sceptic", "pragmatist", "teacher")

_EMBEDDERS = re.compile(r"embed|bge-|minilm|\be5-|\bgte-|rerank", re.IGNORECASE)
_UNABLE_FAMILIES = frozenset(
    {"bert", "nomic-bert", "nomic-bert-moe", "jina-bert-v2", "xlm-roberta", "clip", "whisper", "t5encoder"}
)


def parse_seats(texts: Sequence[str], *, temperature: float = 0.7) -> tuple[Seat, ...]:
    """Read seats written as "model" or "model=persona", numbered seat-1, seat-2… in the order given.

    A persona is one of PERSONAS or a text of the user's own; a misspelt name is refused rather than taken for a text.
    """
    if not texts:
        raise ConfigurationError(
            "The council has no seats. Name a model for each, for example 'qwen3:4b,llama3.2:3b=sceptic'."
        )
    if len(texts) > MAX_SEATS:
        raise ConfigurationError(f"The council has {MAX_SEATS} seats at most, not {len(texts)}. Take some away.")
    return tuple(_parse_seat(number, text, temperature) for number, text in enumerate(texts, start=1))


def _parse_seat(number: int, text: str, temperature: float) -> Seat:
    model, equals, persona = (part.strip() for part in text.partition("="))
    if not model:
        raise ConfigurationError(f"Seat {number} ({text!r}) names no model. Write it as 'model' or 'model=persona'.")
    if len(model) > MAX_MODEL_CHARACTERS or len(persona) > 2000:
        raise ConfigurationError(f"Seat {number} is too long: 300 characters for a model, 2000 for a persona at most.")
    if equals and not persona:
        raise ConfigurationError(f"Seat {number} ({text!r}) names no persona after '='. Known: {', '.join(PERSONAS)}.")
    if persona.casefold() in PERSONAS:
        persona = persona.casefold()
    elif near := difflib.get_close_matches(persona.casefold(), PERSONAS, n=1, cutoff=0.75):
        raise ConfigurationError(f"Seat {number} has an unknown persona {persona!r}. Did you mean {near[0]!r}?")
    elif persona and not re.search(r"\s", persona):
        raise ConfigurationError(
            f"Seat {number} has an unknown persona {persona!r}. Known: {', '.join(PERSONAS)}; or write a sentence."
        )
    return Seat(id=f"seat-{number}", model=model, persona=persona, temperature=temperature)


def choose_seats(cards: Sequence[ModelCard], *, size: int = 3, temperature: float = 0.7) -> tuple[Seat, ...]:
    """Seat a council from what is installed: different families first, then more models, then the same with personas.

    Larger models come first, up to a size that a usual machine runs; models with a remark (demonstration weights)
    only where there is no other. One model alone takes every seat, each with another persona. Raises
    ConfigurationError where no model can write.
    """
    models = _by_family_in_turn(_fitting(_usable(cards)))[:size]
    if not models:
        raise ConfigurationError(f"No installed model can answer a question. {GET_A_MODEL}")
    needs_personas = len(models) < size
    chosen = islice(zip(cycle(models), cycle(DEFAULT_PERSONAS), strict=False), size)
    return tuple(
        Seat(id=f"seat-{number}", model=card.name, persona=persona if needs_personas else "", temperature=temperature)
        for number, (card, persona) in enumerate(chosen, start=1)
    )


def choose_chairman(seats: Sequence[Seat], cards: Sequence[ModelCard], wanted: str = "") -> Seat:
    """Return the seat that concludes: the `wanted` one (a seat's id, or a model), else the largest model.

    A wanted model that does not sit becomes a chairman of its own, with the id "chairman".
    """
    wanted = wanted.strip()
    if wanted:
        sitting = next(
            (seat for seat in seats if wanted in (seat.id, seat.model, f"{seat.model}={seat.persona}")), None
        )
        return sitting or _parse_seat(len(seats) + 1, wanted, 0.7).model_copy(update={"id": "chairman"})
    if not seats:
        raise ConfigurationError(f"There is no seat to take the chair. {GET_A_MODEL}")
    return max(seats, key=lambda seat: _size(find_card(seat.model, cards)))


def check_seats(seats: Sequence[Seat], cards: Sequence[ModelCard]) -> None:
    """Raise ConfigurationError for a seat whose model is not installed, naming what is near to it and the command."""
    for seat in seats:
        if find_card(seat.model, cards) is not None:
            continue
        installed = sorted({card.name for card in cards})
        near = difflib.get_close_matches(seat.model, installed, n=3, cutoff=0.6) or installed[:3]
        choice = f"Choose {' or '.join(map(repr, near))}, or get it" if near else "Get it"
        raise ConfigurationError(
            f"The model {seat.model!r} of {seat.id!r} is not installed. {choice} with `ollama pull {seat.model}`."
        )


def find_card(model: str, cards: Sequence[ModelCard]) -> ModelCard | None:
    """Return the card of an installed model, by this very name or else by another that it is known under."""
    exact = next((card for card in cards if canonical(card.name) == canonical(model)), None)
    return exact or next((card for card in cards if is_same(card.name, model)), None)


def family_of(card: ModelCard) -> str:
    """Return the family a model belongs to, without its generation: "qwen" for qwen2 and qwen3moe.

    The architecture tells it, except for "llama", which Mistral and many others took over: there the name does, as
    it does where the architecture is unknown.
    """
    title = re.sub(r"^(?:meta|mistralai|google|microsoft)[-_]", "", card.name.rsplit("/", 1)[-1].casefold())
    told = card.family.casefold() if card.family.casefold() not in ("", "llama") else title
    letters = re.match(r"[^\W\d_]+", told)
    return letters[0] if letters else told


def _size(card: ModelCard | None) -> int:
    return card.size_bytes if card else 0


def _usable(cards: Sequence[ModelCard]) -> list[ModelCard]:
    """Models that can write, each once though several backends or tags offer it."""
    able: list[ModelCard] = []
    for card in cards:
        known = card.capabilities
        writes = "completion" in known if known else not _EMBEDDERS.search(card.name)
        is_named = 0 < len(card.name) <= MAX_MODEL_CHARACTERS
        if writes and is_named and card.family.casefold() not in _UNABLE_FAMILIES:
            able += [] if any(_are_same_weights(card, other) for other in able) else [card]
    return able


def _are_same_weights(card: ModelCard, other: ModelCard) -> bool:
    """Tell another tag of the same model; two models of one size are two, as those that were trained alike are."""
    same_size = card.size_bytes == other.size_bytes > 0
    same_title = card.name.rpartition(":")[0] == other.name.rpartition(":")[0] != ""
    return is_same(card.name, other.name) or (same_size and same_title)


def _fitting(models: Sequence[ModelCard]) -> list[ModelCard]:
    """Leave out demonstration weights and very large models where there is anything else; the best come first."""
    proper = [model for model in models if not model.remark] or list(models)
    usual = [model for model in proper if model.size_bytes <= LARGEST_BY_DEFAULT_BYTES]
    if usual:
        return sorted(usual, key=lambda model: -model.size_bytes)
    return sorted(proper, key=lambda model: model.size_bytes)


def _by_family_in_turn(models: Sequence[ModelCard]) -> list[ModelCard]:
    """The first of every family, then the second of every family, and so on."""
    seen: Counter[str] = Counter()
    turns = []
    for model in models:
        turns.append((seen[family_of(model)], model))
        seen[family_of(model)] += 1
    return [model for _, model in sorted(turns, key=lambda turn: turn[0])]
