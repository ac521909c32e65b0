"""A whole council on the in-process engine: every stage answers, and the common head is read once."""

import asyncio
from pathlib import Path

import pytest

from council.events import TurnFinished
from council.method.pipeline import deliberate
from models.llama_cpp.backend import LlamaCppBackend
from models.weights.finder import WeightsFinder
from tests.deliberations import Recorded, a_council

pytestmark = [pytest.mark.anyio, pytest.mark.slow]

QUESTION = "Which of the bridges in the report should be repaired first, and why? " * 12


async def test_a_council_on_one_model_reads_its_head_once(tiny_gguf: Path, tmp_path: Path) -> None:
    backend = LlamaCppBackend(WeightsFinder([tiny_gguf], download_dir=tmp_path), threads=1)
    council = a_council("tiny", "tiny", "tiny", mode="council", answer_tokens=32)
    recorded = Recorded(backend, council, question=QUESTION)  # type: ignore[arg-type]
    try:
        async with asyncio.timeout(120):
            await deliberate(recorded.deliberation)
        counters = backend._models.loaded()[0].engine.counters
    finally:
        await backend.close()
    turns = [event for event in recorded.events if isinstance(event, TurnFinished)]
    assert {turn.turn.stage for turn in turns} >= {"answers", "ballots", "synthesis"}
    assert recorded.transcript.status == "complete"
    asked = sum(turn.usage.prompt_tokens for turn in turns)
    shared = sum(turn.usage.cached_tokens or 0 for turn in turns)
    head = len(QUESTION)
    assert counters.prompt_tokens_read == asked - shared
    assert sum(1 for turn in turns if (turn.usage.cached_tokens or 0) < head) == 1
