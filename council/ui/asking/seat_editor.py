"""The seats in the page: add and remove seats, choose models, personas, temperatures, the chairman and the rules."""

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape
from itertools import zip_longest
from typing import Any

import gradio as gr
from gradio.blocks import Block

from council.asking import CouncilRequest
from council.domain import MAX_SEATS, Council, Mode, Seat, Value
from council.seats import PERSONAS, SeatWish
from council.settings import Settings
from council.ui.html_parts import chip, failure, persona_label, short_model, size
from council.ui.listener import Updates, Values
from council.ui.words.texts import Texts
from models.base import ModelCard
from models.demonstration import is_demonstration

POLICIES = ("auto", "always", "never")

Choices = Sequence[tuple[str, str]]
"""What a list offers: how it is called and what is chosen by it."""


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
            self.model: gr.update(value=shown.model or None, choices=list(choices)),
            self.persona: gr.update(value=shown.persona),
            self.temperature: gr.update(value=shown.temperature),
        }

    def speak(self, texts: Texts) -> Updates:
        """Say everything in the row in the user's language."""
        return {
            self.model: gr.update(label=texts.model),
            self.persona: gr.update(label=texts.persona, choices=persona_choices(texts)),
            self.temperature: gr.update(label=texts.temperature),
            self.remove: gr.update(value=texts.remove_seat),
        }


@dataclass(frozen=True)
class SeatEditor:
    """The components of the editor; `count` is how many of the rows are shown."""

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
        return [row.read(values) for row in self.rows[: values[self.count]]]

    def read_request(self, values: Values, mode: Mode) -> CouncilRequest:
        """The council that is wished for."""
        return CouncilRequest(
            seats=tuple(self.read_rows(values)),
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

    def speak(self, texts: Texts, choices: Choices) -> Updates:
        """Say everything in the editor in the user's language."""
        policies = list(zip((texts.policy_auto, texts.policy_always, texts.policy_never), POLICIES, strict=True))
        updates: Updates = {
            self.accordion: gr.update(label=texts.seats_and_rules),
            self.add: gr.update(value="+ " + texts.add_seat),
            self.refill: gr.update(value="↺ " + texts.default_seats),
            self.chairman: gr.update(label=texts.chairman, choices=chairman_choices(choices, texts)),
            self.second_look: gr.update(label=texts.second_look, choices=policies),
            self.debate: gr.update(label=texts.debate, choices=policies),
            self.rounds: gr.update(label=texts.rounds),
            self.answer_tokens: gr.update(label=texts.answer_tokens),
        }
        for row in self.rows:
            updates |= row.speak(texts)
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
        count=gr.State(0),
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


def model_choices(cards: Sequence[ModelCard], texts: Texts) -> list[tuple[str, str]]:
    """What the model lists offer: each name once, with its size and whether it is a demonstration model."""
    choices: dict[str, str] = {}
    for card in cards:
        remarks = [size(card.size_bytes, texts)] if card.size_bytes else []
        remarks += [texts.demonstration] if is_demonstration(card.name) else []
        choices.setdefault(card.name, f"{card.name} ({', '.join(remarks)})" if remarks else card.name)
    return [(label, name) for name, label in choices.items()]


def next_row(rows: Sequence[SeatWish], choices: Choices) -> SeatWish:
    """The seat that "add" proposes: a model that does not sit yet, else the first one with a persona not yet taken."""
    taken = {row.model for row in rows}
    names = [name for _, name in choices]
    free = next((name for name in names if name not in taken), "")
    if free or not names:
        return SeatWish(model=free)
    personas = {row.persona for row in rows if row.model == names[0]}
    return SeatWish(names[0], next((name for name in PERSONAS if name not in personas), ""))


def persona_choices(texts: Texts) -> list[tuple[str, str]]:
    """What the persona lists offer, in the user's language."""
    known = [(p.french if texts.language == "fr" else p.english, p.name) for p in PERSONAS.values()]
    return [(texts.no_persona, ""), *known]


def chairman_choices(choices: Choices, texts: Texts) -> list[tuple[str, str]]:
    """What the chairman's list offers: the choice left to the program, then every model."""
    return [(texts.chairman_auto, ""), *choices]


def render_summary(rows: Sequence[SeatWish], choices: Choices, texts: Texts, refusal: str = "") -> str:
    """Draw who sits in one line, whose model is not installed, and why the last change was refused."""
    installed = {name.removesuffix(":latest") for _, name in choices}
    models = [row.model for row in rows]
    seats = "".join(
        _sitting(number, row, installed, texts, is_shared=models.count(row.model) > 1)
        for number, row in enumerate(rows, 1)
    )
    return f'<div class="sitting">{seats or escape(texts.no_seats)}</div>{failure(refusal) if refusal else ""}'


def _sitting(number: int, row: SeatWish, installed: set[str], texts: Texts, *, is_shared: bool) -> str:
    """One seat of the line; its persona is told where another seat has the same model."""
    is_known = row.model.removesuffix(":latest") in installed
    warning = "" if is_known or not row.model else chip(texts.not_installed, "bad")
    name = short_model(row.model) or "?"
    if is_shared and row.persona:
        persona = persona_label(row.persona, texts)
        name += f" · {persona if len(persona) <= 40 else persona[:39] + '…'}"
    return (
        f'<span class="named"><span class="badge seat-{number}">{number}</span>'
        f'<span class="name">{escape(name)}</span>{warning}</span>'
    )
