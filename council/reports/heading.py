"""The heading over a run: one line that states what stood behind the answer, computed from what happened.

Page, terminal and export show the same line. English and French; for other languages it is English.
"""

from collections.abc import Mapping

from council.domain import Language, Standings
from council.numbers import Number
from council.transcript import Transcript
from models.demonstration import is_demonstration

_ENGLISH: Mapping[str, str] = {
    "running": "In progress",
    "failed": "Failed",
    "stopped": "Stopped",
    "interrupted": "Interrupted",
    "not_begun": "Nothing has been asked yet",
    "one": "one model alone, no vote",
    "no_answer": "no answer",
    "answered": "{answered} of {seats} {seats:seat|seats} answered",
    "side_by_side": "side by side, no vote",
    "no_vote": "no vote",
    "nobody_voted": "nobody voted",
    "voted": "{voters} voted ({families} model {families:family|families})",
    "abstained": "{abstained} abstained",
    "winner": "clear winner by {margin} {margin:vote|votes}",
    "no_winner": "no clear winner",
    "cycle": "majorities in a circle",
    "debate": "{rounds} debate {rounds:round|rounds}",
    "revised": "{revised} {revised:revision|revisions}",
    "undone": "{undone} {undone:revision|revisions} undone by the vote",
    "flipped": "{flipped} {flipped:vote|votes} changed",
    "stand_in": "another seat concluded in the chairman's place",
    "verbatim_leading": "no conclusion: the leading answer, word for word",
    "verbatim_tied": "no conclusion: one of the leading answers, word for word",
    "verbatim": "no conclusion: one seat's answer, word for word",
    "no_conclusion": "no conclusion",
    "departs": "the conclusion departs from the leading answer",
    "demonstration": "demonstration weights",
}
_FRENCH: Mapping[str, str] = {
    "running": "En cours",
    "failed": "Échec",
    "stopped": "Arrêté",
    "interrupted": "Interrompu",
    "not_begun": "Aucune question n’a encore été posée",
    "one": "un seul modèle, sans vote",
    "no_answer": "sans réponse",
    "answered": "{answered} {answered:siège|sièges} sur {seats} {answered:a|ont} répondu",
    "side_by_side": "côte à côte, sans vote",
    "no_vote": "sans vote",
    "nobody_voted": "aucun vote",
    "voted": "{voters} {voters:vote|votes} ({families} {families:famille|familles} de modèles)",
    "abstained": "{abstained} {abstained:abstention|abstentions}",
    "winner": "vainqueur net avec {margin} {margin:voix|voix} d’avance",
    "no_winner": "pas de vainqueur net",
    "cycle": "majorités en cercle",
    "debate": "{rounds} {rounds:tour|tours} de débat",
    "revised": "{revised} {revised:révision|révisions}",
    "undone": "{undone} {undone:révision annulée|révisions annulées} par le vote",
    "flipped": "{flipped} {flipped:vote changé|votes changés}",
    "stand_in": "conclusion d’un autre siège à la place du président",
    "verbatim_leading": "sans conclusion : la réponse en tête, mot pour mot",
    "verbatim_tied": "sans conclusion : une des réponses en tête, mot pour mot",
    "verbatim": "sans conclusion : la réponse d’un siège, mot pour mot",
    "no_conclusion": "sans conclusion",
    "departs": "la conclusion s’écarte de la réponse en tête",
    "demonstration": "poids de démonstration",
}


def heading(transcript: Transcript, language: Language = "en") -> str:
    """Say in one line how many seats answered and voted, how clear the vote was, and who wrote the conclusion."""
    texts = _FRENCH if language == "fr" else _ENGLISH
    if transcript.council is None:
        return texts["not_begun"]

    def say(text: str, **numbers: float) -> str:
        return texts[text].format(**{name: Number(value, language) for name, value in numbers.items()})

    counted = _counts(transcript)
    parts = [*_parts(transcript), *(["demonstration"] if _is_demonstration(transcript) else [])]
    line = ", ".join(say(part, **counted) for part in parts)
    if transcript.status in ("complete", "partial"):
        return line[0].upper() + line[1:]
    colon = " : " if language == "fr" else ": "
    reason = f" ({transcript.reason})" if transcript.status == "failed" and transcript.reason else ""
    return texts[transcript.status] + colon + line + reason


def _counts(transcript: Transcript) -> dict[str, float]:
    """Every number that a part may state."""
    assert transcript.council is not None
    standings = transcript.final_standings or Standings(order=())
    speeches = transcript.speeches.items()
    revised = {key[1:] for key, speech in speeches if key[0] == "revision" and speech.state == "finished"}
    undone = set(transcript.undone)
    return {
        "seats": len(transcript.council.seats),
        "answered": sum(_has_answered(transcript, seat.id) for seat in transcript.council.seats),
        "voters": standings.voters,
        "abstained": standings.abstained,
        "families": standings.families,
        "margin": standings.margin,
        "rounds": sum(debate.held for debate in transcript.debates.values()),
        "revised": len(revised - undone),
        "undone": len(transcript.undone),
        "flipped": sum(len(counted.flips) for counted in transcript.standings.values()),
    }


def _parts(transcript: Transcript) -> list[str]:
    """The names of the texts that apply, in the order in which they are said."""
    assert transcript.council is not None
    mode, counts = transcript.council.mode, _counts(transcript)
    has_ended, has_concluded = transcript.status != "running", transcript.status in ("complete", "partial")
    if mode == "quick" or counts["seats"] == 1:
        return ["one", "no_answer"] if has_ended and not counts["answered"] else ["one"]
    parts = ["answered"]
    if mode == "compare":
        return [*parts, "side_by_side"]
    parts += _vote_parts(transcript.final_standings, has_ended)
    if counts["rounds"]:
        parts += ["debate"] + [name for name in ("revised", "undone", "flipped") if counts[name]]
    return parts + _conclusion_parts(transcript, has_concluded)


def _vote_parts(standings: Standings | None, has_ended: bool) -> list[str]:
    if standings is None:
        return ["no_vote"] if has_ended else []
    parts = ["voted" if standings.voters else "nobody_voted"]
    parts += ["abstained"] if standings.abstained else []
    if standings.voters:
        parts += ["winner" if standings.winner else "no_winner"]
    return parts + (["cycle"] if standings.cycle else [])


def _conclusion_parts(transcript: Transcript, has_concluded: bool) -> list[str]:
    synthesis, standings = transcript.synthesis, transcript.final_standings
    if synthesis is None:
        return ["no_conclusion"] if has_concluded else []
    if synthesis.source == "leading_answer":
        if standings is None or not standings.voters:
            return ["verbatim"]
        return ["verbatim_leading" if standings.winner else "verbatim_tied"]
    parts = ["stand_in"] if synthesis.source == "stand_in" else []
    return parts + (["departs"] if transcript.minutes and transcript.minutes.departs else [])


def _is_demonstration(transcript: Transcript) -> bool:
    """Whether a very small model of the program's own sits or speaks in this run."""
    assert transcript.council is not None
    named = [seat.model for seat in (*transcript.council.seats, transcript.council.chairman)]
    spoke = [speech.model for speech in transcript.speeches.values()]
    return any(map(is_demonstration, (*named, *spoke)))


def _has_answered(transcript: Transcript, seat_id: str) -> bool:
    speech = transcript.speech("answer", seat_id)
    return speech is not None and speech.state == "finished"
