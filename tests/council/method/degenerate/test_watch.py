"""What is no answer is refused, by kind; what only looks like it is not."""

import contextlib
import json
import re
import time

import pytest

from council.errors import DegenerateTextError
from council.method.anonymity import fence
from council.method.debate import STANCE_SCHEMA
from council.method.degenerate.asked import Asked
from council.method.degenerate.watch import SpeechWatch
from council.method.degenerate.whole import judge_entry
from council.method.prompts import ANSWER, BALLOT, MINUTES, STANCE, SYNTHESIS, SYSTEM
from council.method.synthesis import minutes_schema
from council.method.voting.ballot_format import ballot_schema

NONCE = "4ee52398de43"
QUESTION = "What is the capital of Australia?"
ASKED = Asked(
    question=QUESTION,
    instruction=re.sub(r"\{\w+\}", "\n", "\n".join([SYSTEM, ANSWER, BALLOT, STANCE, SYNTHESIS, MINUTES])),
    sent=fence("Canberra.", NONCE),
)
ABOUT_MARKS = Asked(question="What does <|im_end|> mean, and what [INST]?")


def refusal(text: str, asked: Asked = ASKED, schema: dict | None = None, *, was_cut_off: bool = False) -> str | None:
    """The kind of text that the watch refuses, None for one that it takes."""
    watch = SpeechWatch("alpha:1b", asked, schema)
    try:
        for character in text:
            watch.push(character)
        watch.finish(text, was_cut_off=was_cut_off)
    except DegenerateTextError as error:
        return error.kind
    return None


NO_ANSWERS = [
    ("The answer is Canberra. " * 30, "loop"),
    (f"<<<{NONCE}\nCanberra.", "fence"),
    (f"The answer is: {NONCE}", "fence"),
    (f"Canberra {NONCE.upper()[:9]}", "fence"),
    ("Canberra.<|im_end|>\n<|im_start|>user", "control"),
    ("Canberra. [INST] And now?", "control"),
    ("Canberra.</s>", "control"),
    ("Canberra<end_of_turn>", "control"),
    ("Canberra<｜end▁of▁sentence｜>", "control"),
    ("<|start_header_id|>assistant", "control"),
    ("Answer the question. Begin with the answer itself, then give the reasons.", "example"),
    ("You are the chairman. Write the council's final answer to the question, for the person who asked it.", "example"),
    ("Be correct and clear, and say what is uncertain. Do not say which model you are.", "example"),
    ("# The question\n\nWhat is the capital of Australia?\n\n# Your own answer\n\nSydney.", "example"),
    ("Canberra.\n\n# Your task\n\nJudge it.", "example"),
    ("# The capital of Australia", "heading"),
    ("**Here is the final answer:**", "heading"),
    ("Answer:", "heading"),
    ("The capital of Australia\n========================", "heading"),
    ("…", "marks"),
    ("...", "marks"),
    ("---\n***", "marks"),
    (QUESTION, "question"),
    ("**What is the capital of Australia?** What is the capital of Australia", "question"),
]
ANSWERS = [
    "Canberra.",
    "**Canberra**",
    "42",
    "+",
    "👍",
    "# The capital\n\nCanberra.",
    "# The final answer\n\nCanberra.",
    "```\n# Your task\n```\nis how such a prompt goes on.",
    "The capital of Australia is Canberra, not Sydney.",
    "What is the capital of Australia? It is Canberra.",
    "Here is how:\n\n```\nprint(1)\n```",
    "In ChatML a turn ends with `<|im_end|>`.",
    "A turn ends so:\n```\n<|im_end|>\n```\nThat is all.",
    "<s>Sydney</s> Canberra.",
    "Use a <b>bold</b> word, or List<int> x = a[i];",
    "x <|> y is a parser that tries both.",
    "git marks it with <<<<<<< HEAD and >>>>>>> main.",
    "Correct before incorrect is a good rule, and I would add that a clear answer is worth more than a long one.",
]


@pytest.mark.parametrize(("text", "kind"), NO_ANSWERS)
def test_what_is_no_answer_is_refused_and_the_kind_is_told(text: str, kind: str) -> None:
    assert refusal(text) == kind


@pytest.mark.parametrize("text", ANSWERS)
def test_what_only_looks_like_it_is_taken(text: str) -> None:
    assert refusal(text) is None


def test_who_asks_about_marks_is_told_about_them() -> None:
    assert refusal("<|im_end|> ends a turn, [INST] begins one.", ABOUT_MARKS) is None
    assert refusal("It ends a turn.</s>", ABOUT_MARKS) == "control"


def test_a_loop_in_the_thoughts_counts_as_well() -> None:
    watch = SpeechWatch("alpha:1b", ASKED)
    with pytest.raises(DegenerateTextError, match="repeated itself"):
        watch.push("", "Wait, let me think again about this. " * 20)


def test_what_the_limit_cut_off_in_a_loop_is_refused_and_what_ended_by_itself_is_not() -> None:
    assert refusal("It is the one. " * 8, was_cut_off=True) == "loop"
    assert refusal("It is the one. " * 4) is None


LABELS = ("A", "B")
FORMS = {
    "ballot": ballot_schema(LABELS, notes=True),
    "stance": STANCE_SCHEMA,
    "minutes": minutes_schema(LABELS),
}
EMPTY_FORMS = [
    ("ballot", {"A": {"strength": "…", "flaw": "…"}, "B": {"strength": "…", "flaw": ""}, "order": "A > B"}, "marks"),
    ("ballot", {"A": {"strength": "strength", "flaw": "flaw"}, "contradiction": "A > B", "order": "A > B"}, "example"),
    ("ballot", {"A": {"strength": "main strength", "flaw": "its main flaw, in a few words"}}, "example"),
    ("ballot", {"contradiction": f"<<<{NONCE}", "order": "A > B"}, "fence"),
    ("ballot", {"contradiction": "good good good good good good good good good"}, "loop"),
    ("ballot", {"contradiction": QUESTION}, "question"),
    ("ballot", {letter: {"strength": "perfect", "flaw": "Perfect."} for letter in "AB"}, "loop"),
    ("stance", {"reason": "keep, revise or concede", "decision": "keep"}, "example"),
    ("stance", {"reason": "garder, réviser ou concéder", "decision": "keep"}, "example"),
    ("stance", {"reason": "1", "decision": "revise"}, "marks"),
    ("stance", {"reason": f"{'ue' * 90}teuetuet", "decision": "revise"}, "loop"),
    ("stance", {"reason": "It is right. " * 5, "decision": "revise"}, "loop"),
    ("stance", {"reason": "…", "decision": "keep"}, "marks"),
    ("stance", {"reason": "<|im_start|>", "decision": "keep"}, "control"),
    ("minutes", {"agreed": ["The final answer"], "disputed": ["Your own answer"], "follows": "A"}, "example"),
    ("minutes", {"agreed": ["…"], "said_by_one": [{"answer": "A", "point": "a letter"}], "follows": "A"}, "marks"),
]
FORMS_THAT_SAY_SOMETHING = [
    ("ballot", {"A": {"strength": "…", "flaw": "Too long."}, "order": "A > B"}),
    ("ballot", {"A": {"strength": "", "flaw": ""}, "contradiction": "", "order": "A > B"}),
    ("ballot", {"A": {"strength": "ja", "flaw": "none"}, "contradiction": "1788 or 1789"}),
    ("ballot", {"A": {"strength": "正确", "flaw": "无"}}),
    ("ballot", {letter: {"strength": "Correct.", "flaw": "None."} for letter in "AB"}),
    ("stance", {"reason": "", "decision": "keep"}),
    ("stance", {"reason": "Canberra is the capital.", "decision": "keep"}),
    ("minutes", {"agreed": ["It is Canberra."], "disputed": ["…"], "follows": "A"}),
    ("minutes", {"agreed": [], "disputed": [], "said_by_one": [], "follows": "none"}),
]


@pytest.mark.parametrize(("form", "value", "kind"), EMPTY_FORMS)
def test_a_form_in_which_nothing_is_said_is_refused(form: str, value: dict, kind: str) -> None:
    assert refusal(json.dumps(value, ensure_ascii=False), schema=FORMS[form]) == kind


@pytest.mark.parametrize(("form", "value"), FORMS_THAT_SAY_SOMETHING)
def test_a_form_that_says_something_or_is_left_empty_is_taken(form: str, value: dict) -> None:
    assert refusal(json.dumps(value, ensure_ascii=False), schema=FORMS[form]) is None


@pytest.mark.parametrize("text", ["no form at all", "{", '{"A": ', "[]"])
def test_what_is_no_form_is_left_to_its_reader(text: str) -> None:
    assert refusal(text, schema=FORMS["ballot"]) is None


@pytest.mark.parametrize("note", ["Correct.", "Clear and complete", "None", "Too long", "Wrong year", "Faux : 1901"])
def test_usual_notes_say_something(note: str) -> None:
    assert judge_entry(note, ASKED) is None


@pytest.mark.parametrize("unit", ["word ", "a:", "# ", "* ", "- - ", "x\n", "=\n", "`", "<|", "1. "])
def test_judging_a_long_text_takes_no_longer_than_reading_it(unit: str) -> None:
    """One line without an end, or thousands: no pattern may go back over them."""
    watch = SpeechWatch("alpha:1b", ASKED)
    began = time.process_time()
    with contextlib.suppress(DegenerateTextError):
        watch.finish(unit * (200_000 // len(unit)), was_cut_off=False)
    assert time.process_time() - began < 5


def test_what_a_run_asked_is_known_with_its_codes() -> None:
    assert ASKED.codes == {NONCE}
    assert Asked(question=f"Why <<<{NONCE}?", sent=f"Why <<<{NONCE}\nx\n{NONCE}>>>").codes == frozenset()


@pytest.mark.parametrize(
    "note",
    [
        "what the answer is true, false, or true, or false, or false, or true, true, or false, true, true, or true",
        "good good good good good good",
        "The answer, the answer, the answer is the answer.",
    ],
)
def test_notes_that_go_round_in_few_words_say_nothing(note: str) -> None:
    assert judge_entry(note, ASKED) == "loop"


@pytest.mark.parametrize(
    "note",
    [
        "It says that the capital is the largest city of the country, which it is not.",
        "La réponse dit que la capitale est la plus grande ville, ce qui est faux.",
        "Names the year, the place and the reason.",
    ],
)
def test_notes_with_common_words_in_them_say_something(note: str) -> None:
    assert judge_entry(note, ASKED) is None


def test_a_short_text_that_hardly_says_anything_new_is_a_loop() -> None:
    council = "The Council of Language Models"
    text = f"The answer is:\n\n# {council}\n>\n>\n\n{council}\n>\n> The answer is\n>\n> {council}\n>\n"
    text += f"> The answer is {council}"
    assert refusal(text) == "loop"
