"""Puts texts that models or users wrote into a Markdown document without letting them change its structure."""

import re

from council.reports.formulas import Formula, split
from council.reports.harmless_markdown import load_nothing

_FENCE = re.compile(r"^( {0,3})(`{3,}(?=[^`]*$)|~{3,})")
_HEADING = re.compile(r"^( {0,3})(#{1,6})(?=\s|$)")
_UNDERLINE = re.compile(r"^ {0,3}(=+|-+)\s*$")
_TAG = re.compile(r"<(?=[A-Za-z/!?])")
_SPECIAL = re.compile(r"([\\`*_\[\]<>|#~$])")
_HELD = "\ufdd0{}\ufdd1"
_HELD_NUMBER = re.compile("\ufdd0(\\d+)\ufdd1")
_BLOCK_START = re.compile(r"[ \t]*(?:[-+*][ \t]|[-=]+[ \t]*$|[>#]|\d+[.)]|```|~~~|$)")
_COMMENT = re.compile(r"(?<!\\)%[^\n]*")


def embed(text: str, *, below: int) -> str:
    """Return a block of Markdown that fetches nothing, with its headings below a level and every fence closed.

    Formulas stay as they are, in the marks that GitHub and pandoc read.
    """
    text, formulas = _HELD_NUMBER.sub(r"\1", text), list[Formula]()
    pieces = list(split(text))
    for number, piece in enumerate(pieces):
        if isinstance(piece, Formula) and "`" in piece.written:
            pieces[number] = piece.written  # to a reader without formulas, code may begin there
        elif isinstance(piece, Formula):
            pieces[number] = _HELD.format(len(formulas))
            formulas.append(piece)
    embedded = _embed_lines("".join(map(str, pieces)), below)
    return _HELD_NUMBER.sub(lambda held: _formula(formulas[int(held[1])]), embedded)


def _formula(formula: Formula) -> str:
    """A formula between dollars; on one line where Markdown would take one of its lines for something else."""
    tex, lines = formula.tex, formula.tex.split("\n")
    if len(lines) > 1 and any(map(_BLOCK_START.match, lines)):
        tex = " ".join(_COMMENT.sub("", tex).split())
    elif formula.is_display:
        tex = f"\n{tex}\n" if tex == formula.written else formula.written[2:-2]
    elif re.search(r"(?<!\\)\$", tex):
        return _harmless(formula.written)  # dollars inside: those around it would be misread
    marks = "$$" if formula.is_display else "$"
    return marks + _harmless(tex) + marks


def _harmless(tex: str) -> str:
    """The same formula, in which a reader who knows none finds neither tags nor pictures."""
    return _TAG.sub(r"\\lt ", tex).replace("![", "!{}[")


def _embed_lines(text: str, below: int) -> str:
    lines: list[str] = []
    fence = ""  # indentation and marks of the fence that is open
    for line in load_nothing(text.strip("\n").expandtabs(4)).splitlines():
        indentation = len(fence) - len(fence.lstrip())
        if fence and line.strip() and len(line) - len(line.lstrip()) < indentation:
            lines.append(fence)  # in a list the fence ends here, outside it does not: now it does in both
            fence = ""
        if fence:
            lines.append(line)
            marks = fence.strip()
            if line.strip().startswith(marks) and not line.strip().strip(marks[0]):
                fence = ""
        elif opening := _FENCE.match(line):
            fence = "".join(opening.groups())
            lines.append(line)
        else:
            lines += _embed_line(line, below)
    return "\n".join([*lines, fence] if fence else lines)


def _embed_line(line: str, below: int) -> list[str]:
    if _UNDERLINE.match(line):  # it would make a heading of the line above
        return ["", "---", ""]
    if heading := _HEADING.match(line):
        level = min(len(heading[2]) + below, 6)
        line = "#" * level + line[heading.end() :]
    return [line]


def inline(text: str) -> str:
    """Return a text as it stands, on one line: fit for a heading or the cell of a table."""
    return _SPECIAL.sub(r"\\\1", " ".join(text.split()))
