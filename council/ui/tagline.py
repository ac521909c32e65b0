"""The name at the top of the page."""

from council.translation import Translator
from council.ui.drawing import draw


def render_tagline(words: Translator, *, has_log_in: bool) -> str:
    """Draw the name, one sentence, the way out, and two switches of the browser: the history, light or dark."""
    return draw("tagline", words, has_log_in=has_log_in)
