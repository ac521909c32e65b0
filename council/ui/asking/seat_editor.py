"""The seats in the page: add and remove seats, choose models, personas, temperatures, the chairman and the rules."""

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape
from typing import Any

import gradio as gr

from council.domain import MAX_SEATS, Council, Seat, Value
from council.seats import PERSONAS, SeatWish
from council.settings import Settings
from council.ui.html_parts import chip, persona_label, short_model, size
from council.ui.words.texts import Texts
from models.base import ModelCard
from models.demonstration import is_demonstration

POLICIES = ("auto", "always", "never")


@dataclass(frozen=True)
class SeatEditor:
    """The components of the editor; `fields` are model, persona and temperature of one row after the other."""

    accordion: gr.Accordion
    summary: gr.HTML
    rows: tuple[gr.Row, ...]
    fields: tuple[gr.components.Component, ...]
    removes: tuple[gr.Button, ...]
    add: gr.Button
    refill: gr.Button
    chairman: gr.Dropdown
    second_look: gr.Radio
    debate: gr.Radio
    rounds: gr.Number
    answer_tokens: gr.Number
    count: gr.State

    @property
    def seating(self) -> list[gr.components.Component | gr.Row]:
        """What `show_rows` fills: the number of rows, the rows, their fields."""
        return [self.count, *self.rows, *self.fields]

    @property
    def rules(self) -> list[gr.components.Component]:
        """The rules without the mode, in the order of `Rules`."""
        return [self.chairman, self.second_look, self.debate, self.rounds, self.answer_tokens]

    @property
    def models(self) -> list[gr.Dropdown]:
        """The model of every row."""
        return [field for field in self.fields[::3] if isinstance(field, gr.Dropdown)]

    @property
    def personas(self) -> list[gr.Dropdown]:
        """The persona of every row."""
        return [field for field in self.fields[1::3] if isinstance(field, gr.Dropdown)]

    @property
    def labelled(self) -> list[gr.components.Component | gr.Accordion]:
        """What `label` fills."""
        return [self.accordion, *self.fields, *self.removes, self.add, self.refill, *self.rules]


def build_seat_editor(settings: Settings) -> SeatEditor:
    """Lay out the editor with every row it may need; those beyond the count are hidden."""
    summary = gr.HTML(elem_id="seats-summary", apply_default_css=False)
    with gr.Accordion("Seats", open=False, elem_id="seats") as accordion:
        built = [_build_row(number) for number in range(1, MAX_SEATS + 1)]
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
        rows=tuple(row for row, _, _ in built),
        fields=tuple(field for _, fields, _ in built for field in fields),
        removes=tuple(pressed for _, _, pressed in built),
        add=add,
        refill=refill,
        chairman=chairman,
        second_look=second_look,
        debate=debate,
        rounds=rounds,
        answer_tokens=answer_tokens,
        count=gr.State(0),
    )


def _build_row(number: int) -> tuple[gr.Row, list[gr.Dropdown | gr.Number], gr.Button]:
    with gr.Row(visible=False, elem_id=f"seat-row-{number}", elem_classes="seat-row", equal_height=False) as row:
        gr.HTML(f'<span class="badge seat-{number}">{number}</span>', elem_classes="row-badge", apply_default_css=False)
        model = gr.Dropdown([], allow_custom_value=True, elem_id=f"seat-model-{number}", min_width=180, scale=4)
        persona = gr.Dropdown([], allow_custom_value=True, elem_id=f"seat-persona-{number}", min_width=160, scale=3)
        temperature = _number(
            Seat, "temperature", step=0.1, elem_id=f"seat-temperature-{number}", min_width=100, scale=1
        )
        remove = gr.Button(
            "✕", size="sm", min_width=80, scale=0, elem_id=f"seat-remove-{number}", elem_classes="remove"
        )
    return row, [model, persona, temperature], remove


def _number(of: type[Value], field: str, **more: Any) -> gr.Number:
    """A box for a number that takes what the field of a value takes."""
    least, most = of.bounds(field)
    return gr.Number(of.model_fields[field].default, minimum=least, maximum=most, **more)


def show_rows(rows: Sequence[SeatWish], choices: Sequence[tuple[str, str]]) -> list[Any]:
    """Fill the editor's seating with these rows; hidden rows are emptied."""
    kept = list(rows[:MAX_SEATS])
    updates: list[Any] = [len(kept)]
    updates += [gr.update(visible=index < len(kept)) for index in range(MAX_SEATS)]
    for row in (*kept, *(SeatWish(),) * (MAX_SEATS - len(kept))):
        updates += [
            gr.update(value=row.model or None, choices=list(choices)),
            gr.update(value=row.persona),
            gr.update(value=row.temperature),
        ]
    return updates


def model_choices(cards: Sequence[ModelCard], texts: Texts) -> list[tuple[str, str]]:
    """What the model lists offer: each name once, with its size and whether it is a demonstration model."""
    choices: dict[str, str] = {}
    for card in cards:
        remarks = [size(card.size_bytes, texts)] if card.size_bytes else []
        remarks += [texts.demonstration] if is_demonstration(card.name) else []
        choices.setdefault(card.name, f"{card.name} ({', '.join(remarks)})" if remarks else card.name)
    return [(label, name) for name, label in choices.items()]


def next_row(rows: Sequence[SeatWish], choices: Sequence[tuple[str, str]]) -> SeatWish:
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


def chairman_choices(choices: Sequence[tuple[str, str]], texts: Texts) -> list[tuple[str, str]]:
    """What the chairman's list offers: the choice left to the program, then every model."""
    return [(texts.chairman_auto, ""), *choices]


def label(texts: Texts, choices: Sequence[tuple[str, str]]) -> list[Any]:
    """Say everything in the editor in the user's language."""
    policies = list(zip((texts.policy_auto, texts.policy_always, texts.policy_never), POLICIES, strict=True))
    updates: list[Any] = [gr.update(label=texts.seats_and_rules)]
    for _ in range(MAX_SEATS):
        updates += [
            gr.update(label=texts.model),
            gr.update(label=texts.persona, choices=persona_choices(texts), info=None),
            gr.update(label=texts.temperature),
        ]
    updates += [gr.update(value=texts.remove_seat) for _ in range(MAX_SEATS)]
    updates += [gr.update(value="+ " + texts.add_seat), gr.update(value="↺ " + texts.default_seats)]
    updates.append(gr.update(label=texts.chairman, choices=chairman_choices(choices, texts)))
    updates += [gr.update(label=name, choices=policies) for name in (texts.second_look, texts.debate)]
    return [*updates, gr.update(label=texts.rounds), gr.update(label=texts.answer_tokens)]


def render_summary(
    rows: Sequence[SeatWish], choices: Sequence[tuple[str, str]], texts: Texts, refusal: str = ""
) -> str:
    """Draw who sits in one line, whose model is not installed, and why the last change was refused."""
    installed = {name.removesuffix(":latest") for _, name in choices}
    models = [row.model for row in rows]
    seats = "".join(
        _sitting(number, row, installed, texts, is_shared=models.count(row.model) > 1)
        for number, row in enumerate(rows, 1)
    )
    told = f'<p class="failure" role="alert">{chip("!", "bad")} {escape(refusal)}</p>' if refusal else ""
    return f'<div class="sitting">{seats or escape(texts.no_seats)}</div>{told}'


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
