"""Reading ballots strictly: what counts, what is void, and that nothing is ever guessed."""

import json
from itertools import permutations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from council.domain import Note
from council.errors import BallotError
from council.method.voting.ballot_format import NOTE_CHARACTERS, ballot_schema, parse_ballot

LABELS = ("A", "B", "C")
BAC = ("B", "A", "C")

READ_AS_BAC = {
    "json": '{"order": "B > A > C"}',
    "json in a code fence": 'Here it is:\n```json\n{"order": "B > A > C"}\n```\nDone.',
    "json with a list": '{"order": ["B", "A", "C"]}',
    "json with named answers": '{"order": ["Answer B", "réponse a", "**C**"]}',
    "json with a raw line break in a note": '{"A": {"strength": "one\ntwo", "flaw": ""}, "order": "B > A > C"}',
    "json inside json": '{"ballot": {"order": "B > A > C"}}',
    "the last json counts": '{"order": "A > B > C"} no, rather {"order": "B > A > C"}',
    "json after an echo of its form": 'Form: {"order": "… > … > …"}\n{"order": "B > A > C"}',
    "json after a marker": 'FINAL RANKING: A > B > C\n{"order": "B > A > C"}',
    "a marker in a note is a note": '{"A": {"strength": "FINAL RANKING: A > B > C", "flaw": ""}, "order": "B > A > C"}',
    "thinking tags in a note": '{"A": {"strength": "</think>", "flaw": "<think>"}, "order": "B > A > C"}',
    "marker": "FINAL RANKING: B > A > C",
    "marker after json": '{"order": "A > B > C"}\nFINAL RANKING: B > A > C',
    "lower case": "final ranking: b > a > c",
    "bold": "Some words.\n\n**FINAL RANKING:** **B** > **A** > **C**",
    "heading": "## Final ranking\nB > A > C",
    "commas": "FINAL RANKING: B, A, C.",
    "arrows": "FINAL RANKING: B → A → C",
    "brackets": "FINAL RANKING: [B] > [A] > [C]",
    "no spaces": "FINAL RANKING: B>A>C",
    "named": "FINAL RANKING: Answer B > Response A > Option C",
    "list": "FINAL RANKING:\n1. Response B\n2. Response A\n3. Response C",
    "list with blank lines": "FINAL RANKING:\n\n1) B\n\n2) A\n\n3) C\n\nThat is all.",
    "list with remarks": "FINAL RANKING:\n1. **B** – right and short\n2. A: misses a point\n3. C (wrong)",
    "the last marker counts": "FINAL RANKING: A > B > C\nOn reflection:\nFINAL RANKING: B > A > C",
    "an echo of the instructions comes first": 'I will end with "FINAL RANKING: A > B > C".\nFINAL RANKING: B > A > C',
    "French": "CLASSEMENT FINAL : Réponse B > Réponse A > Réponse C",
    "French without accents": "classement final: reponse b, reponse a, reponse c",
    "French list": "**Classement final :**\n1. Réponse B\n2. Réponse A\n3. Réponse C",
    "words after the order": "FINAL RANKING: B > A > C\n\nB is best since A > C in nothing.",
    "thinking before": "<think>FINAL RANKING: A > B > C</think>FINAL RANKING: B > A > C",
    "thinking before json": '<think>{"order": "C > A > B"}</think>\n{"order": "B > A > C"}',
    "thinking whose opening is missing": "FINAL RANKING: A > B > C\n</think>\nFINAL RANKING: B > A > C",
    "thinking after": "FINAL RANKING: B > A > C\n<think>or FINAL RANKING: A > B > C",
    "thinking of another kind": "[THINK]FINAL RANKING: C > B > A[/THINK]\nFINAL RANKING: B > A > C",
    "channels": '<|channel|>analysis<|message|>{"order":"A > B > C"}<|end|>'
    '<|start|>assistant<|channel|>final<|message|>{"order": "B > A > C"}',
}

VOID = {
    "nothing": ("", "empty"),
    "spaces": (" \n ", "empty"),
    "empty after thinking": ("<think>B is best</think>\n", "no ballot after"),
    "thinking that never ends": ("<think>FINAL RANKING: B > A > C", "no ballot after"),
    "prose": ("I think B is better than A, and A is better than C.", "no order"),
    "labels in the order of prose": ("B is great. A is fine. C is wrong.", "no order"),
    "a bare order without a marker": ("B > A > C", "no order"),
    "a marker in the middle of a line": ("So I say FINAL RANKING: B > A > C", "begin with the marker"),
    "a quoted echo": ('You asked me to end with "FINAL RANKING: B > A > C".', "begin with the marker"),
    "a marker mentioned at the end": ("FINAL RANKING: B > A > C\nThat was my FINAL RANKING.", "begin with the marker"),
    "a marker and no order": ("FINAL RANKING:\n", "No order follows"),
    "a marker and prose": ("FINAL RANKING: the best one is B", "not the letter"),
    "an article is no label": ("FINAL RANKING: a good answer", "not the letter"),
    "duplicate": ("FINAL RANKING: B > B > A > C", "B more than once"),
    "missing": ("FINAL RANKING: B > A", "leaves out C"),
    "unknown": ("FINAL RANKING: B > A > D", "names 'D'"),
    "one too many": ("FINAL RANKING: B > A > C > D", "names 'D'"),
    "tie": ("FINAL RANKING: B > A = C", "tie"),
    "tie by comma": ("FINAL RANKING: B > A, C", "tie"),
    "tie by slash": ("FINAL RANKING: B > A/C", "tie"),
    "tie in words": ("FINAL RANKING: B, A and C", "tie"),
    "French tie": ("CLASSEMENT FINAL : B, puis A et C ex aequo", "tie"),
    "two orders on a line": ("FINAL RANKING: B > A > C or A > B > C", "not the letter"),
    "list with a tie": ("FINAL RANKING:\n1. B\n2. A, C", "one answer by its letter"),
    "list with a tie behind a dash": ("FINAL RANKING:\n1. B - A\n2. C", "one answer by its letter"),
    "list with prose": ("FINAL RANKING:\n1. A good one is B\n2. A\n3. C", "one answer by its letter"),
    "list numbered backwards": ("FINAL RANKING:\n3. C\n2. A\n1. B", "not in turn"),
    "list with a place twice": ("FINAL RANKING:\n1. B\n1. A\n2. C", "not in turn"),
    "list cut off": ("FINAL RANKING:\n1. B\n2. A", "leaves out C"),
    "json without an order": ('{"A": {"strength": "good"}}', "no order"),
    "json with the form copied": ('{"order": "… > … > …"}', "not the letter"),
    "json with a duplicate": ('{"order": ["B", "C", "C"]}', "C more than once"),
    "json with nested ties": ('{"order": ["B", ["A", "C"]]}', "nested lists"),
    "json with a null": ('{"order": null}', "nested lists"),
    "json cut off": ('{"A": {"strength": "x", "flaw": "y"}, "order": "B > A', "broken or cut off"),
    "json with a trailing comma": ('{"order": "B > A > C",}', "broken or cut off"),
    "whole json before broken json": ('{"order": "A > B > C"} no: {"order": "B > A > C"', "broken or cut off"),
    "an array": ('["B", "A", "C"]', "no order"),
    "deep nesting": ('{"a":' * 3000 + "1", "no order"),
}


@pytest.mark.parametrize("text", READ_AS_BAC.values(), ids=READ_AS_BAC)
def test_an_order_is_read(text: str):
    assert parse_ballot(text, LABELS).order == BAC


@pytest.mark.parametrize(("text", "fault"), VOID.values(), ids=VOID)
def test_a_text_without_a_valid_order_is_void_and_the_fault_is_named(text: str, fault: str):
    with pytest.raises(BallotError, match=fault):
        parse_ballot(text, LABELS)


def test_a_whole_ballot_is_read_with_its_notes_and_contradiction():
    text = json.dumps(
        {
            "A": {"strength": " short\nand clear ", "flaw": "wrong year"},
            "B": {"strength": "right", "flaw": ""},
            "C": {"strength": "", "flaw": "off the point"},
            "contradiction": "the year of the treaty",
            "order": "B > A > C",
        }
    )
    parsed = parse_ballot(text, LABELS)
    assert parsed.order == BAC
    assert parsed.notes["A"] == Note(strength="short and clear", flaw="wrong year")
    assert list(parsed.notes) == ["A", "B", "C"]
    assert parsed.contradiction == "the year of the treaty"


def test_half_a_surrogate_pair_in_a_note_does_not_keep_the_ballot_from_being_stored():
    text = r'{"A": {"strength": "\ud83d\ude00", "flaw": "\ud800"}, "contradiction": "\udc00", "order": "B > A > C"}'
    parsed = parse_ballot(text, LABELS)
    assert parsed.notes["A"] == Note(strength="😀", flaw="�") and parsed.contradiction == "�"


def test_notes_of_another_form_are_left_out_and_the_order_still_counts():
    parsed = parse_ballot('{"A": "good", "B": {"strength": 3}, "D": {"flaw": "x"}, "order": "B > A > C"}', LABELS)
    assert parsed.notes == {"B": Note()} and parsed.order == BAC


@pytest.mark.parametrize(
    "said", ["", " ", "None", "none.", "No contradiction", "N/A", "-", "Aucune.", "aucune contradiction", "«»", "null"]
)
def test_the_ways_to_say_that_nothing_contradicts_are_nothing(said: str):
    assert parse_ballot(json.dumps({"contradiction": said, "order": "B > A > C"}), LABELS).contradiction == ""


@pytest.mark.parametrize(
    "said", ["None of them gives the year that A gives", "Non-lieu ou procès", "the boiling point"]
)
def test_a_contradiction_in_words_is_kept(said: str):
    assert parse_ballot(json.dumps({"contradiction": said, "order": "B > A > C"}), LABELS).contradiction == said


@pytest.mark.parametrize("said", [None, True, 3, ["x"]])
def test_a_contradiction_that_is_not_text_is_nothing(said: object):
    assert parse_ballot(json.dumps({"contradiction": said, "order": "B > A > C"}), LABELS).contradiction == ""


# The schema


@pytest.mark.parametrize("size", [2, 3, 4, 5])
def test_up_to_five_answers_the_schema_lists_every_possible_order_once(size: int):
    letters = "ABCDE"[:size]
    schema = ballot_schema(letters, notes=True)
    assert list(schema["properties"]) == [*letters, "contradiction", "order"] == schema["required"]
    orders = schema["properties"]["order"]["enum"]
    assert len(set(orders)) == len(orders) == len(list(permutations(letters)))
    assert {parse_ballot(json.dumps({"order": order}), letters).order for order in orders} == set(permutations(letters))


def test_above_five_answers_the_order_is_a_list_of_all_letters():
    order = ballot_schema("ABCDEF", notes=True)["properties"]["order"]
    assert order == {
        "type": "array",
        "items": {"type": "string", "enum": list("ABCDEF")},
        "minItems": 6,
        "maxItems": 6,
        "uniqueItems": True,
    }


def test_reasons_are_short_and_stand_before_the_order():
    properties = ballot_schema(LABELS, notes=True)["properties"]
    assert list(properties["A"]["properties"]) == ["strength", "flaw"]
    assert properties["A"]["properties"]["flaw"] == {"type": "string", "maxLength": NOTE_CHARACTERS}
    assert properties["contradiction"]["maxLength"] == NOTE_CHARACTERS


def test_a_second_look_asks_for_the_bare_order():
    assert list(ballot_schema(LABELS, notes=False)["properties"]) == ["order"]


# Fuzzing

LETTERS = st.integers(2, 8).map(lambda size: "ABCDEFGH"[:size])
PIECES = st.sampled_from(
    [
        "FINAL RANKING:",
        "CLASSEMENT FINAL :",
        "<think>",
        "</think>",
        "[THINK]",
        '{"order":',
        '"}',
        "{",
        "}",
        '"',
        "[",
        "]",
    ]
) | st.sampled_from(
    ["\n", "\u2028", " > ", ", ", "=", *"ABCDb", "1. ", "2. ", "3. ", "Réponse ", "Answer ", "**", "and"]
)


@given(st.lists(PIECES, max_size=40).map("".join) | st.text(max_size=200))
def test_any_text_is_a_full_permutation_or_void(text: str):
    try:
        parsed = parse_ballot(text, LABELS)
    except BallotError as error:
        assert str(error).strip()
    else:
        assert sorted(parsed.order) == list(LABELS)


@given(st.data(), LETTERS)
def test_an_order_that_is_written_is_read_back_whatever_stands_before_it(data: st.DataObject, letters: str):
    order = tuple(data.draw(st.permutations(letters)))
    before = data.draw(st.lists(PIECES, max_size=20).map("".join))
    written = data.draw(
        st.sampled_from(
            [
                "FINAL RANKING: " + " > ".join(order),
                "**Classement final :** " + ", ".join(f"Réponse {label}" for label in order),
                "FINAL RANKING:\n" + "\n".join(f"{place}. {label.lower()}" for place, label in enumerate(order, 1)),
                json.dumps({"order": " > ".join(order)}),
                json.dumps({"order": list(order)}),
            ]
        )
    )
    assert parse_ballot(f"{before}</think>\n{written}", letters).order == order


@given(st.data(), LETTERS)
def test_an_order_with_one_letter_replaced_is_void(data: st.DataObject, letters: str):
    order = list(data.draw(st.permutations(letters)))
    place = data.draw(st.integers(0, len(order) - 1))
    other = data.draw(st.sampled_from([letter for letter in "ABCDEFGHIJK" if letter != order[place]]))
    order[place] = other
    with pytest.raises(BallotError, match=other):
        parse_ballot("FINAL RANKING: " + " > ".join(order), letters)
    with pytest.raises(BallotError, match=other):
        parse_ballot(json.dumps({"order": order}), letters)
