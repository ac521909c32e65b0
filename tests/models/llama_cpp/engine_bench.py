"""A real engine on a tiny model, driven without chat: token lists in, token lists and events out."""

import queue
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

import numpy

from models.base import Usage
from models.errors import BackendError
from models.llama_cpp.engine.context import DECODED, AnyContext, Context, ContextShape
from models.llama_cpp.engine.engine import Engine
from models.llama_cpp.engine.fair_lock import FairLock
from models.llama_cpp.engine.generation import Delta, Generation, Request
from models.llama_cpp.engine.read_write_context import ReadWriteContext
from models.llama_cpp.engine.sampling import Sampling
from models.llama_cpp.loading import Model
from models.llama_cpp.runtime import runtime

GREEDY = Sampling(temperature=0.0)
WAIT_SECONDS = 60.0


@dataclass
class Asked:
    """One request with everything that has come back."""

    events: "queue.Queue[Delta | Usage | BackendError]" = field(default_factory=queue.Queue)
    text: str = ""
    generation: Generation = field(init=False)

    def next(self) -> Delta | Usage | BackendError:
        """Wait for one event."""
        event = self.events.get(timeout=WAIT_SECONDS)
        if isinstance(event, Delta):
            self.text += event.text
        return event

    def end(self) -> Usage:
        """Wait for the end; raises the error that the request failed with."""
        while not isinstance(event := self.next(), Usage):
            if isinstance(event, BackendError):
                raise event
        return event

    @property
    def written(self) -> list[int]:
        """The tokens of the answer so far."""
        return self.generation.written


class Bench:
    """An engine and a short way to ask it."""

    def __init__(self, model: Model, engine: Engine) -> None:
        self.model = model
        self.engine = engine

    def ask(
        self,
        prompt: str | list[int],
        *,
        tokens: int = 16,
        window: int = 0,
        sampling: Sampling = GREEDY,
        stop: tuple[str, ...] = (),
        ignore_end: bool = True,
    ) -> Asked:
        """Submit one request; a text is tokenized with its markers."""
        read = self.model.vocabulary.tokenize(prompt, opens=True) if isinstance(prompt, str) else prompt
        asked = Asked()
        request = Request(
            prompt=read,
            window=window or 2048,
            max_tokens=tokens,
            sampling=sampling,
            emit=asked.events.put,
            stop=stop,
            ignore_end=ignore_end,
        )
        asked.generation = self.engine.submit(request)
        return asked

    def idle(self) -> None:
        """Wait until the engine has passed a point between two steps."""
        self.engine.call(lambda: None).result(WAIT_SECONDS)


HEAD = "The council hears one question, and everybody reads the same papers before they speak. " * 6

Layout = Literal["common", "apart", "twin"]
"""One store of cells for all sequences, a part for each, or two contexts of that kind for reading and writing."""


@contextmanager
def open_bench(
    model: Model,
    *,
    cells: int = 4096,
    parallel: int = 4,
    kept: int = 4,
    batch: int = 128,
    can_share: bool = True,
    layout: Layout = "common",
) -> Iterator[Bench]:
    """Run an engine with contexts of at least so many cells, without flash attention: its rounding hides faults.

    With a layout other than "common" each sequence has that many cells for itself, and none is `kept` beside them.
    """

    def open_context(window: int) -> AnyContext:
        rounded = max(cells, -(-window // 256) * 256)
        if layout == "common":
            shape = ContextShape(rounded, parallel + kept, batch, threads=1, flash_attention=False)
            return Context(runtime(), model.pointer, shape)
        shape = ContextShape(rounded * parallel, parallel, batch, threads=1, shares_cells=False, flash_attention=False)
        reader = Context(runtime(), model.pointer, shape)
        return reader if layout == "apart" else ReadWriteContext(reader, Context(runtime(), model.pointer, shape))

    engine = Engine(
        runtime(),
        model.vocabulary,
        open_context=open_context,
        fair_lock=FairLock(),
        parallel=parallel,
        can_share=can_share,
    )
    try:
        yield Bench(model, engine)
    finally:
        engine.close()


def load(path: Path) -> Model:
    """Load a tiny file on the CPU."""
    return Model(runtime(), path)


def gap_of_the_best_two(model: Model, tokens: list[int]) -> float:
    """Return how far the best two logits after these tokens lie apart, computed in one piece."""
    shape = ContextShape(-(-len(tokens) // 256) * 256, 1, len(tokens), threads=1, flash_attention=False)
    context = Context(runtime(), model.pointer, shape)
    try:
        assert context.decode([(0, 0, tokens)], [len(tokens) - 1]) == DECODED
        logits = runtime().library.llama_get_logits_ith(context.pointer, len(tokens) - 1)
        best = numpy.sort(numpy.ctypeslib.as_array(logits, (model.vocabulary.size,)))[-2:]
        return float(best[1] - best[0])
    finally:
        context.close()


def assert_same_greedy(model: Model, prompt: list[int], found: list[int], wanted: list[int]) -> None:
    """Two greedy answers are the same, or part where the best two logits are as good as equal."""
    assert len(found) == len(wanted)
    for place, (one, other) in enumerate(zip(found, wanted, strict=True)):
        if one != other:
            assert gap_of_the_best_two(model, prompt + wanted[:place]) < 1e-3
            return


def alone(model: Model, prompt: str | list[int], tokens: int = 16) -> list[int]:
    """What the model writes when nobody else is there and nothing is cached."""
    with open_bench(model, parallel=1, kept=0, can_share=False) as bench:
        asked = bench.ask(prompt, tokens=tokens, window=4096)
        asked.end()
        return asked.written
