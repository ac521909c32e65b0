"""What several readers of a run say in the same words: modes, states, stages, turns, the reasons of a debate."""

from collections.abc import Callable, Iterator, Mapping

from council.domain import Mode, Stage, Stance, TurnKind
from council.events import ContextCut, DebateReason, RevisionUndone, Status
from council.method.voting.tally import STRONG_BIAS
from council.transcript import Speech
from models.text import Text, lazy_ngettext
from models.text import lazy_gettext as _

MODE_NAMES: Mapping[Mode, Text] = {
    "quick": _("Quick"),
    "compare": _("Compare"),
    "council": _("Council"),
    "full": _("Full"),
}
STATUSES: Mapping[Status, Text] = {
    "running": _("running"),
    "complete": _("complete"),
    "partial": _("partial"),
    "failed": _("failed"),
    "stopped": _("stopped"),
    "interrupted": _("interrupted"),
}
STAGES: Mapping[Stage, Text] = {
    "answers": _("Answers"),
    "ballots": _("Ballots"),
    "debate": _("Debate"),
    "synthesis": _("Conclusion"),
}
TURNS: Mapping[TurnKind, Text] = {
    "answer": _("answer"),
    "ballot": _("ballot"),
    "second_look": _("second look"),
    "stance": _("stance"),
    "revision": _("revision"),
    "synthesis": _("conclusion"),
    "minutes": _("minutes"),
}
DEBATE_REASONS: Mapping[DebateReason, Text] = {
    "asked_for": _("it was asked for"),
    "switched_off": _("it is switched off"),
    "no_clear_winner": _("there was no clear winner"),
    "contradiction": _("voters saw the answers contradict each other"),
    "clear_winner": _("there was a clear winner"),
}

PARTS: Mapping[str, Text] = {
    "earlier_conversation": _("earlier conversation"),
    "final_answer": _("final answer"),
}
"""What a prompt may shorten beside the answers of seats."""


TRUNCATED = _("The answer stops at its token limit.")

Name = Callable[[str], Text | str]
"""How a reader calls a seat, by its id."""


def befell(speech: Speech, name: Name) -> Iterator[Text]:
    """Say what befell a turn, why it failed apart: it began again, its texts were shortened, or its own was cut."""
    yield from map(restarted, speech.restarts)
    for cut in speech.cuts:
        yield shortened(cut, name)
    if speech.usage.truncated:
        yield TRUNCATED


def restarted(reason: Text) -> Text:
    """Say that a turn began again."""
    return _("Started again: {reason}", reason=reason)


def shortened(cut: ContextCut, name: Name) -> Text:
    """Say what of a prompt was shortened."""
    what = PARTS.get(cut.what) or name(cut.what)
    figures = {"kept": cut.kept, "total": cut.total}
    return _("Shortened to fit the context: {what}, {kept} of {total} tokens kept.", what=what, **figures)


def undone(revision: RevisionUndone, seat: Text | str) -> Text:
    """Say that the vote undid the revision of a seat, called so."""
    shares = {"after": revision.after, "before": revision.before}
    return _(
        "The vote undid the revision of {seat}: it won {after:.2f} of its pairs, the text before it {before:.2f}; "
        "that one stands.",
        seat=seat,
        **shares,
    )


def waiting(runs_before: int) -> Text:
    """Say how many runs are to begin before this one, which waits its turn."""
    if not runs_before:
        return _("Waiting: this run is next")
    return lazy_ngettext("Waiting: {n} run before this one", "Waiting: {n} runs before this one", runs_before)


def unkept(reason: Text) -> Text:
    """Say that the history does not hold a run, or not all of it, and why."""
    return _("This run is not kept: {reason} It goes on, and is stored as soon as that can be.", reason=reason)


def decision(stance: Stance, seat: Text | str) -> Text:
    """Say what a seat, called so, decided about its answer, and why."""
    decided = {
        "keep": _("{seat} keeps its answer", seat=seat),
        "revise": _("{seat} revises its answer", seat=seat),
        "concede": _("{seat} concedes", seat=seat),
    }[stance.decision]
    return _("{decision}: {reason}", decision=decided, reason=stance.reason) if stance.reason else decided


def position_meaning(bias: float) -> Text:
    """Say what it means that votes follow the order shown so far, from -1 to 1."""
    if abs(bias) < STRONG_BIAS:
        return _("Where an answer stood explains little of the votes.")
    if bias > 0:
        return _("The votes mostly follow the order shown: trust them little.")
    return _("The votes mostly reverse the order shown: trust them little.")
