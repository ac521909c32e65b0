"""Which version of the prompts a run is asked with: today's, or the one that it began with."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

from council.domain import Label
from council.method import prompts
from council.method.anonymity import fence, quote
from council.method.wordings import first
from models.demonstration import is_demonstration

FIRST, TODAY = 1, 2


@dataclass(frozen=True)
class Wording:
    """The texts that changed from one version to the next, and how others' words are told from the program's own.

    `enclose` takes a text and a code that occurs nowhere in it. The examples are functions of the letters on a ballot.
    """

    system: str
    ballot: str
    second_look: str
    ballot_again: str
    stance: str
    revision: str
    minutes: str
    enclose: Callable[[str, str], str]
    ballot_example: Callable[[Sequence[Label]], str]
    order_example: Callable[[Sequence[Label]], str]
    stance_example: str = ""
    minutes_example: str = ""
    has_reason_enclosed: bool = True
    """Whether a seat's reason for its revision stands apart, as others' words do; else on the line that names it."""


def _ballot_example(labels: Sequence[Label]) -> str:
    notes = ", ".join(first.NOTE_EXAMPLE.format(label=label) for label in labels)
    return first.BALLOT_EXAMPLE.format(notes=notes, order=_order(labels))


def _order_example(labels: Sequence[Label]) -> str:
    return first.ORDER_EXAMPLE.format(order=_order(labels))


def _order(labels: Sequence[Label]) -> str:
    return " > ".join("…" for label in labels)


WORDINGS: Mapping[int, Wording] = {
    FIRST: Wording(
        system=first.SYSTEM,
        ballot=first.BALLOT,
        second_look=first.SECOND_LOOK,
        ballot_again=first.BALLOT_AGAIN,
        stance=first.STANCE,
        revision=first.REVISION,
        has_reason_enclosed=False,
        minutes=first.MINUTES,
        enclose=fence,
        ballot_example=_ballot_example,
        order_example=_order_example,
        stance_example=first.STANCE_EXAMPLE,
        minutes_example=first.MINUTES_EXAMPLE,
    ),
    TODAY: Wording(
        system=prompts.SYSTEM,
        ballot=prompts.BALLOT,
        second_look=prompts.SECOND_LOOK,
        ballot_again=prompts.BALLOT_AGAIN,
        stance=prompts.STANCE,
        revision=prompts.REVISION,
        minutes=prompts.MINUTES,
        enclose=lambda text, code: quote(text),
        ballot_example=lambda labels: "",
        order_example=lambda labels: "",
    ),
}


def wording_for(models: Iterable[str]) -> int:
    """Return the version for a new run: the demonstration models were trained on the first and know no other."""
    return FIRST if all(map(is_demonstration, models)) else TODAY
