"""The name at the top of the page."""

from html import escape

from council.ui.words.texts import Texts


def render_tagline(texts: Texts) -> str:
    """Draw the name, one sentence, and two switches that the browser acts on alone: the history, light or dark."""
    return (
        '<header class="mark"><span class="sign" aria-hidden="true"><i></i><i></i><i></i></span><h1>Council</h1>'
        f'<button type="button" class="act small" data-local="history">{escape(texts.history)}</button>'
        f'<button type="button" class="moon" data-local="theme" title="{escape(texts.theme)}"'
        f' aria-label="{escape(texts.theme)}">◐</button><p>{escape(texts.tagline)}</p></header>'
    )
