"""The program's own very small models, for trying it out: where they lie, and how they are told from others."""

from pathlib import Path

from models.text import lazy_gettext as _

FOLDER = Path(__file__).parent / "pocket"
NAMES = ("pocket-a", "pocket-b", "pocket-c")
REMARK = _("demonstration weights")
EXAMPLES = {
    "en": (
        "What is the capital of Canada?",
        "Why is the sky blue?",
        "Which planet is the largest?",
        "How does this council work?",
    ),
    "fr": (
        "Quelle est la capitale du Canada ?",
        "Quelle est la capitale du Japon ?",
        "Quelle est la plus grande planète ?",
        "Comment fonctionne ce conseil ?",
    ),
}
"""Questions that they know, for the page to offer."""


def is_demonstration(model: str) -> bool:
    """Whether this is one of them; their names are not used for anything else."""
    return model.casefold().removesuffix(":latest") in NAMES
