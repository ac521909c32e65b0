"""What the errors of an OpenAI-compatible server mean, and what mends each of them."""

import re

from models.http.errors import ServerErrors
from models.openai.wire import BACKEND
from models.text import lazy_gettext as _

REMEDY = _("Start that server, or correct its address in the settings.")

_NO_MODEL = re.compile(
    r"model.*(not found|does not exist|not exist|unknown)|unknown model|no such model|no endpoints found", re.I | re.S
)
_NO_MEMORY = re.compile(r"out of memory|insufficient memory", re.I)

ERRORS = ServerErrors(
    BACKEND,
    [("no_memory", _NO_MEMORY), ("no_model", _NO_MODEL)],
    {
        "too_busy": _("Wait a moment and ask again."),
        "refused": _("Check the key in the settings."),
        "gave_up": _("Ask again later."),
        "no_memory": _("Choose a smaller model."),
        "no_model": _("Choose a model that it lists, or check its address."),
        "rejected": _("Shorten it or change the settings."),
        "unknown_request": _("Check that its address ends in /v1."),
        "failed": _("Ask again, or look at its log."),
    },
)
