"""The council's prompts as the program renders them: its own head, and each stage's own prompt."""

import hashlib
from collections.abc import Sequence

from council.domain import Part, Question, SeatId
from council.method import prompts
from council.method.answers import answer_prompt
from council.method.candidates import letters
from council.method.debate import revision_prompt, stance_prompt
from council.method.fitting import write_head
from council.method.language import detect_language
from council.method.prompt import Material
from council.method.synthesis import minutes_prompt, synthesis_prompt
from council.method.voting.ballots import ballot_prompt, order_prompt
from council.method.wordings import first
from council.method.wordings.wording import FIRST, WORDINGS
from council.seats import PERSONAS

MARKERS = ("<|system|>", "<|user|>", "<|assistant|>", "<|end|>")
END = MARKERS[-1]
TEMPLATE = (
    "{% for message in messages %}<|{{ message['role'] }}|>{{ message['content'] }}"
    "{% if message['role'] == 'assistant' %}<|end|>{% endif %}{% endfor %}"
    "{% if add_generation_prompt %}<|assistant|>{% endif %}"
)
"""One token a turn: on so small a model every token counts."""
WORDING = WORDINGS[FIRST]
"""The version of the prompts that these models are trained on, and that the program asks them with."""
TEMPLATES = {**vars(prompts), **vars(first)}
TRAINED_ON = ("SYSTEM", "ANSWER", "BALLOT", "SECOND_LOOK", "STANCE", "REVISION", "SYNTHESIS", "MINUTES")
OWN = SeatId("own")


def prompts_hash() -> str:
    """Return the hash of the templates that training shows; stored in the weights, for who wants to know how old these
    are. They need not be made again when it changes: what counts is how they answer."""
    return hashlib.sha256("\0".join(TEMPLATES[name] for name in TRAINED_ON).encode()).hexdigest()


def chat(user: str, *, system: str = WORDING.system) -> str:
    """Return a whole conversation up to where the model speaks."""
    return (f"<|system|>{system}" if system else "") + f"<|user|>{user}<|assistant|>"


def head(question: str, earlier: Sequence[tuple[str, str]] = ()) -> str:
    return write_head(question, earlier, wording=WORDING)


def answer(question: str, persona: str) -> str:
    instruction = PERSONAS[persona].instruction if persona in PERSONAS else persona
    return answer_prompt(_asked(question), instruction).text


def ballot(question: str, texts: Sequence[str], nonce: str) -> str:
    return ballot_prompt(_shown(texts, nonce), _asked(question)).text


def second_look(texts: Sequence[str], nonce: str) -> str:
    return order_prompt(_shown(texts, nonce)).text


def stance(question: str, own: str, texts: Sequence[str], flaws: Sequence[str], nonce: str) -> str:
    return stance_prompt(_shown(texts, nonce, own), OWN, _listed(flaws), _asked(question)).text


def revision(question: str, own: str, texts: Sequence[str], flaws: Sequence[str], nonce: str, *, reason: str) -> str:
    return revision_prompt(_shown(texts, nonce, own), OWN, _listed(flaws), _asked(question), reason=reason).text


def synthesis(question: str, texts: Sequence[str], verdict: str, nonce: str) -> str:
    return synthesis_prompt(_shown(texts, nonce), verdict, _asked(question)).text


def minutes(question: str, texts: Sequence[str], final: str, nonce: str) -> str:
    return minutes_prompt(_shown(texts, nonce), final, _asked(question)).text


def _asked(question: str) -> Question:
    return Question(text=question, language=detect_language(question))


def _shown(texts: Sequence[str], nonce: str, own: str = "") -> Material:
    seats = [SeatId(str(place)) for place in range(len(texts))]
    shown: dict[Part, str] = {OWN: own, **dict(zip(seats, texts, strict=True))}
    return Material(nonce, letters(seats), shown, WORDING)


def _listed(flaws: Sequence[str]) -> str:
    return "\n".join(f"- {flaw}" for flaw in flaws if flaw)
