"""Who sits: personas, seats from texts or from what is installed, the chairman, and whether all can be seated.

Pure functions over model cards; asks no backend.
"""

import difflib
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import cycle, islice

from council.domain import MAX_MODEL_CHARACTERS, MAX_PERSONA_CHARACTERS, MAX_SEATS, Seat
from council.errors import ConfigurationError, MissingModelError, did_you_mean
from models.base import ModelCard
from models.characters import is_blank, typed
from models.names import canonical, is_same
from models.text import Text, sentences
from models.text import lazy_gettext as _
from models.typed_lists import split_pair

LARGEST_BY_DEFAULT_BYTES = 12 * 10**9
"""Larger models are seated without being asked for only where nothing smaller is installed."""
GET_A_MODEL = _("Get one with `ollama pull llama3.2:3b`, or name a GGUF file or its folder in COUNCIL_WEIGHTS.")


@dataclass(frozen=True, slots=True)
class Persona:
    """A way of looking at a question; `instruction` goes into the prompt, `label` onto the page."""

    name: str
    instruction: str
    label: Text


PERSONAS: Mapping[str, Persona] = {
    persona.name: persona
    for persona in (
        Persona(
            "analyst",
            "You are a careful analyst: take the question apart, check each step, and say what is not sure.",
            _("Careful analyst"),
        ),
        Persona(
            "sceptic",
            "You are a sceptic: look for the hidden assumption and the common mistake before you answer.",
            _("Sceptic"),
        ),
        Persona(
            "pragmatist",
            "You are a pragmatist: say what one would actually do, and name its costs and limits.",
            _("Pragmatist"),
        ),
        Persona(
            "teacher",
            "You are a teacher: explain so that a newcomer understands, with one good example.",
            _("Teacher"),
        ),
        Persona(
            "inventor",
            "You are inventive: consider the approach that others would overlook, and keep it if it holds up.",
            _("Inventor"),
        ),
        Persona(
            "expert",
            "You are an expert in the field of the question: be exact and mention the special cases.",
            _("Expert in the field"),
        ),
    )
}
DEFAULT_PERSONAS = ("analyst", "sceptic", "pragmatist", "teacher")

_TEMPERATURE = re.compile(r"(.*)@(\d+(?:\.\d+)?)", re.DOTALL)
_NO_WRITERS = re.compile(r"embed|bge-|minilm|\be5-|\bgte-|rerank|bert\b|\bclip|whisper|t5encoder", re.IGNORECASE)
"""What the names of such models say, for servers that tell nothing else of them."""


@dataclass(frozen=True, slots=True)
class SeatWish:
    """A seat as a user asks for it, not looked at yet: terminal, settings and page all come to this."""

    model: str = ""
    persona: str = ""
    temperature: float = Seat.model_fields["temperature"].default


def read_wish(text: str) -> SeatWish:
    """Read a seat written as "model", "model=persona", or either of them with a temperature behind it: "model@0.3".

    A model or persona that holds such a sign itself stands in double quotes.
    """
    rest, temperature = (found[1], float(found[2])) if (found := _TEMPERATURE.fullmatch(text.strip())) else (text, None)
    model, equals, persona = split_pair(rest)
    if equals and is_blank(persona):
        raise ConfigurationError(
            _("The seat {text!r} names no persona after '='.", text=text),
            advice=_("Known: {personas}.", personas=", ".join(PERSONAS)),
        )
    return SeatWish(model, persona) if temperature is None else SeatWish(model, persona, temperature)


def take_seats(wishes: Sequence[SeatWish]) -> tuple[Seat, ...]:
    """Number the seats seat-1, seat-2… in the order wished; raises ConfigurationError for what cannot sit."""
    if not wishes:
        raise ConfigurationError(
            _("The council has no seats."),
            advice=_("Name a model for each, for example {example!r}.", example="qwen3:4b,llama3.2:3b=sceptic"),
        )
    if len(wishes) > MAX_SEATS:
        raise ConfigurationError(
            _("The council has {most} seats at most, not {number}.", most=MAX_SEATS, number=len(wishes)),
            advice=_("Take some away."),
        )
    return tuple(_take_seat(number, wish) for number, wish in enumerate(wishes, start=1))


def _take_seat(number: int, wish: SeatWish) -> Seat:
    model, persona = wish.model.strip(), "" if is_blank(wish.persona) else typed(wish.persona)
    least, most = Seat.bounds("temperature")
    if not model:
        raise ConfigurationError(
            _("Seat {number} names no model.", number=number),
            advice=_("Choose one, and a persona if you like, such as {example!r}.", example="qwen3:4b=sceptic"),
        )
    if len(model) > MAX_MODEL_CHARACTERS or len(persona) > MAX_PERSONA_CHARACTERS:
        raise ConfigurationError(
            _(
                "Seat {number} is too long: {model} characters for a model, {persona} for a persona at most.",
                number=number,
                model=MAX_MODEL_CHARACTERS,
                persona=MAX_PERSONA_CHARACTERS,
            )
        )
    if not least <= wish.temperature <= most:
        raise ConfigurationError(
            _(
                "The temperature of seat {number} goes from {least:g} to {most:g}.",
                number=number,
                least=least,
                most=most,
            )
        )
    seat = _seat(number, model, _read_persona(number, persona))
    return seat.model_copy(update={"temperature": wish.temperature})


def _seat(number: int, model: str, persona: str) -> Seat:
    """Return a seat that holds what a named persona says, so that it is the same when the run is resumed."""
    instruction = PERSONAS[persona].instruction if persona in PERSONAS else ""
    return Seat(id=f"seat-{number}", model=model, persona=persona, instruction=instruction)


def _read_persona(number: int, persona: str) -> str:
    """Return one of PERSONAS, or a text of the user's own; a misspelt name is refused rather than taken for a text."""
    if persona.casefold() in PERSONAS:
        return persona.casefold()
    if not persona or re.search(r"\s", persona):
        return persona
    known = _("Known: {personas}; or write a sentence.", personas=", ".join(PERSONAS))
    raise ConfigurationError(
        _("Seat {number} has an unknown persona {persona!r}.", number=number, persona=persona),
        advice=did_you_mean(persona.casefold(), PERSONAS) or known,
    )


def choose_seats(cards: Sequence[ModelCard], *, size: int = 3) -> tuple[Seat, ...]:
    """Seat a council from what is installed: different families first, then more models, then the same with personas.

    Larger models come first, up to a size that a usual machine runs; models with a remark (demonstration weights)
    only where there is no other, models that are run elsewhere never. One model alone takes every seat, each with
    another persona. Raises ConfigurationError where no model can write.
    """
    usable = _usable(cards)
    models = _by_family_in_turn(_fitting([card for card in usable if not card.remote_host]))[:size]
    if not models and usable:
        raise ConfigurationError(
            _("All models are run elsewhere ({hosts}): none of them sits unasked.", hosts=_hosts(usable)),
            advice=sentences([_("Name those that shall sit."), GET_A_MODEL]),
        )
    if not models:
        raise MissingModelError(_("No installed model can answer a question."), advice=GET_A_MODEL)
    needs_personas = len(models) < size
    chosen = islice(zip(cycle(models), cycle(DEFAULT_PERSONAS), strict=False), size)
    return tuple(
        _seat(number, card.name, persona if needs_personas else "")
        for number, (card, persona) in enumerate(chosen, start=1)
    )


def choose_chairman(seats: Sequence[Seat], cards: Sequence[ModelCard], wanted: str = "") -> Seat:
    """Return the seat that concludes: the `wanted` one (a seat's id, or a model), else the largest model run here.

    A wanted model that does not sit becomes a chairman of its own, with the id "chairman".
    """
    wanted = wanted.strip()
    if wanted:
        sitting = next(
            (seat for seat in seats if wanted in (seat.id, seat.model, f"{seat.model}={seat.persona}")), None
        )
        return sitting or _take_seat(len(seats) + 1, read_wish(wanted)).model_copy(update={"id": "chairman"})
    if not seats:
        raise ConfigurationError(_("There is no seat to take the chair."), advice=GET_A_MODEL)
    return max(seats, key=lambda seat: _weight(find_card(seat.model, cards)))


def check_seats(seats: Sequence[Seat], cards: Sequence[ModelCard]) -> None:
    """Raise ConfigurationError for a seat whose model is not installed, naming what is near to it and the command."""
    for seat in seats:
        if find_card(seat.model, cards) is not None:
            continue
        installed = sorted({card.name for card in cards})
        near = difflib.get_close_matches(seat.model, installed, n=3, cutoff=0.6) or installed[:3]
        choices = ", ".join(map(repr, near))
        raise MissingModelError(
            _("The model {model!r} of {seat!r} is not installed.", model=seat.model, seat=seat.id),
            advice=_("Choose {choices}, or get it with `ollama pull {model}`.", choices=choices, model=seat.model)
            if near
            else _("Get it with `ollama pull {model}`.", model=seat.model),
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


def place_seat(seat: Seat, cards: Sequence[ModelCard]) -> Seat:
    """Return the seat with the host that its model is run at, if that is elsewhere."""
    card = find_card(seat.model, cards)
    return seat.model_copy(update={"remote_host": card.remote_host if card else ""})


def _hosts(cards: Sequence[ModelCard]) -> str:
    return ", ".join(sorted({card.remote_host for card in cards}))


def _weight(card: ModelCard | None) -> tuple[bool, int]:
    return (not card.remote_host, card.size_bytes) if card else (True, 0)


def _usable(cards: Sequence[ModelCard]) -> list[ModelCard]:
    """Models that can write, each once though several backends or tags offer it."""
    able: list[ModelCard] = []
    for card in cards:
        known = card.capabilities
        writes = "completion" in known if known else not _NO_WRITERS.search(f"{card.name} {card.family}")
        is_named = 0 < len(card.name) <= MAX_MODEL_CHARACTERS
        if writes and is_named:
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
