"""Vectors for texts, from models made for it: pooled as the file says, of length 1."""

import asyncio
from collections.abc import Iterator, Sequence
from functools import partial
from typing import Any

import numpy

from models.errors import BackendUnavailableError, OutOfMemoryError, RequestRejectedError
from models.llama_cpp.engine.context import Batch
from models.llama_cpp.loader import LoadedModel
from models.llama_cpp.runtime import Runtime, runtime
from models.text import lazy_gettext as _

_STEP_TOKENS = 2048
_STEP_TEXTS = 32


async def embed_texts(loaded: LoadedModel, texts: Sequence[str]) -> list[list[float]]:
    """Return one vector per text, in order; raises RequestRejectedError for a text or a model that does not fit."""
    if not loaded.header.is_embedding:
        raise RequestRejectedError(
            _("{model!r} is not made for embedding.", model=loaded.weights.name),
            advice=_("Choose a model such as 'nomic-embed-text'."),
        )
    tokens = await asyncio.to_thread(lambda: [_tokenize(loaded, text) for text in texts])
    vectors: list[list[float]] = []
    for group in _groups(tokens):
        call = loaded.engine.call(partial(_embed_group, runtime(), loaded, group))
        found: list[list[float]] = await asyncio.wrap_future(call)
        vectors += found
    return vectors


def _tokenize(loaded: LoadedModel, text: str) -> list[int]:
    tokens = loaded.model.vocabulary.tokenize(text, opens=True)
    if not tokens or len(tokens) > loaded.window_limit:
        raise RequestRejectedError(
            _(
                "A text of {tokens} tokens cannot be embedded by {model!r}, which takes 1 to {limit}.",
                tokens=len(tokens),
                model=loaded.weights.name,
                limit=loaded.window_limit,
            ),
            advice=_("Split the text."),
        )
    return tokens


def _groups(texts: list[list[int]]) -> Iterator[list[list[int]]]:
    """Yield what goes into one step each."""
    group: list[list[int]] = []
    for tokens in texts:
        if group and (len(group) == _STEP_TEXTS or sum(map(len, group)) + len(tokens) > _STEP_TOKENS):
            yield group
            group = []
        group.append(tokens)
    if group:
        yield group


def _embed_group(runtime: Runtime, loaded: LoadedModel, group: list[list[int]]) -> list[list[float]]:
    """Run on the engine's thread, in a context of its own: models for embedding read a whole text in one go."""
    library = runtime.library
    size = sum(map(len, group))
    parameters = library.llama_context_default_params()
    # llama.cpp plans with as many tokens in each sequence, and ends the process where they do not divide evenly.
    parameters.n_ctx = parameters.n_batch = parameters.n_ubatch = -(-size // len(group)) * len(group)
    parameters.n_seq_max = len(group)
    parameters.embeddings = parameters.kv_unified = True
    runtime.take_complaints()
    pointer = library.llama_init_from_model(loaded.model.pointer, parameters)
    if not pointer:
        raise OutOfMemoryError(
            _("There is no room to embed texts of {size} tokens ({said}).", size=size, said=runtime.take_complaints()),
            advice=_("Embed shorter ones."),
        )
    try:
        batch = Batch(library, size)
        rows = [(number, 0, tokens) for number, tokens in enumerate(group)]
        if library.llama_decode(pointer, batch.fill(rows, outputs=range(size))):
            raise BackendUnavailableError(
                _("llama.cpp failed while embedding ({said}).", said=runtime.take_complaints()), advice=_("Ask again.")
            )
        return [_vector(library, pointer, number, loaded.model.embedding_length) for number in range(len(group))]
    finally:
        library.llama_free(pointer)


def _vector(library: Any, context: Any, number: int, length: int) -> list[float]:
    pooled = library.llama_get_embeddings_seq(context, number)
    values = numpy.ctypeslib.as_array(pooled, (length,)).astype(numpy.float64)
    vector: list[float] = (values / (numpy.linalg.norm(values) or 1.0)).tolist()
    return vector
