"""What one turn is asked, as a value: a template, what fills it, and the form of the reply."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from council.domain import Label, Part, SeatId
from council.method.prompts import CANDIDATE
from council.method.wordings.wording import TODAY, WORDINGS, Wording
from models.base import Message
from models.marks.turns import disarm


@dataclass(frozen=True)
class Material:
    """Others' words that a prompt shows, each enclosed as the run's wording does it: data, never instructions.

    `nonce` is a code that no text knows, for a wording that encloses with one. `labels` are the letters under which
    answers stand, in the order shown. `texts` may be shortened to fit.
    """

    nonce: str = ""
    labels: Mapping[Label, SeatId] = field(default_factory=dict)
    texts: Mapping[Part, str] = field(default_factory=dict)
    wording: Wording = WORDINGS[TODAY]

    def enclose(self, text: str) -> str:
        """Return a text as it is shown."""
        return self.wording.enclose(text, self.nonce)

    @property
    def candidates(self) -> str:
        """The answers under their letters."""
        return "".join(
            CANDIDATE.format(label=label, text=self.enclose(self.texts[seat_id]))
            for label, seat_id in self.labels.items()
        )


@dataclass(frozen=True)
class Form:
    """The JSON that a reply is constrained to, and a bound for its length."""

    json_schema: dict[str, Any]
    max_tokens: int


@dataclass(frozen=True)
class Prompt:
    """What one turn is asked after the head.

    The fields of `template` are filled from `words`, the program's own; from `fenced`, others' words that are shown
    whole; from the texts of `material` that `quoted` names; and `{candidates}` from its answers. Without a `form` the
    reply is free text: as long as the council allows, and at the seat's temperature. `dialogue` is what was said since,
    when a turn is asked again. With `is_short` half of the window must do. No mark in any of it ends a turn.
    """

    template: str
    words: Mapping[str, str]
    fenced: Mapping[str, str] = field(default_factory=dict)
    material: Material = field(default_factory=Material)
    quoted: Mapping[str, Part] = field(default_factory=dict)
    form: Form | None = None
    dialogue: tuple[Message, ...] = ()
    is_short: bool = False
    think: bool | None = False

    @property
    def instruction(self) -> str:
        """The program's own words in it."""
        return " ".join([re.sub(r"\{\w+\}", "\n", self.template), *self.words.values()])

    @property
    def text(self) -> str:
        """The prompt as it is sent, without the head."""
        material = self.material
        fenced = {**self.fenced, **{name: material.texts[part] for name, part in self.quoted.items()}}
        fences = {name: material.enclose(text) for name, text in fenced.items()}
        return disarm(self.template.format(candidates=material.candidates, **self.words, **fences))

    @property
    def messages(self) -> tuple[Message, ...]:
        """What was said since, as it is sent."""
        return tuple(Message(message.role, disarm(message.content)) for message in self.dialogue)

    def with_texts(self, texts: Mapping[Part, str]) -> "Prompt":
        """Return the same prompt with shortened texts."""
        return replace(self, material=replace(self.material, texts=texts))
