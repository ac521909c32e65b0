"""From what a user asks for to a question and a council; refusals say what to change.

Terminal and page fill in a CouncilRequest, and `make_council` alone decides what becomes of it.
"""

import asyncio
from collections.abc import Sequence
from contextlib import suppress

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
from council.errors import ConfigurationError, MissingModelError, RemoteSeatsError
from council.method.language import detect_language
from council.seats import (
    SeatWish,
    check_seats,
    choose_chairman,
    choose_seats,
    place_seat,
    read_wish,
    take_seats,
)
from council.settings import Settings
from council.transcript import Transcript
from models.base import Health, ModelCard
from models.characters import is_blank, is_unicode, typed
from models.http.places import host_elsewhere
from models.ollama.wire import server_url
from models.openai.wire import endpoint_url
from models.selector import BackendSelector
from models.text import lazy_gettext as _
from models.text import sentences

SEATING_SECONDS = 6.0
LOOK_SECONDS = 0.5
WAITING_FOR_MODELS = _("No model for this council is here yet. Waiting a few seconds for a backend that is starting…")


class CouncilRequest(Value):
    """What a user wants for one question.

    None leaves a choice to the program: then the council `after` counts, that of the run which is followed up, else
    the settings, else what is installed. `agreed_hosts` are those elsewhere that the question may be sent to.
    """

    seats: tuple[SeatWish, ...] | None = None
    chairman: str | None = None
    mode: Mode | None = None
    second_look: Policy = "auto"
    debate: Policy = "auto"
    rounds: Rounds = 1
    answer_tokens: AnswerTokens | None = None
    after: Council | None = None
    agreed_hosts: tuple[str, ...] = ()


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

    Raises ConfigurationError for seats that cannot sit, such as a model that is not installed and has no stand-in, and
    RemoteSeatsError for those whose model is run at a host that nobody agreed to.
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
    council = Council(
        seats=tuple(place_seat(seat, cards) for seat in seats),
        chairman=place_seat(chairman, cards),
        mode=mode,
        second_look=request.second_look,
        debate=request.debate,
        rounds=request.rounds,
        answer_tokens=request.answer_tokens or settings.answer_tokens,
        effort=settings.thinking,
    )
    _check_places(council, request, settings)
    return council


def _check_places(council: Council, request: CouncilRequest, settings: Settings) -> None:
    """Refuse hosts that nobody agreed to: for this question, in the settings, or in the run that it follows up."""
    before = request.after.remote_hosts if request.after else ()
    agreed = {host.casefold() for host in (*request.agreed_hosts, *settings.remote_hosts, *before)}
    hosts = [host for host in council.remote_hosts if host.casefold() not in agreed]
    if hosts:
        seats = {seat.id: seat for seat in (*council.seats, council.chairman) if seat.remote_host in hosts}
        told = [
            _("{model!r} runs at {host}, not on this machine.", model=model, host=host)
            for model, host in dict.fromkeys((seat.model, seat.remote_host) for seat in seats.values())
        ]
        goes = _("The question, and what the others answer, would be sent to {hosts}.", hosts=", ".join(hosts))
        raise RemoteSeatsError(
            sentences([*told, goes]),
            hosts=hosts,
            advice=_(
                "Agree to it with `--remote {hosts}`, or for good with COUNCIL_REMOTE_HOSTS={hosts}, or choose another "
                "model.",
                hosts=",".join(hosts),
            ),
        )


async def seat_when_ready(request: CouncilRequest, backend: BackendSelector, settings: Settings) -> Council:
    """Seat the council as soon as its models are there, but wait no longer than a backend takes to start.

    Raises what `make_council` raises in the end.
    """
    loop = asyncio.get_running_loop()
    until = loop.time() + SEATING_SECONDS
    while True:
        with suppress(TimeoutError):
            async with asyncio.timeout_at(until):
                await backend.healths(anew=True)
        try:
            return make_council(request, await backend.list_models(), settings)
        except MissingModelError:
            if loop.time() + LOOK_SECONDS > until:
                raise
        await asyncio.sleep(LOOK_SECONDS)


def may_come(healths: Sequence[Health]) -> bool:
    """Whether more models may be there in a moment: a backend is away, and may be starting."""
    return any(not health.ok and not health.lacks_weights for health in healths)


def server_hosts(settings: Settings) -> tuple[str, ...]:
    """Return the hosts elsewhere that the settings themselves name as servers: whoever set them knows where they are.

    That is enough for a seat that is named by hand; by default none of their models sits.
    """
    urls = [server_url(settings.ollama_host)] if "ollama" in settings.backends else []
    urls += [endpoint_url(settings.openai_url)] if "openai" in settings.backends else []
    return tuple(host for url in urls if (host := host_elsewhere(url)))


def _seats(
    request: CouncilRequest, past: Council | None, cards: Sequence[ModelCard], settings: Settings
) -> tuple[Seat, ...]:
    if request.seats is not None:
        return take_seats(request.seats)
    return past.seats if past else usual_seats(cards, settings)


def usual_seats(cards: Sequence[ModelCard], settings: Settings) -> tuple[Seat, ...]:
    """Return the seats of the settings, else some chosen from what is installed."""
    return take_seats([read_wish(seat) for seat in settings.seats]) if settings.seats else choose_seats(cards)
