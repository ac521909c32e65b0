"""How models' texts are drawn in a real browser: formulas, scripts from right to left, tables, code, earlier turns."""

from collections.abc import Sequence

import pytest
from playwright.sync_api import expect

from models.base import GenerationConfig, Message
from tests.browser.conftest import OpenPage, Serve
from tests.browser.seats import QUESTION, an_ollama, ask, press
from tests.browser.test_accessibility import assert_accessible
from tests.fakes import Script, obedient

pytestmark = pytest.mark.browser

WIDE = "$$" + " + ".join(f"a_{{{number}}}" for number in range(60)) + "$$"
FORMULAS = rf"""In line \(x_1\) and $y_2$, at $5 or $9.

\[
\frac{{a}}{{b}}
\]

{WIDE}

| one | two |
| --- | --- |
| $|z|$ | `$code$` |

```python
cost = "$5", r"\(x\)", "$y$"
```
"""
HARMFUL = r"""\(\def\a{\a\a}\a\) \(\href{https://example.org}{x}\) \(\includegraphics{https://example.org/x.png}\)
\(\htmlStyle{position: fixed}{x}\) $$\rule{99999em}{99999em}$$ \(\sqrt{$) \(\unknown{x}\) \(\frac{a}\) the end $z$"""
ARABIC = "# مقدمة\n\nعاصمة أستراليا هي كانبرا (Canberra).\n\n- النقطة\n\nIn English.\n\n```\ncode\n```\n"
TABLE = """| Language | Characteristics | Considerations |
| --- | --- | --- |
| JavaScript | dynamically-typed | interoperability |
| Haskell | statically-typed | referential transparency |

```
first
second
```
"""


def saying(text: str) -> Script:
    """A script whose answers and conclusions are this text."""

    def script(model: str, messages: Sequence[Message], config: GenerationConfig) -> str:
        return text if config.json_schema is None else obedient(model, messages, config)

    return script


def test_formulas_are_drawn_in_panes_and_conclusion_and_prices_are_not(serve: Serve, open_page: OpenPage) -> None:
    page = open_page(serve(an_ollama(saying(FORMULAS))).url)
    ask(page)
    expect(page.locator("#progress .chip")).to_have_text("complete")
    for part in ("#answer", "#body-1", "#body-3"):
        expect(page.locator(f"{part} .katex")).to_have_count(5)
        expect(page.locator(f"{part} .katex-display")).to_have_count(2)
        expect(page.locator(f"{part} p").first).to_contain_text("at $5 or $9.")
        expect(page.locator(f"{part} td code")).to_have_text("$code$")
        expect(page.locator(f"{part} pre")).to_contain_text(r'cost = "$5", r"\(x\)", "$y$"')
        expect(page.locator(f"{part} .katex-error")).to_have_count(0)
    assert_accessible(page)
    wide = page.locator("#answer .katex-display").last
    expect(wide).to_have_attribute("tabindex", "0")
    assert wide.evaluate("box => box.scrollWidth > box.clientWidth + 100 && box.clientWidth < 1200")
    assert page.evaluate("document.documentElement.scrollWidth") <= 1280
    assert page.evaluate("document.fonts.check('16px KaTeX_Main')")


def test_a_formula_comes_whole_while_its_text_is_still_written(serve: Serve, open_page: OpenPage) -> None:
    text = "First \\( a + b + c + d \\) then " + " ".join(f"word{number}" for number in range(40))
    page = open_page(serve(an_ollama(saying(text), models=["alpha:1b"], delay=0.2)).url)
    page.evaluate(r"""() => {
      window.seen = [];
      new MutationObserver(() => seen.push(document.querySelector('#body-1')?.innerText ?? ''))
        .observe(document.body, {childList: true, subtree: true, characterData: true});
    }""")
    ask(page, mode="Quick")
    expect(page.locator("#body-1 .katex")).to_have_count(1)
    expect(page.locator("#state-1 .chip.busy")).to_have_text("writing")
    assert page.evaluate(r"seen.some(text => text.includes('First')) && !seen.some(text => /\(\s*a|\\\(/.test(text))")
    press(page, "stop")


def test_formulas_that_would_do_harm_do_nothing(serve: Serve, open_page: OpenPage) -> None:
    page = open_page(serve(an_ollama(saying(HARMFUL))).url)
    page.route("**/*example.org*", lambda route: pytest.fail(f"asked for {route.request.url}"))
    ask(page, mode="Compare")
    expect(page.locator("#progress .chip")).to_have_text("complete")
    expect(page.locator("#body-1")).to_contain_text("the end")
    expect(page.locator("#body-1 .katex").last).to_be_visible()
    expect(page.locator("#body-1 code").first).to_have_text(r"\(\def\a{\a\a}\a\)")
    assert page.locator("#body-1 :is(a, img, [style*=fixed])").count() == 0
    assert page.locator("#body-1 .prose").first.evaluate("box => box.scrollHeight") < 2000
    assert not page.locator("#body-1").inner_text().count("\ufdd0")


def test_each_block_of_text_runs_in_the_direction_of_its_script(serve: Serve, open_page: OpenPage) -> None:
    question = "ما هي عاصمة أستراليا؟"
    page = open_page(serve(an_ollama(saying(ARABIC), models=["alpha:1b"])).url)
    page.locator("#question textarea").fill(question)
    box = page.locator("#question textarea").evaluate("box => getComputedStyle(box).unicodeBidi")
    assert box == "plaintext"
    ask(page, question, mode="Quick")
    expect(page.locator("#progress .chip")).to_have_text("complete")
    directions = "box => [...box.querySelectorAll('h1, p, ul, pre')].map(part => getComputedStyle(part).direction)"
    assert page.locator("#body-1 .prose").first.evaluate(directions) == ["rtl", "rtl", "rtl", "ltr", "ltr"]
    assert page.locator("#asked h2").evaluate("title => getComputedStyle(title).direction") == "rtl"
    page.locator("[data-local=history]").click()
    entry = page.locator("#history .open")
    expect(entry).to_have_text(question)
    assert entry.evaluate("entry => getComputedStyle(entry).direction") == "rtl"


def test_on_a_phone_tables_break_between_words_and_scroll_in_their_box(serve: Serve, open_page: OpenPage) -> None:
    page = open_page(serve(an_ollama(saying(TABLE), models=["alpha:1b"])).url, width=390, height=844)
    ask(page, mode="Quick")
    expect(page.locator("#progress .chip")).to_have_text("complete")
    table = page.locator("#body-1 table")
    lines = (
        "cell => { const range = new Range(); range.selectNodeContents(cell); return range.getClientRects().length; }"
    )
    for word in ("JavaScript", "Characteristics", "interoperability"):
        assert table.get_by_text(word).evaluate(lines) == 1
    assert table.evaluate("table => table.scrollWidth > table.clientWidth")
    assert_accessible(page)
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    starts = """code => [...code.textContent.matchAll(/\\w+/g)].map(word => {
      const range = new Range();
      range.setStart(code.firstChild, word.index); range.setEnd(code.firstChild, word.index + 1);
      return range.getBoundingClientRect().left;
    })"""
    first, second = page.locator("#body-1 pre code").evaluate(starts)
    assert first == second


def test_earlier_turns_are_drawn_when_they_are_unfolded(serve: Serve, open_page: OpenPage) -> None:
    page = open_page(serve(an_ollama(saying("It is **bold** with $x$."))).url)
    ask(page)
    expect(page.locator("#progress .chip")).to_have_text("complete")
    press(page, "follow_up")
    page.locator("#follow-up .offer").wait_for()
    ask(page, "And the second largest city?")
    expect(page.locator("#asked h2")).to_have_text("And the second largest city?")
    earlier, switch = page.locator("#earlier"), page.locator("#asked .fold")
    expect(switch).to_have_text("Earlier in this conversation (1)")
    expect(earlier).to_be_hidden()
    switch.click()
    expect(earlier).to_be_visible()
    expect(earlier).to_contain_text(QUESTION)
    expect(earlier.locator("strong").last).to_have_text("bold")
    expect(earlier.locator(".katex")).to_have_count(1)
    switch.click()
    expect(earlier).to_be_hidden()


def test_a_pane_that_is_done_stands_at_its_beginning(serve: Serve, open_page: OpenPage) -> None:
    lines = "\n\n".join(f"{number} line" for number in range(60))
    page = open_page(serve(an_ollama(saying(lines), delay=0.03)).url)
    page.evaluate("""() => {
      window.deepest = 0;
      document.addEventListener('scroll', ({target}) => {
        if (target.closest?.('#body-1')) deepest = Math.max(deepest, target.scrollTop);
      }, true);
    }""")
    ask(page, mode="Compare")
    expect(page.locator("#progress .chip")).to_have_text("complete")
    expect(page.locator("#body-1")).to_contain_text("59 line")
    page.wait_for_function("() => document.querySelector('#body-1 .prose.part-body').scrollTop === 0")
    assert page.evaluate("deepest") > 200  # it was followed while it grew
