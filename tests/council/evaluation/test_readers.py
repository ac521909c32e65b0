"""Question sets: our own with its faults named, and the forms in which public ones are published."""

import csv
import json
from collections import Counter
from pathlib import Path

import pytest

from council.errors import ConfigurationError
from council.evaluation.graders import conclusion, is_right
from council.evaluation.readers import BUILT_IN, Form, read_questions
from scripts.questions.make import items

GOOD = {"id": "a", "question": "2 + 2?", "answer": 4, "grader": "numeric"}


def write(folder: Path, *lines: object) -> Path:
    path = folder / "set.jsonl"
    path.write_text("\n".join(line if isinstance(line, str) else json.dumps(line) for line in lines), "utf-8")
    return path


def test_the_built_in_set_is_large_bilingual_whole_and_what_its_script_makes() -> None:
    read = read_questions()
    assert not read.faults and len(read.items) >= 300
    assert Counter(item.language for item in read.items) == {"en": len(read.items) // 2, "fr": len(read.items) // 2}
    assert {item.topic for item in read.items} >= {"sums", "units", "dates", "logic", "reading", "unanswerable"}
    assert BUILT_IN.read_text("utf-8") == "".join(json.dumps(item, ensure_ascii=False) + "\n" for item in items())


def test_every_answer_of_the_built_in_set_is_right_when_it_is_given() -> None:
    for item in read_questions().items:
        given = ", ".join(item.answer) if item.grader == "set" else item.answer[0]
        mark = "Réponse :" if item.language == "fr" else "Answer:"
        assert is_right(item, conclusion(item, f"I think that 1 of 2 is it, or C.\n\n{mark} {given}")), item


def test_lines_that_cannot_be_graded_are_named_and_the_others_asked(tmp_path: Path) -> None:
    path = write(
        tmp_path,
        GOOD,
        "{broken",
        '["no object"]',
        GOOD | {"question": "again"},
        GOOD | {"id": "b", "answer": "many"},
        GOOD | {"id": "c", "grader": "choice"},
        GOOD | {"id": "d", "answer": []},
        {"id": "e", "question": "no answer"},
        "",
        GOOD | {"id": "f"},
    )
    read = read_questions(path)
    assert [item.id for item in read.items] == ["a", "f"]
    faults = [str(fault) for fault in read.faults]
    assert [fault.partition(" is left")[0] for fault in faults] == [f"Line {n}" for n in range(2, 9)]
    assert "there is an item 'a' already" in faults[2] and "cannot read the answer 'many'" in faults[3]
    assert "two options" in faults[4]


@pytest.mark.parametrize("text", ["", "nothing\nto grade", "\x00\xff"])
def test_a_file_without_questions_is_an_error_that_says_so(tmp_path: Path, text: str) -> None:
    (tmp_path / "set.jsonl").write_bytes(text.encode("latin-1"))
    with pytest.raises(ConfigurationError, match=r"no question that can be graded|not UTF-8"):
        read_questions(tmp_path / "set.jsonl")
    with pytest.raises(ConfigurationError, match="cannot be read"):
        read_questions(tmp_path / "not there.jsonl")


PUBLISHED: dict[Form, tuple[object, ...]] = {
    "gsm8k": ({"question": "Two and two?", "answer": "Two and two is <<2+2=4>>4.\n#### 1,004"},),
    "mmlu-pro": (
        {"question_id": 7, "question": "Which?", "options": ["x", "y", "N/A"], "answer": "B", "answer_index": 1},
    ),
}


@pytest.mark.parametrize(("form", "right"), [("gsm8k", "1004"), ("mmlu-pro", "B")])
def test_public_sets_are_read_as_published(tmp_path: Path, form: Form, right: str) -> None:
    read = read_questions(write(tmp_path, *PUBLISHED[form], "{broken"), form=form)
    (item,) = read.items
    assert len(read.faults) == 1 and is_right(item, conclusion(item, f"Answer: {right}"))
    assert item.options in ((), ("x", "y"))


def test_gpqa_is_read_with_its_options_in_an_order_of_their_own(tmp_path: Path) -> None:
    path = tmp_path / "gpqa.csv"
    names = ["Question", "Correct Answer", "Incorrect Answer 1", "Incorrect Answer 2", "Incorrect Answer 3"]
    with path.open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(names)
        writer.writerows([f"Question {n},\nin two lines", "right", "x", "y", "z"] for n in range(20))
    read = read_questions(path, form="gpqa")
    assert len(read.items) == 20 and "\nin two lines" in read.items[0].question
    assert all(item.options["ABCD".index(item.answer[0])] == "right" for item in read.items)
    assert len({item.answer for item in read.items}) == 4
