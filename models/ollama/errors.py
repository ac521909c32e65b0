"""What an Ollama server's errors mean, and which command mends each of them.

Their wording was seen on servers 0.5.4 and 0.9.3.
"""

import re

from models.http.errors import ServerErrors
from models.ollama.wire import BACKEND
from models.text import lazy_gettext as _

REMEDY = _("Start it with `ollama serve`.")

_NO_MEMORY = re.compile(
    r"more system memory|out of memory|cudamalloc failed|unable to allocate|insufficient memory", re.I
)
_NO_MODEL = re.compile(r"model .*not found|try pulling it|file does not exist", re.I | re.S)
_NO_NETWORK = re.compile(r"dial tcp|no such host|lookup |i/o timeout|connection refused|network is unreachable", re.I)
_BAD_REQUEST = re.compile(r"invalid json schema|failed to parse grammar|failed to load model vocabulary|grammar", re.I)

ERRORS = ServerErrors(
    BACKEND,
    [("no_memory", _NO_MEMORY), ("no_model", _NO_MODEL), ("rejected", _BAD_REQUEST)],
    {
        "too_busy": _("Wait a moment, or run fewer requests in parallel."),
        "refused": _("Check its address and its key."),
        "gave_up": _("Look at `ollama ps`."),
        "no_memory": _("Free some with `ollama stop MODEL` (`ollama ps` lists them) or choose a smaller model."),
        "no_model": _("Get it with `ollama pull {model}`."),
        "unknown_request": _("Check that Ollama itself, and a recent one, answers there: `ollama --version`."),
        "failed": _("Try again; if it stays, stop the server and start it with `ollama serve`."),
    },
)
PULL_ERRORS = ServerErrors(
    BACKEND,
    [("no_network", _NO_NETWORK), ("not_in_library", _NO_MODEL), ("not_in_library", re.compile("manifest"))],
    {
        "no_network": _("Connect this machine, then run `ollama pull {model}`."),
        "not_in_library": _("Check the spelling; `ollama list` shows what is installed."),
        "failed": _("Try again with `ollama pull {model}`."),
    },
)
"""Those that come while a model is downloaded."""
