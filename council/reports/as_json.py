"""A run as a file to keep: JSON for programs, Markdown for people.

The JSON tells how every turn went and all that was judged, decided and undone, seen from the end of the run: what a
restart or a resumption made void is left out, and so is the secret that the fences were made from.
"""

import dataclasses
from typing import Any

from council.domain import Seat, TurnKind
from council.events import RevisionUndone
from council.reports.as_markdown import to_markdown as to_markdown
from council.reports.heading import heading
from council.transcript import Speech, Transcript
from council.translation import Translator, translator
from models.text import Text
from models.text import lazy_gettext as _


def to_json(transcript: Transcript, language: str | None = "en") -> dict[str, Any]:
    """Return a run as JSON-able values; seats are named by their ids throughout, times are seconds since the epoch.

    The heading, and why something failed, are told in the language; keys and states are the same in all. `standings`
    is the last count, null without a vote. Raises ValueError for a transcript that has not begun.
    """
    question, council = transcript.question, transcript.council
    if question is None or council is None:
        raise ValueError("the transcript has not begun")
    words = translator(language)
    exported = {
        "id": transcript.id,
        "question": question.text,
        "seats": [_seat(seat) for seat in council.seats],
        "answers": [_answer(transcript, speech) for speech in _speeches(transcript, "answer")],
        "ballots": _ballots(transcript),
        "standings": _standings(transcript),
        "debate": _debate(transcript),
        "synthesis": _synthesis(transcript),
        "status": transcript.status,
        "heading": heading(transcript, words.language),
        "reason": transcript.reason,
        "runs_before": transcript.runs_before,
        "unkept": transcript.unkept or None,
        "language": question.language,
        "earlier": [exchange.model_dump(mode="json") for exchange in question.earlier],
        "mode": council.mode,
        "chairman": _seat(council.chairman),
        "rules": council.model_dump(mode="json", include={"second_look", "debate", "rounds", "answer_tokens"}),
        "stages": [begun.model_dump(mode="json", exclude={"type"}) for begun in transcript.stages],
        "seed": transcript.seed,
        "started_at": transcript.started_at,
        "ended_at": transcript.ended_at,
    }
    return {key: _in_language(value, words) for key, value in exported.items()}


def _in_language(value: Any, words: Translator) -> Any:
    match value:
        case Text():
            return words.text(value)
        case dict():
            return {key: _in_language(part, words) for key, part in value.items()}
        case list() | tuple():
            return [_in_language(part, words) for part in value]
        case _:
            return value


def _seat(seat: Seat) -> dict[str, Any]:
    return seat.model_dump(mode="json")


def _speeches(transcript: Transcript, *kinds: TurnKind) -> list[Speech]:
    return [speech for (kind, _, _), speech in transcript.speeches.items() if kind in kinds]


def _speech(speech: Speech) -> dict[str, Any]:
    """One turn: who really spoke, what it said or why it failed, what was cut or restarted, and what it cost."""
    plain = {
        field.name: getattr(speech, field.name)
        for field in dataclasses.fields(speech)
        if field.name not in ("turn", "cuts", "usage")
    }
    return {
        "seat": speech.turn.seat.id,
        "kind": speech.turn.kind,
        "round": speech.turn.round,
        **plain,
        "cuts": [{"what": cut.what, "kept": cut.kept, "total": cut.total} for cut in speech.cuts],
        "usage": dataclasses.asdict(speech.usage),
    }


def _answer(transcript: Transcript, speech: Speech) -> dict[str, Any]:
    """A seat's first answer with its revisions; `stands` marks the text that counts."""
    standing = transcript.answer(speech.turn.seat.id)
    revisions = [
        _speech(revision)
        | {
            "stands": revision is standing,
            "undone": _undoing(undone) if (undone := transcript.undoing(revision)) else None,
        }
        for revision in transcript.revisions(speech.turn.seat.id)
    ]
    return _speech(speech) | {"stands": speech is standing and speech.state == "finished", "revisions": revisions}


def _undoing(undone: RevisionUndone) -> dict[str, Any]:
    return undone.model_dump(mode="json", include={"seat", "before", "after"})


def _ballots(transcript: Transcript) -> list[dict[str, Any]]:
    """Every ballot, then every vote that is void or missing, with its cause; each with the turns of its voter."""
    asked = _speeches(transcript, "ballot", "second_look")
    cast = [ballot.model_dump(mode="json") | {"void": ""} for ballot in transcript.ballots.values()]
    void = [
        {"voter": void.voter, "round": void.round, "void": void.reason, "raw": void.raw}
        for void in transcript.void_ballots.values()
    ]
    missing = [
        {"voter": voter, "round": round, "void": _("It has not voted."), "raw": ""}
        for voter, round in dict.fromkeys(speech.turn.key[1:] for speech in asked)
        if (voter, round) not in transcript.ballots.keys() | transcript.void_ballots.keys()
    ]
    return [
        ballot | {"turns": [_speech(s) for s in asked if s.turn.key[1:] == (ballot["voter"], ballot["round"])]}
        for ballot in [*cast, *void, *missing]
    ]


def _standings(transcript: Transcript) -> dict[str, Any] | None:
    counts = [transcript.standings[round].model_dump(mode="json") for round in sorted(transcript.standings)]
    return counts[-1] | {"earlier": counts[:-1]} if counts else None


def _debate(transcript: Transcript) -> list[dict[str, Any]]:
    """Every round that was decided on, held or not."""
    return [
        decided.model_dump(mode="json", include={"round", "held", "reason"})
        | {
            "stances": [s.model_dump(mode="json") for s in transcript.stances.values() if s.round == round],
            "turns": [_speech(s) for s in _speeches(transcript, "stance", "revision") if s.turn.round == round],
            "undone": [_undoing(undone) for undone in transcript.undone.values() if undone.round == round],
            "flips": [
                flip.model_dump(mode="json")
                for flip in (transcript.standings[round].flips if round in transcript.standings else ())
            ],
        }
        for round, decided in sorted(transcript.debates.items())
    ]


def _synthesis(transcript: Transcript) -> dict[str, Any] | None:
    """The final answer with the minutes; null before anyone was asked for it, an empty text where all failed.

    `truncated` tells that its text stopped at its token limit.
    """
    turns = [_speech(speech) for speech in _speeches(transcript, "synthesis", "minutes")]
    if transcript.synthesis is None:
        nothing = {"seat": None, "text": "", "source": None, "truncated": False, "minutes": None}
        return nothing | {"turns": turns} if turns else None
    minutes = transcript.minutes.model_dump(mode="json") if transcript.minutes else None
    truncated = transcript.conclusion is not None and transcript.conclusion.usage.truncated
    return transcript.synthesis.model_dump(mode="json") | {"truncated": truncated, "minutes": minutes, "turns": turns}
