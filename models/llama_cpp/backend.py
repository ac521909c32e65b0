"""Runs GGUF files in this process with llama.cpp, as a backend like any other."""

import asyncio
import os
import threading
import time
from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing, suppress
from pathlib import Path

from models.base import LLAMA_CPP, Chunk, GenerationConfig, Health, Message, ModelCard, closing_stream
from models.demonstration import REMARK
from models.errors import BackendError, RequestRejectedError
from models.llama_cpp.answer import stream_answer
from models.llama_cpp.embedding import embed_texts
from models.llama_cpp.loaded_models import LoadedModels
from models.llama_cpp.loader import Limits
from models.llama_cpp.loading import Model
from models.llama_cpp.runtime import runtime
from models.llama_cpp.trial import Trials
from models.text import NOTHING, Text
from models.text import lazy_gettext as _
from models.weights.finder import Weights, WeightsFinder


class LlamaCppBackend:
    """Every GGUF file on this disk; weights are loaded when they are first asked and shared by all requests.

    Without `trials` the files are trusted not to end this process.
    """

    name = LLAMA_CPP

    def __init__(
        self,
        weights: WeightsFinder,
        *,
        gpu_layers: int = -1,
        memory_bytes: int | None = None,
        threads: int | None = None,
        parallel: int = 4,
        trials: Trials | None = None,
    ) -> None:
        self._finder = weights
        limits = Limits(gpu_layers, memory_bytes, threads or _default_threads(), parallel)
        self._trials = trials
        self._models = LoadedModels(weights, limits, trials)
        self._vocabularies: dict[Path, Model] = {}
        self._vocabularies_lock = threading.Lock()

    async def health(self) -> Health:
        """Say whether the library can be used and whether there are weights; both are cheap to look up."""
        began = time.monotonic()
        try:
            await asyncio.to_thread(runtime)
            cards = await self.list_models()
        except BackendError as error:
            return Health.after(error, self.name)
        detail = NOTHING if cards else await asyncio.to_thread(self._finder.explain_lack)
        return Health(
            self.name,
            ok=bool(cards),
            detail=detail,
            latency_seconds=time.monotonic() - began,
            models=tuple(cards),
            lacks_weights=not cards,
            faults=tuple(await asyncio.to_thread(self._finder.problems)),
        )

    async def list_models(self) -> list[ModelCard]:
        """Return a card for every usable file."""
        return await asyncio.to_thread(lambda: [self._card(weights) for weights in self._finder.find()])

    async def describe(self, model: str) -> ModelCard:
        """Return what a file's header says; raises ModelNotFoundError or WeightsError."""
        return await asyncio.to_thread(lambda: self._card(self._finder.resolve(model)))

    async def count_tokens(self, model: str, text: str) -> int:
        """Count exactly, with the model's own vocabulary; that alone is loaded where the model is not."""
        loaded = self._models.acquire_loaded(model)
        if loaded is not None:
            try:
                return len(await asyncio.to_thread(loaded.model.vocabulary.tokenize, text))
            finally:
                self._models.release(loaded)
        return len(await asyncio.to_thread(self._tokenize_without_weights, model, text))

    @closing_stream
    async def stream(
        self, model: str, messages: Sequence[Message], config: GenerationConfig
    ) -> AsyncGenerator[Chunk, None]:
        """Load the model if need be and generate; leaving the context cancels within one token."""
        began = time.monotonic()
        notices: asyncio.Queue[Text | None] = asyncio.Queue()
        loading = asyncio.create_task(self._models.acquire(model, config.context_tokens, notices.put_nowait))
        loading.add_done_callback(lambda _task: notices.put_nowait(None))
        try:
            while (notice := await notices.get()) is not None:
                yield Chunk(notice=notice)
            loaded = await loading
            if loaded.header.is_embedding:
                raise RequestRejectedError(
                    _("{model!r} is made for embedding and writes no text.", model=model),
                    advice=_("Choose another model."),
                )
            answer = stream_answer(loaded, messages, config, load_seconds=time.monotonic() - began)
            async with aclosing(answer) as chunks:
                async for chunk in chunks:
                    yield chunk
        finally:
            loading.cancel()
            with suppress(asyncio.CancelledError, BackendError):
                self._models.release(await loading)

    async def embed(self, model: str, texts: Sequence[str]) -> list[list[float]]:
        """Return one vector of length 1 per text; raises RequestRejectedError for a model that is not made for it."""
        loaded = await self._models.acquire(model, 0, _ignore)
        try:
            return await embed_texts(loaded, texts)
        finally:
            self._models.release(loaded)

    async def close(self) -> None:
        """Unload every model and join its thread."""
        await self._models.close()
        vocabularies, self._vocabularies = list(self._vocabularies.values()), {}
        for model in vocabularies:
            model.close()

    def _card(self, weights: Weights) -> ModelCard:
        header = self._finder.header(weights)
        return ModelCard(
            name=weights.name,
            backend=self.name,
            family=header.architecture,
            size_bytes=weights.size_bytes,
            parameters=header.parameters,
            quantization=header.quantization,
            context_tokens=header.context_tokens,
            capabilities=header.capabilities,
            remark=REMARK if weights.source == "demonstration" else NOTHING,
        )

    def _tokenize_without_weights(self, name: str, text: str) -> list[int]:
        weights = self._finder.resolve(name)
        with self._vocabularies_lock:
            model = self._vocabularies.get(weights.path)
            if model is None:
                if self._trials is not None:
                    self._trials.check(weights.path, weights.size_bytes)
                model = self._vocabularies[weights.path] = Model(runtime(), weights.path, vocabulary_only=True)
            return model.vocabulary.tokenize(text)


def _default_threads() -> int:
    """Return the cores of this machine; where there are many, half of them are usually second threads of one core."""
    count = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return count if count <= 4 else count // 2


def _ignore(_notice: Text) -> None:
    """An embedding has nobody to tell about the load."""
