"""Stage 3: the chairman writes the final answer, then the minutes, knowing letters but no names."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from pydantic_core import from_json

from council.domain import Label, LonePoint, Minutes, Question, Seat, SeatId, Stance, Synthesis, Turn, Verdict
from council.events import MinutesTaken, StageStarted, SynthesisWritten, TurnFinished
from council.method.candidates import anonymous, letters, without_names
from council.method.degenerate.asked import Asked, words_of
from council.method.degenerate.whole import said
from council.method.deliberation import Prepared
from council.method.language import language_instruction
from council.method.prompt import Form, Material, Prompt
from council.method.prompts import SYNTHESIS
from council.method.turns import take_turn
from council.method.verdict_prompt import describe_verdict
from council.method.voting.orders import shuffled

POINTS = 4
POINT_CHARACTERS = 160
MINUTES_TOKENS = 1200
"""Twelve points of full length at half a token a character, as in Latin script, and 20 for what stands around each. In
other scripts full minutes may be cut; the points that are whole are kept."""


async def synthesise(
    deliberation: Prepared,
    answers: Mapping[SeatId, str],
    verdict: Verdict | None,
    stances: Mapping[SeatId, Stance],
    *,
    has_minutes: bool = True,
) -> Synthesis:
    """Write the final answer; when every chairman fails, the leading answer stands in for it as what it is.

    `stances` is each seat's last stance in the debate. A single answer is not rewritten: nobody judged it.
    """
    deliberation.emit(StageStarted(stage="synthesis", turns=1))
    order = shuffled(list(answers), deliberation.seed, "chairman")
    synthesis: Synthesis | None = None
    if len(answers) > 1:
        judged = without_names(describe_verdict(letters(order), verdict, stances), deliberation)
        synthesis = await _write(deliberation, answers, order, judged)
    leading = verdict.standings.order[0].seat if verdict and verdict.standings.order else next(iter(answers))
    if synthesis is None:
        synthesis = Synthesis(seat=leading, text=answers[leading], source="leading_answer")
    deliberation.emit(SynthesisWritten(synthesis=synthesis))
    if has_minutes and synthesis.source != "leading_answer":
        seat = next(s for s in (deliberation.council.chairman, *deliberation.council.seats) if s.id == synthesis.seat)
        await _take_minutes(seat, deliberation, answers, order, synthesis, verdict)
    return synthesis


def conclude_with(
    same: Sequence[SeatId], deliberation: Prepared, answers: Mapping[SeatId, str], verdict: Verdict | None
) -> Synthesis:
    """Let the answer that these seats gave stand as it is; the minutes are what each of the others said instead."""
    deliberation.emit(StageStarted(stage="synthesis", turns=0))
    ranked = [standing.seat for standing in verdict.standings.order] if verdict else []
    seat_id = next((seat for seat in ranked if seat in same), same[0])
    synthesis = Synthesis(seat=seat_id, text=answers[seat_id], source="agreed", agreed=tuple(same))
    deliberation.emit(SynthesisWritten(synthesis=synthesis))
    others = [other for other in answers if other not in same]
    if others:
        points = tuple(LonePoint(seat=other, point=_shortened(answers[other])) for other in others)
        deliberation.emit(MinutesTaken(minutes=Minutes(said_by_one=points, follows=seat_id)))
    return synthesis


def _shortened(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= POINT_CHARACTERS else line[: POINT_CHARACTERS - 1] + "…"


async def _write(
    deliberation: Prepared, answers: Mapping[SeatId, str], order: Sequence[SeatId], judged: str
) -> Synthesis | None:
    given_up = ""
    for attempt, (seat, is_short) in enumerate(_attempts(deliberation, answers)):
        if seat.id == given_up:
            continue
        turn = Turn(kind="synthesis", seat=seat, round=attempt)
        shown = anonymous(answers, order, turn, deliberation)
        prompt = synthesis_prompt(shown, judged, deliberation.question)
        outcome = await take_turn(turn, replace(prompt, is_short=is_short), deliberation)
        if isinstance(outcome, TurnFinished):
            own = seat.id == deliberation.council.chairman.id
            return Synthesis(seat=seat.id, text=outcome.text, source="chairman" if own else "stand_in")
        given_up = seat.id if outcome.cause == "degenerate" else ""  # it read all of it; less to read will not help
    return None


def _attempts(deliberation: Prepared, answers: Mapping[SeatId, str]) -> Iterator[tuple[Seat, bool]]:
    """Yield who writes, and whether from a shortened prompt: the chairman twice, then the next seat, best one here."""
    chairman = deliberation.council.chairman
    yield chairman, False
    yield chairman, True
    others = [seat for seat in deliberation.council.seats if seat.id in answers and seat.model != chairman.model]
    if others:
        yield min(others, key=lambda seat: seat.remote_host != ""), False


async def _take_minutes(
    seat: Seat,
    deliberation: Prepared,
    answers: Mapping[SeatId, str],
    order: Sequence[SeatId],
    synthesis: Synthesis,
    verdict: Verdict | None,
) -> None:
    """Take the minutes; a run without them is whole, so a failure leaves them out (its turn says why)."""
    winner = verdict.standings.winner if verdict else None
    turn = Turn(kind="minutes", seat=seat)
    shown = anonymous(answers, order, turn, deliberation)
    prompt = minutes_prompt(shown, synthesis.text, deliberation.question)
    outcome = await take_turn(turn, prompt, deliberation)
    minutes = read_minutes(outcome.text, shown.labels, winner) if isinstance(outcome, TurnFinished) else None
    if minutes is not None:
        told = _without_empty_words(minutes, Asked.by(prompt, deliberation))
        deliberation.emit(MinutesTaken(minutes=told))


def _without_empty_words(minutes: Minutes, asked: Asked) -> Minutes:
    """Leave out points that say nothing, or nothing new."""
    once: set[str] = set()

    def is_new(point: str) -> bool:
        words = " ".join(words_of(point))
        is_repeated = words in once
        once.add(words)
        return bool(said(point, asked)) and not is_repeated

    return minutes.model_copy(
        update={
            "agreed": tuple(filter(is_new, minutes.agreed)),
            "disputed": tuple(filter(is_new, minutes.disputed)),
            "said_by_one": tuple(lone for lone in minutes.said_by_one if is_new(lone.point)),
        }
    )


def synthesis_prompt(shown: Material, judged: str, question: Question) -> Prompt:
    """Return what the chairman is asked; `judged` tells how the council judged the answers."""
    return Prompt(SYNTHESIS, {"language": language_instruction(question)}, {"verdict": judged}, shown)


def minutes_prompt(shown: Material, final: str, question: Question) -> Prompt:
    """Return what the chairman is asked for the minutes, with its final answer beside the others."""
    words = {"language": language_instruction(question), "example": shown.wording.minutes_example}
    material = replace(shown, texts={**shown.texts, "final_answer": final})
    form = Form(minutes_schema(list(shown.labels)), MINUTES_TOKENS)
    return Prompt(shown.wording.minutes, words, material=material, quoted={"final": "final_answer"}, form=form)


def minutes_schema(labels: Sequence[Label]) -> dict[str, Any]:
    """Return the JSON schema of the minutes over these labels."""
    point = {"type": "string", "maxLength": POINT_CHARACTERS}
    lone = {
        "type": "object",
        "properties": {"answer": {"type": "string", "enum": list(labels)}, "point": point},
        "required": ["answer", "point"],
        "additionalProperties": False,
    }
    return {
        "type": "object",
        "properties": {
            "agreed": {"type": "array", "items": point, "maxItems": POINTS},
            "disputed": {"type": "array", "items": point, "maxItems": POINTS},
            "said_by_one": {"type": "array", "items": lone, "maxItems": POINTS},
            "follows": {"type": "string", "enum": [*labels, "none"]},
        },
        "required": ["agreed", "disputed", "said_by_one", "follows"],
        "additionalProperties": False,
    }


def read_minutes(text: str, labels: Mapping[Label, SeatId], winner: SeatId | None) -> Minutes | None:
    """Read the chairman's minutes, labels turned into seats; None where they cannot be read.

    Minutes that were cut short give the points that stand in them whole; where they were cut before the answer that
    they follow, they tell of no departure.
    """
    try:
        reply = from_json(text[text.index("{") :], allow_partial=True)
        if not reply:
            return None
        follows = labels.get(reply.get("follows", ""))
        lone = [point for point in reply.get("said_by_one", ()) if "point" in point]
        return Minutes(
            agreed=reply["agreed"],
            disputed=reply.get("disputed", ()),
            said_by_one=tuple(LonePoint(seat=labels[p["answer"]], point=p["point"]) for p in lone),
            follows=follows,
            departs="follows" in reply and winner is not None and follows != winner,
        )
    except (ValueError, KeyError, TypeError, AttributeError):  # pydantic's ValidationError is a ValueError
        return None
