"""What is done with a weights file in a process that may die of it: load it, read a few tokens, write two.

Started by `trial.py`. Exit code 0: this process lived, whether the library took the file or refused it. Asked about
architectures instead, it writes those that the library does not know, one a line.
"""

import os
import resource
import struct
import sys
import tempfile
from contextlib import suppress
from pathlib import Path

from models.errors import BackendError, WeightsError
from models.llama_cpp.engine.context import Context, ContextShape
from models.llama_cpp.loading import UNKNOWN_ARCHITECTURE, Model
from models.llama_cpp.runtime import Runtime, runtime
from models.llama_cpp.trial import ARCHITECTURES

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


def is_unknown(library: Runtime, architecture: str) -> bool:
    """Whether the library cannot run an architecture: it looks at that first in a file, and this one has no more."""
    with tempfile.NamedTemporaryFile(suffix=".gguf") as file:
        file.write(b"GGUF" + struct.pack("<IQQ", 3, 0, 1) + _text("general.architecture"))
        file.write(struct.pack("<I", 8) + _text(architecture))
        file.flush()
        try:
            Model(library, Path(file.name), vocabulary_only=True).close()
        except WeightsError as refusal:
            return any(words in str(refusal) for words in UNKNOWN_ARCHITECTURE)
    return False


def _text(text: str) -> bytes:
    return struct.pack("<Q", len(text.encode())) + text.encode()


def main() -> None:
    """Try the file, or the architectures, named on the command line."""
    os.putenv("GGML_NO_BACKTRACE", "1")  # a debugger would be called at the death, which takes seconds
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))  # a death is expected here, and its memory is of no use to anybody
    if sys.argv[1] == ARCHITECTURES:
        print("\n".join(name for name in sys.argv[2:] if is_unknown(runtime(), name)))
        return
    with suppress(BackendError):
        try_out(runtime(), Path(sys.argv[1]))


if __name__ == "__main__":
    main()
