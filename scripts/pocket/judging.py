"""Ideal ballots, stances and conclusions over answers whose values are known."""

import json
from collections import Counter
from dataclasses import dataclass

from scripts.pocket.phrasings import UNKNOWN, brief, shown
from scripts.pocket.sayings import NOTES

LETTERS = "ABCDEFGH"


@dataclass(frozen=True, slots=True)
class Case:
    """A question with candidates: `values` are what they say ("" for "I do not know"), `belief` what the judge holds
    for true ("" if it does not know), `texts` the answers in full, `statement` tells any value."""

    question: str
    language: str
    values: tuple[str, ...]
    texts: tuple[str, ...]
    belief: str
    statements: dict[str, str]


def rank(case: Case) -> list[int]:
    """Return the places of the candidates, best first: right, then what most say, then no answer; else as shown."""
    said = Counter(value for value in case.values if value)

    def worth(place: int) -> tuple[int, int, int]:
        value = case.values[place]
        return (-(bool(value) and value == case.belief), -said[value] if not case.belief else -bool(value), place)

    return sorted(range(len(case.values)), key=worth)


def order_text(case: Case) -> str:
    return " > ".join(LETTERS[place] for place in rank(case))


def ballot(case: Case) -> str:
    """Return the ideal ballot: each note names what is said and what is known before the order is given."""
    words = NOTES[case.language]
    notes: dict[str, object] = {}
    for letter, value in zip(LETTERS, case.values, strict=False):
        if not value:
            notes[letter] = {"strength": words["honest"], "flaw": words["empty"]}
            continue
        known = words["knows"] + brief(case.belief) + "." if case.belief else words["lacks"]
        flaw = words["wrong"] + brief(case.belief) + "." if case.belief and value != case.belief else ""
        notes[letter] = {"strength": words["says"] + brief(value) + known, "flaw": flaw}
    return dump(notes | {"contradiction": contradiction(case), "order": order_text(case)})


def contradiction(case: Case) -> str:
    said = list(dict.fromkeys(value for value in case.values if value))
    return NOTES[case.language]["or"].join(map(brief, said)) + " ?" if len(said) > 1 else ""


def second_look(case: Case) -> str:
    return dump({"order": order_text(case)})


def flaw(case: Case, place: int) -> str:
    """Return the flaw that a knowing judge notes in one answer."""
    words = NOTES[case.language]
    if not case.values[place]:
        return words["empty"]
    return words["wrong"] + brief(case.belief) + "." if case.belief and case.values[place] != case.belief else ""


def stance(case: Case) -> tuple[str, str]:
    """Return reason and decision of the author of the first candidate."""
    words = NOTES[case.language]
    own, others = case.values[0], [value for value in case.values[1:] if value]
    said = words["same"] + brief(own) if own else words["none"]
    if case.belief:
        reason = said + words["knows"] + brief(case.belief) + "."
        if own == case.belief:
            return reason, "keep"
        return reason, "concede" if case.belief in others else "revise"
    if not own and others:
        return said + words["other"] + brief(Counter(others).most_common(1)[0][0]) + ".", "concede"
    return said + (words["lacks"] if own else words["nobody"]), "keep"


def stance_text(case: Case) -> str:
    reason, decision = stance(case)
    return dump({"reason": reason, "decision": decision})


def conclusion(case: Case, leader: str) -> tuple[str, str]:
    """Return the value to conclude with and the final text; `leader` is what the leading answer says."""
    said = Counter(value for value in case.values if value)
    final = leader or (said.most_common(1)[0][0] if said else "")
    if not final:
        return "", UNKNOWN[case.language]
    others = [value for value in said if value != final]
    text = case.statements[final]
    if others:
        words = NOTES[case.language]
        text += words["also"] + brief(others[0]) + words["end"]
    return final, text


def minutes(case: Case, final: str) -> str:
    said = Counter(value for value in case.values if value)
    agreed = [case.statements[value] for value, count in said.items() if count > 1][:1]
    disputed = [contradiction(case)] if len(said) > 1 else []
    lone = [
        {"answer": LETTERS[place], "point": brief(value)}
        for place, value in enumerate(case.values)
        if value and said[value] == 1
    ]
    follows = LETTERS[case.values.index(final)] if final in case.values else "none"
    return dump({"agreed": agreed, "disputed": disputed, "said_by_one": lone, "follows": follows})


def dump(value: object) -> str:
    return json.dumps(value, ensure_ascii=False)


def capital(text: str) -> str:
    return shown(text)
