"""Loads weights with llama.cpp, on the GPU as far as they go, and says in plain words why it could not."""

import os
from pathlib import Path
from typing import Any

from models.errors import OutOfMemoryError, WeightsError
from models.llama_cpp.runtime import Runtime
from models.llama_cpp.vocabulary import Vocabulary
from models.text import lazy_gettext as _

ALL_LAYERS = 2**31 - 1
NEWER_NEEDED = _("Run it with Ollama, or try a newer version: `pip install --upgrade llama-cpp-python`.")
UNKNOWN_ARCHITECTURE = ("unknown model architecture", "unsupported model architecture")
_MEMORY_WORDS = ("alloc", "memory", "mmap failed")


class Model:
    """Weights in memory; shared by every context made from them."""

    def __init__(
        self, runtime: Runtime, path: Path, *, gpu_layers: int = 0, repack: bool = True, vocabulary_only: bool = False
    ) -> None:
        self._library = runtime.library
        parameters = self._library.llama_model_default_params()
        parameters.use_extra_bufts = repack
        parameters.n_gpu_layers = ALL_LAYERS if gpu_layers < 0 else gpu_layers
        parameters.vocab_only = vocabulary_only
        runtime.take_complaints()
        self.pointer: Any = self._library.llama_model_load_from_file(os.fsencode(path), parameters)
        if not self.pointer:
            raise _load_error(path, runtime.take_complaints(), gpu_layers)
        self.vocabulary = Vocabulary(self._library, self.pointer)

    @property
    def trained_context(self) -> int:
        """The longest sequence that the model has positions for."""
        return int(self._library.llama_model_n_ctx_train(self.pointer))

    @property
    def can_share_heads(self) -> bool:
        """Whether a part of a sequence can be copied and forgotten; recurrent models keep one state for the whole."""
        library = self._library
        return not (library.llama_model_is_recurrent(self.pointer) or library.llama_model_is_hybrid(self.pointer))

    @property
    def can_write(self) -> bool:
        """Whether it is a model of the kind that continues a text."""
        library = self._library
        return bool(library.llama_model_has_decoder(self.pointer)) and not library.llama_model_has_encoder(self.pointer)

    @property
    def chat_template(self) -> str:
        """The Jinja template inside the file; "" where there is none."""
        template = self._library.llama_model_chat_template(self.pointer, None)
        return template.decode(errors="replace") if template else ""

    @property
    def embedding_length(self) -> int:
        """The length of its vectors."""
        return int(self._library.llama_model_n_embd_out(self.pointer))

    def close(self) -> None:
        """Give the memory back; every context must be closed before."""
        if self.pointer:
            self.vocabulary.close()
            self._library.llama_model_free(self.pointer)
            self.pointer = None


def layer_attempts(gpu_layers: int, *, layers: int, supports_gpu: bool) -> list[int]:
    """Return how many layers to try on the GPU, one attempt after the other; -1 is all, 0 is the CPU alone."""
    if not supports_gpu or gpu_layers == 0:
        return [0]
    top = layers if gpu_layers < 0 else min(gpu_layers, layers)
    fewer = {top * quarters // 4 for quarters in (3, 2, 1)} - {0, top}
    return [gpu_layers, *sorted(fewer, reverse=True), 0]


def _load_error(path: Path, complaints: str, gpu_layers: int) -> OutOfMemoryError | WeightsError:
    said = complaints or _("no reason given")
    if not any(word in complaints.lower() for word in _MEMORY_WORDS):
        is_new = any(words in complaints for words in UNKNOWN_ARCHITECTURE)
        return WeightsError(
            _("llama.cpp cannot load {path!r} ({said}).", path=str(path), said=said),
            advice=NEWER_NEEDED if is_new else _("Fetch the file again, or choose another model."),
        )
    if gpu_layers:
        lack = _("{file!r} does not fit into the GPU's memory ({said}).", file=path.name, said=said)
    else:
        lack = _("{file!r} does not fit into memory ({said}).", file=path.name, said=said)
    return OutOfMemoryError(lack, advice=_("Choose a smaller model or a smaller quantisation."))
