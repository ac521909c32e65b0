"""What goes over the wire to and from an Ollama server: requests, replies, addresses.

Knows nothing about connections or time. Sources: Ollama's API, as servers 0.5.4 and 0.9.3 were seen to speak it.
"""

import ipaddress
import re
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Annotated, Any

import httpx
from pydantic import AliasChoices, BaseModel, Field, PlainValidator, TypeAdapter

from models.base import GenerationConfig, Message, ModelCard, Thinking
from models.http.errors import AddressError, without_password
from models.http.places import host_elsewhere
from models.http.reading.content import Content, SomeContent
from models.http.reading.json_values import MOST_NAME_CHARACTERS, Count, Moment, Name, Words, Written, or_else
from models.marks.families import Family
from models.marks.thinking import opened_thinking
from models.names import takes_levels
from models.ollama.server_memory import LoadedModel
from models.text import lazy_gettext as _

BACKEND = "ollama"
_CLOSING_ACTIONS = re.compile(r"(?:\s*\{\{-?\s*end\s*-?\}\})+\s*\Z")
DEFAULT_PORT = 11434
CLOUD_HOST = "ollama.com"
STRONG_PENALTY: Mapping[str, float] = {"repeat_penalty": 1.25, "repeat_last_n": 512}
"""The server's own penalty is 1.1 at most, over the last 64 tokens."""


class ChatMessage(BaseModel):
    content: SomeContent = Content()
    thinking: Written | None = None


class ChatLine(BaseModel):
    """One line of a streamed chat; the last one says `done` and carries the counters (durations in nanoseconds)."""

    error: Any = None
    message: ChatMessage | None = None
    done: bool = False
    done_reason: Words = ""
    load_duration: Count = 0
    prompt_eval_count: Count = 0
    prompt_eval_duration: Count = 0
    eval_count: Count = 0
    eval_duration: Count = 0


class Details(BaseModel):
    family: Words = ""
    parameter_size: Words = ""
    quantization_level: Words = ""


SomeDetails = Annotated[Details, or_else(Details)]


def _read_elsewhere(value: Any) -> str:
    return value[:MOST_NAME_CHARACTERS] if isinstance(value, str) else CLOUD_HOST if value else ""


Elsewhere = Annotated[str, PlainValidator(_read_elsewhere)]
"""Where a model really runs; what cannot be read is not taken for "here"."""
_COUNT: TypeAdapter[int] = TypeAdapter(Count)


class Tag(BaseModel):
    """One installed model, from /api/tags; `size` is its weights on disk.

    One with a `remote_host` or `remote_model` is only a name: the server sends every prompt to that host.
    """

    name: Name = Field(validation_alias=AliasChoices("name", "model"))
    size: Count = 0
    digest: Words = ""
    remote_host: Elsewhere = ""
    remote_model: Elsewhere = ""
    details: SomeDetails = Details()


class Listed(BaseModel):
    """What /api/tags and /api/ps send: records that are read one by one."""

    models: list[Any] | None


class Running(BaseModel):
    """One model in memory, from /api/ps; `size` counts weights and context, `size_vram` its part on a GPU."""

    name: Name = Field(validation_alias=AliasChoices("name", "model"))
    size: Count = 0
    size_vram: Count = 0
    expires_at: Moment = 0.0

    def loaded(self) -> LoadedModel:
        """Put the model as ServerMemory knows it."""
        return LoadedModel(self.size, self.size_vram, self.expires_at)


class Show(BaseModel):
    """What /api/show knows of one model; servers before 0.6 name no capabilities."""

    details: SomeDetails = Details()
    remote_host: Elsewhere = ""
    remote_model: Elsewhere = ""
    model_info: Annotated[dict[str, Any], or_else(dict)] = {}
    capabilities: Annotated[list[str], or_else(list)] = []
    template: Annotated[str, or_else(str)] = ""

    @property
    def opened(self) -> Family | None:
        """Whose thinking the model's template opens without the server's knowing: it then comes as text."""
        template = _CLOSING_ACTIONS.sub("", self.template)
        return None if "thinking" in self.capabilities else opened_thinking(template)

    def number(self, ending: str) -> int:
        """Return the figure whose key ends so ("context_length"), whatever the architecture; 0 if there is none."""
        values = (value for key, value in self.model_info.items() if key.endswith(f".{ending}"))
        return next(filter(None, map(_COUNT.validate_python, values)), 0)


class Embeddings(BaseModel):
    embeddings: list[list[float]]


class PullLine(BaseModel):
    error: Any = None
    status: Words = ""
    digest: Words = ""
    total: Count = 0
    completed: Count = 0


def chat_payload(
    model: str, messages: Sequence[Message], config: GenerationConfig, *, keep_alive: str, think: Thinking | None
) -> dict[str, Any]:
    """Build a request for /api/chat; without messages it only loads the model.

    The context is always stated: the server's own default is small, and it cuts longer prompts without a word.
    Recent servers are told to refuse instead (`truncate`, `shift`); older ones ignore these fields.
    """
    options: dict[str, Any] = {
        "num_ctx": config.context_tokens,
        "num_predict": config.max_tokens,
        "temperature": config.temperature,
        "seed": config.seed,
    }
    if config.avoid_repetition:
        options |= STRONG_PENALTY
    if config.stop:
        options["stop"] = list(config.stop)
    payload: dict[str, Any] = {
        "model": model,
        "messages": [asdict(message) for message in messages],
        "stream": True,
        "truncate": False,
        "shift": False,
        "keep_alive": keep_alive_value(keep_alive),
        "options": options,
    }
    if config.json_schema is not None:
        payload["format"] = config.json_schema
    if think is not None:
        payload["think"] = think
    return payload


def think_value(think: Thinking | None, card: ModelCard) -> Thinking | None:
    """Return a wish for thinking as the server takes it for a model, which may refuse the field or a level.

    gpt-oss takes levels alone, and cannot be kept from thinking.
    """
    if think is None or "thinking" not in card.capabilities:
        return None
    if takes_levels(card.family) or takes_levels(card.name):
        return None if think is True else think or "low"
    return bool(think)


def keep_alive_value(text: str) -> str | int:
    """Return a bare number as a number: the server takes "30m" and -1, but not "-1"."""
    return int(text) if re.fullmatch(r"-?\d+", text.strip()) else text.strip()


def card_from_tag(tag: Tag) -> ModelCard:
    """Describe an installed model as far as the list of models knows it."""
    remote_host = _remote_host(tag)
    return ModelCard(
        name=tag.name,
        backend=BACKEND,
        family=tag.details.family,
        size_bytes=0 if remote_host else tag.size,  # of a few hundred bytes, the same for different models
        parameters=tag.details.parameter_size,
        quantization=tag.details.quantization_level,
        remote_host=remote_host,
    )


def _remote_host(tag: Tag) -> str:
    """Return where a model is run elsewhere; names that end so are those of Ollama's cloud."""
    if tag.remote_host:
        try:
            return host_elsewhere(httpx.URL(tag.remote_host if "//" in tag.remote_host else f"//{tag.remote_host}"))
        except httpx.InvalidURL:
            return tag.remote_host
    is_remote = tag.remote_model or tag.name.casefold().endswith((":cloud", "-cloud"))
    return CLOUD_HOST if is_remote else ""


def server_url(host: str) -> httpx.URL:
    """Read an address in any form that OLLAMA_HOST may have; raises AddressError.

    As in Ollama itself, the port is 11434 unless a scheme is given (then 80 or 443). An address to listen on
    ("0.0.0.0", ":11500") becomes the one under which this machine reaches it.
    """
    scheme, found, rest = host.strip().strip("\"'").rpartition("://")
    rest = rest.rstrip("/")
    scheme = scheme.lower() if found else "http"
    default_port = {"http": 80, "https": 443}.get(scheme) if found else DEFAULT_PORT
    if _is_ipv6(rest):
        rest = f"[{rest}]"
    if default_port is None or (found and not rest):
        raise _bad_host(host)
    try:
        url = httpx.URL(f"{scheme}://{'127.0.0.1' if not rest or rest[0] in ':/' else ''}{rest}")
    except httpx.InvalidURL as error:
        raise _bad_host(host) from error
    if not url.host or url.query or url.fragment or " " in rest or (url.port is not None and not 0 < url.port < 65536):
        raise _bad_host(host)
    local = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(url.host, url.host)  # noqa: S104 - replaced, never bound
    return url.copy_with(host=local, port=url.port or default_port)


def _is_ipv6(text: str) -> bool:
    try:
        return ipaddress.ip_address(text).version == 6
    except ValueError:
        return False


def _bad_host(host: str) -> AddressError:
    return AddressError(
        _("{host!r} is no address of an Ollama server.", host=without_password(host)),
        advice=_("Write for example {example!r}.", example="127.0.0.1:11434"),
    )
