"""What one item shows of a council and its rivals: every way of answering it, on the same drafts.

The drafts of the seats are written once. The votes, the debate and the rivals' counts build on them, so that what is
compared differs in nothing else, and each way is charged with all that it needs.
"""

import asyncio
import copy
import math
import random
from collections import Counter
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

from pydantic import Field

from council.advice import explain
from council.domain import Council, Mode, Question, Seat, Turn, Value
from council.errors import CouncilError
from council.evaluation.graders import Conclusion, conclusion, is_right
from council.evaluation.items import Item
from council.evaluation.usual import deliberate_as_usual
from council.events import DeliberationEnded, DeliberationResumed, DeliberationStarted
from council.method.answers import answer_prompt, instruction_of
from council.method.deliberation import Deliberation
from council.method.fitting import prepare
from council.method.pipeline import deliberate, longest_output
from council.method.turns import take_turn
from council.method.voting.tally import consistency, count_ballots, first_shown_first
from council.method.wordings.wording import WORDINGS, wording_for
from council.transcript import Speech, Transcript
from models.base import Backend
from models.errors import BackendError

MOST_DRAFTS = 64

Way = str
"""How an item is answered: "seat-1" alone, "plurality", "leading", "one_shuffle", "usual", "resampled", or a mode."""


class Outcome(Value):
    """What came of one way: whether it was right, and what it cost, in tokens and seconds; `fault` where it failed."""

    right: bool
    text: str = ""
    concluded: str = ""
    read: int = 0
    written: int = 0
    seconds: float = 0.0
    fault: str = ""


class Judged(Value):
    """What a voter's ballot on one item shows of it as a judge; `consistent` is None where it looked once only."""

    consistent: float | None = None
    first_shown_first: int = 0
    looks: int = 0


class Measured(Value):
    """One item, answered in every way."""

    item: str
    outcomes: dict[Way, Outcome]
    judges: dict[str, Judged] = Field(default_factory=dict)

    @property
    def has_failed(self) -> bool:
        """Whether nobody said anything at all: a backend that is gone, not a model that is wrong."""
        return all(outcome.fault for outcome in self.outcomes.values())


@dataclass(frozen=True)
class Laboratory:
    """What items are measured with."""

    backend: Backend
    council: Council
    modes: Sequence[Mode]
    seed: int
    max_context: int

    async def measure(self, item: Item) -> Measured:
        """Answer an item in every way that needs no knowledge of the other items."""
        council = await self._run(item, "council", deliberate)
        outcomes: dict[Way, Outcome] = {seat.id: _alone(item, council, seat) for seat in self.council.seats}
        outcomes["plurality"] = _plurality(item, council, seed=self.seed)
        outcomes["leading"] = _leading(item, council)
        usual = await self._run(item, "council", deliberate_as_usual, past=council)
        outcomes["usual"] = _concluded(item, usual)
        outcomes["one_shuffle"] = _without_own_votes(item, usual)
        for mode in self.modes:
            run = council if mode == "council" else await self._run(item, mode, deliberate, past=council)
            outcomes[mode] = _concluded(item, run)
        return Measured(item=item.id, outcomes=outcomes, judges=_judges(council))

    async def resample(self, item: Item, seat: Seat, *, first: Outcome, tokens: int) -> Outcome:
        """Let one seat answer an item again and again, until it has written as many tokens; the majority counts."""
        run = Transcript()
        deliberation = self._deliberation(item, "council", run)
        drafts = max(1, min(MOST_DRAFTS, round(tokens / first.written))) if first.written else 1
        try:
            prepared = await prepare(deliberation, output_tokens=longest_output(deliberation.council))
            prompt = answer_prompt(deliberation.question, instruction_of(seat))
            turns = (Turn(kind="answer", seat=seat, round=draft) for draft in range(drafts))
            await asyncio.gather(*(take_turn(turn, prompt, prepared) for turn in turns))
        except (BackendError, CouncilError) as error:
            return Outcome(right=False, fault=str(explain(error)))
        return _plurality(item, run, seed=self.seed)

    async def _run(
        self,
        item: Item,
        mode: Mode,
        pipeline: Callable[[Deliberation], Awaitable[None]],
        *,
        past: Transcript | None = None,
    ) -> Transcript:
        """Take an item through a pipeline; what was said in `past` to the very same prompt is not asked again."""
        transcript = copy.deepcopy(past) if past else Transcript()
        deliberation = self._deliberation(item, mode, transcript, past=past)
        try:
            await pipeline(deliberation)
        except (BackendError, CouncilError) as error:
            transcript.apply(DeliberationEnded(status="failed", reason=explain(error)))
        return transcript

    def _deliberation(
        self, item: Item, mode: Mode, transcript: Transcript, *, past: Transcript | None = None
    ) -> Deliberation:
        question = Question(text=item.prompt, language=item.language)
        council = self.council.model_copy(update={"mode": mode})
        nonce = f"{self.seed}:{item.id}"
        wording = wording_for(seat.model for seat in (*council.seats, council.chairman))
        if past is not None:
            transcript.apply(DeliberationResumed())
        transcript.apply(
            DeliberationStarted(
                id="item", question=question, council=council, seed=self.seed, nonce_seed=nonce, wording=wording
            )
        )
        return Deliberation(
            question=question,
            council=council,
            seed=self.seed,
            nonce_seed=nonce,
            backend=self.backend,
            emit=transcript.apply,
            past=copy.deepcopy(transcript) if past is not None else None,
            max_context=self.max_context,
            wording=WORDINGS[wording],
        )


def _alone(item: Item, run: Transcript, seat: Seat) -> Outcome:
    speech = run.speech("answer", seat.id)
    if speech is None or speech.state != "finished":
        return Outcome(right=False, fault=str(speech.reason if speech else run.reason) or "not asked")
    return _outcome(item, conclusion(item, speech.text), [speech], text=speech.text)


def _plurality(item: Item, run: Transcript, *, seed: int) -> Outcome:
    said = _answers(run)
    concluded = _most_frequent([conclusion(item, speech.text) for speech in said], f"{seed}:{item.id}")
    return _outcome(item, concluded, said)


def _leading(item: Item, run: Transcript) -> Outcome:
    """The answer that the ballots put first, word for word."""
    said = [*_answers(run), *_of(run, "ballot", "second_look")]
    standings = run.final_standings
    leader = standings.order[0].seat if standings and standings.order else None
    speech = run.speech("answer", leader) if leader else next(iter(_answers(run)), None)
    return _outcome(item, conclusion(item, speech.text) if speech else None, said)


def _without_own_votes(item: Item, run: Transcript) -> Outcome:
    """The answer that ballots in one shuffled order put first, where a voter's own answer is left out of its vote."""
    said = [*_answers(run), *_of(run, "ballot")]
    ballots, answers = list(run.ballots.values()), [speech.turn.seat.id for speech in _answers(run)]
    if not ballots:
        return _outcome(item, conclusion(item, said[0].text) if said else None, said)
    counted = count_ballots(ballots, answers, families={}, own_pair_weight=0.0)
    speech = run.speech("answer", counted.order[0].seat)
    assert speech is not None
    return _outcome(item, conclusion(item, speech.text), said)


def _concluded(item: Item, run: Transcript) -> Outcome:
    text = run.synthesis.text if run.synthesis else ""
    outcome = _outcome(item, conclusion(item, text) if text else None, list(run.speeches.values()), text=text)
    return outcome if text else outcome.model_copy(update={"fault": str(run.reason) or "no conclusion"})


def _outcome(item: Item, concluded: Conclusion | None, said: Sequence[Speech], *, text: str = "") -> Outcome:
    return Outcome(
        right=is_right(item, concluded),
        text=text,
        concluded=_shown(concluded),
        read=sum(speech.usage.prompt_tokens - (speech.usage.cached_tokens or 0) for speech in said),
        written=sum(speech.usage.completion_tokens for speech in said),
        seconds=_seconds(said),
        fault="" if said else "nobody answered",
    )


def _judges(run: Transcript) -> Mapping[str, Judged]:
    judged: dict[str, Judged] = {}
    for ballot in run.ballots.values():
        firsts, looks = first_shown_first([ballot])
        judged[ballot.voter] = Judged(consistent=consistency(ballot), first_shown_first=firsts, looks=looks)
    return judged


def _answers(run: Transcript) -> list[Speech]:
    return [speech for speech in _of(run, "answer") if speech.state == "finished"]


def _of(run: Transcript, *kinds: str) -> list[Speech]:
    return [speech for speech in run.speeches.values() if speech.turn.kind in kinds]


def _seconds(said: Iterable[Speech]) -> float:
    """How long the turns took, stage by stage: those of a stage speak at once, stages follow one another."""
    stages: dict[tuple[str, int], list[Speech]] = {}
    for speech in said:
        drafts_speak_at_once = 0 if speech.turn.kind == "answer" else speech.turn.round
        stages.setdefault((speech.turn.kind, drafts_speak_at_once), []).append(speech)
    spans = (max(s.ended_at for s in stage) - min(s.started_at for s in stage) for stage in stages.values())
    return math.fsum(max(0.0, span) for span in spans)


def _most_frequent(concluded: Sequence[Conclusion | None], seed: str) -> Conclusion | None:
    """The conclusion that most texts come to; of several, one by lot. Texts that conclude nothing do not count."""
    counts = Counter(one for one in concluded if one is not None)
    if not counts:
        return None
    most = max(counts.values())
    return random.Random(seed).choice([one for one, count in counts.items() if count == most])


def _shown(concluded: Conclusion | None) -> str:
    if isinstance(concluded, frozenset):
        return ", ".join(sorted(map(str, concluded)))
    return "" if concluded is None else f"{concluded:g}" if isinstance(concluded, float) else str(concluded)
