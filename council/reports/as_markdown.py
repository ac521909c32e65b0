"""A run as a Markdown document, in English or French: the answer first, then what stood behind it."""

import time
from collections.abc import Iterator, Mapping, Sequence

from council.domain import Ballot, Language, Standings
from council.method.voting.tally import STRONG_BIAS, first_shown_first, position_bias
from council.reports.heading import heading
from council.reports.markdown_escape import embed, inline, table
from council.transcript import Speech, Transcript
from models.demonstration import is_demonstration

_ENGLISH: Mapping[str, str] = {
    "earlier": "Earlier in this conversation",
    "question": "Question",
    "conclusion": "Answer of the council",
    "no_conclusion": "There is no conclusion.",
    "agreed": "Agreed",
    "disputed": "Disputed",
    "said_by_one": "Said by one seat only",
    "answers": "Answers",
    "revised": "Revised in round {round}",
    "undone": "Revised in round {round}, undone by the vote",
    "undoing": "The vote undid it: it won {after:.2f} of its pairs, the text before it {before:.2f}; that one stands.",
    "failed": "Failed: {reason}",
    "restarted": "Started again: {reason}",
    "cut": "Shortened to fit: {what} ({kept} of {total} tokens)",
    "truncated": "Stopped at its token limit.",
    "spoke": "{model} on {backend}, {tokens} tokens in {seconds} s",
    "thinking": "Thinking",
    "ballots": "Ballots",
    "round": "Round {round}",
    "voter": "Voter",
    "order": "Order, best first",
    "shown_as": "Shown as",
    "reverse": "Second look",
    "abstains": "abstains: {reason}",
    "on": "on",
    "strength": "strength",
    "flaw": "flaw",
    "contradiction": "{voter} sees a contradiction",
    "first_shown": "The answer shown first was put first in {firsts} of {looks} looks. {meaning}",
    "position_follows": "The votes mostly follow the order shown: trust them little.",
    "position_reversed": "The votes mostly reverse the order shown: trust them little.",
    "position_fair": "Where an answer stood explains little of the votes.",
    "standings": "Standings",
    "place": "Place",
    "seat": "Seat",
    "score": "Share of pairs won",
    "firsts": "First places",
    "agreement": "Agreement: {agreement}. Lead over the second: {margin}.",
    "debate": "Debate",
    "held": "held",
    "not_held": "not held",
    "asked_for": "it was asked for",
    "switched_off": "it is switched off",
    "no_clear_winner": "there was no clear winner",
    "contradiction_seen": "voters saw a contradiction",
    "clear_winner": "there was a clear winner",
    "keep": "keeps its answer",
    "revise": "revises its answer",
    "concede": "concedes",
    "flip": "{voter} now places {after} first, not {before}",
    "demonstration": "demonstration weights",
    "footer": "Run {id}, {date}, mode {mode}, seed {seed}.",
}
_FRENCH: Mapping[str, str] = {
    "earlier": "Plus tôt dans cette conversation",
    "question": "Question",
    "conclusion": "Réponse du conseil",
    "no_conclusion": "Il n’y a pas de conclusion.",
    "agreed": "Accord",
    "disputed": "Désaccord",
    "said_by_one": "Dit par un seul siège",
    "answers": "Réponses",
    "revised": "Révisée au tour {round}",
    "undone": "Révisée au tour {round}, annulée par le vote",
    "undoing": "Annulée par le vote : elle a gagné {after:.2f} de ses duels, celui d’avant {before:.2f} ; il reste.",
    "failed": "Échec : {reason}",
    "restarted": "Recommencé : {reason}",
    "cut": "Raccourci faute de place : {what} ({kept} jetons sur {total})",
    "truncated": "Arrêté à sa limite de jetons.",
    "spoke": "{model} sur {backend}, {tokens} jetons en {seconds} s",
    "thinking": "Réflexion",
    "ballots": "Bulletins",
    "round": "Tour {round}",
    "voter": "Votant",
    "order": "Ordre, du meilleur au moins bon",
    "shown_as": "Montré comme",
    "reverse": "Second regard",
    "abstains": "s’abstient : {reason}",
    "on": "sur",
    "strength": "force",
    "flaw": "défaut",
    "contradiction": "{voter} voit une contradiction",
    "first_shown": "La réponse montrée en premier a été mise en tête dans {firsts} cas sur {looks}. {meaning}",
    "position_follows": "Les votes suivent surtout l'ordre montré : fiez-vous-y peu.",
    "position_reversed": "Les votes renversent surtout l'ordre montré : fiez-vous-y peu.",
    "position_fair": "La place où se tenait une réponse explique peu les votes.",
    "standings": "Classement",
    "place": "Place",
    "seat": "Siège",
    "score": "Part des duels gagnés",
    "firsts": "Premières places",
    "agreement": "Accord : {agreement}. Avance sur le deuxième : {margin}.",
    "debate": "Débat",
    "held": "tenu",
    "not_held": "non tenu",
    "asked_for": "il a été demandé",
    "switched_off": "il est désactivé",
    "no_clear_winner": "il n’y avait pas de vainqueur net",
    "contradiction_seen": "des votants ont vu une contradiction",
    "clear_winner": "il y avait un vainqueur net",
    "keep": "maintient sa réponse",
    "revise": "révise sa réponse",
    "concede": "s’incline",
    "flip": "{voter} place maintenant {after} en tête, et non plus {before}",
    "demonstration": "poids de démonstration",
    "footer": "Délibération {id}, {date}, mode {mode}, graine {seed}.",
}


def to_markdown(transcript: Transcript, language: Language = "en") -> str:
    """Return the document; texts of models keep their Markdown, but none of it reaches beyond its own section."""
    return _Document(transcript, language).text()


class _Document:
    """One document being written; every part yields blocks, which stand apart by an empty line."""

    def __init__(self, transcript: Transcript, language: Language) -> None:
        self.transcript = transcript
        self.language: Language = "fr" if language == "fr" else "en"
        self.texts = _FRENCH if language == "fr" else _ENGLISH

    def say(self, text: str, **values: object) -> str:
        return self.texts[text].format(**values)

    def name(self, seat_id: str) -> str:
        seat = self.transcript.seat(seat_id)
        persona = f", {inline(seat.persona)}" if seat.persona else ""
        remark = f", {self.say('demonstration')}" if is_demonstration(seat.model) else ""
        return f"{inline(seat.id)} ({inline(seat.model)}{persona}{remark})"

    def text(self) -> str:
        parts = [
            *self._head(),
            *self._conclusion(),
            *self._answers(),
            *self._ballots(),
            *self._standings(),
            *self._debate(),
            *self._foot(),
        ]
        return "\n\n".join(parts) + "\n"

    def _head(self) -> Iterator[str]:
        question = self.transcript.question
        if question is None:
            return
        yield f"# {self.say('question')}"
        yield embed(question.text, below=2)
        yield f"*{inline(heading(self.transcript, self.language))}*"
        if question.earlier:
            yield f"## {self.say('earlier')}"
            for exchange in question.earlier:
                yield f"### {inline(exchange.question)[:200]}"
                yield embed(exchange.answer, below=3)

    def _conclusion(self) -> Iterator[str]:
        yield f"## {self.say('conclusion')}"
        synthesis, minutes = self.transcript.synthesis, self.transcript.minutes
        yield embed(synthesis.text, below=2) if synthesis else self.say("no_conclusion")
        if (written := self.transcript.conclusion) and written.usage.truncated:
            yield f"*{self.say('truncated')}*"
        if minutes is None:
            return
        alone = tuple(f"{point.point} ({point.seat})" for point in minutes.said_by_one)
        for title, points in (("agreed", minutes.agreed), ("disputed", minutes.disputed), ("said_by_one", alone)):
            if points:
                yield f"### {self.say(title)}"
                yield "\n".join(f"- {inline(point)}" for point in points)

    def _answers(self) -> Iterator[str]:
        yield f"## {self.say('answers')}"
        for (kind, seat_id, _), speech in self.transcript.speeches.items():
            if kind != "answer":
                continue
            yield f"### {self.name(seat_id)}"
            yield from self._speech(speech)
            for revision in self.transcript.revisions(seat_id):
                undone = self.transcript.undoing(revision)
                yield f"#### {self.say('undone' if undone else 'revised', round=revision.turn.round)}"
                if undone:
                    yield f"*{self.say('undoing', before=undone.before, after=undone.after)}*"
                yield from self._speech(revision)

    def _speech(self, speech: Speech) -> Iterator[str]:
        if speech.text:
            yield embed(speech.text, below=4)
        if speech.thinking:
            yield f"##### {self.say('thinking')}"
            yield embed(speech.thinking, below=5)
        notes = [self.say("restarted", reason=reason) for reason in speech.restarts]
        notes += [self.say("cut", what=cut.what, kept=cut.kept, total=cut.total) for cut in speech.cuts]
        if speech.state == "failed":
            notes.append(self.say("failed", reason=speech.reason))
        if speech.usage.truncated:
            notes.append(self.say("truncated"))
        if speech.state == "finished":
            seconds, tokens = f"{speech.ended_at - speech.started_at:.1f}", speech.usage.completion_tokens
            notes.append(self.say("spoke", model=speech.model, backend=speech.backend, tokens=tokens, seconds=seconds))
        if notes:
            yield "\n".join(f"- *{inline(note)}*" for note in notes)

    def _ballots(self) -> Iterator[str]:
        rounds = sorted({round for _, round in [*self.transcript.ballots, *self.transcript.void_ballots]})
        if rounds:
            yield f"## {self.say('ballots')}"
        for round in rounds:
            ballots = [ballot for ballot in self.transcript.ballots.values() if ballot.round == round]
            if round:
                yield f"### {self.say('round', round=round)}"
            rows = [self._ballot_row(ballot) for ballot in ballots]
            for void in self.transcript.void_ballots.values():
                if void.round == round:
                    rows.append([inline(void.voter), inline(self.say("abstains", reason=void.reason)), "", ""])
            yield table([self.say(title) for title in ("voter", "order", "shown_as", "reverse")], rows)
            yield from self._position(ballots)
            if notes := [note for ballot in ballots for note in self._ballot_notes(ballot)]:
                yield "\n".join(notes)

    def _position(self, ballots: Sequence[Ballot]) -> Iterator[str]:
        if (bias := position_bias(ballots)) is None:
            return
        meaning = (
            "position_fair" if abs(bias) < STRONG_BIAS else "position_follows" if bias > 0 else "position_reversed"
        )
        firsts, looks = first_shown_first(ballots)
        yield self.say("first_shown", firsts=firsts, looks=looks, meaning=self.say(meaning))

    def _ballot_row(self, ballot: Ballot) -> list[str]:
        shown = ", ".join(f"{label} = {seat}" for label, seat in ballot.labels.items())
        return [inline(ballot.voter), " > ".join(ballot.order), shown, " > ".join(ballot.second_order or ())]

    def _ballot_notes(self, ballot: Ballot) -> Iterator[str]:
        for seat, note in ballot.notes.items():
            said = [f"{self.say(kind)}: {text}" for kind in ("strength", "flaw") if (text := getattr(note, kind))]
            if said:
                yield "- " + inline(f"{ballot.voter} {self.say('on')} {seat}: {'; '.join(said)}")
        if ballot.contradiction:
            yield "- " + inline(f"{self.say('contradiction', voter=ballot.voter)}: {ballot.contradiction}")

    def _standings(self) -> Iterator[str]:
        for round in sorted(self.transcript.standings):
            standings = self.transcript.standings[round]
            yield f"## {self.say('standings')}" + (f" · {self.say('round', round=round)}" if round else "")
            yield from self._count(standings)

    def _count(self, standings: Standings) -> Iterator[str]:
        rows = [
            [str(standing.place), self.name(standing.seat), f"{standing.score:.2f}", str(standing.first_places)]
            for standing in standings.order
        ]
        yield table([self.say(title) for title in ("place", "seat", "score", "firsts")], rows)
        if standings.agreement is not None:
            yield self.say("agreement", agreement=f"{standings.agreement:.0%}", margin=f"{standings.margin:.1f}")

    def _debate(self) -> Iterator[str]:
        for round, decided in sorted(self.transcript.debates.items()):
            reason = "contradiction_seen" if decided.reason == "contradiction" else decided.reason
            yield f"## {self.say('debate')} · {self.say('round', round=round)}"
            yield f"*{self.say('held' if decided.held else 'not_held')}: {self.say(reason)}*"
            lines = [
                f"- {self.name(stance.seat)} {self.say(stance.decision)}"
                + (f": {inline(stance.reason)}" if stance.reason else "")
                for stance in self.transcript.stances.values()
                if stance.round == round
            ]
            standings = self.transcript.standings.get(round)
            for flip in standings.flips if standings else ():
                lines.append(f"- {self.say('flip', voter=flip.voter, before=flip.before, after=flip.after)}")
            if lines:
                yield "\n".join(lines)

    def _foot(self) -> Iterator[str]:
        council, started_at = self.transcript.council, self.transcript.started_at
        if council is None:
            return
        date = time.strftime("%Y-%m-%d %H:%M", time.localtime(started_at))
        yield "---"
        yield self.say("footer", id=self.transcript.id, date=date, mode=council.mode, seed=self.transcript.seed)
