"""The name at the top of the page."""

from html import escape

from council.ui.texts import Texts


def render_tagline(texts: Texts) -> str:
    """Draw the name, one sentence, and the switch between light and dark, which the browser acts on alone."""
    return (
        '<header class="mark"><span class="sign" aria-hidden="true"><i></i><i></i><i></i></span><h1>Council</h1>'
        f"<p>{escape(texts.tagline)}</p>"
        f'<button type="button" class="moon" data-local="theme" title="{escape(texts.theme)}"'
        f' aria-label="{escape(texts.theme)}">◐</button></header>'
    )
