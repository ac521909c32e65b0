"""The seats in the page: add and remove seats, choose models, personas, temperatures, the chairman and the rules."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import zip_longest
from typing import Any, NamedTuple

import gradio as gr
from gradio.blocks import Block
from markupsafe import Markup

from council.asking import CouncilRequest
from council.domain import MAX_SEATS, Council, Mode, Seat, Value
from council.seats import PERSONAS, SeatWish
from council.settings import Settings
from council.translation import Translator
from council.ui.html_parts import chip, failure, model_and_persona, place_chip, place_mark
from council.ui.listener import Updates, Values
from models.base import ModelCard
from models.demonstration import is_demonstration
from models.text import Bytes
from models.text import lazy_gettext as _

POLICIES = {"auto": _("where needed"), "always": _("always"), "never": _("never")}


class Choice(NamedTuple):
    """A model that a list offers: how it is called, what is chosen by it, and where it is run if that is elsewhere."""

    label: str
    name: str
    remote_host: str = ""


Choices = Sequence[Choice]


@dataclass(frozen=True)
class SeatFields:
    """The components of one row."""

    row: gr.Row
    model: gr.Dropdown
    persona: gr.Dropdown
    temperature: gr.Number
    remove: gr.Button

    @property
    def inputs(self) -> list[Block]:
        """What a user fills in."""
        return [self.model, self.persona, self.temperature]

    def read(self, values: Values) -> SeatWish:
        """The seat as it is wished for."""
        return SeatWish(
            model=str(values[self.model] or ""),
            persona=str(values[self.persona] or ""),
            temperature=_within(Seat, "temperature", values[self.temperature]),
        )

    def show(self, row: SeatWish | None, choices: Choices) -> Updates:
        """Fill the row; None hides and empties it."""
        shown = row or SeatWish()
        return {
            self.row: gr.update(visible=row is not None),
            self.model: gr.update(value=shown.model or None, choices=_pairs(choices)),
            self.persona: gr.update(value=shown.persona),
            self.temperature: gr.update(value=shown.temperature),
        }

    def speak(self, words: Translator) -> Updates:
        """Say everything in the row in the user's language."""
        return {
            self.model: gr.update(label=words.gettext("Model")),
            self.persona: gr.update(label=words.gettext("Persona"), choices=persona_choices(words)),
            self.temperature: gr.update(label=words.gettext("Temperature")),
            self.remove: gr.update(value=words.gettext("Remove")),
        }


@dataclass(frozen=True)
class SeatEditor:
    """The components of the editor; `count` is how many of the rows are shown, None before they are first filled."""

    accordion: gr.Accordion
    summary: gr.HTML
    rows: tuple[SeatFields, ...]
    add: gr.Button
    refill: gr.Button
    chairman: gr.Dropdown
    second_look: gr.Radio
    debate: gr.Radio
    rounds: gr.Number
    answer_tokens: gr.Number
    count: gr.State

    @property
    def seating(self) -> list[Block]:
        """Who sits."""
        return [self.count, *(field for row in self.rows for field in row.inputs)]

    @property
    def rules(self) -> list[Block]:
        """How they deliberate, the mode excepted."""
        return [self.chairman, self.second_look, self.debate, self.rounds, self.answer_tokens]

    def read_rows(self, values: Values) -> list[SeatWish]:
        """The rows that are shown."""
        return [row.read(values) for row in self.rows[: values[self.count] or 0]]

    def read_request(self, values: Values, mode: Mode, *, has_models: bool) -> CouncilRequest:
        """The council that is wished for; the usual one as long as the rows are not filled.

        That is so in a page just opened, and where there was no model yet to fill them with.
        """
        rows = tuple(self.read_rows(values))
        is_filled = (values[self.count] == 0 and has_models) or any(row.model for row in rows)
        return CouncilRequest(
            seats=rows if is_filled else None,
            chairman=str(values[self.chairman] or ""),
            mode=mode,
            second_look=values[self.second_look],
            debate=values[self.debate],
            rounds=int(_within(Council, "rounds", values[self.rounds])),
            answer_tokens=int(_within(Council, "answer_tokens", values[self.answer_tokens])),
        )

    def show_rows(self, rows: Sequence[SeatWish], choices: Choices) -> Updates:
        """Seat these, as many as there is room for."""
        updates: Updates = {self.count: min(len(rows), len(self.rows))}
        for fields, row in zip_longest(self.rows, rows[: len(self.rows)]):
            updates |= fields.show(row, choices)
        return updates

    def speak(self, words: Translator, choices: Choices) -> Updates:
        """Say everything in the editor in the user's language."""
        policies = [(words.text(name), policy) for policy, name in POLICIES.items()]
        updates: Updates = {
            self.accordion: gr.update(label=words.gettext("Seats and rules")),
            self.add: gr.update(value="+ " + words.gettext("Add a seat")),
            self.refill: gr.update(value="↺ " + words.gettext("Choose for me")),
            self.chairman: gr.update(label=words.gettext("Chairman"), choices=chairman_choices(choices, words)),
            self.second_look: gr.update(label=words.gettext("Second look at close ballots"), choices=policies),
            self.debate: gr.update(label=words.gettext("Debate"), choices=policies),
            self.rounds: gr.update(label=words.gettext("Debate rounds at most")),
            self.answer_tokens: gr.update(label=words.gettext("Longest answer, in tokens")),
        }
        for row in self.rows:
            updates |= row.speak(words)
        return updates


def build_seat_editor(settings: Settings) -> SeatEditor:
    """Lay out the editor with every row it may need; those beyond the count are hidden."""
    summary = gr.HTML(elem_id="seats-summary", apply_default_css=False)
    with gr.Accordion("Seats", open=False, elem_id="seats") as accordion:
        rows = tuple(_build_row(number) for number in range(1, MAX_SEATS + 1))
        with gr.Row(elem_classes="row-buttons"):
            add = gr.Button("+", size="sm", elem_id="seat-add", min_width=120)
            refill = gr.Button("↺", size="sm", elem_id="seat-refill", min_width=120)
        with gr.Row(elem_classes="rules"):
            offered = [("", "")] + [(settings.chairman, settings.chairman)] * bool(settings.chairman)
            chairman = gr.Dropdown(
                offered, value=settings.chairman, allow_custom_value=True, elem_id="chairman", min_width=200
            )
            second_look = gr.Radio(list(POLICIES), value="auto", elem_id="second-look", min_width=270)
            debate = gr.Radio(list(POLICIES), value="auto", elem_id="debate-policy", min_width=270)
            rounds = _number(Council, "rounds", elem_id="rounds", precision=0, min_width=140)
            answer_tokens = _number(Council, "answer_tokens", elem_id="answer-tokens", precision=0, min_width=140)
            answer_tokens.value = settings.answer_tokens
    return SeatEditor(
        accordion=accordion,
        summary=summary,
        rows=rows,
        add=add,
        refill=refill,
        chairman=chairman,
        second_look=second_look,
        debate=debate,
        rounds=rounds,
        answer_tokens=answer_tokens,
        count=gr.State(None),
    )


def _build_row(number: int) -> SeatFields:
    with gr.Row(visible=False, elem_id=f"seat-row-{number}", elem_classes="seat-row", equal_height=False) as row:
        gr.HTML(f'<span class="badge seat-{number}">{number}</span>', elem_classes="row-badge", apply_default_css=False)
        return SeatFields(
            row=row,
            model=gr.Dropdown([], allow_custom_value=True, elem_id=f"seat-model-{number}", min_width=180, scale=4),
            persona=gr.Dropdown([], allow_custom_value=True, elem_id=f"seat-persona-{number}", min_width=160, scale=3),
            temperature=_number(
                Seat, "temperature", step=0.1, elem_id=f"seat-temperature-{number}", min_width=100, scale=1
            ),
            remove=gr.Button(
                "✕", size="sm", min_width=80, scale=0, elem_id=f"seat-remove-{number}", elem_classes="remove"
            ),
        )


def _number(of: type[Value], field: str, **more: Any) -> gr.Number:
    """A box for a number that takes what the field of a value takes."""
    least, most = of.bounds(field)
    return gr.Number(of.model_fields[field].default, minimum=least, maximum=most, **more)


def _within(of: type[Value], field: str, number: object) -> Any:
    """The number in a field, moved within its bounds; its default where there is none."""
    least, most = of.bounds(field)
    return min(max(number, least), most) if isinstance(number, int | float) else of.model_fields[field].default


def model_choices(cards: Sequence[ModelCard], words: Translator) -> list[Choice]:
    """What the model lists offer: each name once, with its size, and whether it is a demonstration or run elsewhere."""
    choices: dict[str, Choice] = {}
    for card in cards:
        remarks = [words.size(Bytes(card.size_bytes))] if card.size_bytes else []
        remarks += [words.gettext("demonstration weights")] if is_demonstration(card.name) else []
        remarks += [place_mark(card.remote_host)] if card.remote_host else []
        label = f"{card.name} ({', '.join(remarks)})" if remarks else card.name
        choices.setdefault(card.name, Choice(label, card.name, card.remote_host))
    return list(choices.values())


def _pairs(choices: Choices) -> list[tuple[str, str]]:
    return [(choice.label, choice.name) for choice in choices]


def next_row(rows: Sequence[SeatWish], choices: Choices) -> SeatWish:
    """The seat that "add" proposes: a model that does not sit yet, else the first one with a persona not yet taken.

    None that is run elsewhere: those are chosen by hand.
    """
    taken = {row.model for row in rows}
    names = [choice.name for choice in choices if not choice.remote_host]
    free = next((name for name in names if name not in taken), "")
    if free or not names:
        return SeatWish(model=free)
    personas = {row.persona for row in rows if row.model == names[0]}
    return SeatWish(names[0], next((name for name in PERSONAS if name not in personas), ""))


def persona_choices(words: Translator) -> list[tuple[str, str]]:
    """What the persona lists offer, in the user's language."""
    known = [(words.text(persona.label), persona.name) for persona in PERSONAS.values()]
    return [(words.gettext("none"), ""), *known]


def chairman_choices(choices: Choices, words: Translator) -> list[tuple[str, str]]:
    """What the chairman's list offers: the choice left to the program, then every model."""
    return [(words.gettext("Chosen for me"), ""), *_pairs(choices)]


def render_summary(rows: Sequence[SeatWish], choices: Choices, words: Translator, refusal: str = "") -> str:
    """Draw who sits in one line, whose model is not installed or elsewhere, and why the last change was refused."""
    places = {choice.name.removesuffix(":latest"): choice.remote_host for choice in choices}
    models = [row.model for row in rows]
    seats = Markup().join(
        _sitting(number, row, places, words, is_shared=models.count(row.model) > 1)
        for number, row in enumerate(rows, 1)
    )
    none = words.gettext("There is no seat yet. Add a seat and choose its model.")
    return Markup('<div class="sitting">{}</div>{}').format(seats or none, failure(refusal) if refusal else "")


def _sitting(number: int, row: SeatWish, places: Mapping[str, str], words: Translator, *, is_shared: bool) -> Markup:
    """One seat of the line; its persona is told where another seat has the same model."""
    place = places.get(row.model.removesuffix(":latest"))
    is_missing = place is None and row.model
    warning = chip(words.gettext("not installed"), "bad") if is_missing else place_chip(place or "", words)
    name = model_and_persona(row.model or "?", row.persona if is_shared else "", words)
    return Markup(
        '<span class="named"><span class="badge seat-{number}">{number}</span><span class="name">{}</span>{}</span>'
    ).format(name, warning, number=number)
