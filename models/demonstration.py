"""The program's own very small models, for trying it out: where they lie, and how they are told from others."""

from pathlib import Path

FOLDER = Path(__file__).parent / "pocket"
NAMES = ("pocket-a", "pocket-b", "pocket-c")
REMARK = "demonstration weights"
EXAMPLES = {
    "en": (
        "What is the capital of Australia?",
        "Why is the sky blue?",
        "What is the symbol of gold?",
        "How are votes counted?",
    ),
    "fr": (
        "Quelle est la capitale de l'Australie ?",
        "Pourquoi le ciel est-il bleu ?",
        "Quel est le symbole de l'or ?",
        "Comment les votes sont-ils comptés ?",
    ),
}
"""Questions that they know, for the page to offer."""


def is_demonstration(model: str) -> bool:
    """Whether this is one of them; their names are not used for anything else."""
    return model.casefold().removesuffix(":latest") in NAMES
