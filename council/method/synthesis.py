"""Stage 3: the chairman writes the final answer, then the minutes, knowing letters but no names."""

from collections.abc import Iterator, Mapping
from typing import Any

from pydantic_core import from_json

from council.domain import LonePoint, Minutes, Seat, Stance, Synthesis, Turn, Verdict
from council.events import MinutesTaken, StageStarted, SynthesisWritten, TurnFinished
from council.method.anonymity import fence
from council.method.candidates import anonymous, label_map, show, without_names
from council.method.deliberation import Deliberation
from council.method.fitting import Prompt
from council.method.language import language_instruction
from council.method.prompts import MINUTES, SYNTHESIS
from council.method.turns import take_turn
from council.method.verdict_prompt import describe_verdict
from council.method.voting.orders import shuffled

POINTS = 4
POINT_CHARACTERS = 160
MINUTES_TOKENS = 1200


async def synthesise(
    deliberation: Deliberation, answers: Mapping[str, str], verdict: Verdict | None, stances: Mapping[str, Stance]
) -> Synthesis:
    """Write the final answer; when every chairman fails, the leading answer stands in for it as what it is.

    `stances` is each seat's last stance in the debate. A single answer is not rewritten: nobody judged it.
    """
    deliberation.emit(StageStarted(stage="synthesis", turns=1))
    order = shuffled(list(answers), deliberation.seed, "chairman")
    labels = label_map(order)
    synthesis: Synthesis | None = None
    if len(answers) > 1:
        synthesis = await _write(
            deliberation, answers, labels, without_names(describe_verdict(labels, verdict, stances), deliberation)
        )
    leading = _leading_seat(answers, verdict)
    if synthesis is None:
        synthesis = Synthesis(seat=leading, text=answers[leading], source="leading_answer")
    deliberation.emit(SynthesisWritten(synthesis=synthesis))
    if synthesis.source != "leading_answer":
        winner = verdict.standings.winner if verdict else None
        await _take_minutes(deliberation, answers, labels, synthesis, winner)
    return synthesis


def _leading_seat(answers: Mapping[str, str], verdict: Verdict | None) -> str:
    return verdict.standings.order[0].seat if verdict and verdict.standings.order else next(iter(answers))


async def _write(
    deliberation: Deliberation, answers: Mapping[str, str], labels: Mapping[str, str], judged: str
) -> Synthesis | None:
    texts = anonymous(answers, list(labels.values()), deliberation)
    for attempt, (seat, is_short) in enumerate(_attempts(deliberation, answers)):
        turn = Turn(kind="synthesis", seat=seat, round=attempt)
        nonce = deliberation.nonce(turn)

        def task(texts: Mapping[str, str], nonce: str = nonce) -> str:
            return SYNTHESIS.format(
                candidates=show(texts, labels, nonce),
                verdict=fence(judged, nonce),
                language=language_instruction(deliberation.question),
            )

        length = deliberation.longest_text(seat.model)
        prompt = Prompt(task, texts, is_short=is_short, max_tokens=length, temperature=seat.temperature)
        outcome = await take_turn(turn, prompt, deliberation)
        if isinstance(outcome, TurnFinished):
            own = seat.id == deliberation.council.chairman.id
            return Synthesis(seat=seat.id, text=outcome.text, source="chairman" if own else "stand_in")
    return None


def _attempts(deliberation: Deliberation, answers: Mapping[str, str]) -> Iterator[tuple[Seat, bool]]:
    """Yield who writes, and whether from a shortened prompt: the chairman twice, then the next seat."""
    chairman = deliberation.council.chairman
    yield chairman, False
    yield chairman, True
    others = [seat for seat in deliberation.council.seats if seat.id in answers and seat.model != chairman.model]
    if others:
        yield others[0], False


async def _take_minutes(
    deliberation: Deliberation,
    answers: Mapping[str, str],
    labels: Mapping[str, str],
    synthesis: Synthesis,
    winner: str | None,
) -> None:
    """Take the minutes; a run without them is whole, so a failure leaves them out (its turn says why)."""
    seat = next(s for s in (deliberation.council.chairman, *deliberation.council.seats) if s.id == synthesis.seat)
    turn = Turn(kind="minutes", seat=seat)
    nonce = deliberation.nonce(turn)
    final = "final answer"

    def task(texts: Mapping[str, str]) -> str:
        return MINUTES.format(
            candidates=show(texts, labels, nonce),
            final=fence(texts[final], nonce),
            language=language_instruction(deliberation.question),
            example=MINUTES_EXAMPLE,
        )

    texts = anonymous(answers, list(labels.values()), deliberation) | {final: synthesis.text}
    prompt = Prompt(task, texts, max_tokens=MINUTES_TOKENS, json_schema=minutes_schema(list(labels)))
    outcome = await take_turn(turn, prompt, deliberation)
    minutes = read_minutes(outcome.text, labels, winner) if isinstance(outcome, TurnFinished) else None
    if minutes is not None:
        deliberation.emit(MinutesTaken(minutes=minutes))


MINUTES_EXAMPLE = (
    '{"agreed": ["…"], "disputed": ["…"], "said_by_one": [{"answer": "a letter", "point": "…"}], '
    '"follows": "a letter, or none"}'
)


def minutes_schema(labels: list[str]) -> dict[str, Any]:
    """Return the JSON schema of the minutes over these labels."""
    point = {"type": "string", "maxLength": POINT_CHARACTERS}
    lone = {
        "type": "object",
        "properties": {"answer": {"type": "string", "enum": labels}, "point": point},
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


def read_minutes(text: str, labels: Mapping[str, str], winner: str | None) -> Minutes | None:
    """Read the chairman's minutes, labels turned into seats; None where they cannot be read.

    Minutes that were cut short give the points that stand in them whole; where they were cut before the answer that
    they follow, they tell of no departure.
    """
    try:
        said = from_json(text[text.index("{") :], allow_partial=True)
        if not said:
            return None
        follows = labels.get(said.get("follows", ""))
        lone = [point for point in said.get("said_by_one", ()) if "point" in point]
        return Minutes(
            agreed=said["agreed"],
            disputed=said.get("disputed", ()),
            said_by_one=tuple(LonePoint(seat=labels[p["answer"]], point=p["point"]) for p in lone),
            follows=follows,
            departs="follows" in said and winner is not None and follows != winner,
        )
    except (ValueError, KeyError, TypeError, AttributeError):  # pydantic's ValidationError is a ValueError
        return None
