"""An item of a question set: what is asked, what is right, and which grader tells."""

from typing import Annotated, Any, Literal

from pydantic import Field, model_validator

from council.domain import Language, Value

LETTERS = "ABCDEFGHIJ"

Grader = Literal["exact", "numeric", "choice", "set"]

UNKNOWN = {"en": "unknown", "fr": "inconnu", "de": "unbekannt", "other": "unknown"}
"""What is to be concluded where nobody can know."""
_CONCLUDE = {
    "en": 'End with one line of the form "Answer: …", with nothing but the answer in it; if it cannot be known, '
    'write "Answer: unknown".',
    "fr": "Termine par une seule ligne de la forme « Réponse : … », qui ne contient que la réponse ; si on ne peut "
    "pas la savoir, écris « Réponse : inconnu ».",
    "de": "Schließe mit einer einzigen Zeile der Form „Antwort: …“, in der nur die Antwort steht; lässt sie sich "
    "nicht wissen, schreibe „Antwort: unbekannt“.",
}


class Item(Value):
    """One question with its answer.

    `answer` is what a right conclusion says; of several, any one counts, but for the grader `set`, where all of them
    are wanted. For `choice` it is the letter of one of `options`. `tolerance` is absolute, for `numeric`.
    """

    id: str = Field(min_length=1, max_length=100)
    question: str = Field(min_length=1, max_length=40_000)
    answer: Annotated[tuple[str, ...], Field(min_length=1)]
    grader: Grader = "exact"
    options: Annotated[tuple[str, ...], Field(max_length=len(LETTERS))] = ()
    tolerance: float = Field(default=0.0, ge=0.0, allow_inf_nan=False)
    language: Language = "en"
    topic: str = ""

    @model_validator(mode="before")
    @classmethod
    def _read_answer(cls, given: Any) -> Any:
        """Take a lone answer, and a number, as they are usually written."""
        if isinstance(given, dict) and "answer" in given:
            answer = given["answer"]
            answers = answer if isinstance(answer, list | tuple) else [answer]
            return given | {"answer": tuple(str(a) if isinstance(a, int | float) else a for a in answers)}
        return given

    @property
    def prompt(self) -> str:
        """The question as seats are asked it: with its options, and how to write the conclusion."""
        options = "".join(f"\n{letter}) {text}" for letter, text in zip(LETTERS, self.options, strict=False))
        return f"{self.question}{options}\n\n{_CONCLUDE.get(self.language, _CONCLUDE['en'])}"
