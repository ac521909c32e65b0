"""The small signs that the views share: a seat's badge and name, chips, durations; every text is escaped here.

A seat has the same number and colour everywhere on the page, because the same model may sit twice.
"""

import re
from collections.abc import Iterable
from html import escape

from council.domain import Seat
from council.seats import PERSONAS
from council.transcript import Transcript
from council.ui.words.texts import Texts

CHAIRMAN_SIGN = "★"

STATUS_COLOUR = {"complete": "good", "partial": "warn", "failed": "bad", "stopped": "warn", "interrupted": "warn"}


def short_model(model: str) -> str:
    """A model's name without its path or registry, as it is shown."""
    return model.rstrip("/").rsplit("/", 1)[-1].removesuffix(".gguf")


def seat_number(transcript: Transcript, seat_id: str) -> int:
    """A seat's number in its council, from 1; 0 for a chairman who holds no seat."""
    seats = transcript.council.seats if transcript.council else ()
    return next((number for number, seat in enumerate(seats, 1) if seat.id == seat_id), 0)


def seat_of(transcript: Transcript, seat_id: str) -> Seat:
    """The seat of this id; one that is not in the council (an old or odd history) still has a name."""
    council = transcript.council
    known = (*council.seats, council.chairman) if council else ()
    return next((seat for seat in known if seat.id == seat_id), Seat(id="unknown", model=seat_id or "?"))


def persona_label(persona: str, texts: Texts) -> str:
    """What a persona is called on the page: a known one by its name in that language, a text of the user's as it is."""
    known = PERSONAS.get(persona)
    return (known.french if texts.language == "fr" else known.english) if known else persona


def seat_name(transcript: Transcript, seat_id: str, texts: Texts) -> str:
    """A seat's model, with its persona where it has one, as plain text."""
    seat = seat_of(transcript, seat_id)
    label = persona_label(seat.persona, texts)
    persona = label if len(label) <= 40 else label[:39] + "…"
    return f"{short_model(seat.model)} · {persona}" if persona else short_model(seat.model)


def badge(transcript: Transcript, seat_id: str, texts: Texts) -> str:
    """A seat's number in its colour; the chairman without a seat has a star."""
    number = seat_number(transcript, seat_id)
    name = escape(seat_name(transcript, seat_id, texts))
    return f'<span class="badge seat-{number}" title="{name}">{number or CHAIRMAN_SIGN}</span>'


def named_badge(transcript: Transcript, seat_id: str, texts: Texts) -> str:
    """A seat's badge and its name."""
    name = escape(seat_name(transcript, seat_id, texts))
    return f'<span class="named">{badge(transcript, seat_id, texts)}<span class="name">{name}</span></span>'


def sentence(text: str) -> str:
    """A message for the user: commands that stand in backticks are set as code."""
    return re.sub(r"`([^`\n]+)`", r"<code>\1</code>", escape(text))


def chip(text: str, kind: str = "", *, title: str = "") -> str:
    """A small rounded label; `kind` chooses its colour."""
    tip = f' title="{escape(title)}"' if title else ""
    return f'<span class="chip {kind}"{tip}>{escape(text)}</span>'


def failure(message: str) -> str:
    """A message that something did not work, set off by its colour and read out at once."""
    return f'<p class="failure" role="alert">{chip("!", "bad")} {sentence(message)}</p>'


def button(text: str, action: str, argument: str = "", *, kind: str = "", about: str = "") -> str:
    """A button whose click is told to the server as an event with this action and argument.

    `about` says to screen readers what it acts on, where several buttons have the same text.
    """
    name = f' aria-label="{escape(f"{text}, {about}")}"' if about else ""
    return (
        f'<button type="button" class="act {kind}" data-action="{escape(action)}"'
        f' data-argument="{escape(argument)}"{name}>{escape(text)}</button>'
    )


def fold_switch(text: str) -> str:
    """A switch that the page itself acts on: it shows or hides what stands below it in the same pane."""
    return f'<button type="button" class="fold" data-local="fold" aria-expanded="false">{escape(text)}</button>'


def folded(key: str, title: str, content: str, *, is_open: bool = False) -> str:
    """A part that is folded away; `key` is its identity, by which the page keeps it open when it is drawn again."""
    opened = " open" if is_open else ""
    return f'<details id="{escape(key)}"{opened}><summary>{escape(title)}</summary>{content}</details>'


def items(lines: Iterable[str]) -> str:
    """A list of messages."""
    return "<ul>" + "".join(f"<li>{sentence(line)}</li>" for line in lines) + "</ul>"


def share(value: float, texts: Texts) -> str:
    """A share between 0 and 1, with two places."""
    written = f"{value:.2f}"
    return written.replace(".", ",") if texts.language == "fr" else written


def size(count: float, texts: Texts) -> str:
    """A number of bytes, as people say it; a GB is 10⁹ bytes, as on disks and download pages."""
    unit, amount = (texts.gigabytes, count / 1e9) if count >= 1e9 else (texts.megabytes, count / 1e6)
    written = f"{amount:.1f}" if amount < 10 else f"{amount:.0f}"
    return unit.format(amount=written.replace(".", ",") if texts.language == "fr" else written)


def duration(seconds: float, texts: Texts) -> str:
    """A length of time in whole seconds, as people say it."""
    whole = max(0, round(seconds))
    if whole < 60:
        return texts.seconds.format(seconds=whole)
    return texts.minutes_seconds.format(minutes=whole // 60, seconds=whole % 60)
