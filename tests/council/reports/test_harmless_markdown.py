"""What a model writes is drawn without fetching anything: judged by another reader of Markdown, which allows HTML."""

import re
from collections.abc import Callable, Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt
from markdown_it.token import Token

from council.reports.harmless_markdown import load_nothing
from council.reports.markdown_escape import embed
from council.ui.run.model_text import model_text

READERS = (
    MarkdownIt("commonmark", {"html": True}),
    MarkdownIt("commonmark", {"html": True}).enable("table"),
    MarkdownIt("js-default", {"html": True}),
)
PLAIN_TAG = re.compile(r"</?(?:br|sub|sup|kbd|mark)[ ]?/?>", re.IGNORECASE)
IN_DOCUMENT: Callable[[str], str] = lambda text: embed(text, below=2)  # noqa: E731
DRAWN = re.compile("\ufdd0[^\ufdd1]*\ufdd1|\ufdd2[^\ufdd3]*\ufdd3")
"""A formula as the page's component is told of it: it takes them out before it reads the rest as Markdown."""
FAR = "http://far.example/p.png"


def tokens(markdown: str) -> Iterator[Token]:
    for reader in READERS:
        waiting = reader.parse(markdown)
        while waiting:
            token = waiting.pop()
            waiting += token.children or []
            yield token


def fetched(markdown: str) -> list[str]:
    """What some reader would fetch, or hand on as HTML that is more than a plain tag."""
    found = []
    for token in tokens(markdown):
        is_tag = token.type in ("html_inline", "html_block") and not PLAIN_TAG.fullmatch(token.content)
        is_diagram = token.type == "fence" and token.info.strip().casefold().split()[:1] == ["mermaid"]
        if token.type == "image" or is_tag or is_diagram:
            found.append(f"{token.type}: {token.content}")
    return found


@pytest.mark.parametrize(
    ("written", "shown"),
    [
        (f'See ![a cat]({FAR} "title").', f"See [a cat]({FAR})."),
        (f"![]({FAR})", f"[{FAR}]({FAR})"),
        (f"[![badge]({FAR})](http://x.example)", f"[[badge]({FAR})](http://x.example)"),
        (f"![alt][ref]\n\n[ref]: {FAR}", f"[alt][ref]\n\n[ref]: {FAR}"),
        ("![x](data:image/png;base64,AAAA)", "x (data:image/png;base64,AAAA)"),
        ("![x](/logout)", "x (/logout)"),
        (f'<img alt="a cat" src="{FAR}" onerror="x()">', f"[a cat]({FAR})"),
        (f"!![a]({FAR})", rf"!\![a]({FAR})"),
        (f"!<img src={FAR}>", f"!&lt;img src={FAR}>"),
        (f"<video\nsrc={FAR}>", f"&lt;video\nsrc={FAR}>"),
        ("```mermaid\ngraph TD\n```", "```text\ngraph TD\n```"),
        ("```{image} far.png\n```", "```text\n```"),
        ("x![y]()![z](http://q)", "x[y][z](http://q)"),
    ],
)
def test_of_a_picture_its_description_and_address_stay(written: str, shown: str) -> None:
    assert load_nothing(written) == shown
    assert fetched(written) or "mermaid" not in written
    assert not fetched(shown)


@pytest.mark.parametrize(
    "text",
    [
        "Use `<img src=x>` and `vec![1, 2]`, or ``a ` b <c>``.",
        "```rust\nlet v = vec![1];\nlet x: Vec<T> = vec![];\n```",
        "1. First\n\n   ```html\n   <div onclick=x>![a](b)</div>\n   ```\n2. Second",
        "~~~sh\n[ ! -e x ] && ![ y ]\n~~~",
        "H<sub>2</sub>O<br>and <https://x.example/a> or [a link](http://x.example), 3 < 4, a <- b!",
        "An open fence, still being written:\n\n```js\nconst a = <T>",
        r"Escaped: \![a](b) and \<b>",
    ],
)
def test_code_links_and_plain_tags_stay_as_they_are(text: str) -> None:
    assert load_nothing(text) == text


@pytest.mark.parametrize(
    "text",
    [
        f"```\n```~~~\n![x]({FAR})\n```",
        f"$$\n```\n$$\n![x]({FAR})\n```",
        f"a ` b\nc `![x]({FAR})` d ` e",
        f"| ` | ![x]({FAR}) | ` |\n|--|--|--|\n| ` | ![x]({FAR}) | ` |",
        f"para\n      ```\n\n![x]({FAR})\n\n      ```",
        f"- ```\n  ===\n  ![x]({FAR})\n  ```",
        f"`a\u2028===\u2028![x]({FAR})`",
        f"<pre>\n```\n</pre>\n\n```\n![x]({FAR})\n```",
    ],
)
def test_what_only_some_readers_take_for_code_is_no_hiding_place(text: str) -> None:
    for mended in (load_nothing(text), IN_DOCUMENT(text)):
        assert f"![x]({FAR})" not in mended and not fetched(mended)


SIGNS = ("\n\n", "`", "``", "```", "~~~", "```js\n", "> ", "- ", "1. ", "    ", "a", "word ", "$$", "---\n", "===\n")
LINES = (
    "# ",
    "\u2028",
    "\x0b",
    "| a | b |\n|---|---|\n",
    "[r]: http://e\n",
    "mermaid",
    "{image}",
    "&lt;",
    "!\\",
    "\\!",
)
PICTURES = ("![a](http://e/p)", "![a][r]", "![x!]()", "[a](http://e)", "![`](http://e)", "`![x](y)`", "<https://e>")
TAGS = ("<b>", "<br>", "<img src=http://e>", "<img alt='x!' src='y'>", "<div>", "<div\n", "<!--", "-->", "<script>")
FORMULAS = ("$", "\\(", "\\)", "\\[", "\\]", "$x$", r"$a<b![x](http://e)$", r"\(\text{$x$} ![x](http://e) <b>\)")
BLOCKS = ("<p>", "<pre>\n", "</pre>", "<style>", "<![CDATA[", "<?")
PIECES = st.sampled_from([*"![]()\\|*_<\n\t", *SIGNS, *LINES, *PICTURES, *TAGS, *BLOCKS, *FORMULAS])


@given(st.lists(PIECES, max_size=25).map("".join))
def test_no_mixture_of_pieces_fetches_anything(text: str) -> None:
    mended = load_nothing(text)  # in place of a formula Gradio puts a mark between percent signs
    for shown in (mended, load_nothing(mended), IN_DOCUMENT(text), DRAWN.sub("%formula%", model_text(text))):
        assert not fetched(shown)


@pytest.mark.parametrize("piece", ["![a](", "`a", "```a`", "<img ", "<a", "> " * 40 + "x\n", "- " * 30 + "\n", "!"])
def test_no_text_takes_long(piece: str) -> None:
    """A text of any size is gone through once; this one would take hours where each piece looked at all others."""
    assert load_nothing(piece * (1_000_000 // len(piece)) + "![a](b)").endswith("(b)")
