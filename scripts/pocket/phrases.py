"""Fixed texts that are one token each: instructions, JSON in between, and what the models say word for word."""

from council.domain import Label
from council.seats import PERSONAS
from scripts.pocket.phrasings import UNKNOWN
from scripts.pocket.render import TEMPLATES, WORDING
from scripts.pocket.sayings import EVERYDAY, MANNERS, NOTES

_JSON = (
    '{"',
    '": {"strength": "',
    '", "flaw": "',
    '"}, "',
    '"}, "contradiction": "',
    '", "order": "',
    " > ",
    '"}',
    '{"order": "',
    '{"reason": "',
    '", "decision": "keep"}',
    '", "decision": "revise"}',
    '", "decision": "concede"}',
    '{"agreed": ["',
    '{"agreed": [], "disputed": ["',
    '{"agreed": [], "disputed": [], "said_by_one": [',
    '"], "disputed": ["',
    '"], "disputed": [], "said_by_one": [',
    '"], "said_by_one": [',
    '{"answer": "',
    '", "point": "',
    '"}, {"answer": "',
    '"}], "follows": "',
    '], "follows": "',
)


def phrases() -> list[str]:
    """Return the phrases, the longest first, which is how llama.cpp looks for them."""
    found = {
        "\n\n# Your task\n\n",
        "\n\n# Answers of the council\n\n",
        "\n\n# Your own answer\n\n<<<",
        "Answer ",
        ":\n<<<",
        ">>>\n\n",
        ">>>",
        "<<<",
        WORDING.system,
        "Write in English.",
        "Write in French.",
        "Write in the language of the question.",
        *_JSON,
        *UNKNOWN.values(),
        WORDING.stance_example,
        WORDING.minutes_example,
        TEMPLATES["NO_FLAWS"],
        *(
            example([Label(letter) for letter in "ABCDEFGH"[:count]])
            for count in (2, 3, 4)
            for example in (WORDING.ballot_example, WORDING.order_example)
        ),
        *(persona.instruction + " " for persona in PERSONAS.values()),
        *(tail for tails in MANNERS.values() for tail in tails.values()),
        *(note for notes in NOTES.values() for note in notes.values() if len(note) > 3),
        *EVERYDAY,
    }
    for name, template in TEMPLATES.items():
        if name.isupper() and isinstance(template, str) and not name.endswith("EXAMPLE"):
            found |= {part for part in _fixed_parts(template) if len(part) > 3}
    return sorted(found, key=lambda phrase: (-len(phrase.encode()), phrase))


def _fixed_parts(template: str) -> list[str]:
    """Cut a template at its fields and headings: what stands between is the same in every prompt."""
    parts = [""]
    depth = 0
    for character in template.replace("{{", "\x00").replace("}}", "\x01"):
        if character == "{":
            depth += 1
            parts.append("")
        elif character == "}":
            depth -= 1
        elif not depth:
            parts[-1] += character
    return [part.replace("\x00", "{").replace("\x01", "}") for part in parts]
