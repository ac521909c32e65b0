"""What a person is told about a failure: its message, and the advice that only this program can give."""

import re

import pytest

from council.advice import explain, explain_health
from council.errors import QuorumError
from models.base import Health
from models.errors import (
    AllBackendsFailedError,
    BackendError,
    BackendUnavailableError,
    DownloadError,
    ModelNotFoundError,
    OutOfMemoryError,
    WeightsError,
)
from models.text import lazy_gettext as _


def test_an_errors_own_advice_is_told() -> None:
    error = BackendUnavailableError(_("It is down."), advice=_("Start it."))
    assert str(explain(error)) == "It is down. Start it."
    assert str(explain(QuorumError("No seat has answered."))) == "No seat has answered."


@pytest.mark.parametrize(
    ("error", "setting"),
    [
        (AllBackendsFailedError("x", cause="no_backend"), "COUNCIL_BACKENDS"),
        (WeightsError("x", cause="weights_path"), "COUNCIL_WEIGHTS"),
        (OutOfMemoryError("x", cause="memory_limit"), "COUNCIL_MEMORY_GB"),
        (DownloadError("x", cause="no_disk_space"), "COUNCIL_DATA_DIR"),
        (DownloadError("x", cause="folder_not_writable"), "COUNCIL_DATA_DIR"),
        (ModelNotFoundError("x", cause="no_weights", model="llama9:1b"), "`ollama pull llama9:1b`.*COUNCIL_WEIGHTS"),
        (BackendUnavailableError("x", cause="moved", backend="ollama"), "COUNCIL_OLLAMA_HOST"),
        (BackendUnavailableError("x", cause="moved", backend="openai"), "COUNCIL_OPENAI_URL"),
        (BackendUnavailableError("x", cause="untrusted", backend="openai"), "SSL_CERT_FILE"),
        (BackendUnavailableError("x", cause="refused", backend="ollama"), "COUNCIL_OLLAMA_KEY.*COUNCIL_OLLAMA_HOST"),
        (BackendUnavailableError("x", cause="refused", backend="openai"), "COUNCIL_OPENAI_KEY"),
        (
            ModelNotFoundError("x", cause="no_weights", model="llama3.2:1b"),
            r"`python -m council download Llama-3\.2-1B-Instruct-Q4_K_M`",
        ),
    ],
)
def test_a_cause_calls_for_a_setting_or_a_command(error: BackendError, setting: str) -> None:
    assert re.search(setting, str(explain(error)))
    assert "council" not in str(error).casefold()


def test_every_backend_that_failed_is_told_with_what_to_do() -> None:
    down = BackendUnavailableError(_("It is down."), advice=_("Start it."), backend="ollama")
    missing = ModelNotFoundError(_("No weights."), backend="llama_cpp", cause="no_weights", model="llama9:1b")
    error = AllBackendsFailedError(_("It cannot be run."), errors=[down, missing, down])
    assert str(explain(error)) == (
        "It cannot be run. ollama: It is down. Start it. llama_cpp: No weights. "
        "Run `ollama pull llama9:1b`, or give the path of its GGUF file in COUNCIL_WEIGHTS."
    )


def test_a_backend_without_weights_is_told_with_the_ways_to_get_some() -> None:
    lacking = Health("llama_cpp", ok=False, detail=_("No usable GGUF weights on this disk."), lacks_weights=True)
    assert str(explain_health(lacking)).startswith("No usable GGUF weights on this disk. Name a GGUF file")
    assert explain_health(Health("ollama", ok=False, detail=_("It is down."))) == _("It is down.")
    refused = BackendUnavailableError(_("It refuses us."), cause="refused", backend="ollama")
    assert "COUNCIL_OLLAMA_KEY" in str(explain_health(Health.after(refused, "ollama")))
