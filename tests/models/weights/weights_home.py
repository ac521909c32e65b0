"""A folder of tiny weights and an in-process backend over it."""

from collections.abc import Sequence
from pathlib import Path

from models.base import Chunk, GenerationConfig, Message, Usage
from models.llama_cpp.backend import LlamaCppBackend
from models.weights.finder import WeightsFinder
from tests.tiny_gguf import make_tiny_gguf

SYSTEM = Message("system", "You sit on a council. " * 20)
SCHEMA = {
    "type": "object",
    "properties": {"note": {"type": "string", "maxLength": 12}, "order": {"enum": ["AB", "BA"]}},
    "required": ["note", "order"],
    "additionalProperties": False,
}


class Home:
    """A folder of weights and a backend over it."""

    def __init__(self, folder: Path, memory_bytes: int | None = None) -> None:
        self.folder = folder
        self.backend = LlamaCppBackend(
            WeightsFinder([folder], download_dir=folder / "downloads"), memory_bytes=memory_bytes, threads=1
        )

    def add(self, name: str, **options: object) -> Path:
        return make_tiny_gguf(self.folder / f"{name}.gguf", name=name, **options)  # type: ignore[arg-type]

    async def ask(
        self, model: str = "tiny", question: str = "Why?", *, messages: Sequence[Message] = (), **config: object
    ) -> list[Chunk]:
        settings = GenerationConfig(**{"max_tokens": 12, "context_tokens": 2048} | config)  # type: ignore[arg-type]
        asked = messages or [SYSTEM, Message("user", question)]
        async with self.backend.stream(model, asked, settings) as chunks:
            return [chunk async for chunk in chunks]


def text_of(chunks: Sequence[Chunk]) -> str:
    return "".join(chunk.text for chunk in chunks)


def notices_of(chunks: Sequence[Chunk]) -> str:
    return " ".join(str(chunk.notice) for chunk in chunks if chunk.notice)


def end_of(chunks: Sequence[Chunk]) -> Usage:
    assert [chunk for chunk in chunks if chunk.completion] == [chunks[-1]], "one completion, and it comes last"
    assert chunks[-1].completion is not None
    return chunks[-1].completion.usage
