"""The name at the top of the page."""

from council.translation import Translator
from council.ui.drawing import draw


def render_tagline(words: Translator) -> str:
    """Draw the name, one sentence, and two switches that the browser acts on alone: the history, light or dark."""
    return draw("tagline", words)
