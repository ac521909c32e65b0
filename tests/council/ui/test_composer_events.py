"""What becomes of a question on the page: a run, an offer, or a refusal."""

import pytest

from council.runs.queue import AT_ONCE, WAITING_OF_ONE
from council.seats import SeatWish
from tests.council.ui.visitors import OpenPage, Visitor
from tests.fakes import ScriptedBackend

pytestmark = pytest.mark.anyio


async def test_a_question_becomes_a_run_of_its_owner_with_the_seats_of_the_editor(
    visitor: Visitor, open_page: OpenPage
) -> None:
    visitor.fields[visitor.page.seats.rows[1].persona] = "Sceptic"
    run_id = await visitor.ask("Pourquoi le ciel est-il bleu ?")
    transcript = visitor.transcript
    assert transcript.question is not None and transcript.council is not None
    assert transcript.question.language == "fr"
    assert [seat.persona for seat in transcript.council.seats] == ["", "sceptic", ""]
    assert open_page.application.runs.of("somebody else").get(run_id) is None


async def test_the_box_is_emptied_and_the_run_stands_in_the_history_once_it_has_begun(visitor: Visitor) -> None:
    box = visitor.page.composer
    visitor.fields[box.message] = "an old message"
    run_id = await visitor.ask("Why is the sea salty?")
    assert (visitor.fields[box.question], visitor.fields[box.message]) == ("", "")
    assert "Why is the sea salty?" in visitor.said(visitor.page.history.list)
    assert run_id in visitor.said(visitor.page.history.list)
    assert visitor.properties[visitor.page.seats.accordion]["open"] is False


@pytest.mark.parametrize(
    ("question", "complaint"), [(" ", "The question is empty"), ("x" * 50_001, "50,001 characters; 50,000 at most")]
)
async def test_what_cannot_be_asked_is_refused_and_stays_in_the_box(
    question: str, complaint: str, visitor: Visitor
) -> None:
    assert not await visitor.ask(question)
    assert complaint in visitor.said(visitor.page.composer.message)
    assert visitor.fields[visitor.page.composer.question] == question


@pytest.mark.parametrize(
    ("seats", "complaint"),
    [
        ((), "The council has no seats"),
        ((SeatWish("alpha:1b"), SeatWish(" ")), "Seat 2 names no model"),
        ((SeatWish("absent:7b"),), "<code>ollama pull absent:7b</code>"),
        ((SeatWish("alpha:1b", "x" * 2001),), "Seat 1 is too long"),
        ((SeatWish("a" * 301),), "Seat 1 is too long"),
        ((SeatWish("alpha:1b", "scepti"),), "unknown persona &#39;scepti&#39;. Did you mean &#39;sceptic&#39;"),
    ],
)
async def test_seats_that_cannot_sit_are_refused_with_what_to_change(
    seats: tuple[SeatWish, ...], complaint: str, visitor: Visitor
) -> None:
    visitor.seat(*seats)
    assert not await visitor.ask()
    assert complaint in visitor.said(visitor.page.composer.message)


@pytest.mark.parametrize("is_counted", [False, True])
async def test_a_question_asked_before_the_rows_are_filled_goes_to_the_usual_council(
    is_counted: bool, visitor: Visitor
) -> None:
    visitor.seat(*[SeatWish("")] * 3)
    if not is_counted:
        visitor.fields[visitor.page.seats.count] = None
    assert await visitor.ask()


async def test_the_same_question_is_offered_once_and_asked_anew_when_wanted(visitor: Visitor) -> None:
    message, first = visitor.page.composer.message, await visitor.ask()
    visitor.fields[visitor.page.run.target] = ""
    assert not await visitor.ask()
    assert f'data-argument="{first}"' in visitor.said(message)
    await visitor.press(message, "open", first)
    assert (visitor.shown, visitor.fields[message]) == (first, "")
    await visitor.ask()
    await visitor.press(message, "ask_again")
    assert await visitor.ended() not in ("", first)
    assert visitor.fields[message] == ""


async def test_a_follow_up_carries_the_whole_conversation_and_is_left_again(visitor: Visitor) -> None:
    page, box = visitor.page, visitor.page.composer
    for question in ("One?", "Two?"):
        await visitor.ask(question, mode="council")
        await visitor.press(page.run.acting[0], "follow_up")
        assert question in visitor.said(box.banner)
    await visitor.ask("Three?", mode="council")
    question = visitor.transcript.question
    assert question is not None and [exchange.question for exchange in question.earlier] == ["One?", "Two?"]
    assert all("Canberra" in exchange.answer for exchange in question.earlier)
    assert (visitor.fields[box.follow_up], visitor.fields[box.banner]) == ("", "")
    await visitor.press(page.run.acting[0], "follow_up")
    await visitor.press(box.banner, "no_follow_up")
    assert (visitor.fields[box.follow_up], visitor.fields[box.banner]) == ("", "")


async def test_a_run_without_a_conclusion_cannot_be_followed_up_in_silence(visitor: Visitor) -> None:
    visitor.fields[visitor.page.composer.follow_up] = await visitor.ask()
    assert not await visitor.ask("And then?")
    assert "no final answer to follow up" in visitor.said(visitor.page.composer.message)


async def test_neither_an_unknown_run_nor_anothers_can_be_followed_up(visitor: Visitor, open_page: OpenPage) -> None:
    stranger = open_page.visitor("a stranger")
    await stranger.arrive()
    for run_id, complaint in (("../etc/passwd", "is not the name of a run"), (await stranger.ask(), "There is no run")):
        visitor.fields[visitor.page.composer.follow_up] = run_id
        assert not await visitor.ask("And then?")
        assert complaint in visitor.said(visitor.page.composer.message)


async def test_a_new_question_clears_the_page_but_not_what_is_being_written(visitor: Visitor) -> None:
    page, box = visitor.page, visitor.page.composer
    await visitor.ask(mode="council")
    await visitor.press(page.run.acting[0], "follow_up")
    visitor.fields[box.question], visitor.fields[box.message] = "half a quest", "a refusal"
    await visitor.press(page.history.heading, "new")
    assert [visitor.fields[part] for part in (page.run.target, box.follow_up, box.banner, box.message)] == [""] * 4
    assert visitor.fields[box.question] == "half a quest"


async def test_the_mode_is_described_in_the_language_of_the_page(visitor: Visitor) -> None:
    box = visitor.page.composer
    notes = set()
    for language in ("en", "fr"):
        for mode in ("quick", "full"):
            visitor.fields[visitor.page.language], visitor.fields[box.mode] = language, mode
            await visitor.fire(box.mode, "change")
            notes.add(visitor.said(box.mode_note))
    assert len(notes) == 4 and all("class" in note for note in notes)


async def test_a_question_too_many_is_refused_with_a_time_and_stays_in_the_box(
    visitor: Visitor, open_page: OpenPage, backend: ScriptedBackend
) -> None:
    runs = open_page.application.runs.of(visitor.owner)
    run_id = await visitor.ask()
    question, council = visitor.transcript.question, visitor.transcript.council
    assert question and council
    backend.delay = 60.0
    begun = [runs.start(question, council) for _ in range(AT_ONCE + WAITING_OF_ONE)]
    try:
        visitor.fields[visitor.page.composer.question] = "One more?"
        await visitor.fire(visitor.page.composer.ask, "click")
        assert "4 runs of yours wait already. Try again in about" in visitor.said(visitor.page.composer.message)
        assert (visitor.fields[visitor.page.composer.question], visitor.shown) == ("One more?", run_id)
    finally:
        for run in begun:
            run.stop()
            await run.ended()
