"""What goes round in circles is found while it is written; what only resembles it is left alone."""

import random
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from council.method.degenerate.loops import LoopWatch, is_repetitive

TEXT = "the council met again on a grey morning and nobody had read a single page of what lay before them"
WORDS = TEXT.split()


def prose(count: int, seed: int = 1) -> str:
    """Sentences of which no two are alike."""
    draw = random.Random(seed)
    return " ".join(f"{' '.join(draw.choices(WORDS, k=draw.randint(6, 14)))}." for _ in range(count))


def read(text: str, *, is_form: bool = False) -> tuple[bool, int]:
    """Whether a text loops, and after how many characters that is known."""
    watch = LoopWatch(is_form=is_form)
    for place, character in enumerate(text, start=1):
        if watch.push(character):
            return True, place
    return False, len(text)


LOOPS = {
    "a word": "good " * 400,
    "a letter": "a" * 2000,
    "a code": "The answer is: 4ee52398de43\n" * 100,
    "a sentence": "The capital of Australia is Canberra, a planned city. " * 40,
    "a paragraph": f"{prose(12)}\n\n" * 12,
    "a long passage": f"{prose(90)}\n\n" * 5,
    "nothing but lines": "\n" * 3000,
    "figures": "3" * 4000,
    "a numbered item": "".join(f"{n}. The city was planned by two architects.\n" for n in range(1, 200)),
    "a short numbered item": "".join(f"{n}. Canberra is it\n" for n in range(1, 400)),
    "two sentences in turn": "It is a question of taste, in the end. Nobody can really say what is right here. " * 30,
    "Chinese": "堪培拉是澳大利亚的首都。" * 60,
    "in code": "```python\n" + "    print('the same line again')\n" * 200,
}
SLOW_LOOPS = {
    "one word changes": "".join(
        f"The {word} of the system is designed to be efficient and easy to use for everyone. " for word in WORDS * 6
    ),
    "sentences in other orders": " ".join(
        random.Random(7).choices([f"{prose(1, seed)[:-1]} {seed}." for seed in range(4)], k=120)
    ),
    "lines with a changed end": "".join(
        f"- It is important to note that this is a matter of some {word}.\n" for word in WORDS * 5
    ),
}
LEGITIMATE = {
    "prose": prose(300),
    "laughter": "ha " * 80 + "that was good.",
    "a long figure": "0." + "3" * 900,
    "many digits of pi": "".join(random.Random(3).choices("0123456789", k=5000)),
    "rules": "Title\n" + "-" * 400 + "\n" + "=" * 400,
    "a table": "| day | open | from | to |\n|---|---|---|---|\n"
    + "".join(f"| {day} | yes | 9:00 | 17:00 |\n" for day in ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun") * 4),
    "a truth table": "".join(f"| {a} | {b} | {c} | true |\n" for a in "TF" for b in "TF" for c in "TF"),
    "an empty form": "|   |   |   |\n" * 30,
    "a times table": "".join(f"{a} x {b} = {a * b}\n" for a in range(1, 13) for b in range(1, 13)),
    "numbers that begin anew": "".join(f"1. {word} is a word.\n" for word in WORDS),
    "a key": "".join(f"{n}. {random.Random(n).choice('ABCD')}\n" for n in range(1, 101)),
    "capitals": "".join(
        f"- {country}: {city} is the capital.\n"
        for country, city in zip(map(str.title, WORDS), reversed(list(map(str.title, WORDS))), strict=True)
    ),
    "bottles": "".join(
        f"{n} bottles of beer on the wall, {n} bottles of beer.\nTake one down and pass it around, {n - 1} bottles of "
        "beer on the wall.\n\n"
        for n in range(99, 0, -1)
    ),
    "a song with a chorus": "".join(
        f"{prose(4, verse)}\n\nWe all go down to the river,\nthe river that runs to the sea,\nand nobody, nobody, "
        "nobody\nwill ever come looking for me.\n\n"
        for verse in range(8)
    ),
    "a litany": "".join(f"For {word}, and for all who come after,\nhear us, we ask you.\n" for word in WORDS),
    "code": "```python\n"
    + "".join(
        f"def test_{name}():\n    result = run({name!r})\n    assert result is not None\n    return result\n\n\n"
        for name in WORDS
    )
    + "```\nThat is all.",
    "a matrix": "```\n" + "[0, 0, 0, 0, 0, 0, 0, 0],\n" * 8 + "```",
    "a list in code": "```html\n" + "  <li>Item</li>\n" * 40 + "```",
    "a refrain": "Row, row, row your boat, gently down the stream. " * 3 + "Merrily, merrily, life is but a dream.",
    "Chinese": "".join(f"第{n}章讲的是第{n}个问题，答案见书末。" for n in range(1, 6)),
}


@pytest.mark.parametrize("name", [*LOOPS, *SLOW_LOOPS])
@pytest.mark.parametrize("before", ["", "Canberra is the capital of Australia. " + prose(20, 99) + "\n\n"])
def test_a_loop_is_told_long_before_it_ends(name: str, before: str) -> None:
    text = LOOPS.get(name) or SLOW_LOOPS[name]
    is_looping, known_after = read(before + text)
    assert is_looping
    assert len(before) < known_after <= len(before) + max(0.75 * len(text), 1100)


@pytest.mark.parametrize("name", LEGITIMATE)
def test_what_repeats_for_a_reason_is_no_loop(name: str) -> None:
    assert not read(LEGITIMATE[name])[0]


def test_in_a_form_only_exact_repetition_counts() -> None:
    same = '"strength": "It is correct and clear and complete.", "flaw": "It is a little long for what it says."'
    ballot = "{" + ", ".join(f'"{letter}": {{{same}}}' for letter in "ABCDEFGH") + "}"
    assert not read(ballot, is_form=True)[0]
    assert read('{"agreed": [' + '"It is the capital of the country.", ' * 20, is_form=True)[0]


@pytest.mark.parametrize(
    "text", ["It is the one. " * 8, "good " * 24, "".join(f"Day {n}: rest well and eat.\n" for n in range(9))]
)
def test_a_short_loop_counts_where_the_limit_cut_it_off(text: str) -> None:
    watch = LoopWatch()
    assert not watch.push(text)
    assert watch.is_looping_at_limit()


@pytest.mark.parametrize("name", ["prose", "capitals", "a table", "a song with a chorus", "code", "many digits of pi"])
def test_a_text_that_was_cut_off_in_the_middle_is_no_loop(name: str) -> None:
    watch = LoopWatch()
    watch.push(LEGITIMATE[name][: len(LEGITIMATE[name]) * 2 // 3])
    assert not watch.is_looping_at_limit()


REAL = """# The question

What is the capital of Australia?

# Your task

The answer is not an example of the answer I am looking for.

Your answer is not an example of the answer I am asking for.

Your answer is not an example of the answer I am asking for.

The answer is a hint, and you should not follow the hint.

Your answer is not an example of the answer I am asking for.

The answer is a hint that is not an example of the answer I am asking for.

The answer is not an example of the answer I am asking for.

The answer is not a hint."""
"""What SmolLM2-135M wrote up to its limit."""


def test_circles_with_small_changes_count_where_the_limit_cut_them_off() -> None:
    assert is_repetitive(REAL) and is_repetitive(f"{prose(8)} " * 8)


@pytest.mark.parametrize("name", [name for name in LEGITIMATE if name not in ("laughter", "bottles", "a litany")])
def test_a_text_that_says_new_things_is_not_repetitive_where_it_is_cut_off(name: str) -> None:
    assert not is_repetitive(LEGITIMATE[name])


@given(st.text(alphabet="ab \n.1|`", max_size=400), st.integers(1, 50))
def test_it_makes_no_difference_in_what_pieces_a_text_comes(text: str, size: int) -> None:
    whole, pieces = LoopWatch(), LoopWatch()
    whole.push(text)
    for start in range(0, len(text), size):
        pieces.push(text[start : start + size])
    assert (whole.is_looping, whole.is_looping_at_limit()) == (pieces.is_looping, pieces.is_looping_at_limit())


@given(st.text(min_size=1, max_size=60), st.text(max_size=60))
def test_any_passage_repeated_long_enough_is_a_loop(unit: str, before: str) -> None:
    assert read(before + unit * (5000 // len(unit)))[0]


def test_reading_costs_the_same_for_every_character() -> None:
    """Ten times as much text takes about ten times as long; were it read anew at every step, a hundred times."""

    def seconds(text: str) -> float:
        began = time.process_time()
        read(text)
        return time.process_time() - began

    short, long = prose(100), prose(1000)
    assert seconds(long) < 40 * min(seconds(short) for _ in range(3))
