"""How the next token of one sequence is chosen: seed, temperature, cut-offs, and a JSON schema's grammar."""

import ctypes
import functools
import json
from dataclasses import dataclass
from typing import Any

import numpy

from models.errors import BadResponseError, RequestRejectedError
from models.llama_cpp.engine.context import AnyContext
from models.llama_cpp.runtime import Runtime
from models.llama_cpp.vocabulary import Vocabulary
from models.text import lazy_gettext as _

_DRY_STRENGTH, _DRY_GROWTH, _DRY_FREE_TOKENS, _DRY_LAST_TOKENS = 0.8, 1.75, 2, 4096
_DRY_BREAKERS = (b"\n", b":", b'"', b"*")
"""The values that DRY's author proposes: https://github.com/oobabooga/text-generation-webui/pull/5677"""
_LARGEST_SEED = 2**32 - 2  # the one above means "by chance" in llama.cpp


@dataclass(frozen=True, slots=True)
class Sampling:
    """The cut-offs are llama.cpp's own defaults; temperature 0 takes the best token whatever they say.

    With `avoids_repetition` a token is made the less likely the longer a passage of the answer it would repeat.
    """

    temperature: float = 0.7
    seed: int = 0
    top_k: int = 40
    top_p: float = 0.95
    min_p: float = 0.05
    grammar: str = ""
    avoids_repetition: bool = False


class Sampler:
    """The sampler chain of one sequence."""

    def __init__(self, runtime: Runtime, vocabulary: Vocabulary, sampling: Sampling) -> None:
        self._library = runtime.library
        self._grammar = _Grammar(runtime, vocabulary, sampling.grammar) if sampling.grammar else None
        self._chain = _make_chain(self._library, vocabulary, sampling)

    def sample(self, context: AnyContext, index: int) -> int:
        """Choose and accept the token after batch place `index`; raises BadResponseError where no token is allowed."""
        if self._grammar is None:
            return int(self._library.llama_sampler_sample(self._chain, *context.output(index)))
        token = self._grammar.sample(self._chain, context, index)
        self._library.llama_sampler_accept(self._chain, token)
        return token

    def close(self) -> None:
        """Free the chain."""
        self._library.llama_sampler_free(self._chain)
        if self._grammar is not None:
            self._grammar.close()


class _Grammar:
    """A grammar beside the chain: the chain chooses freely first, and only a token that does not fit costs a full pass.

    llama.cpp ends the process when a token is accepted that its grammar forbids, so nothing is accepted unchecked.
    """

    def __init__(self, runtime: Runtime, vocabulary: Vocabulary, text: str) -> None:
        self._library = runtime.library
        self._vocabulary = vocabulary
        runtime.take_complaints()
        self._sampler = self._library.llama_sampler_init_grammar(vocabulary.pointer, text.encode(), b"root")
        if not self._sampler:
            raise RequestRejectedError(
                _("llama.cpp cannot use this JSON schema as a grammar ({said}).", said=runtime.take_complaints()),
                advice=_("Simplify it."),
            )
        self._candidates = _Candidates(self._library, vocabulary.size)

    def sample(self, chain: Any, context: AnyContext, index: int) -> int:
        logits = self._library.llama_get_logits_ith(*context.output(index))
        token = self._candidates.load(logits).choose(chain)
        if not self._allows(token):
            self._candidates.load(logits).apply(self._sampler)
            if not self._candidates.any_left():
                raise BadResponseError(
                    _("The model's vocabulary holds no token that the JSON schema allows next."),
                    advice=_("Ask for a simpler schema."),
                )
            token = self._candidates.choose(chain)
        if not self._vocabulary.is_end(token):
            self._library.llama_sampler_accept(self._sampler, token)
        return token

    def close(self) -> None:
        self._library.llama_sampler_free(self._sampler)

    def _allows(self, token: int) -> bool:
        single = self._library.llama_token_data(token, 1.0, 0.0)
        array = self._library.llama_token_data_array(ctypes.pointer(single), 1, -1, False)
        self._library.llama_sampler_apply(self._sampler, ctypes.byref(array))
        return bool(single.logit != -numpy.inf)


class _Candidates:
    """All tokens with their logits, in the layout that llama.cpp's samplers work on."""

    _LAYOUT = numpy.dtype([("id", numpy.int32), ("logit", numpy.float32), ("p", numpy.float32)])

    def __init__(self, library: Any, size: int) -> None:
        self._library = library
        self._tokens = numpy.arange(size, dtype=numpy.int32)
        self._table = numpy.zeros(size, self._LAYOUT)
        self._data = ctypes.cast(self._table.ctypes.data, ctypes.POINTER(library.llama_token_data))
        self._array = library.llama_token_data_array(self._data, size, -1, False)

    def load(self, logits: Any) -> "_Candidates":
        size = len(self._table)
        self._table["id"] = self._tokens
        self._table["logit"] = numpy.ctypeslib.as_array(logits, (size,))
        self._table["p"] = 0.0
        self._array.data, self._array.size, self._array.selected, self._array.sorted = self._data, size, -1, False
        return self

    def apply(self, sampler: Any) -> None:
        self._library.llama_sampler_apply(sampler, ctypes.byref(self._array))

    def choose(self, chain: Any) -> int:
        self.apply(chain)
        return int(self._array.data[self._array.selected].id)

    def any_left(self) -> bool:
        return bool(self._table["logit"].max() > -numpy.inf)


def _make_chain(library: Any, vocabulary: Vocabulary, sampling: Sampling) -> Any:
    chain = library.llama_sampler_chain_init(library.llama_sampler_chain_default_params())
    steps = [_make_dry(library, vocabulary)] if sampling.avoids_repetition else []
    if sampling.temperature <= 0:
        steps.append(library.llama_sampler_init_greedy())
    else:
        steps.append(library.llama_sampler_init_top_k(sampling.top_k))
        steps.append(library.llama_sampler_init_top_p(sampling.top_p, 1))
        steps.append(library.llama_sampler_init_min_p(sampling.min_p, 1))
        steps.append(library.llama_sampler_init_temp(sampling.temperature))
        steps.append(library.llama_sampler_init_dist(sampling.seed % _LARGEST_SEED))
    for step in steps:
        library.llama_sampler_chain_add(chain, step)
    return chain


def _make_dry(library: Any, vocabulary: Vocabulary) -> Any:
    breakers = (ctypes.c_char_p * len(_DRY_BREAKERS))(*_DRY_BREAKERS)
    return library.llama_sampler_init_dry(
        vocabulary.pointer,
        _DRY_STRENGTH,
        _DRY_GROWTH,
        _DRY_FREE_TOKENS,
        _DRY_LAST_TOKENS,
        breakers,
        len(_DRY_BREAKERS),
    )


@functools.lru_cache(maxsize=64)
def _grammar_of(schema: str) -> str:
    from llama_cpp.llama_grammar import json_schema_to_gbnf  # here: the app starts without the package

    return str(json_schema_to_gbnf(schema))


def grammar_from_schema(schema: dict[str, Any] | None) -> str:
    """Return the GBNF grammar of a JSON schema, "" for none; raises RequestRejectedError where there can be none."""
    if schema is None:
        return ""
    try:
        return _grammar_of(json.dumps(schema))
    except (
        AssertionError,
        KeyError,
        TypeError,
        ValueError,
        AttributeError,
        RecursionError,
        NotImplementedError,
    ) as error:
        raise RequestRejectedError(
            _("The JSON schema cannot be turned into a grammar: {said}.", said=repr(error)),
            advice=_("Ask for a simpler one."),
        ) from error
