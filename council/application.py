"""Everything the program consists of, opened and closed together; page, terminal and HTTP API all start here."""

from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager, contextmanager, suppress
from dataclasses import dataclass

from council.downloads import Downloads
from council.errors import ConfigurationError, HistoryError
from council.runs.history import History
from council.runs.queue import RunQueue
from council.runs.registry import Runs
from council.settings import Settings, environment
from models import demonstration
from models.base import LLAMA_CPP, Backend
from models.http.client import CertificatesError
from models.http.errors import AddressError
from models.http.server import Timeouts
from models.http.tls import Trust
from models.llama_cpp.backend import LlamaCppBackend
from models.llama_cpp.trial import Trials
from models.llama_cpp.worker.backend import WorkerBackend
from models.llama_cpp.worker.setup import Setup
from models.ollama.backend import OllamaBackend, open_ollama
from models.openai.backend import open_openai_compatible
from models.selector import BackendSelector
from models.text import lazy_gettext as _
from models.weights.download import Downloader
from models.weights.finder import Judge, WeightsFinder, default_hf_cache
from models.weights.ollama_store import default_ollama_stores


@dataclass(frozen=True)
class Application:
    """The parts that live as long as the program. A backend is None where the settings leave it out."""

    settings: Settings
    backend: BackendSelector
    ollama: OllamaBackend | None
    llama_cpp: LlamaCppBackend | WorkerBackend | None
    weights: WeightsFinder
    history: History
    runs: Runs
    downloads: Downloads


Opening = Callable[[Settings], AbstractAsyncContextManager[Application]]
"""What opens an application and closes it again."""


@asynccontextmanager
async def open_application(settings: Settings, *, hub: str | None = None) -> AsyncIterator[Application]:
    """Open all parts, and close them in the reverse order; runs that are under way are then marked interrupted.

    No backend has to be reachable: those that come later are found later. Nor does the history: runs that cannot be
    stored stay in memory. `hub` is where downloads come from, by default the Hugging Face hub. Raises
    ConfigurationError.
    """
    async with AsyncExitStack() as stack:
        history = History(settings.data_dir / "history.db", needs_file=False)
        stack.callback(history.close)
        with suppress(HistoryError):  # whoever asks or reads is told
            history.mark_interrupted_runs()
        trials = _setup(settings).open_trials()
        weights = find_weights(settings, trials)
        backends: dict[str, Backend] = {}
        ollama = _open_ollama(settings) if "ollama" in settings.backends else None
        llama_cpp = _open_llama_cpp(settings, weights, trials) if LLAMA_CPP in settings.backends else None
        if ollama is not None:
            backends["ollama"] = ollama
        if llama_cpp is not None:
            backends[LLAMA_CPP] = llama_cpp
        if "openai" in settings.backends:
            backends["openai"] = _open_endpoint(settings)
        backend = BackendSelector([backends[name] for name in settings.backends], stand_ins=settings.stand_ins)
        stack.push_async_callback(backend.close)
        stack.callback(trials.close)  # first: a backend waits for a load under way, and that for its trial
        runs = Runs(
            backend=backend,
            history=history,
            max_context=settings.max_context,
            abandon_seconds=settings.abandon_seconds,
            queue=RunQueue(at_once=settings.runs_at_once, waiting_of_one=settings.waiting_runs),
        )
        stack.push_async_callback(runs.close)
        downloads = open_downloads(weights, backend, hub=hub)
        stack.push_async_callback(downloads.close)
        yield Application(settings, backend, ollama, llama_cpp, weights, history, runs, downloads)


def find_weights(settings: Settings, judge: Judge | None = None) -> WeightsFinder:
    """Look for weights where the settings, Ollama and the Hugging Face libraries keep them, and among our downloads."""
    return _setup(settings).open_finder(judge)


def _setup(settings: Settings) -> Setup:
    """Say where llama.cpp finds weights, and how much of the machine it may have."""
    environ = environment()
    return Setup(
        paths=settings.weights,
        ollama_stores=tuple(default_ollama_stores(environ)),
        hf_cache=default_hf_cache(environ),
        download_dir=settings.data_dir / "weights",
        demonstration_dir=demonstration.FOLDER if settings.demonstration else None,
        trials=settings.data_dir / "trials.json",
        gpu_layers=settings.gpu_layers,
        memory_bytes=int(settings.memory_gb * 10**9) or None,
    )


def open_downloads(weights: WeightsFinder, backend: BackendSelector, *, hub: str | None = None) -> Downloads:
    """Let models be fetched to where weights are found; one that arrived is at once among those that can sit."""

    async def look() -> None:
        weights.refresh()
        await backend.healths(anew=True)

    return Downloads(Downloader(weights.download_dir, endpoint=hub), arrived=look)


def _timeouts(settings: Settings) -> Timeouts:
    return Timeouts(
        connect_seconds=settings.connect_seconds,
        load_seconds=settings.load_seconds,
        first_token_seconds=settings.first_token_seconds,
        stall_seconds=settings.stall_seconds,
    )


def _trust() -> Trust:
    """Trust the certificates that are named where OpenSSL's own programs look for them."""
    environ = environment()
    return Trust(environ.get("SSL_CERT_FILE", ""), environ.get("SSL_CERT_DIR", ""))


def _open_ollama(settings: Settings) -> OllamaBackend:
    with _named("COUNCIL_OLLAMA_HOST", "COUNCIL_OLLAMA_KEY"):
        return open_ollama(
            settings.ollama_host,
            timeouts=_timeouts(settings),
            keep_alive=settings.keep_alive,
            parallel=settings.ollama_parallel,
            api_key=settings.ollama_key.get_secret_value(),
            trust=_trust(),
        )


def _open_llama_cpp(settings: Settings, weights: WeightsFinder, trials: Trials) -> LlamaCppBackend | WorkerBackend:
    setup = _setup(settings)
    return WorkerBackend(setup) if settings.llama_cpp == "worker" else setup.open_backend(weights, trials)


def _open_endpoint(settings: Settings) -> Backend:
    with _named("COUNCIL_OPENAI_URL", "COUNCIL_OPENAI_KEY"):
        return open_openai_compatible(
            settings.openai_url,
            timeouts=_timeouts(settings),
            api_key=settings.openai_key.get_secret_value(),
            trust=_trust(),
        )


@contextmanager
def _named(address: str, key: str) -> Iterator[None]:
    """Name the settings that an address, a key or certificates come from where they cannot be used."""
    try:
        yield
    except AddressError as error:
        is_trust = isinstance(error, CertificatesError)
        first, second = ("SSL_CERT_FILE", "SSL_CERT_DIR") if is_trust else (address, key)
        raise ConfigurationError(
            _("{first} or {second} cannot be used: {reason}", first=first, second=second, reason=error.message),
            advice=error.advice,
        ) from error
