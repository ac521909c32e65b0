"""What is done with a weights file in a process that may die of it: load it, read a few tokens, write two.

Started by `trial.py`. Exit code 0: this process lived, whether the library took the file or refused it.
"""

import os
import resource
import sys
from contextlib import suppress
from pathlib import Path

from models.errors import BackendError
from models.llama_cpp.engine.context import Context, ContextShape
from models.llama_cpp.loading import Model
from models.llama_cpp.runtime import Runtime, runtime

CELLS = 256
BATCH = 64
PROMPT = "Is this a sound model? Été, 1 + 1 = 2."


def try_out(library: Runtime, path: Path) -> None:
    """Do with a model what a run does, on the CPU alone; raises BackendError where the library refuses."""
    model = Model(library, path, repack=False)  # repacking would hold the weights twice
    tokens = model.vocabulary.tokenize(PROMPT, opens=True, has_markers=True)
    for token in tokens:
        model.vocabulary.piece(token)
    if tokens and model.can_write:
        _write(library, model, tokens)
    model.close()


def _write(library: Runtime, model: Model, tokens: list[int]) -> None:
    cells = min(CELLS, model.trained_context or CELLS)
    shape = ContextShape(cells=cells, sequences=1, batch=min(BATCH, cells), threads=1)
    context = Context(library, model.pointer, shape)
    read = tokens[: min(shape.batch, cells - 2)]
    context.decode([(0, 0, read)], [len(read) - 1])
    context.decode([(0, len(read), read[-1:])], [0])
    context.close()


def main() -> None:
    """Try the file named on the command line."""
    os.putenv("GGML_NO_BACKTRACE", "1")  # a debugger would be called at the death, which takes seconds
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))  # a death is expected here, and its memory is of no use to anybody
    with suppress(BackendError):
        try_out(runtime(), Path(sys.argv[1]))


if __name__ == "__main__":
    main()
