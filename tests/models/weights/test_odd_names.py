"""Files whose names hold what names should not: bytes that are no UTF-8, line breaks, commas, equals signs."""

import json
import os
import shutil
from dataclasses import asdict
from pathlib import Path

import pytest

from models.base import GenerationConfig, Message
from models.llama_cpp.backend import LlamaCppBackend
from models.llama_cpp.trial import Trials
from models.weights.finder import WeightsFinder

pytestmark = pytest.mark.anyio
SHORT = GenerationConfig(max_tokens=8, context_tokens=256)
ODD = {b"caf\xe9.gguf": r"caf\udce9", b"two\nlines.gguf": r"two\nlines", b"a,b=c.gguf": "a,b=c"}


@pytest.fixture
def folder(tiny_gguf: Path, tmp_path: Path) -> Path:
    folder = Path(os.fsdecode(bytes(tmp_path) + b"/od\xe9d"))
    folder.mkdir()
    for name in (*ODD, b"good.gguf"):
        shutil.copy(tiny_gguf, folder / os.fsdecode(name))
    (folder / os.fsdecode(b"h\xe9lf.gguf")).write_bytes(tiny_gguf.read_bytes()[:9000])
    return folder


async def test_a_name_that_is_not_utf_8_hides_no_other_model_and_answers_under_an_escaped_one(
    folder: Path, tmp_path: Path
) -> None:
    trials = Trials(tmp_path / "trials.json")
    finder = WeightsFinder([folder], download_dir=tmp_path / "none", judge=trials)
    backend = LlamaCppBackend(finder, trials=trials, threads=1)
    try:
        health = await backend.health()
        assert {card.name for card in health.models} == {*ODD.values(), "good"}
        (fault,) = health.faults
        assert r"h\udce9lf.gguf" in str(fault) and "cut short" in str(fault)
        for told in (*map(asdict, health.models), str(fault)):
            json.dumps(str(told), ensure_ascii=False).encode()
        for name in (*ODD.values(), "good"):
            async with backend.stream(name, [Message("user", "Hello")], SHORT) as chunks:
                ends = [chunk.completion async for chunk in chunks if chunk.completion]
            assert [end.model for end in ends] == [name]
            assert await backend.count_tokens(name, "word") > 0
    finally:
        await backend.close()
