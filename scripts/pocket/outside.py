"""Questions to which the pocket models have no answer, in many forms, and small sums to which they have one."""

import random
from collections.abc import Sequence

from scripts.pocket.facts import FOLDER


def _read_parts() -> dict[str, list[str]]:
    blocks = (FOLDER / "outside.txt").read_text(encoding="utf-8").split("\n\n")[1:]
    return {title.strip("[]"): lines for title, *lines in (block.strip().splitlines() for block in blocks)}


PARTS = _read_parts()
"""The ways to ask, and what they are filled with, by kind and language."""


def made_up(draw: random.Random) -> str:
    """Draw a name that means nothing."""
    return "".join(draw.choice(PARTS["syllable"]) for _ in range(draw.choice((2, 2, 3)))).capitalize() + draw.choice(
        ("", "ia", "n")
    )


def spliced(real: Sequence[str], draw: random.Random) -> str:
    """Draw what nearly is one of the real names: the first half of one and the last half of another."""
    while True:
        first, last = draw.sample(real, 2)
        name = first[: (len(first) + 1) // 2] + last[len(last) // 2 :]
        if name not in real:
            return name


def outside(language: str, draw: random.Random) -> str:
    """Draw a question without an answer."""

    def name() -> str:
        return draw.choice(PARTS["name"]) if draw.random() < 0.3 else made_up(draw)

    def some(kind: str) -> str:
        return draw.choice(PARTS[f"{kind} {language}"])

    question = some("open").format(
        n=name(),
        m=name(),
        t=some("topic"),
        u=some("topic"),
        d=some("thing"),
        v=some("verb"),
        q=some("quality"),
        x=some("measure"),
        a=draw.randint(21, draw.choice((999, 9999))),
        b=draw.randint(21, draw.choice((999, 9999))),
        y=draw.randint(900, 1999),
    )
    return question[:1].upper() + question[1:]


SUMS = {
    "en": {
        "+": ("What is {a} plus {b}?", "What is {a} + {b}?", "{a} + {b} = ?", "Add {a} and {b}."),
        "-": ("What is {a} minus {b}?", "What is {a} - {b}?", "{a} - {b} = ?", "Take {b} from {a}."),
        "x": ("What is {a} times {b}?", "What is {a} x {b}?", "{a} x {b} = ?", "Multiply {a} by {b}."),
        ">": ("Which is larger, {a} or {b}?", "Which number is greater: {a} or {b}?"),
    },
    "fr": {
        "+": ("Combien font {a} plus {b} ?", "Combien font {a} + {b} ?", "{a} + {b} = ?", "Additionne {a} et {b}."),
        "-": ("Combien font {a} moins {b} ?", "Combien font {a} - {b} ?", "{a} - {b} = ?", "Ôte {b} de {a}."),
        "x": ("Combien font {a} fois {b} ?", "Combien font {a} x {b} ?", "{a} x {b} = ?", "Multiplie {a} par {b}."),
        ">": ("Lequel est plus grand, {a} ou {b} ?", "Quel nombre est plus grand : {a} ou {b} ?"),
    },
}


def small_sum(language: str, draw: random.Random) -> tuple[str, str]:
    """Draw a small sum and its result."""
    kind = draw.choice("+-x>")
    a, b = draw.randint(1, 10), draw.randint(1, 10)
    if kind == "-" or (kind == ">" and a == b):
        a += b
    result = {"+": a + b, "-": a - b, "x": a * b, ">": max(a, b)}[kind]
    return draw.choice(SUMS[language][kind]).format(a=a, b=b), f"{result}."
