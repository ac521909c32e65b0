"""What happens in a deliberation, as typed events; page, terminal, HTTP API and history read the same ones.

Every TurnStarted is followed by exactly one TurnFinished or TurnFailed, unless the run is cancelled. A delta carries
new text only. A resumed run goes on in the same list of events after DeliberationResumed; where an event is told
again for the same seat and round, the later one counts.
"""

import time
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field, PlainSerializer, TypeAdapter

from council.domain import (
    Ballot,
    Council,
    Minutes,
    Part,
    Question,
    SeatId,
    Stage,
    Stance,
    Standings,
    Synthesis,
    Turn,
    Value,
)
from models.base import Usage
from models.text import Text, verbatim

DebateReason = Literal["asked_for", "switched_off", "no_clear_winner", "contradiction", "clear_winner"]
FailureCause = Literal["error", "degenerate", "hurried", "ended"]
Status = Literal["running", "complete", "partial", "failed", "stopped", "interrupted"]


def _as_text(told: Any) -> Any:
    match told:
        case str():
            return verbatim(told)
        case {"text": _}:
            return {name: part for name, part in told.items() if name != "text"}
        case _:
            return told


def _as_stored(text: Text) -> dict[str, Any]:
    return {"text": str(text), **STORED_TEXT.dump_python(text, mode="json")}


STORED_TEXT: TypeAdapter[Text] = TypeAdapter(Text)

Told = Annotated[Text, BeforeValidator(_as_text), PlainSerializer(_as_stored)]
"""A sentence in an event: stored in English, and as template and values. Events of older versions hold the English
alone."""


class BaseEvent(Value):
    """`at` is the wall-clock time, in seconds since the epoch."""

    at: float = Field(default_factory=time.time)


class DeliberationStarted(BaseEvent):
    """A run begins. `seed` decides every order dealt by lot; `nonce_seed` makes its fences unguessable,
    and `wording` is the version of the prompts."""

    type: Literal["deliberation_started"] = "deliberation_started"
    id: str
    question: Question
    council: Council
    seed: int
    nonce_seed: str
    wording: int = 1


class DeliberationResumed(BaseEvent):
    """An ended or interrupted run goes on; only what is missing is asked again."""

    type: Literal["deliberation_resumed"] = "deliberation_resumed"


class DeliberationWaiting(BaseEvent):
    """A run waits its turn; told again whenever `before` changes: how many others are to begin before it."""

    type: Literal["deliberation_waiting"] = "deliberation_waiting"
    before: int


class DeliberationAdmitted(BaseEvent):
    """The turn of a run has come that waited."""

    type: Literal["deliberation_admitted"] = "deliberation_admitted"


class StageStarted(BaseEvent):
    """A stage begins; `turns` is how many seats will speak in it at first."""

    type: Literal["stage_started"] = "stage_started"
    stage: Stage
    round: int = 0
    turns: int = 0


class TurnStarted(BaseEvent):
    """A seat was asked to speak."""

    type: Literal["turn_started"] = "turn_started"
    turn: Turn


class TurnDelta(BaseEvent):
    """New text, or new thinking, of a turn that is still speaking."""

    type: Literal["turn_delta"] = "turn_delta"
    turn: Turn
    text: str = ""
    thinking: str = ""


class TurnNotice(BaseEvent):
    """News about a turn for the user: its model is loading, the GPU refused, it waits in line."""

    type: Literal["turn_notice"] = "turn_notice"
    turn: Turn
    text: Told


class TurnRestarted(BaseEvent):
    """A turn starts again from its beginning, elsewhere or because it wrote no answer; what it said so far is void."""

    type: Literal["turn_restarted"] = "turn_restarted"
    turn: Turn
    reason: Told


class TurnFinished(BaseEvent):
    """A turn ended well. `backend` and `model` are those that really spoke; `prompt_hash` tells what it was asked."""

    type: Literal["turn_finished"] = "turn_finished"
    turn: Turn
    text: str
    thinking: str = ""
    backend: str
    model: str
    usage: Usage
    prompt_hash: str = ""


class TurnReused(BaseEvent):
    """A resumed run takes over a turn that finished before with the very same prompt; it is not asked again."""

    type: Literal["turn_reused"] = "turn_reused"
    turn: Turn
    prompt_hash: str = ""


class TurnFailed(BaseEvent):
    """A turn ended without a text that counts; `reason` says why and what to do.

    `cause` tells a failure and a text that is no answer from a seat that was cut off, because the user was in a hurry
    or because the run ended.
    """

    type: Literal["turn_failed"] = "turn_failed"
    turn: Turn
    reason: Told
    cause: FailureCause = "error"


_PARTS_ONCE = {"earlier conversation": "earlier_conversation", "final answer": "final_answer"}
"""What older versions stored in place of a part's key."""


class ContextCut(BaseEvent):
    """Something did not fit into a model's context and was shortened; token counts are of `what` alone."""

    type: Literal["context_cut"] = "context_cut"
    turn: Turn
    what: Annotated[Part, BeforeValidator(lambda what: _PARTS_ONCE.get(what, what))]
    kept: int
    total: int


class BallotCast(BaseEvent):
    """A voter's ballot counts; told again when a second look adds to it."""

    type: Literal["ballot_cast"] = "ballot_cast"
    ballot: Ballot


class BallotVoid(BaseEvent):
    """A voter abstains, because it failed or no valid order could be read from it."""

    type: Literal["ballot_void"] = "ballot_void"
    voter: SeatId
    round: int = 0
    reason: Told
    raw: str = ""


class StandingsComputed(BaseEvent):
    """The ballots of a round are counted."""

    type: Literal["standings_computed"] = "standings_computed"
    standings: Standings


class DebateDecided(BaseEvent):
    """Whether a debate round is held, and why."""

    type: Literal["debate_decided"] = "debate_decided"
    round: int
    held: bool
    reason: DebateReason


class StanceTaken(BaseEvent):
    """A seat keeps, revises or concedes its answer."""

    type: Literal["stance_taken"] = "stance_taken"
    stance: Stance


class RevisionUndone(BaseEvent):
    """The voters like a revised answer less than the one it replaced, so that one stands again.

    `before` and `after` are its shares of pairs won, of the first answer and of the revised one.
    """

    type: Literal["revision_undone"] = "revision_undone"
    seat: SeatId
    round: int
    before: float
    after: float


class SynthesisWritten(BaseEvent):
    """The final answer stands."""

    type: Literal["synthesis_written"] = "synthesis_written"
    synthesis: Synthesis


class MinutesTaken(BaseEvent):
    """The minutes of the council."""

    type: Literal["minutes_taken"] = "minutes_taken"
    minutes: Minutes


class DeliberationFinished(BaseEvent):
    """The run came to its end: `partial` when a seat or a ballot is missing."""

    type: Literal["deliberation_finished"] = "deliberation_finished"
    status: Literal["complete", "partial"]


class DeliberationEnded(BaseEvent):
    """The run ended before its end: it failed, the user stopped it, or it was interrupted."""

    type: Literal["deliberation_ended"] = "deliberation_ended"
    status: Literal["failed", "stopped", "interrupted"]
    reason: Told


class HistoryFailed(BaseEvent):
    """The run is not being stored; it goes on, and is stored as soon as that can be."""

    type: Literal["history_failed"] = "history_failed"
    reason: Told


class HistoryRecovered(BaseEvent):
    """All that happened in the run so far is stored after all."""

    type: Literal["history_recovered"] = "history_recovered"


RunEvent = (
    DeliberationStarted
    | DeliberationResumed
    | DeliberationWaiting
    | DeliberationAdmitted
    | StageStarted
    | DeliberationFinished
    | DeliberationEnded
    | HistoryFailed
    | HistoryRecovered
)
TurnEvent = TurnStarted | TurnDelta | TurnNotice | TurnRestarted | ContextCut | TurnFinished | TurnReused | TurnFailed
VoteEvent = BallotCast | BallotVoid | StandingsComputed
DebateEvent = DebateDecided | StanceTaken | RevisionUndone
ConclusionEvent = SynthesisWritten | MinutesTaken

Event = Annotated[RunEvent | TurnEvent | VoteEvent | DebateEvent | ConclusionEvent, Field(discriminator="type")]

Fleeting = TurnDelta | HistoryFailed | HistoryRecovered
"""What is told while a run is under way, and not stored."""

EVENT_ADAPTER: TypeAdapter[Event] = TypeAdapter(Event)
