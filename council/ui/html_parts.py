"""The small signs that the views share: a seat's badge and name, chips, durations; every text is escaped here.

A seat has the same number and colour everywhere on the page, because the same model may sit twice.
"""

import re
from collections.abc import Iterable

from markupsafe import Markup, escape

from council.domain import Seat
from council.seats import PERSONAS
from council.transcript import Transcript
from council.translation import Translator

CHAIRMAN_SIGN = "★"

STATUS_COLOUR = {"complete": "good", "partial": "warn", "failed": "bad", "stopped": "quiet", "interrupted": "warn"}


def short_model(model: str) -> str:
    """A model's name without its path or registry, as it is shown."""
    return model.rstrip("/").rsplit("/", 1)[-1].removesuffix(".gguf")


def shortened(text: str, length: int) -> str:
    """A text of at most so many characters, with an ellipsis where some are missing."""
    return text if len(text) <= length else text[: length - 1] + "…"


def seat_number(transcript: Transcript, seat_id: str) -> int:
    """A seat's number in its council, from 1; 0 for a chairman who holds no seat."""
    seats = transcript.council.seats if transcript.council else ()
    return next((number for number, seat in enumerate(seats, 1) if seat.id == seat_id), 0)


def seat_of(transcript: Transcript, seat_id: str) -> Seat:
    """The seat of this id; one that is not in the council (an old or odd history) still has a name."""
    council = transcript.council
    known = (*council.seats, council.chairman) if council else ()
    return next((seat for seat in known if seat.id == seat_id), Seat(id="unknown", model=seat_id or "?"))


def persona_label(persona: str, words: Translator) -> str:
    """What a persona is called on the page: a known one by its name in that language, a text of the user's as it is."""
    known = PERSONAS.get(persona)
    return words.text(known.label) if known else persona


def model_and_persona(model: str, persona: str, words: Translator) -> str:
    """A model's short name, with the persona where there is one."""
    label = shortened(persona_label(persona, words), 40)
    return f"{short_model(model)} · {label}" if label else short_model(model)


def seat_name(transcript: Transcript, seat_id: str, words: Translator) -> str:
    """A seat's model, with its persona where it has one, as plain text."""
    seat = seat_of(transcript, seat_id)
    return model_and_persona(seat.model, seat.persona, words)


def badge(transcript: Transcript, seat_id: str, words: Translator) -> Markup:
    """A seat's number in its colour; the chairman without a seat has a star."""
    number = seat_number(transcript, seat_id)
    name = seat_name(transcript, seat_id, words)
    return Markup('<span class="badge seat-{}" title="{}">{}</span>').format(number, name, number or CHAIRMAN_SIGN)


def named_badge(transcript: Transcript, seat_id: str, words: Translator) -> Markup:
    """A seat's badge and its name."""
    name = seat_name(transcript, seat_id, words)
    sign = badge(transcript, seat_id, words)
    return Markup('<span class="named">{}<span class="name">{}</span></span>').format(sign, name)


def sentence(text: str) -> Markup:
    """A message for the user: commands that stand in backticks are set as code."""
    parts = re.split(r"`([^`\n]+)`", text)
    code = Markup("<code>{}</code>")
    return Markup().join(code.format(part) if number % 2 else escape(part) for number, part in enumerate(parts))


def failure(text: str) -> Markup:
    """A message about what went wrong, read out at once by screen readers."""
    return Markup('<p class="failure" role="alert">{} {}</p>').format(chip("!", "bad"), sentence(text))


def note(text: str) -> Markup:
    """A quiet remark."""
    return Markup('<p class="note">{}</p>').format(text)


def chip(text: str, kind: str = "", *, title: str = "") -> Markup:
    """A small rounded label; `kind` chooses its colour."""
    tip = Markup(' title="{}"').format(title) if title else ""
    return Markup('<span class="chip {}"{}>{}</span>').format(kind, tip, text)


def place_mark(host: str) -> str:
    """The sign of what is run elsewhere, with the host."""
    return f"→ {host}"


def place_chip(host: str, words: Translator) -> Markup:
    """A label that says where something is run; nothing for this machine."""
    if not host:
        return Markup()
    return chip(place_mark(host), "warn", title=words.gettext("runs at {host}, not on this machine", host=host))


def button(text: str, action: str, argument: str = "", *, kind: str = "", about: str = "") -> Markup:
    """A button whose click is told to the server as an event with this action and argument.

    `about` says to screen readers what it acts on, where several buttons have the same text.
    """
    name = Markup(' aria-label="{}, {}"').format(text, about) if about else ""
    return Markup('<button type="button" class="act {}" data-action="{}" data-argument="{}"{}>{}</button>').format(
        kind, action, argument, name, text
    )


def fold_switch(text: str) -> Markup:
    """A switch that the page itself acts on: it shows or hides what can be unfolded in the same column."""
    return Markup('<button type="button" class="fold" data-local="fold" aria-expanded="false">{}</button>').format(text)


def folded(key: str, title: str, content: Markup) -> Markup:
    """A part that is folded away; `key` is its identity, by which the page keeps it open when it is drawn again."""
    return Markup('<details id="{}"><summary>{}</summary>{}</details>').format(key, title, content)


def items(lines: Iterable[str]) -> Markup:
    """A list of messages."""
    listed = Markup().join(Markup("<li>{}</li>").format(sentence(line)) for line in lines)
    return Markup("<ul>{}</ul>").format(listed)


def duration(seconds: float, words: Translator) -> str:
    """A length of time in whole seconds, as people say it."""
    whole = max(0, round(seconds))
    if whole < 60:
        return words.gettext("{seconds} s", seconds=whole)
    return words.gettext("{minutes} min {seconds} s", minutes=whole // 60, seconds=whole % 60)
