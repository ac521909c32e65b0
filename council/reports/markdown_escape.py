"""Puts texts that models or users wrote into a Markdown document without letting them change its structure."""

import re

_FENCE = re.compile(r"^( {0,3})(`{3,}(?=[^`]*$)|~{3,})")
_HEADING = re.compile(r"^( {0,3})(#{1,6})(?=\s|$)")
_UNDERLINE = re.compile(r"^ {0,3}(=+|-+)\s*$")
_TAG = re.compile(r"<(?=[A-Za-z/!?])")
_SPECIAL = re.compile(r"([\\`*_\[\]<>|#~$])")


def embed(text: str, *, below: int) -> str:
    """Return a block of Markdown whose headings lie below the given level, without HTML and with every fence closed."""
    lines: list[str] = []
    fence = ""  # indentation and marks of the fence that is open
    for line in text.strip("\n").expandtabs(4).splitlines():
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
    return [_TAG.sub("&lt;", line)]


def inline(text: str) -> str:
    """Return a text as it stands, on one line: fit for a heading or the cell of a table."""
    return _SPECIAL.sub(r"\\\1", " ".join(text.split()))
