"""Lists as people type them: parts with commas between, and as in CSV quotes around what holds a comma itself.

A part may be a pair, `name=value`; a name or value that holds `,` or `=` stands in double quotes, and a quote inside
them is doubled: `"one, two"=sceptic`. A quote anywhere else is a character like any other.
"""

import re

_QUOTED = r'"(?:[^"]|"")*"'
_NAME = rf"(?:{_QUOTED}(?=\s*(?:[=,@]|$))|[^=,]*)"
_VALUE = rf"(?:{_QUOTED}(?=\s*(?:[,@]|$))|[^,]*)"
_PART = re.compile(rf"\s*({_NAME}[^=,]*(?:=\s*{_VALUE}[^,]*)?)(?:,|$)")
_PAIR = re.compile(rf"\s*({_NAME}[^=]*)(=?)(.*)", re.DOTALL)
_NEEDS_QUOTES = re.compile(r'[,="]|^\s|\s$|@[\d.]+$')


def split_list(text: str) -> list[str]:
    """Return the parts of a list, quotes and all; empty ones are left out."""
    return [part for found in _PART.finditer(text) if (part := found[1].strip())]


def split_pair(part: str) -> tuple[str, str, str]:
    """Return what stands before the first "=" outside quotes, the "=" or "", and what stands behind, all unquoted."""
    found = _PAIR.fullmatch(part)
    name, equals, value = found.groups() if found else (part, "", "")
    return unquote(name), equals, unquote(value)


def unquote(part: str) -> str:
    """Return a name as it is meant."""
    part = part.strip()
    return part[1:-1].replace('""', '"') if re.fullmatch(_QUOTED, part) else part


def quote(name: str) -> str:
    """Write a name so that it is read as one."""
    doubled = name.replace('"', '""')
    return f'"{doubled}"' if _NEEDS_QUOTES.search(name) else name
