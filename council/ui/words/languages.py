"""Which words the page speaks."""

from council.ui.words.texts import Texts
from council.ui.words.texts_en import ENGLISH
from council.ui.words.texts_fr import FRENCH

PAGE_LANGUAGES = (ENGLISH, FRENCH)


def texts_for(language: str | None) -> Texts:
    """Return the words of a language tag ("fr-CA", "en"); whatever is not French is English."""
    return FRENCH if (language or "").lower().startswith("fr") else ENGLISH
