"""An evaluation as a document: Markdown, and one HTML page that needs nothing else."""

import math
from functools import partial
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined, select_autoescape
from markupsafe import Markup

from council.domain import SeatId
from council.evaluation.figures import Interval
from council.evaluation.store import Plan
from council.evaluation.summary import Row, Summary
from council.reports.markdown_escape import inline
from council.translation import Translator

WIDTH, HEIGHT, MARGIN = 640, 320, 48


def to_markdown(plan: Plan, summary: Summary, words: Translator) -> str:
    """Return the report as Markdown."""
    template = _environment(plan, words).get_template("report.md.jinja")
    return template.render(plan=plan, summary=summary).strip() + "\n"


def to_html(plan: Plan, summary: Summary, words: Translator) -> str:
    """Return the report as one HTML page with its plot: accuracy against tokens written, with intervals."""
    template = _environment(plan, words).get_template("report.html")
    return template.render(plan=plan, summary=summary, language=words.language, plot=_plot(summary, words))


def _environment(plan: Plan, words: Translator) -> Environment:
    environment = Environment(
        loader=FileSystemLoader(Path(__file__).parent),
        autoescape=select_autoescape(["html"]),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.globals |= {"_": words.gettext, "ngettext": words.ngettext, "text": words.text}
    environment.globals |= {"decimal": words.decimal, "percent": words.percent, "cell": inline}
    environment.globals |= {"share": partial(_share, words), "points": partial(_points, words)}
    environment.globals |= {"name": partial(_name, plan)}
    return environment


def _name(plan: Plan, seat_id: SeatId) -> str:
    return next(f"{seat.id}: {seat.model}" for seat in plan.council.seats if seat.id == seat_id)


def _share(words: Translator, share: Interval) -> str:
    return f"{words.percent(share.value)} ({words.percent(share.low)}–{words.percent(share.high)})"


def _points(words: Translator, difference: Interval | None) -> str:
    if difference is None:
        return ""
    value, low, high = (words.decimal(100 * share, 1) for share in (difference.value, difference.low, difference.high))
    return f"{value} ({low}; {high})"


def _plot(summary: Summary, words: Translator) -> Markup:
    """Draw every way as a point with its interval; the scale of the tokens is logarithmic."""
    written = [max(1.0, row.written) for row in summary.rows]
    least, most = min(written), max(written)
    marks = Markup().join(_mark(number, row, (least, most), words) for number, row in enumerate(summary.rows, start=1))
    lines = Markup().join(
        Markup('<line class="grid" x1="{}" x2="{}" y1="{}" y2="{}"/><text class="axis" x="{}" y="{}">{}</text>').format(
            MARGIN, WIDTH - 8, _y(share), _y(share), 4, _y(share) + 4, words.percent(share)
        )
        for share in (0.0, 0.25, 0.5, 0.75, 1.0)
    )
    title = Markup('<text class="axis" x="{}" y="{}">{}</text>').format(
        MARGIN,
        HEIGHT - 6,
        words.gettext(
            "tokens written per item, from {least} to {most}, logarithmic",
            least=words.decimal(least, 0),
            most=words.decimal(most, 0),
        ),
    )
    return Markup('<svg viewBox="0 0 {} {}" role="img" aria-label="{}">{}{}{}</svg>').format(
        WIDTH, HEIGHT, words.gettext("Accuracy against tokens"), lines, marks, title
    )


def _mark(number: int, row: Row, bounds: tuple[float, float], words: Translator) -> Markup:
    share, (least, most) = row.accuracy, bounds
    place = math.log(max(1.0, row.written) / least) / (math.log(most / least) or 1.0)
    x = MARGIN + 12 + (WIDTH - MARGIN - 36) * place
    return Markup(
        '<g><title>{}: {}</title><line class="interval" x1="{x}" x2="{x}" y1="{}" y2="{}"/>'
        '<circle cx="{x}" cy="{}" r="9"/><text class="number" x="{x}" y="{}">{}</text></g>'
    ).format(
        words.text(row.name),
        words.percent(share.value),
        _y(share.low),
        _y(share.high),
        _y(share.value),
        _y(share.value) + 4,
        number,
        x=round(x, 1),
    )


def _y(share: float) -> float:
    return round(16 + (HEIGHT - 48) * (1 - share), 1)
