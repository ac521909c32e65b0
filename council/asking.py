"""From what a user asks for to a question and a council; refusals say what to change.

Terminal and page fill in a CouncilRequest, and `make_council` alone decides what becomes of it.
"""

from collections.abc import Sequence

from council.domain import (
    MAX_QUESTION_CHARACTERS,
    MODES,
    AnswerTokens,
    Council,
    Exchange,
    Language,
    Mode,
    Policy,
    Question,
    Rounds,
    Seat,
    Value,
)
from council.errors import ConfigurationError
from council.method.language import detect_language
from council.seats import SeatWish, check_seats, choose_chairman, choose_seats, read_wish, take_seats
from council.settings import Settings
from council.transcript import Transcript
from models.base import ModelCard
from models.characters import is_blank, is_unicode, typed
from models.text import lazy_gettext as _


class CouncilRequest(Value):
    """What a user wants for one question.

    None leaves a choice to the program: then the council `after` counts, that of the run which is followed up, else
    the settings, else what is installed.
    """

    seats: tuple[SeatWish, ...] | None = None
    chairman: str | None = None
    mode: Mode | None = None
    second_look: Policy = "auto"
    debate: Policy = "auto"
    rounds: Rounds = 1
    answer_tokens: AnswerTokens | None = None
    after: Council | None = None


def make_question(text: str, *, language: Language | None = None, after: Transcript | None = None) -> Question:
    """Check a text and make a question of it; `after` is the run that it follows up."""
    text = typed(text)
    if not is_unicode(text):
        raise ConfigurationError(_("The question is not readable text."), advice=_("Save it as UTF-8, or type it."))
    if is_blank(text):
        example = "Why is the sky blue?"
        raise ConfigurationError(
            _("The question is empty."), advice=_("Write one, such as {example!r}", example=example)
        )
    if len(text) > MAX_QUESTION_CHARACTERS:
        raise ConfigurationError(
            _(
                "The question has {length} characters; {most} at most fit.",
                length=len(text),
                most=MAX_QUESTION_CHARACTERS,
            ),
            advice=_("Shorten it."),
        )
    return Question(text=text, language=language or detect_language(text), earlier=conversation(after) if after else ())


def conversation(run: Transcript) -> tuple[Exchange, ...]:
    """Return what was asked and answered up to and with a run, oldest first."""
    if run.question is None or run.synthesis is None:
        raise ConfigurationError(
            _("The run {run!r} has no final answer to follow up.", run=run.id),
            advice=_("Resume it, or ask its question anew in another mode."),
        )
    return (*run.question.earlier, Exchange(question=run.question.text, answer=run.synthesis.text))


def make_council(request: CouncilRequest, cards: Sequence[ModelCard], settings: Settings) -> Council:
    """Seat the council that is asked for.

    Raises ConfigurationError for seats that cannot sit, such as a model that is not installed and has no stand-in.
    """
    past = request.after
    mode = request.mode or (past.mode if past else settings.mode)
    if past and past.method.seats == "one" and MODES[mode].seats == "all":
        past = None  # whoever wants more than the quick answer wants more than its only seat
    seats = _seats(request, past, cards, settings)
    if MODES[mode].seats == "one":
        seats, chairman = seats[:1], seats[0]
    elif past and request.seats is None and request.chairman is None:
        chairman = past.chairman
    else:
        wanted = settings.chairman if request.chairman is None else request.chairman
        chairman = choose_chairman(seats, cards, wanted)
    check_seats([seat for seat in (*seats, chairman) if seat.model not in settings.stand_ins], cards)
    return Council(
        seats=seats,
        chairman=chairman,
        mode=mode,
        second_look=request.second_look,
        debate=request.debate,
        rounds=request.rounds,
        answer_tokens=request.answer_tokens or settings.answer_tokens,
    )


def _seats(
    request: CouncilRequest, past: Council | None, cards: Sequence[ModelCard], settings: Settings
) -> tuple[Seat, ...]:
    if request.seats is not None:
        return take_seats(request.seats)
    return past.seats if past else usual_seats(cards, settings)


def usual_seats(cards: Sequence[ModelCard], settings: Settings) -> tuple[Seat, ...]:
    """Return the seats of the settings, else some chosen from what is installed."""
    return take_seats([read_wish(seat) for seat in settings.seats]) if settings.seats else choose_seats(cards)
