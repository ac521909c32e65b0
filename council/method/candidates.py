"""How answers are shown to who judges or uses them: under neutral letters, and without the names of models."""

from collections.abc import Mapping, Sequence

from council.domain import Label, Part, SeatId, Turn
from council.method.anonymity import scrub_names
from council.method.deliberation import Prepared
from council.method.prompt import Material
from council.method.voting.orders import labels


def letters(order: Sequence[SeatId]) -> dict[Label, SeatId]:
    """Return the letters under which answers stand in this order."""
    return dict(zip(labels(len(order)), order, strict=True))


def anonymous(answers: Mapping[SeatId, str], order: Sequence[SeatId], turn: Turn, deliberation: Prepared) -> Material:
    """Return the answers in this order as they are shown in one turn."""
    texts: dict[Part, str] = {seat_id: without_names(answers[seat_id], deliberation) for seat_id in order}
    return Material(deliberation.nonce(turn), letters(order), texts, deliberation.wording)


def without_names(text: str, deliberation: Prepared) -> str:
    """Return a text in which no model of this council names itself."""
    names = [*deliberation.cards, *(card.name for card in deliberation.cards.values())]
    return scrub_names(text, names)
