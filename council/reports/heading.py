"""The heading over a run: one line that states what stood behind the answer, computed from what happened.

Page, terminal and exports show the same line, each in its reader's language.
"""

from collections.abc import Iterator

from council.domain import Standings
from council.reports.words import waiting
from council.transcript import Transcript
from council.translation import translator
from models.demonstration import is_demonstration
from models.text import Text, lazy_ngettext
from models.text import lazy_gettext as _


def heading(transcript: Transcript, language: str | None = "en") -> str:
    """Say in one line how many seats answered and voted, how clear the vote was, and who wrote the conclusion.

    In a language that the program does not speak, it is English.
    """
    words = translator(language)
    if transcript.council is None:
        return words.gettext("Nothing has been asked yet")
    facts = ", ".join(words.text(fact) for fact in _facts(transcript))
    match transcript.status:
        case "running" if transcript.runs_before is not None:
            return words.text(waiting(transcript.runs_before))
        case "running":
            return words.gettext("In progress: {facts}", facts=facts)
        case "failed" if transcript.reason:
            return words.gettext("Failed: {facts} ({reason})", facts=facts, reason=transcript.reason)
        case "failed":
            return words.gettext("Failed: {facts}", facts=facts)
        case "stopped":
            return words.gettext("Stopped: {facts}", facts=facts)
        case "interrupted":
            return words.gettext("Interrupted: {facts}", facts=facts)
        case "complete" | "partial":
            return facts[0].upper() + facts[1:]


def _facts(transcript: Transcript) -> Iterator[Text]:
    """Every fact that applies, in the order in which they are said."""
    assert transcript.council is not None
    council, has_ended = transcript.council, transcript.status != "running"
    answered = _answered(transcript)
    if len(council.speakers) == 1:
        yield _("one model alone, no vote")
        if has_ended and not answered:
            yield _("no answer")
    else:
        seats = len(council.seats)
        yield lazy_ngettext("{n} of {seats} seats answered", "{n} of {seats} seats answered", answered, seats=seats)
        if not council.method.concludes:
            yield _("side by side, no vote")
        else:
            if transcript.final_standings or not (transcript.synthesis and transcript.synthesis.agreed):
                yield from _vote(transcript.final_standings, has_ended)
            yield from _debate(transcript)
            yield from _conclusion(transcript)
    if hosts := council.remote_hosts:
        yield _("the question went to {hosts}", hosts=", ".join(hosts))
    if _is_demonstration(transcript):
        yield _("demonstration weights")


def _vote(standings: Standings | None, has_ended: bool) -> Iterator[Text]:
    if standings is None:
        if has_ended:
            yield _("no vote")
        return
    if standings.voters:
        families = lazy_ngettext("{n} model family", "{n} model families", standings.families)
        yield lazy_ngettext("{n} voted ({families})", "{n} voted ({families})", standings.voters, families=families)
    else:
        yield _("nobody voted")
    if standings.abstained:
        yield lazy_ngettext("{n} abstained", "{n} abstained", standings.abstained)
    if standings.voters and standings.winner:
        margin = round(standings.margin, 1 if standings.margin >= 1 else 2)
        yield lazy_ngettext("clear winner by {n} vote", "clear winner by {n} votes", margin)
    elif standings.voters:
        yield _("no clear winner")
    if standings.cycle:
        yield _("majorities in a circle")


def _debate(transcript: Transcript) -> Iterator[Text]:
    rounds = sum(debate.held for debate in transcript.debates.values())
    if not rounds:
        return
    yield lazy_ngettext("{n} debate round", "{n} debate rounds", rounds)
    finished = {key[1:] for key, s in transcript.speeches.items() if key[0] == "revision" and s.state == "finished"}
    if standing := len(finished - set(transcript.undone)):
        yield lazy_ngettext("{n} revision", "{n} revisions", standing)
    if undone := len(transcript.undone):
        yield lazy_ngettext("{n} revision undone by the vote", "{n} revisions undone by the vote", undone)
    if flips := sum(len(counted.flips) for counted in transcript.standings.values()):
        yield lazy_ngettext("{n} vote changed", "{n} votes changed", flips)


def _conclusion(transcript: Transcript) -> Iterator[Text]:
    synthesis, standings = transcript.synthesis, transcript.final_standings
    if synthesis is None:
        if transcript.status in ("complete", "partial"):
            yield _("no conclusion")
    elif synthesis.agreed and len(synthesis.agreed) == _answered(transcript):
        yield _("all gave the same answer")
    elif synthesis.agreed:
        yield lazy_ngettext("{n} gave the same answer", "{n} gave the same answer", len(synthesis.agreed))
    elif synthesis.source == "leading_answer":
        if standings is None or not standings.voters:
            yield _("no conclusion: one seat's answer, word for word")
        elif standings.winner:
            yield _("no conclusion: the leading answer, word for word")
        else:
            yield _("no conclusion: one of the leading answers, word for word")
    else:
        if synthesis.source == "stand_in":
            yield _("another seat concluded in the chairman's place")
        if transcript.minutes and transcript.minutes.departs:
            yield _("the conclusion departs from the leading answer")


def _is_demonstration(transcript: Transcript) -> bool:
    """Whether a very small model of the program's own sits or speaks in this run."""
    assert transcript.council is not None
    named = [seat.model for seat in (*transcript.council.seats, transcript.council.chairman)]
    spoke = [speech.model for speech in transcript.speeches.values()]
    return any(map(is_demonstration, (*named, *spoke)))


def _answered(transcript: Transcript) -> int:
    assert transcript.council is not None
    return sum(_has_answered(transcript, seat.id) for seat in transcript.council.seats)


def _has_answered(transcript: Transcript, seat_id: str) -> bool:
    speech = transcript.speech("answer", seat_id)
    return speech is not None and speech.state == "finished"
