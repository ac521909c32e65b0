"""Which parts of a model's Markdown are formulas, finished and while they come; prices and code are none."""

import time

import pytest

from council.reports.formulas import Formula, split


def found(text: str, *, is_growing: bool = False) -> list[str]:
    """The formulas of a text, a displayed one between double bars."""
    pieces = split(text, is_growing=is_growing)
    return [f"‖{p.tex}‖" if p.is_display else p.tex for p in pieces if isinstance(p, Formula)]


@pytest.mark.parametrize(
    ("text", "formulas"),
    [
        (r"Euler: \(e^{i\pi} + 1 = 0\).", [r"e^{i\pi} + 1 = 0"]),
        (r"So \[ \int_0^1 x\,dx \] holds", [r"‖\int_0^1 x\,dx‖"]),
        ("with $x_1$ and $x_2$,", ["x_1", "x_2"]),
        ("$$\na = b\n$$", ["‖a = b‖"]),
        ("one line $$a$$ more", ["‖a‖"]),
        (
            r"\begin{align*} a &= b \\[2pt] c &= d \end{align*}",
            [r"‖\begin{align*} a &= b \\[2pt] c &= d \end{align*}‖"],
        ),
        ("\\[\na\n\nb\n\\]", ["‖a\n\nb‖"]),
        ("the $n$th of an $n$\n", ["n", "n"]),
        ("two\n$a +\nb$ lines", ["a +\nb"]),
        (r"an n$\times$m matrix", [r"\times"]),
        ("设$x$为", ["x"]),
        (r"$\text{\$5}$", [r"\text{\$5}"]),
        ("| $a$ | \\(b\\) |\n| --- | --- |\n| $|x|$ | 2 |", ["a", "b", "|x|"]),
        ("- item\n  $$\n  x\n  $$\n", ["‖x‖"]),
        ("1. item\n\n    $$\n    x\n    $$\n", ["‖x‖"]),
        ("> $$\n> x\n> + y\n> $$", ["‖x\n+ y‖"]),
    ],
)
def test_formulas_are_found_in_every_spelling(text: str, formulas: list[str]) -> None:
    assert found(text) == formulas


@pytest.mark.parametrize(
    "text",
    [
        "It costs $5 or $9.",
        "between $5 and $10, so $7.50",
        "US$5, CA$7 and 10$ or 20$",
        "from $20,000 to $30,000",
        "$5-$10 a head; $5/$10",
        "| Price ($) | Cost ($) |\n| --- | --- |\n| $5 | $6 |",
        "|$5|$6|",
        r"escaped \$x\$ and \$5",
        "alone $x and no more",
        "no $ x $ and no $x $",
        "no $x\n\ny$ across paragraphs",
        "`$x$` and ``a ` $x$`` and `\\(x\\)`",
        "```\n$x$\n\\(y\\)\n```",
        "~~~tex\n$$\nx\n$$\n~~~",
        "Text\n\n    $x$ = indented code\n",
        "- item\n\n  ```sh\n  echo $HOME/$USER$\n  ```\n",
        "> ```\n> $x$\n> ```",
        "```\nnever closed $x$",
        "<code>$x$</code> and <pre>\\[x\\]</pre>",
        "https://example.org/?a=$b&c=$d$ and [a link](/x?$a=1$)",
        r"notes \[1\] and \[2, 3\], \[a link\](https://example.org)",
        r"\\(not escaped twice\\)",
        "unclosed \\( and \\[ and $$ here\n\nNext \\) paragraph",
        "\\( \\) and $$ $$",
    ],
)
def test_prices_code_and_addresses_are_no_formulas(text: str) -> None:
    assert found(text) == []
    assert "".join(str(piece) for piece in split(text)) == text


def test_a_text_is_the_sum_of_its_pieces() -> None:
    text = "a $x$ b\r\n```\n$y$\n```\n\\[z\\]\u2028c $5"
    written = [piece if isinstance(piece, str) else piece.written for piece in split(text)]
    assert "".join(written) == text.replace("\r\n", "\n")


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        (r"So \(a", "So "),
        (r"So \[a = \frac{1", "So "),
        ("So $$a", "So "),
        ("So $$a$", "So "),
        ("So $a", "So "),
        ("So $", "So "),
        ("So \\", "So "),
        (r"So \begin{align} a &= b \\", "So "),
        ("So $5 or", "So $5 or"),
        ("So $a \n\nand", "So $a \n\nand"),
        ("So \\[a\n\nand", "So \\[a\n\nand"),
        ("So \\(" + "word " * 100, "So \\(" + "word " * 100),
        ("code `$a", "code `$a"),
        ("```\n$a", "```\n$a"),
    ],
)
def test_a_formula_that_is_not_closed_yet_is_kept_back_but_not_for_long(text: str, shown: str) -> None:
    assert "".join(str(piece) for piece in split(text, is_growing=True)) == shown
    assert "".join(str(piece) for piece in split(text)) == text


def test_what_is_shown_of_a_growing_text_only_grows() -> None:
    text = r"A $x$, \(y\) at $5 `$a$`." + "\n\n\\[\nz\n\\]\n\n```\n$b\n```\n$$w$$\nEnd $v$."
    before: list[object] = []
    for length in range(len(text) + 1):
        pieces = split(text[:length], is_growing=True)
        shown = [character for piece in pieces for character in (piece if isinstance(piece, str) else [piece])]
        assert shown[: len(before)] == before
        before = shown
    assert found(text) == ["x", "y", "‖z‖", "‖w‖", "v"]


@pytest.mark.parametrize(
    "tex",
    [
        r"\def\a{\a\a}\a",
        r"\gdef\a{x}",
        r"\newcommand{\a}{\a}",
        r"\let\a\b",
        r"\href{https://example.org}{x}",
        r"\url{https://example.org}",
        r"\includegraphics{https://example.org/x.png}",
        r"\htmlStyle{color: red}{x}",
        r"\rule{10000em}{10000em}",
        r"a \\[9999em] b",
        r"\kern-9999em x",
        "{" * 100 + "}" * 100,
        r"\left(" * 100 + r"\right)" * 100,
        "{x",
        "x}{",
    ],
)
def test_harmful_and_broken_formulas_are_not_to_be_drawn(tex: str) -> None:
    (formula,) = split(rf"\({tex}\)")
    assert isinstance(formula, Formula) and not formula.is_drawable


@pytest.mark.parametrize(
    "tex", [r"\hspace{10em} x", r"\text{100 cm and 1000 in}", r"a \\ 1000", r"\leftarrow", r"\{a\}"]
)
def test_ordinary_formulas_are_to_be_drawn(tex: str) -> None:
    (formula,) = split(rf"\[{tex}\]")
    assert isinstance(formula, Formula) and formula.is_drawable


@pytest.mark.parametrize("piece", ["$", r"\(", r"\[", "$$", "`", "$a", r"\begin{align}", "``` ", "]("])
def test_a_long_text_of_marks_takes_no_long_time(piece: str) -> None:
    text = " ".join([piece] * 4000)
    began = time.process_time()
    split(text), split(text, is_growing=True)
    assert time.process_time() - began < 5
