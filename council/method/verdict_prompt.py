"""What the chairman is told about the vote and the debate, by label."""

from collections.abc import Mapping

from council.domain import Label, SeatId, Stance, Verdict
from council.method import prompts


def describe_verdict(labels: Mapping[Label, SeatId], verdict: Verdict | None, stances: Mapping[SeatId, Stance]) -> str:
    """Write the tally with its margin, the dissent and the debate's outcome; rows in the order of the labels, because
    an order by rank would be a hint of its own."""
    if verdict is None or not verdict.ballots:
        return prompts.VERDICT_NO_VOTE
    label_of = {seat_id: label for label, seat_id in labels.items()}
    standings = verdict.standings
    places = {standing.seat: standing for standing in standings.order}
    rows = [
        prompts.VERDICT_ROW.format(
            label=label,
            place=places[seat_id].place,
            share=f"{places[seat_id].score:.0%}",
            stance=_stance(stances.get(seat_id)),
        )
        for label, seat_id in labels.items()
        if seat_id in places
    ]
    if standings.winner is not None:
        rows.append(prompts.VERDICT_WINNER.format(label=label_of[standings.winner], margin=f"{standings.margin:.1f}"))
    else:
        tied = sorted(label_of[seat_id] for seat_id in standings.tied)
        rows.append(prompts.VERDICT_TIED.format(labels=", ".join(tied)))
    return "\n".join(rows + _dissent(label_of, verdict))


def _stance(stance: Stance | None) -> str:
    match stance.decision if stance else "keep":
        case "concede":
            return prompts.VERDICT_CONCEDED
        case "revise":
            return prompts.VERDICT_REVISED
        case _:
            return ""


def _dissent(label_of: Mapping[SeatId, Label], verdict: Verdict) -> list[str]:
    """Flaws that voters noted in others' answers. What a voter wrote on contradictions is left out: it speaks in the
    voter's own letters, which mean other answers here."""
    lines = []
    for ballot in verdict.ballots:
        lines += [
            prompts.VERDICT_FLAW.format(label=label_of[seat_id], flaw=note.flaw)
            for seat_id, note in ballot.notes.items()
            if note.flaw and seat_id != ballot.voter and seat_id in label_of
        ]
    return lines
