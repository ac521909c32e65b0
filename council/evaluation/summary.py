"""What an evaluation comes to: accuracy and cost of every way of answering, paired differences, and a plain verdict."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from council.domain import Seat, SeatId
from council.evaluation.evaluate import RESAMPLED, best_seat
from council.evaluation.figures import Interval, mcnemar, paired_difference, recovered, wilson
from council.evaluation.measuring import Measured, Way
from council.evaluation.store import Plan
from council.reports.words import MODE_NAMES
from models.text import Text
from models.text import lazy_gettext as _

WAYS: Mapping[Way, Text] = {
    "plurality": _("plurality of the seats, no vote"),
    "leading": _("the answer that the ballots put first"),
    "one_shuffle": _("one shuffle for all, own votes dropped"),
    "usual": _("the usual council: one order, own votes count, rank, conclude"),
}


@dataclass(frozen=True)
class Row:
    """One way of answering: tokens and seconds are means over the items.

    `over_best` is by how much it is right more often than the best seat alone, `over_resampled` than that seat drawn
    again and again at the same cost; None for those themselves. `p` is McNemar's, against the best seat.
    """

    way: Way
    name: Text
    right: int
    accuracy: Interval
    over_best: Interval | None
    over_resampled: Interval | None
    p: float | None
    read: float
    written: float
    seconds: float
    failed: int


@dataclass(frozen=True)
class Judge:
    """What the ballots show of a voter; `consistent` is the share of pairs on which both looks agree, None without."""

    seat: SeatId
    consistent: float | None
    first_shown_first: int
    looks: int


@dataclass(frozen=True)
class Summary:
    """An evaluation as it stands; with `measured` below `items` it is not whole."""

    items: int
    measured: int
    left_out: int
    best: SeatId
    rows: tuple[Row, ...]
    judges: tuple[Judge, ...]
    recovered: float | None
    verdict: tuple[Text, ...]


def summarise(plan: Plan, measured: Sequence[Measured]) -> Summary:
    """Count an evaluation; an item that failed in a way is wrong there, and stays in the denominator."""
    best = best_seat(plan, measured)
    is_resampled = bool(measured) and all(RESAMPLED in one.outcomes for one in measured)
    rows = tuple(_row(way, name, measured, best, is_resampled) for way, name in _ways(plan, best, is_resampled))
    seats = [[one.outcomes[seat.id].right for seat in plan.council.seats] for one in measured]
    return Summary(
        items=len(plan.items),
        measured=len(measured),
        left_out=plan.left_out,
        best=best,
        rows=rows,
        judges=tuple(_judge(seat.id, measured) for seat in plan.council.seats),
        recovered=recovered([one.outcomes["leading"].right for one in measured], seats),
        verdict=tuple(_verdict(plan, rows, best)) if measured else (),
    )


def _ways(plan: Plan, best: SeatId, is_resampled: bool) -> Iterable[tuple[Way, Text]]:
    for seat in plan.council.seats:
        yield seat.id, _("{seat} alone", seat=_name(seat))
    if is_resampled:
        seat = next(seat for seat in plan.council.seats if seat.id == best)
        yield RESAMPLED, _("{seat}, drafts of the same cost, majority", seat=_name(seat))
    yield from WAYS.items()
    for mode in plan.modes:
        yield mode, _("Council, mode {mode}", mode=MODE_NAMES[mode])


def _row(way: Way, name: Text, measured: Sequence[Measured], best: SeatId, is_resampled: bool) -> Row:
    outcomes = [one.outcomes[way] for one in measured]
    right = [outcome.right for outcome in outcomes]
    alone = [one.outcomes[best].right for one in measured]
    resampled = [one.outcomes[RESAMPLED].right for one in measured] if is_resampled else []
    items = max(1, len(measured))
    return Row(
        way=way,
        name=name,
        right=sum(right),
        accuracy=wilson(sum(right), len(right)),
        over_best=paired_difference(right, alone) if way != best else None,
        over_resampled=paired_difference(right, resampled) if is_resampled and way != RESAMPLED else None,
        p=mcnemar(right, alone) if way != best else None,
        read=sum(outcome.read for outcome in outcomes) / items,
        written=sum(outcome.written for outcome in outcomes) / items,
        seconds=sum(outcome.seconds for outcome in outcomes) / items,
        failed=sum(bool(outcome.fault) for outcome in outcomes),
    )


def _judge(seat: SeatId, measured: Sequence[Measured]) -> Judge:
    ballots = [one.judges[seat] for one in measured if seat in one.judges]
    twice = [ballot.consistent for ballot in ballots if ballot.consistent is not None]
    return Judge(
        seat=seat,
        consistent=sum(twice) / len(twice) if twice else None,
        first_shown_first=sum(ballot.first_shown_first for ballot in ballots),
        looks=sum(ballot.looks for ballot in ballots),
    )


def _verdict(plan: Plan, rows: Sequence[Row], best: SeatId) -> Iterable[Text]:
    """Say in plain words whether the council is worth its cost, and what to do."""
    seat = next(seat for seat in plan.council.seats if seat.id == best)
    by_way = {row.way: row for row in rows}
    modes = [by_way[mode] for mode in plan.modes]
    mode = max(modes, key=lambda row: row.right)
    alone, resampled = by_way[best], by_way.get(RESAMPLED)
    assert mode.over_best is not None
    times = mode.written / alone.written if alone.written else 0.0
    figures: dict[str, Text | str | float] = {
        "mode": mode.name,
        "seat": _name(seat),
        "points": abs(100 * mode.over_best.value),
        "times": times,
    }
    yield _compare(mode.over_best, figures)
    is_better = mode.over_best.low > 0
    if resampled and resampled.right > mode.right:
        drafts = max(2, round(resampled.written / alone.written)) if alone.written else 2
        yield _(
            "Ask {seat} alone, with {drafts} drafts: at the same cost it is right more often.",
            seat=_name(seat),
            drafts=drafts,
        )
    elif not is_better:
        yield _("Ask {seat} alone, or seat other models beside it.", seat=_name(seat))
    if len(plan.items) < 100:
        yield _("Of fewer than 100 items little can be concluded: ask more.")


def _compare(over_best: Interval, figures: Mapping[str, Text | str | float]) -> Text:
    if over_best.low > 0:
        return _(
            "{mode} is better than its best seat, {seat}, by {points:.1f} points, for {times:.1f} times the tokens.",
            **figures,
        )
    if over_best.high < 0:
        return _(
            "{mode} is worse than its best seat, {seat}, by {points:.1f} points, for {times:.1f} times the tokens.",
            **figures,
        )
    return _(
        "{mode} has not been shown to be better than its best seat, {seat}: the difference of {points:.1f} points "
        "may be chance, for {times:.1f} times the tokens.",
        **figures,
    )


def _name(seat: Seat) -> str:
    return f"{seat.model} ({seat.persona})" if seat.persona else seat.model
