"""A run that version 1 recorded goes on in today's program: each prompt is the same to the byte, so nothing that was
said is asked again, but for a revision: its prompt has the stance's reason in a fence since, and the record its hash.

Its seats have a persona, a text of their own, none, and a small window; a long conversation and a long answer were cut,
a ballot was asked twice, a revision written, a stance did not fit, and the chairman failed before its short attempt.
"""

from collections.abc import Sequence
from pathlib import Path

import pytest

from council.domain import Council, Question
from council.events import EVENT_ADAPTER, DeliberationResumed, TurnReused
from council.method.deliberation import Deliberation
from council.method.pipeline import deliberate
from council.method.wordings.wording import WORDINGS
from council.transcript import Transcript
from models.base import GenerationConfig, Message, ModelCard
from models.errors import BackendUnavailableError
from tests.fakes import ScriptedBackend, kind_of

pytestmark = pytest.mark.anyio
RECORDED = Path(__file__).parents[2] / "fixtures" / "run_1.jsonl"


class Away(ScriptedBackend):
    """Knows the models of the recorded run, and answers nothing."""

    def _card(self, model: str) -> ModelCard:
        return ModelCard(
            model, self.name, family=model[:4], size_bytes=10**9, context_tokens=2048 if model == "delta:1b" else 32_768
        )


def away(model: str, messages: Sequence[Message], config: GenerationConfig) -> BackendUnavailableError:
    return BackendUnavailableError("away", backend="scripted")


async def test_a_run_of_version_1_resumes_and_asks_nothing_again_that_was_said():
    past = Transcript()
    for line in RECORDED.read_text(encoding="utf-8").splitlines():
        past.apply(EVENT_ADAPTER.validate_json(line))
    said = {key: speech.text for key, speech in past.speeches.items() if speech.state == "finished"}
    cuts = {cut.what for speech in past.speeches.values() for cut in speech.cuts}
    assert cuts == {"earlier_conversation", "seat-2"}  # the first was stored in words
    past.apply(DeliberationResumed())
    backend = Away(away, models=("alpha:1b", "beta:1b", "gamma:1b", "delta:1b"))
    reused = []

    def emit(event) -> None:
        past.apply(event)
        reused.extend([event.turn.key] if isinstance(event, TurnReused) else [])

    question, council = past.question, past.council
    assert isinstance(question, Question) and isinstance(council, Council)
    await deliberate(
        Deliberation(
            question=question,
            council=council,
            seed=past.seed,
            nonce_seed=past.nonce_seed,
            backend=backend,
            emit=emit,
            past=past,
            max_context=8192,
            wording=WORDINGS[past.wording],
        )
    )
    assert [(model, kind_of(messages, config)) for model, messages, config in backend.prompts] == [
        ("beta:1b", "synthesis")  # what failed when it was recorded
    ]
    assert set(reused) == set(said) and len(reused) == len(said) + 1  # of the ballot asked twice both replies
    assert {key: speech.text for key, speech in past.speeches.items() if speech.state == "finished"} == said
