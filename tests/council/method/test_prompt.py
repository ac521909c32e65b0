"""A prompt is a value: it can be compared, shortened and written out."""

from council.domain import Label, Question, SeatId
from council.method.debate import stance_prompt
from council.method.prompt import Material
from council.method.prompts import NO_FLAWS
from council.method.voting.ballots import ballot_prompt, order_prompt

QUESTION = Question(text="Where?", language="de")
ANA, BEN = SeatId("ana"), SeatId("ben")
SHOWN = Material("a1b2c3d4", {Label("A"): BEN, Label("B"): ANA}, {BEN: "In {Sydney}.", ANA: "In Canberra."})


def test_two_prompts_of_the_same_parts_are_equal() -> None:
    assert ballot_prompt(SHOWN, QUESTION) == ballot_prompt(SHOWN, QUESTION) != order_prompt(SHOWN)


def test_answers_stand_under_their_letters_and_quoted_as_they_are() -> None:
    text = ballot_prompt(SHOWN, QUESTION).text
    assert "Answer A:\n> In {Sydney}.\n\nAnswer B:\n> In Canberra.\n" in text
    assert "Write in German." in text and "ana" not in text and "ben" not in text


def test_a_seat_reads_its_own_answer_apart_from_the_others() -> None:
    others = Material("a1b2c3d4", {Label("A"): BEN}, {ANA: "In Canberra.", BEN: "In Sydney."})
    own, _, rest = stance_prompt(others, ANA, "", QUESTION).text.partition("# Other answers")
    assert "In Canberra." in own and "In Canberra." not in rest
    assert f"\n> {NO_FLAWS}\n" in rest


def test_a_shortened_prompt_is_another_one_and_the_first_stays() -> None:
    prompt = order_prompt(SHOWN)
    shorter = prompt.with_texts({BEN: "In …", ANA: "In …"})
    assert "Canberra" in prompt.text and "Canberra" not in shorter.text
    assert shorter.form == prompt.form and shorter != prompt
