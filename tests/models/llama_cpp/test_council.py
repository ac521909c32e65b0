"""A whole council on the in-process engine: every stage answers, and the common head is read once."""

import asyncio
from dataclasses import replace
from pathlib import Path

import pytest

from council.events import Event, SynthesisWritten, TurnFinished
from council.method.pipeline import deliberate
from models.llama_cpp.backend import LlamaCppBackend
from models.llama_cpp.engine.generation import Counters
from models.weights.finder import WeightsFinder
from tests.deliberations import Recorded, a_council

pytestmark = [pytest.mark.anyio, pytest.mark.slow]

QUESTION = "Which of the bridges in the report should be repaired first, and why? " * 12


class UpToTheConclusion(Recorded):
    """Counts what was read before the minutes: random weights go round in circles in them, and are asked twice."""

    turns: list[TurnFinished]
    counters: Counters

    def emit(self, event: Event) -> None:
        super().emit(event)
        if isinstance(event, SynthesisWritten):
            backend = self.deliberation.backend
            assert isinstance(backend, LlamaCppBackend)
            self.turns = [event for event in self.events if isinstance(event, TurnFinished)]
            self.counters = replace(backend._models.loaded()[0].engine.counters)


async def test_a_council_on_one_model_reads_its_head_once(tiny_gguf: Path, tmp_path: Path) -> None:
    backend = LlamaCppBackend(WeightsFinder([tiny_gguf], download_dir=tmp_path), threads=1)
    council = a_council("tiny", "tiny", "tiny", mode="council", answer_tokens=32)
    recorded = UpToTheConclusion(backend, council, question=QUESTION)  # type: ignore[arg-type]
    try:
        async with asyncio.timeout(120):
            await deliberate(recorded.deliberation)
    finally:
        await backend.close()
    turns, counters = recorded.turns, recorded.counters
    assert {turn.turn.stage for turn in turns} >= {"answers", "ballots", "synthesis"}
    assert recorded.transcript.status == "complete"
    asked = sum(turn.usage.prompt_tokens for turn in turns)
    shared = sum(turn.usage.cached_tokens or 0 for turn in turns)
    head = len(QUESTION)
    assert counters.prompt_tokens_read == asked - shared
    assert sum(1 for turn in turns if (turn.usage.cached_tokens or 0) < head) == 1
