"""The program's own very small models, for trying it out: where they lie, and how they are told from others."""

from pathlib import Path

FOLDER = Path(__file__).parent / "pocket"
NAMES = ("pocket-a", "pocket-b", "pocket-c")
REMARK = "demonstration weights"
REMARK_IN_FRENCH = "poids de démonstration"


def is_demonstration(model: str) -> bool:
    """Whether this is one of them; their names are not used for anything else."""
    return model.casefold().removesuffix(":latest") in NAMES
