"""A run as a Markdown document in a reader's language; what it looks like stands in `run.md.jinja`."""

import time
from collections.abc import Iterator
from functools import cache, partial
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined, Template
from markupsafe import Markup

from council.domain import TurnKind
from council.method.voting.tally import first_shown_first, position_bias
from council.reports.heading import heading
from council.reports.markdown_escape import embed, inline
from council.reports.words import DEBATE_REASONS, TRUNCATED, TURNS, befell, decision, position_meaning, undone
from council.transcript import Speech, Transcript
from council.translation import translator
from models.demonstration import is_demonstration
from models.text import Text
from models.text import lazy_gettext as _


def to_markdown(transcript: Transcript, language: str | None = "en") -> str:
    """Return the document; texts of models keep their Markdown, but none of it reaches beyond its own section."""
    date = time.strftime("%Y-%m-%d %H:%M", time.localtime(transcript.started_at))
    template = _template(translator(language).language)
    return template.render(run=transcript, heading=heading(transcript, language), date=date).strip("\n") + "\n"


@cache
def _template(language: str) -> Template:
    """Return the template in a language: all that it puts in is escaped there, unless `embed` did it."""
    words = translator(language)

    def escaped(value: object) -> Markup:
        if isinstance(value, Markup):
            return value
        return Markup(inline(words.text(value) if isinstance(value, Text) else str(value)))  # noqa: S704

    environment = Environment(
        loader=FileSystemLoader(Path(__file__).parent),
        autoescape=True,
        finalize=escaped,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["embed"] = lambda text, below: Markup(embed(text, below=below))  # noqa: S704
    environment.globals |= {"_": words.gettext, "decimal": words.decimal, "position": position_bias}
    environment.globals |= {"first_shown_first": first_shown_first, "position_meaning": position_meaning}
    environment.globals |= {"name": _name, "decision": decision, "DEBATE_REASONS": DEBATE_REASONS}
    environment.globals |= {"troubles": _troubles, "notices": _notices, "undone": undone, "TRUNCATED": TRUNCATED}
    return environment.get_template("run.md.jinja")


def _name(run: Transcript, seat_id: str) -> Text:
    seat = run.seat(seat_id)
    model = f"{seat.model}, {seat.persona}" if seat.persona else seat.model
    if seat.remote_host:
        return _("{seat} ({model}, run at {host})", seat=seat.id, model=model, host=seat.remote_host)
    if is_demonstration(seat.model):
        return _("{seat} ({model}, demonstration weights)", seat=seat.id, model=model)
    return _("{seat} ({model})", seat=seat.id, model=model)


def _troubles(run: Transcript, speech: Speech) -> Iterator[Text]:
    """Yield what befell a turn."""
    yield from befell(speech, partial(_name, run))
    if speech.state == "failed":
        yield _("Failed: {reason}", reason=speech.reason)


def _notices(run: Transcript, kinds: tuple[TurnKind, ...], round: int | None = None) -> list[Text]:
    """Return what befell turns whose texts do not stand in the document, by those who spoke."""
    return [
        _("{seat} ({turn}): {news}", seat=speech.turn.seat.id, turn=TURNS[speech.turn.kind], news=trouble)
        for speech in run.speeches.values()
        if speech.turn.kind in kinds and round in (None, speech.turn.round) and speech is not run.conclusion
        for trouble in _troubles(run, speech)
    ]
