"""The nouns of a deliberation, as frozen values that can be stored as JSON.

Everything that a seat says or is told is keyed by seat id, never by model and never by a ballot's letter: the same
model may sit twice, and every voter sees other letters.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any, Literal, NewType

from pydantic import BaseModel, ConfigDict, Field, model_validator

from models.characters import mended

MAX_SEATS = 8
MAX_QUESTION_CHARACTERS = 50_000
MAX_MODEL_CHARACTERS = 300
MAX_PERSONA_CHARACTERS = 2000

SeatId = NewType("SeatId", str)
Label = NewType("Label", str)
"""The letter under which an answer stands in one prompt."""

Mode = Literal["quick", "compare", "council", "full"]
Policy = Literal["auto", "always", "never"]
Stage = Literal["answers", "ballots", "debate", "synthesis"]
TurnKind = Literal["answer", "ballot", "second_look", "stance", "revision", "synthesis", "minutes"]
Language = Literal["en", "fr", "de", "other"]
Part = SeatId | Literal["earlier_conversation", "final_answer"]
"""What a prompt shows and may shorten: a seat's answer, or what the key says."""
Rounds = Annotated[int, Field(ge=1, le=3)]
AnswerTokens = Annotated[int, Field(ge=16, le=32_768)]

Effort = Literal["", "off", "low", "medium", "high"]
"""How much models think before they answer that can; "" leaves it to each of them."""

STAGE_OF: dict[TurnKind, Stage] = {
    "answer": "answers",
    "ballot": "ballots",
    "second_look": "ballots",
    "stance": "debate",
    "revision": "debate",
    "synthesis": "synthesis",
    "minutes": "synthesis",
}


@dataclass(frozen=True, slots=True)
class Method:
    """What a mode does with a question: who answers it, and which stages follow the answers."""

    seats: Literal["one", "all"]
    votes: bool = False
    debates: bool = False
    concludes: bool = False
    """A chairman writes the final answer; else the only answer is it, or the answers stand side by side."""

    @property
    def stages(self) -> tuple[Stage, ...]:
        """The stages in their order."""
        following: Mapping[Stage, bool] = {
            "ballots": self.votes,
            "debate": self.debates,
            "synthesis": self.concludes,
        }
        return ("answers", *(stage for stage, follows in following.items() if follows))


MODES: Mapping[Mode, Method] = {
    "quick": Method(seats="one"),
    "compare": Method(seats="all"),
    "council": Method(seats="all", votes=True, concludes=True),
    "full": Method(seats="all", votes=True, debates=True, concludes=True),
}


class Value(BaseModel):
    """A frozen value that can be stored; unknown fields are refused, so that a misspelt one is noticed."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    @model_validator(mode="before")
    @classmethod
    def _mend(cls, fields: Any) -> Any:
        return mended(fields)

    @classmethod
    def bounds(cls, field: str) -> tuple[Any, Any]:
        """Return the least and the greatest number that a field takes."""
        rules = cls.model_fields[field].metadata
        return next(rule.ge for rule in rules if hasattr(rule, "ge")), next(
            rule.le for rule in rules if hasattr(rule, "le")
        )


class Seat(Value):
    """One chair of the council: a model, with the persona and temperature it speaks with.

    `persona` is the name of one of `council.seats.PERSONAS`, or a text of the user's own, or "". `instruction` is what
    a named persona says in the prompt; older runs stored the name alone. `remote_host` is where the model is run, if
    that is elsewhere: whoever asked agreed that everything this seat is told goes there.
    """

    id: SeatId = Field(pattern=r"^[a-z0-9][a-z0-9-]{0,31}$")
    model: str = Field(min_length=1, max_length=MAX_MODEL_CHARACTERS)
    persona: str = Field(default="", max_length=MAX_PERSONA_CHARACTERS)
    instruction: str = ""
    temperature: float = Field(default=0.7, ge=0.0, le=2.0)
    remote_host: str = ""


class Council(Value):
    """Who sits, who concludes and by which rules; what a user may change for each question."""

    seats: Annotated[tuple[Seat, ...], Field(min_length=1, max_length=MAX_SEATS)]
    chairman: Seat
    mode: Mode = "council"
    second_look: Policy = "auto"
    debate: Policy = "auto"
    rounds: Rounds = 1
    answer_tokens: AnswerTokens = 1024
    effort: Effort = ""

    @property
    def method(self) -> Method:
        """What its mode does."""
        return MODES[self.mode]

    @property
    def remote_hosts(self) -> tuple[str, ...]:
        """The hosts elsewhere that the question is sent to."""
        return tuple(dict.fromkeys(seat.remote_host for seat in (*self.seats, self.chairman) if seat.remote_host))

    @property
    def speakers(self) -> tuple[Seat, ...]:
        """The seats that answer."""
        return self.seats[:1] if self.method.seats == "one" else self.seats


class Exchange(Value):
    """An earlier question and its final answer, in a conversation that goes on."""

    question: str
    answer: str


class Question(Value):
    """What is asked, with what was asked before it (oldest first)."""

    text: str = Field(min_length=1, max_length=MAX_QUESTION_CHARACTERS)
    language: Language = "other"
    earlier: tuple[Exchange, ...] = ()


class Turn(Value):
    """Who speaks, and when: one seat, once. `round` counts debate rounds; 0 is before any debate."""

    kind: TurnKind
    seat: Seat
    round: int = 0

    @property
    def stage(self) -> Stage:
        """The stage this turn belongs to."""
        return STAGE_OF[self.kind]

    @property
    def key(self) -> tuple[TurnKind, SeatId, int]:
        """What identifies the turn within its run."""
        return (self.kind, self.seat.id, self.round)


class Note(Value):
    """What a voter noted about one answer."""

    strength: str = ""
    flaw: str = ""


class Ballot(Value):
    """One voter's judgement. `labels` maps the voter's own letters to seat ids; `order` is seat ids, best first.

    `second_order` is the order given when the answers were shown in reverse, where a second look was taken.
    `contradiction` says what the answers contradict each other on that matters; "" if on nothing.
    `raw` is the voter's text as it came.
    """

    voter: SeatId
    round: int = 0
    labels: dict[Label, SeatId]
    order: tuple[SeatId, ...]
    notes: dict[SeatId, Note] = {}
    contradiction: str = ""
    second_order: tuple[SeatId, ...] | None = None
    raw: str = ""


class Standing(Value):
    """One answer's place. `score` is its share of the votes in its pairs, 0 to 1 (normalised Borda)."""

    seat: SeatId
    place: int
    score: float
    first_places: int


class Flip(Value):
    """A voter whose first place changed between two rounds (seat ids)."""

    voter: SeatId
    before: SeatId
    after: SeatId


class Standings(Value):
    """All ballots of a round counted together.

    `order` is best first; tied answers share a place. `winner` is None where there is no clear one, and `tied` then
    holds the seats that cannot be told apart. `margin` is the leader's lead over its nearest rival, in pairwise votes.
    `agreement` is the share of pairwise votes that accord with the central order (None without votes).
    `cycle` tells that the majorities run in a circle. `weights` is each voter's weight, by its own consistency.
    `wins[a][b]` is the weighted number of voters who placed a before b.
    """

    round: int = 0
    order: tuple[Standing, ...]
    winner: SeatId | None = None
    tied: tuple[SeatId, ...] = ()
    margin: float = 0.0
    agreement: float | None = None
    central_order: tuple[SeatId, ...] = ()
    cycle: bool = False
    voters: int = 0
    abstained: int = 0
    families: int = 0
    contradictions: int = 0
    weights: dict[SeatId, float] = {}
    wins: dict[SeatId, dict[SeatId, float]] = {}
    flips: tuple[Flip, ...] = ()


class Verdict(Value):
    """What a vote came to."""

    ballots: tuple[Ballot, ...]
    standings: Standings


class Stance(Value):
    """What a seat decided about its own answer after it saw the others and the flaws found in it."""

    seat: SeatId
    round: int
    decision: Literal["keep", "revise", "concede"]
    reason: str = ""


class LonePoint(Value):
    """Something worth keeping that one seat alone said."""

    seat: SeatId
    point: str


class Minutes(Value):
    """What the council agreed on, what stayed disputed, what one seat alone said.

    `follows` is the seat whose answer the final answer follows, None for none; `departs` tells that this is not
    the leading answer of the standings.
    """

    agreed: tuple[str, ...] = ()
    disputed: tuple[str, ...] = ()
    said_by_one: tuple[LonePoint, ...] = ()
    follows: SeatId | None = None
    departs: bool = False


class Synthesis(Value):
    """The final answer. `source` tells what it is: the chairman's text, another seat's in its place, or, word for word,
    the answer that most seats gave (`agreed`), the leading one, in quick mode the only one. `seat` wrote it."""

    seat: SeatId
    text: str
    source: Literal["chairman", "stand_in", "agreed", "leading_answer"] = "chairman"
    agreed: tuple[SeatId, ...] = ()
