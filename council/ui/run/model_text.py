"""A model's Markdown as the page's Markdown component takes it: formulas stand in marks that no text holds.

Gradio would look for formulas in code, too, and take prices for some; so it is told where they are.
"""

import re

from council.reports.formulas import Formula, Piece, split

_IN_LINE, _DISPLAYED = ("\ufdd0", "\ufdd1"), ("\ufdd2", "\ufdd3")
_MARKS = re.compile("[\ufdd0-\ufdd3]")  # "noncharacters", which Unicode leaves to programs' own use
LATEX_DELIMITERS: list[dict[str, str | bool]] = [
    {"left": left, "right": right, "display": display}
    for (left, right), display in ((_IN_LINE, False), (_DISPLAYED, True))
]
"""By what `gr.Markdown` knows formulas; it draws them with the KaTeX it brings, which fetches nothing."""


def model_text(text: str, *, is_growing: bool = False) -> str:
    """Return what the page shows of a text; of one that `is_growing`, without a formula that has not come whole."""
    return "".join(map(_shown, split(_MARKS.sub("\ufffd", text), is_growing=is_growing)))


def _shown(piece: Piece) -> str:
    if isinstance(piece, str):
        return piece
    if piece.is_drawable:
        left, right = _DISPLAYED if piece.is_display else _IN_LINE
        return f"{left}{piece.tex}{right}"
    return _as_code(piece)


def _as_code(formula: Formula) -> str:
    """A formula that is not drawn, as it was written."""
    longest = max((len(ticks) for ticks in re.findall("`+", formula.written)), default=0)
    fence = "`" * (longest + 1)
    return f"{fence} {' '.join(formula.written.split())} {fence}"
