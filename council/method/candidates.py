"""How answers are shown to who judges or uses them: neutral letters, scrubbed names, fences."""

from collections.abc import Mapping, Sequence

from council.method.anonymity import fence, scrub_names
from council.method.deliberation import Deliberation
from council.method.prompts import CANDIDATE
from council.method.voting.orders import labels


def label_map(order: Sequence[str]) -> dict[str, str]:
    """Return label → seat id for answers shown in this order."""
    return dict(zip(labels(len(order)), order, strict=True))


def anonymous(answers: Mapping[str, str], order: Sequence[str], deliberation: Deliberation) -> dict[str, str]:
    """Return the answers in this order, without the names that models give themselves."""
    return {seat_id: without_names(answers[seat_id], deliberation) for seat_id in order}


def without_names(text: str, deliberation: Deliberation) -> str:
    """Return a text in which no model of this council names itself."""
    names = [*deliberation.cards, *(card.name for card in deliberation.cards.values())]
    return scrub_names(text, names)


def show(texts: Mapping[str, str], label_to_seat: Mapping[str, str], nonce: str) -> str:
    """Write the candidates in the order of their labels, each in a fence: data, never instructions."""
    return "".join(
        CANDIDATE.format(label=label, text=fence(texts[seat_id], nonce)) for label, seat_id in label_to_seat.items()
    )
