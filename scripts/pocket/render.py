"""The council's prompts as the program renders them, made from its own texts and functions."""

import hashlib
from collections.abc import Sequence

from council.method import prompts
from council.method.anonymity import fence
from council.method.candidates import label_map, show
from council.method.debate import STANCE_EXAMPLE
from council.method.language import LANGUAGE_NAMES, detect_language
from council.method.synthesis import MINUTES_EXAMPLE
from council.method.voting.ballots import ballot_example
from council.seats import PERSONAS

MARKERS = ("<|system|>", "<|user|>", "<|assistant|>", "<|end|>")
END = MARKERS[-1]
TEMPLATE = (
    "{% for message in messages %}<|{{ message['role'] }}|>{{ message['content'] }}"
    "{% if message['role'] == 'assistant' %}<|end|>{% endif %}{% endfor %}"
    "{% if add_generation_prompt %}<|assistant|>{% endif %}"
)
"""One token a turn: on so small a model every token counts."""


TRAINED_ON = ("SYSTEM", "ANSWER", "BALLOT", "SECOND_LOOK", "STANCE", "REVISION", "SYNTHESIS", "MINUTES")


def prompts_hash() -> str:
    """Return the hash of the templates that training shows; stored in the weights, for who wants to know how old these
    are. They need not be made again when it changes: what counts is how they answer."""
    return hashlib.sha256("\0".join(getattr(prompts, name) for name in TRAINED_ON).encode()).hexdigest()


def chat(user: str, *, system: str = prompts.SYSTEM) -> str:
    """Return a whole conversation up to where the model speaks."""
    return (f"<|system|>{system}" if system else "") + f"<|user|>{user}<|assistant|>"


def head(question: str, earlier: Sequence[tuple[str, str]] = ()) -> str:
    """Return the head of every prompt: earlier exchanges, their answers fenced by their own hash, and the question."""
    said = ""
    for asked, text in earlier:
        code = hashlib.sha256(text.encode()).hexdigest()[:12]
        said += prompts.EARLIER.format(question=asked, answer=fence(text, code))
    return said + prompts.QUESTION.format(question=question)


def _language(question: str) -> str:
    return prompts.IN_LANGUAGE.format(language=LANGUAGE_NAMES[detect_language(question)])


def _candidates(texts: Sequence[str], nonce: str) -> tuple[list[str], str]:
    mapping = label_map([str(place) for place in range(len(texts))])
    return list(mapping), show({str(place): text for place, text in enumerate(texts)}, mapping, nonce)


def answer(question: str, persona: str) -> str:
    instruction = PERSONAS[persona].instruction if persona in PERSONAS else persona
    return prompts.ANSWER.format(persona=f"{instruction} " if instruction else "", language=_language(question))


def ballot(question: str, texts: Sequence[str], nonce: str) -> str:
    labels, candidates = _candidates(texts, nonce)
    form = prompts.BALLOT_FORMAT.format(example=ballot_example(labels, notes=True))
    return prompts.BALLOT.format(candidates=candidates, language=_language(question), format=form)


def second_look(texts: Sequence[str], nonce: str) -> str:
    labels, candidates = _candidates(texts, nonce)
    return prompts.SECOND_LOOK.format(candidates=candidates, example=ballot_example(labels, notes=False))


def stance(question: str, own: str, texts: Sequence[str], flaws: Sequence[str], nonce: str) -> str:
    return _debate(prompts.STANCE, question, own, texts, flaws, nonce, example=STANCE_EXAMPLE)


def revision(question: str, own: str, texts: Sequence[str], flaws: Sequence[str], nonce: str, *, reason: str) -> str:
    return _debate(prompts.REVISION, question, own, texts, flaws, nonce, reason=reason)


def _debate(
    template: str, question: str, own: str, texts: Sequence[str], flaws: Sequence[str], nonce: str, **parts: str
) -> str:
    noted = "\n".join(f"- {flaw}" for flaw in flaws if flaw) or prompts.NO_FLAWS
    return template.format(
        own=fence(own, nonce),
        candidates=_candidates(texts, nonce)[1],
        flaws=fence(noted, nonce),
        language=_language(question),
        **parts,
    )


def synthesis(question: str, texts: Sequence[str], verdict: str, nonce: str) -> str:
    return prompts.SYNTHESIS.format(
        candidates=_candidates(texts, nonce)[1], verdict=fence(verdict, nonce), language=_language(question)
    )


def minutes(question: str, texts: Sequence[str], final: str, nonce: str) -> str:
    return prompts.MINUTES.format(
        candidates=_candidates(texts, nonce)[1],
        final=fence(final, nonce),
        language=_language(question),
        example=MINUTES_EXAMPLE,
    )
