"""Takes out of a model's Markdown all that a reader's program would fetch by itself, wherever it is drawn later.

Pictures in every spelling, HTML and diagrams go; the description and the address of a picture stay, as a link or as
text, and links stay links. Code stays as it is, where every reader is sure to take it for code; where readers differ
(a fence that only some of them close), it is treated as text, which shows an odd sign at worst.
"""

import re
from bisect import bisect_left
from collections.abc import Container, Sequence
from itertools import accumulate
from typing import Literal

from markdown_it import MarkdownIt

Span = tuple[int, int]

_SUSPICIOUS = re.compile(r"!\[|<[a-z/!?]|(?:`{3}|~{3})[ \t]*(?:mermaid|[^\w\s`~])", re.IGNORECASE)
"""What all that is taken out begins with; most answers hold none of it and are passed on at once."""

_BLOCKS = MarkdownIt("commonmark", {"html": False}).enable("table")
_BLOCKS.core.ruler.enableOnly(["normalize", "block"])

_LINE_ENDS = re.compile("\r\n|[\r\v\f\x1c-\x1e\x85\u2028\u2029]")
_FENCE = re.compile(r"(?P<head>[\s>*+\-\d.)]*(?P<marks>`{3,}|~{3,})[ \t]*)(?P<language>[^\s`]*)(?P<rest>[^`]*)")
_LANGUAGE = re.compile(r"(?!mermaid$)[\w+#.-]{0,40}", re.IGNORECASE)
"""A fence is marked with a plain word; others are commands to some reader ("{image}"), or have a diagram drawn."""

_LONGEST_TEXT, _LONGEST_LINE = 200_000, 5_000
"""In longer ones no code is looked for, so that no text takes long to draw."""
_TICKS = re.compile(r"`+")
_OPENING = re.compile(r"\\[\\`]|`+")

_FETCHED = re.compile(
    r"""
    (?P<kept> \\[!-/:-@\[-`{-~] | <(?:https?://|mailto:)[^\s<>`"']*> )
    | (?P<picture> (?<!!)!\[(?P<text>[^\[\]]*)\] (?P<target>\([ \t]*<?(?P<address>[^\s()<>]*)>?[^()\[\]<>]*\)|(?!\()) )
    | (?P<mark> !(?=\[) )
    | (?P<plain> </?(?:br|sub|sup|kbd|mark)[ ]?/?> )
    | (?P<image> (?<!!)<img\b(?P<attributes>[^<>]*)> )
    | (?P<tag> <(?=[a-z/!?]) )
    """,
    re.IGNORECASE | re.VERBOSE,
)
_ATTRIBUTE = re.compile(r"""\b(alt|src)\s*=\s*("[^"]*"|'[^']*'|[^\s"'>]+)""", re.IGNORECASE)
_LINKED = re.compile(r"https?://", re.IGNORECASE)
_LONGEST_ADDRESS = 200


def load_nothing(text: str) -> str:
    """Return a text whose drawing fetches nothing, from nowhere; one without any of it comes back as it is."""
    if not _SUSPICIOUS.search(text):
        return text
    lines = _LINE_ENDS.sub("\n", text).split("\n")
    code = _fenced_code(lines) if len(text) <= _LONGEST_TEXT else {}
    spans = _code_spans(lines, code)
    return "\n".join(
        line if code.get(number) == "inside" else _mend_line(line, spans.get(number, ()))
        for number, line in enumerate(lines)
    )


def _fenced_code(lines: Sequence[str]) -> dict[int, Literal["fence", "inside"]]:
    """Return the lines of fenced code, and those of its fences."""
    code: dict[int, Literal["fence", "inside"]] = {}
    quotes = 0
    for token in _BLOCKS.parse("\n".join(lines)):
        quotes += (token.type == "blockquote_open") - (token.type == "blockquote_close")
        if token.type == "fence" and token.map and not quotes:
            begin, end = token.map
            inside = range(begin + 1, end - 1 if _FENCE.fullmatch(lines[end - 1]) else end)
            if _is_surely_code(lines, begin, inside):
                code.update(dict.fromkeys(range(begin, end), "fence"))
                code.update(dict.fromkeys(inside, "inside"))
    return code


def _is_surely_code(lines: Sequence[str], begin: int, inside: range) -> bool:
    """Whether no reader could take a line inside a fence for its end or for something else.

    "$$" may begin a formula before the fence that ends inside it.
    """
    if not lines[begin].lstrip().startswith(("```", "~~~")):  # but with the mark of a list
        return False
    depth = _indentation(lines[begin])
    for line in map(lines.__getitem__, inside):
        is_odd = "```" in line or "~~~" in line or "$$" in line
        if is_odd or (line.strip() and _indentation(line) < depth):
            return False
    return True


def _indentation(line: str) -> int:
    line = line.expandtabs(4)
    return len(line) - len(line.lstrip())


def _code_spans(lines: Sequence[str], code: Container[int]) -> dict[int, list[Span]]:
    """Return the spans of code inside text, by line: those that are such wherever a reader lets a paragraph begin.

    So they lie within a line, and within a cell of a table, and nothing is left open before them since a blank line.
    """
    spans: dict[int, list[Span]] = {}
    is_open = False
    for number, line in enumerate(lines):
        if number in code or not line.strip():
            is_open = False
        elif not is_open and "`" in line:
            pairs, rest = _pairs_of_ticks(line)
            is_open = rest < len(line)
            in_cells = _pairs_in_cells(line)
            spans[number] = [pair for pair in pairs if pair in in_cells and pair[1] <= rest]
    return spans


def _pairs_in_cells(line: str) -> set[Span]:
    starts = accumulate((len(cell) + 1 for cell in line.split("|")), initial=0)
    cells = zip(starts, line.split("|"), strict=False)
    return {(start + first, start + last) for start, cell in cells for first, last in _pairs_of_ticks(cell)[0]}


def _pairs_of_ticks(text: str) -> tuple[list[Span], int]:
    """Return each span of code, from some backticks to the next run of as many, and where the first run alone begins.

    Where none is alone, that is the end of the text. A text that is too long is not looked through.
    """
    if len(text) > _LONGEST_LINE:
        return [], 0
    runs: dict[int, list[int]] = {}
    for ticks in _TICKS.finditer(text):
        runs.setdefault(len(ticks[0]), []).append(ticks.start())
    pairs: list[Span] = []
    position, alone = 0, len(text)
    while opening := _OPENING.search(text, position):
        begin, position = opening.span()
        if text[begin] == "\\":
            continue
        same = runs.get(position - begin, [])
        if (next_one := bisect_left(same, position)) == len(same):
            alone = min(alone, begin)
            continue
        position = same[next_one] + position - begin
        if "$$" not in text[begin:position]:
            pairs.append((begin, position))
    return pairs, alone


def _mend_line(line: str, code: Sequence[Span]) -> str:
    if (fence := _FENCE.fullmatch(line)) and not _LANGUAGE.fullmatch(fence["language"]):
        line = f"{fence['head']}text"
    first_letter = next((place for place, sign in enumerate(line) if sign.isalpha()), len(line))

    def mend(found: re.Match[str]) -> str:
        if any(begin <= found.start() < end for begin, end in code):
            return found[0]
        return _mend(found, has_words_before=first_letter < found.start())

    return _FETCHED.sub(mend, line)


def _mend(found: re.Match[str], *, has_words_before: bool) -> str:
    match found.lastgroup:
        case "kept":
            return found[0]
        case "picture":
            return _picture(found["text"], found["address"])
        case "mark":
            return r"\!"
        case "plain" if has_words_before:  # at the beginning of a line it would begin a block of HTML
            return found[0]
        case "image":
            told = {name.casefold(): value.strip("\"'") for name, value in _ATTRIBUTE.findall(found["attributes"])}
            return _picture(told.get("alt", ""), told.get("src", ""))
    return f"&lt;{found[0][1:]}"


def _picture(text: str, address: str | None) -> str:
    """Return what stands in a picture's place: its description, linked to its address where that is one."""
    text = _FETCHED.sub(lambda found: _mend(found, has_words_before=True), text)
    if address is None:  # what comes behind it names the address, and makes a link of it
        return f"[{text}]"
    address = re.sub(r"[!<>()\[\]`\s]", "", address)
    if _LINKED.match(address) and len(address) <= _LONGEST_ADDRESS:
        return f"[{text.strip() or address}]({address})"
    shown = address if len(address) <= _LONGEST_ADDRESS else address[:40] + "…"
    return f"{text} ({shown})" if shown else f"[{text}]"
