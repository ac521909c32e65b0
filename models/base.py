"""What every backend offers, and the few types that travel through it.

A failure is always one of the exceptions of `models/errors.py`: never text, `None` or an empty stream.
"""

from collections.abc import AsyncGenerator, AsyncIterator, Callable, Iterable, Sequence
from contextlib import AbstractAsyncContextManager, aclosing, asynccontextmanager
from dataclasses import dataclass, replace
from functools import wraps
from typing import Any, Concatenate, Literal, ParamSpec, Protocol, TypeVar

from models.characters import Joiner
from models.errors import BackendError, BackendOverloadedError, RemoteModelError
from models.text import NOTHING, Text
from models.text import lazy_gettext as _

LLAMA_CPP = "llama_cpp"
"""The name of the backend that runs models in this process."""

Params = ParamSpec("Params")
Role = Literal["system", "user", "assistant"]
Level = Literal["low", "medium", "high"]
Thinking = bool | Level
"""Whether a model thinks before it answers, and how much where it takes levels. Of the models that cannot be kept from
thinking, False asks for little; where a model knows no levels, one is as good as True."""


@dataclass(frozen=True, slots=True)
class Message:
    """One chat message."""

    role: Role
    content: str


@dataclass(frozen=True, slots=True)
class GenerationConfig:
    """How one request is sampled and bounded; every field reaches the model, but for the window where a server sets it.

    `context_tokens` is the window the model is loaded with (Ollama's `num_ctx`): prompt and answer together.
    `json_schema` constrains the text to that JSON schema. `think=None` leaves the choice to the model.
    `remote_host` is the host elsewhere that the user agreed to have asked; without it nothing is sent to one.
    With `avoid_repetition` what was written before becomes less likely, by the backend's own means.
    """

    temperature: float = 0.7
    max_tokens: int = 1024
    context_tokens: int = 8192
    seed: int = 0
    stop: tuple[str, ...] = ()
    json_schema: dict[str, Any] | None = None
    think: Thinking | None = None
    remote_host: str = ""
    avoid_repetition: bool = False


@dataclass(frozen=True, slots=True)
class Usage:
    """What an answer cost; stored histories hold these names.

    `prompt_tokens` counts the whole prompt, `cached_tokens` the part that a prefix cache spared (None: unknown).
    Seconds are the backend's own where it reports them. A `truncated` answer stopped at its limit, not at its end.
    """

    prompt_tokens: int = 0
    cached_tokens: int | None = None
    completion_tokens: int = 0
    load_seconds: float = 0.0
    prompt_seconds: float = 0.0
    completion_seconds: float = 0.0
    truncated: bool = False


@dataclass(frozen=True, slots=True)
class Completion:
    """Who really spoke and what it cost; closes every stream that did not fail."""

    backend: str
    model: str
    usage: Usage = Usage()


@dataclass(frozen=True, slots=True)
class Chunk:
    """One step of a stream, with one of its fields set: new text, new thinking, or news about the stream.

    `notice` is a sentence for the user ("loading the model"). `restart` is the reason why everything that was
    streamed so far is void: the answer starts again from its beginning. `completion` comes once, last.
    """

    text: str = ""
    thinking: str = ""
    notice: Text = NOTHING
    restart: Text = NOTHING
    completion: Completion | None = None


@dataclass(slots=True)
class Heard:
    """Whether an answer has text and thinking so far, more than blanks."""

    text: bool = False
    thinking: bool = False

    def note(self, chunk: Chunk) -> Chunk:
        """Count a chunk in, and return it."""
        if chunk.restart:
            self.text = self.thinking = False
        self.text = self.text or bool(chunk.text.strip())
        self.thinking = self.thinking or bool(chunk.thinking.strip())
        return chunk


def apart(chunk: Chunk) -> list[Chunk]:
    """Return what came at once as chunks with one field set each, in the order in which it counts; none for nothing."""
    parts = (
        Chunk(restart=chunk.restart),
        Chunk(thinking=chunk.thinking),
        Chunk(text=chunk.text),
        Chunk(completion=chunk.completion),
    )
    return [part for part in parts if part != Chunk()]


@dataclass(frozen=True, slots=True)
class ModelCard:
    """What is known of an installed model without running it; 0 and "" mean unknown.

    `backend` serves it, `family` is the architecture ("llama", "qwen3"), `size_bytes` the weights on disk,
    `context_tokens` the length it was trained for. `remark` is shown beside the name ("demonstration weights").
    `remote_host` is where it is run, if that is neither this machine nor its own network.
    """

    name: str
    backend: str
    family: str = ""
    size_bytes: int = 0
    parameters: str = ""
    quantization: str = ""
    context_tokens: int = 0
    capabilities: tuple[str, ...] = ()
    remark: Text = NOTHING
    remote_host: str = ""


@dataclass(frozen=True, slots=True)
class Health:
    """The result of one health check; `detail` says what is wrong, and what to do about it.

    With `lacks_weights` the backend works and has no model on this disk. `remote_host` is where the backend itself is,
    if that is neither this machine nor its own network. `faults` tells of files that were found and cannot be used.
    `error` is what the check ended with, if it failed.
    """

    backend: str
    ok: bool
    detail: Text = NOTHING
    latency_seconds: float = 0.0
    models: tuple[ModelCard, ...] = ()
    lacks_weights: bool = False
    remote_host: str = ""
    faults: tuple[BackendError, ...] = ()
    error: BackendError | None = None

    @classmethod
    def after(
        cls, error: BackendError, backend: str, *, models: Iterable[ModelCard] = (), remote_host: str = ""
    ) -> "Health":
        """Return that of a backend whose check, or whose use, ended with an error.

        One that is only busy is up, with the `models` that it was known to have.
        """
        is_up = isinstance(error, BackendOverloadedError)
        known = tuple(models) if is_up else ()
        return cls(backend, is_up, error.text, models=known, remote_host=remote_host, error=error)


class Backend(Protocol):
    """Something that can run models: an Ollama server, llama.cpp in this process, an endpoint, or several of them."""

    name: str

    async def health(self) -> Health:
        """Check whether requests can be served now; never raises a BackendError."""
        ...

    async def list_models(self) -> list[ModelCard]:
        """Return the models that can be used without a download."""
        ...

    async def describe(self, model: str) -> ModelCard:
        """Return everything known of one model; raises ModelNotFoundError."""
        ...

    async def count_tokens(self, model: str, text: str) -> int:
        """Count the tokens of a text: exact where the tokenizer is at hand, else an upper estimate."""
        ...

    def stream(
        self, model: str, messages: Sequence[Message], config: GenerationConfig
    ) -> AbstractAsyncContextManager[AsyncIterator[Chunk]]:
        """Generate one answer; leaving the context cancels the generation. The last chunk holds the completion.

        A model that is run elsewhere than at `config.remote_host` raises RemoteModelError, before anything is sent.
        """
        ...

    async def embed(self, model: str, texts: Sequence[str]) -> list[list[float]]:
        """Return one vector per text, in order."""
        ...

    async def close(self) -> None:
        """Release connections, threads and weights."""
        ...


AnyBackend = TypeVar("AnyBackend", bound=Backend)


def closing_stream(
    generate: Callable[Concatenate[AnyBackend, Params], AsyncGenerator[Chunk, None]],
) -> Callable[Concatenate[AnyBackend, Params], AbstractAsyncContextManager[AsyncIterator[Chunk]]]:
    """Make a backend's `stream` of a generator, which is closed when the context is left, however that happens.

    Its texts are made well-formed here, whatever the backend; an error is given the backend's name on its way out.
    """

    @wraps(generate)
    @asynccontextmanager
    async def stream(
        backend: AnyBackend, /, *args: Params.args, **kwargs: Params.kwargs
    ) -> AsyncIterator[AsyncIterator[Chunk]]:
        try:
            async with (
                aclosing(generate(backend, *args, **kwargs)) as raw,
                aclosing(_well_formed(raw)) as chunks,
            ):
                yield chunks
        except BackendError as error:
            error.backend = error.backend or backend.name
            raise

    return stream


async def _well_formed(chunks: AsyncIterator[Chunk]) -> AsyncGenerator[Chunk, None]:
    """Join halves of characters that came in two chunks; a half goes no further than the chunks of its kind."""
    text, thinking = Joiner(), Joiner()
    async for chunk in chunks:
        if not chunk.thinking and (rest := thinking.finish()):
            yield Chunk(thinking=rest)
        if not chunk.text and (rest := text.finish()):
            yield Chunk(text=rest)
        whole = replace(chunk, text=text.push(chunk.text), thinking=thinking.push(chunk.thinking))
        if whole != Chunk():
            yield whole


def check_place(card: ModelCard, agreed_host: str = "") -> None:
    """Raise RemoteModelError for a model that is run elsewhere, unless that is the host that was agreed to."""
    if card.remote_host not in ("", agreed_host):
        raise RemoteModelError(
            _("{model!r} runs at {host}, not on this machine.", model=card.name, host=card.remote_host),
            host=card.remote_host,
            backend=card.backend,
        )


def estimate_tokens(text: str) -> int:
    """Estimate a token count from above, without a tokenizer: a token of a common vocabulary holds 3 bytes or more.

    Measured on English and French prose it is 3.5 to 4.5 bytes a token; code and figures come close to 3.
    """
    return len(text.encode()) // 3 + 1
