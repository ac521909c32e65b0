"""From what a user typed to a question and a council; refusals say what to change."""

from collections.abc import Sequence

from council.domain import MAX_QUESTION_CHARACTERS, Council, Exchange, Language, Mode, Policy, Question
from council.errors import ConfigurationError
from council.method.language import detect_language
from council.seats import check_seats, choose_chairman, choose_seats, parse_seats
from council.settings import Settings
from council.transcript import Transcript
from models.base import ModelCard


def make_question(text: str, *, language: Language | None = None, after: Transcript | None = None) -> Question:
    """Check a text and make a question of it; `after` is the run that it follows up."""
    text = text.strip()
    if not is_unicode(text):
        raise ConfigurationError("The question is not readable text. Save it as UTF-8, or type it.")
    if not text:
        raise ConfigurationError('The question is empty. Write one: python -m council ask "Why is the sky blue?"')
    if len(text) > MAX_QUESTION_CHARACTERS:
        raise ConfigurationError(
            f"The question has {len(text):,} characters; {MAX_QUESTION_CHARACTERS:,} at most fit. Shorten it."
        )
    return Question(text=text, language=language or detect_language(text), earlier=conversation(after) if after else ())


def is_unicode(text: str) -> bool:
    """Whether a text can be stored and sent; what was decoded from other bytes than UTF-8 may hold halves of pairs."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def conversation(run: Transcript) -> tuple[Exchange, ...]:
    """Return what was asked and answered up to and with a run, oldest first."""
    if run.question is None or run.synthesis is None:
        raise ConfigurationError(
            f"The run {run.id!r} has no final answer to follow up. Resume it, or ask its question anew in another mode."
        )
    return (*run.question.earlier, Exchange(question=run.question.text, answer=run.synthesis.text))


def make_council(
    cards: Sequence[ModelCard],
    settings: Settings,
    *,
    seats: Sequence[str] = (),
    chairman: str = "",
    mode: Mode | None = None,
    debate: Policy = "auto",
    second_look: Policy = "auto",
    rounds: int = 1,
    after: Transcript | None = None,
) -> Council:
    """Seat those who are named, else those of the run that is followed up, of the settings, or of what is installed.

    Raises ConfigurationError for a model that is not installed and has no stand-in.
    """
    past = after.council if after else None
    if named := tuple(seats) or (() if past else settings.seats):
        sitting = parse_seats(named)
    else:
        sitting = past.seats if past else choose_seats(cards)
    if past and not seats and not chairman:
        chair = past.chairman
    else:
        chair = choose_chairman(sitting, cards, chairman or settings.chairman)
    mode = mode or (past.mode if past else settings.mode)
    asked = sitting[:1] if mode == "quick" else (*sitting, chair)
    check_seats([seat for seat in asked if seat.model not in settings.stand_ins], cards)
    return Council(
        seats=sitting,
        chairman=chair,
        mode=mode,
        second_look=second_look,
        debate=debate,
        rounds=rounds,
        answer_tokens=settings.answer_tokens,
    )
