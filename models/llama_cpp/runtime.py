"""The llama.cpp library: imported when it is first needed, silent, its last complaints kept for error messages."""

import ctypes
import functools
import threading
from collections import deque
from typing import Any

from models.errors import BackendUnavailableError
from models.text import lazy_gettext as _

_ERROR_LEVEL = 4
_CONTINUED = 5
_FIRST_USE = threading.Lock()


class Runtime:
    """The imported library; `library` holds its functions under their C names."""

    def __init__(self) -> None:
        try:
            import llama_cpp  # here: the app starts without the package
        except (ImportError, OSError, RuntimeError, AttributeError) as error:
            raise BackendUnavailableError(
                _("llama.cpp cannot be used in this process: {said}.", said=str(error)),
                advice=_("Install it with `pip install llama-cpp-python`, or start Ollama with `ollama serve`."),
            ) from error
        self.library: Any = llama_cpp
        self._complaints: deque[str] = deque(maxlen=6)
        self._is_complaint = False
        self._callback = llama_cpp.llama_log_callback(self._log)
        llama_cpp.llama_log_set(self._callback, ctypes.c_void_p(0))
        llama_cpp.llama_backend_init()

    @property
    def supports_gpu(self) -> bool:
        """Whether this build can put layers on a GPU."""
        return bool(self.library.llama_supports_gpu_offload())

    @property
    def multiplies_in_tiles(self) -> bool:
        """Whether plain K weights are read in tiles faster than rearranged ones; see weight_layouts.py."""
        return b"AVX512_VNNI = 1" in self.library.llama_print_system_info()

    def take_complaints(self) -> str:
        """Return the library's last error lines and forget them."""
        lines = list(self._complaints)
        self._complaints.clear()
        return " ".join(lines)

    def _log(self, level: int, text: bytes, _: object) -> None:
        if level != _CONTINUED:
            self._is_complaint = level == _ERROR_LEVEL
        line = text.decode(errors="replace").strip()
        if self._is_complaint and line:
            self._complaints.append(line)


def runtime() -> Runtime:
    """Return the process's one library: llama.cpp has one log and one set of devices however often it is used."""
    with _FIRST_USE:  # of two made at once, the one that is dropped would take the log's callback with it
        return _make_runtime()


@functools.cache
def _make_runtime() -> Runtime:
    return Runtime()
