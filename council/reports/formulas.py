r"""Finds the formulas in the Markdown that models write, for the page that draws them and the export that keeps them.

In the line, a formula stands in `\(…\)` or `$…$`; displayed, in `\[…\]`, `$$…$$` or an environment such as `align`.
A dollar is read by pandoc's rule, so that prices stay prices: what it opens begins and ends with no space, and no digit
follows. Code, addresses and escaped marks are never looked into.

A formula that defines macros, asks for an address or is outsized is not to be drawn: `Formula.is_drawable`.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

from markdown_it import MarkdownIt

MAX_LENGTH = 2000
MAX_DEPTH = 40
HELD_IN_LINE, HELD_DISPLAYED = 200, 1000
"""How much of a formula that is not closed yet is kept back while a text grows; then it is taken for plain text."""


@dataclass(frozen=True)
class Formula:
    """A formula without its marks; `written` is the text with them."""

    tex: str
    is_display: bool
    written: str

    @property
    def is_drawable(self) -> bool:
        """Whether a renderer can be given it without harm: braces match, nothing is defined, fetched or outsized."""
        return (
            not _HARMFUL.search(self.tex)
            and _depth(self.tex) in range(MAX_DEPTH + 1)
            and max(self.tex.count(r"\left"), self.tex.count(r"\begin")) <= MAX_DEPTH
        )


Piece = str | Formula

_MARK = re.compile(r"\$|\\[(\[]|\\begin\{|\\$")
_HARMFUL = re.compile(
    r"""\\(?:[gex]?def|let|futurelet|(?:re)?newcommand|providecommand|global|href|url|includegraphics)(?![a-z])
    |\\html[A-Z]
    |\\(?:[hv]space|[hm]?kern|[hm]skip|rule|raisebox|above|genfrac)(?![a-z])[^\\\n]{0,40}?\d{3}
    |\\\\\s*\[[^\]]*\d{3}""",
    re.VERBOSE,
)
_ENVIRONMENTS = r"(?:equation|align|alignat|gather)\*?"
_LINE_END = r"\n(?![ \t>]*\n)"  # the end of a line, unless it is the end of a paragraph
_IN_DOLLARS = rf"(?:\\[^\n]|[^\\$`\n]|{_LINE_END})"
_IN_TWO_DOLLARS = rf"(?:\\[^\n]|[^\\$\n]|\\(?=\n)|\$(?!\$)|{_LINE_END})"
_IN_ROUND = rf"(?:\\[^()\n]|[^\\\n]|\\(?=\n)|{_LINE_END})"
_IN_SQUARE = r"(?:\\[^\[\]]|[^\\])"
_IN_ONE_PARAGRAPH = rf"(?:\\(?!end\{{)[^\[\]\n]|[^\\\n]|\\(?=\n)|{_LINE_END})"
# Words and numbers run into no dollar that opens, unless a command follows: 10$ is a price, n$\times$m none.
_OPENING = r"(?:(?<![A-Za-z0-9$])\$|(?<=[A-Za-z0-9])\$(?=\\))(?![\s$),;:!?])"
_VERBATIM = r"""
    (?P<ticks>`+)(?:(?!\n[ \t]*\n)[\s\S])+?(?<!`)(?P=ticks)(?!`)
    |(?i:<(?P<tag>code|pre|kbd|samp|tt)\b[^>]*>[\s\S]*?</(?P=tag)\s*>)
    |https?://[!-~]+ | \]\([^\s()]*\)
"""
_FORMULA = rf"""
    \\\((?P<round>{_IN_ROUND}{{1,{MAX_LENGTH}}}?)\\\)
    |\\\[(?!\d+(?:,[ ]?\d+)*\\\])(?P<square>{_IN_SQUARE}{{1,{MAX_LENGTH}}}?)\\\](?!\()
    |(?P<environment>\\begin\{{(?P<name>{_ENVIRONMENTS})\}}
        (?:(?!\\begin\{{{_ENVIRONMENTS}\}})[\s\S]){{1,{MAX_LENGTH}}}?\\end\{{(?P=name)\}})
    |(?<!\$)\$\$(?P<dollars>{_IN_TWO_DOLLARS}{{1,{MAX_LENGTH}}}?)\$\$(?!\$)
    |{_OPENING}(?P<dollar>{_IN_DOLLARS}{{1,{MAX_LENGTH}}}?)(?<!\s)\$(?![\d$])
"""
_UNFINISHED = rf"""
    (?P<code>`+(?:(?!\n[ \t]*\n)[\s\S])*\Z)
    |(?P<held>\\\({_IN_ROUND}{{0,{HELD_IN_LINE}}}\\?\Z
        |\\\[{_IN_ONE_PARAGRAPH}{{0,{HELD_DISPLAYED}}}\\?\Z
        |\\begin\{{{_ENVIRONMENTS}\}}{_IN_ONE_PARAGRAPH}{{0,{HELD_DISPLAYED}}}\\?\Z
        |(?<!\$)\$\${_IN_TWO_DOLLARS}{{0,{HELD_DISPLAYED}}}[\\$]?\Z
        |{_OPENING}(?!\d){_IN_DOLLARS}{{0,{HELD_IN_LINE}}}[\\$]?\Z
        |\\\Z|\$\Z)
"""
_OTHER = r"\\[\s\S]|`+|\$+"  # what is escaped, and marks that mean nothing here: they are stepped over
_WHOLE = re.compile(f"{_VERBATIM}|{_FORMULA}|{_OTHER}", re.VERBOSE)
_GROWING = re.compile(f"{_VERBATIM}|{_UNFINISHED}|{_FORMULA}|{_OTHER}", re.VERBOSE)
_QUOTED = re.compile(r"^[ \t]*>[ \t]?", re.MULTILINE)
_MAY_HOLD_CODE = re.compile(r"```|~~~|^(?:\t| {4}| *>)", re.MULTILINE)
_BLOCKS = MarkdownIt("commonmark").disable("inline")


def split(text: str, *, is_growing: bool = False) -> tuple[Piece, ...]:
    """Return a text in pieces: formulas, and what stands between them, code included.

    Of one that `is_growing`, a formula that is not closed yet is left out at the end, so that it is never seen in
    parts; one that does not close within the paragraph, or soon, is text.
    """
    return _split(text, is_growing) if _MARK.search(text) else (text,)


@lru_cache(maxsize=64)  # what is finished is drawn again with every word that others write
def _split(text: str, is_growing: bool) -> tuple[Piece, ...]:
    pieces: list[Piece] = []
    parts = _parts(text.replace("\r\n", "\n").replace("\r", "\n"))
    for number, (part, is_code) in enumerate(parts, 1):
        pieces += [part] if is_code else _formulas(part, _GROWING if is_growing and number == len(parts) else _WHOLE)
    return tuple(piece for piece in pieces if piece)


def _parts(text: str) -> list[tuple[str, bool]]:
    """The text in runs of whole lines, and whether each is a block of code; the last one is none."""
    if not _MAY_HOLD_CODE.search(text):
        return [(text, False)]
    lines, parts, done = re.findall(r"[^\n]*\n|[^\n]+", text), [], 0
    for token in _BLOCKS.parse(text):
        if token.type in ("fence", "code_block") and token.map:
            first, end = token.map
            parts += [("".join(lines[done:first]), False), ("".join(lines[first:end]), True)]
            done = end
    return [*parts, ("".join(lines[done:]), False)]


def _formulas(text: str, pattern: re.Pattern[str]) -> Iterator[Piece]:
    done = 0
    for found in pattern.finditer(text):
        marked = found.groupdict()
        if marked.get("held") is not None:
            yield text[done : found.start()]
            return
        kind = next((kind for kind in ("round", "square", "environment", "dollars", "dollar") if marked[kind]), "")
        tex = marked[kind].strip() if kind else ""
        if not tex:
            continue
        line = text[text.rfind("\n", 0, found.start()) + 1 : found.start()]
        if _QUOTED.match(line):
            tex = _QUOTED.sub("", tex).strip()
        yield text[done : found.start()]
        yield Formula(tex, kind not in ("round", "dollar"), found[0])
        done = found.end()
    yield text[done:]


def _depth(tex: str) -> int:
    """How deep braces are nested, as a renderer counts them; -1 where they do not match."""
    depth = deepest = 0
    for brace in re.findall(r"\\[\s\S]|[{}]", tex):
        depth += {"{": 1, "}": -1}.get(brace, 0)
        deepest = max(deepest, depth)
        if depth < 0:
            return -1
    return deepest if depth == 0 else -1
