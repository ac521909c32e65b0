"""What to do about a failure that this program's settings or commands can mend: `models/` does not know their names."""

from models.base import Health
from models.errors import BackendError, ExplainedError, ModelNotFoundError, RemoteModelError
from models.names import find_entry
from models.text import Text, sentences
from models.text import lazy_gettext as _

HOW_TO_GET_WEIGHTS = _(
    "Name a GGUF file or folder in COUNCIL_WEIGHTS, or get a model with `ollama pull llama3.2:3b` or "
    "`python -m council download`."
)


def explain(error: ExplainedError) -> Text:
    """Return what failed and what to do next, for a person to read."""
    advice = advice_for(error)
    faults = error.list_errors(explain) if isinstance(error, BackendError) else []
    return sentences([error.message, *faults, *([advice] if advice else [])])


def explain_health(health: Health) -> Text:
    """Return what a health check found, and what to do about it."""
    if health.error is not None:
        return explain(health.error)
    return sentences([health.detail, HOW_TO_GET_WEIGHTS]) if health.lacks_weights else health.detail


def faults_beside(health: Health) -> list[Text]:
    """Return what is the matter with each file that cannot be used, unless the health's detail tells it already."""
    told = str(health.detail)
    return [explain(fault) for fault in health.faults if str(fault.message) not in told]


def advice_for(error: ExplainedError) -> Text | None:
    """Return what to do next: what the error says itself, else what its cause calls for."""
    match error:
        case ModelNotFoundError(cause="no_weights", model=model):
            return _how_to_get(model)
        case RemoteModelError(host=host):
            return _("Choose another model, or give it a seat by hand and agree that {host} is asked.", host=host)
        case BackendError(cause="no_weights"):
            return HOW_TO_GET_WEIGHTS
        case BackendError(cause="no_backend"):
            return _("Set COUNCIL_BACKENDS=ollama,llama_cpp.")
        case BackendError(cause="weights_path"):
            return _("Set COUNCIL_WEIGHTS to a GGUF file or to a folder with GGUF files.")
        case BackendError(cause="memory_limit"):
            return _("Choose a smaller model, a smaller quantisation or a shorter context, or raise COUNCIL_MEMORY_GB.")
        case BackendError(cause="no_disk_space"):
            return _("Free some space, choose a smaller model, or set COUNCIL_DATA_DIR to a larger disk.")
        case BackendError(cause="folder_not_writable"):
            return _("Make room there, or set COUNCIL_DATA_DIR to a folder that can be written.")
        case BackendError(cause="moved", backend=backend):
            return _("If you know that address, set {setting} to it.", setting=_address_of(backend))
        case BackendError(cause="untrusted"):
            return _("Set SSL_CERT_FILE to a file with the certificate of its authority, in PEM form, if you trust it.")
        case BackendError(cause="refused", backend="ollama"):
            return _(
                "A proxy before it wants a key: set COUNCIL_OLLAMA_KEY, or write a name and password into "
                "COUNCIL_OLLAMA_HOST, as in {example}.",
                example="https://name:password@box",
            )
        case BackendError(cause="refused"):
            return _("Set COUNCIL_OPENAI_KEY to the key that it wants.")
    return error.advice


def _address_of(backend: str) -> str:
    return "COUNCIL_OLLAMA_HOST" if backend == "ollama" else "COUNCIL_OPENAI_URL"


def _how_to_get(model: str) -> Text:
    if entry := find_entry(model):
        return _("Run `ollama pull {model}`, or `python -m council download {file}`.", model=model, file=entry.name)
    return _("Run `ollama pull {model}`, or give the path of its GGUF file in COUNCIL_WEIGHTS.", model=model)
