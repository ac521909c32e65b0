"""A model's Markdown as the page's Markdown component takes it: formulas stand in marks that no text holds.

Gradio would look for formulas in code, too, and take prices for some; so it is told where they are.
"""

import re

from council.reports.formulas import Formula, split
from council.reports.harmless_markdown import load_nothing

_IN_LINE, _DISPLAYED = ("\ufdd0", "\ufdd1"), ("\ufdd2", "\ufdd3")
_MARKS = re.compile("[\ufdd0-\ufdd3]")  # "noncharacters", which Unicode leaves to programs' own use
_HELD = "\ufdd0{}\ufdd1"
_HELD_NUMBER = re.compile("\ufdd0(\\d+)\ufdd1")
LATEX_DELIMITERS: list[dict[str, str | bool]] = [
    {"left": left, "right": right, "display": display}
    for (left, right), display in ((_IN_LINE, False), (_DISPLAYED, True))
]
"""By what `gr.Markdown` knows formulas; it draws them with the KaTeX it brings, which fetches nothing."""


def model_text(text: str, *, is_growing: bool = False) -> str:
    """Return what the page shows of a text; of one that `is_growing`, without a formula that has not come whole.

    Nothing of it is fetched by itself.
    """
    drawn: list[str] = []
    shown: list[str] = []
    for piece in split(_MARKS.sub("\ufffd", text), is_growing=is_growing):
        if isinstance(piece, str):
            shown.append(piece)
        elif piece.is_drawable:
            left, right = _DISPLAYED if piece.is_display else _IN_LINE
            shown.append(_HELD.format(len(drawn)))
            drawn.append(f"{left}{piece.tex}{right}")
        else:
            shown.append(_as_code(piece))
    return _HELD_NUMBER.sub(lambda held: drawn[int(held[1])], load_nothing("".join(shown)))


def _as_code(formula: Formula) -> str:
    """A formula that is not drawn, as it was written."""
    longest = max((len(ticks) for ticks in re.findall("`+", formula.written)), default=0)
    fence = "`" * (longest + 1)
    return f"{fence} {' '.join(formula.written.split())} {fence}"
