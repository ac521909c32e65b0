"""The models of several backends as one list."""

from collections.abc import Sequence

from models.base import Health, ModelCard
from models.names import canonical


def merge_cards(healths: Sequence[Health]) -> list[ModelCard]:
    """List every model once: not again under the same name, or as another tag with the very same size."""
    served = [card for health in healths if health.ok for card in health.models]
    kept: dict[int, ModelCard] = {}
    known: set[tuple[str, int]] = set()
    for position, card in sorted(enumerate(served), key=lambda numbered: numbered[1].remote_host != ""):
        name = canonical(card.name)
        same = {(name, 0)} | ({(name.rsplit(":", 1)[0], card.size_bytes)} if card.size_bytes else set())
        if known.isdisjoint(same):
            kept[position] = card
            known |= same
    return [kept[position] for position in sorted(kept)]
