"""What goes over the wire to and from an Ollama server: requests, replies, addresses.

Knows nothing about connections or time. Sources: Ollama's API, as servers 0.5.4 and 0.9.3 were seen to speak it.
"""

import ipaddress
import re
from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime
from typing import Any

import httpx
from pydantic import BaseModel, Field

from models.base import GenerationConfig, Message, ModelCard
from models.http.errors import AddressError
from models.http.places import host_elsewhere
from models.http.server import Written
from models.ollama.server_memory import LoadedModel
from models.text import lazy_gettext as _

BACKEND = "ollama"
DEFAULT_PORT = 11434
CLOUD_HOST = "ollama.com"


class ChatMessage(BaseModel):
    content: Written | None = None
    thinking: Written | None = None


class ChatLine(BaseModel):
    """One line of a streamed chat; the last one says `done` and carries the counters (durations in nanoseconds)."""

    error: str | None = None
    message: ChatMessage | None = None
    done: bool = False
    done_reason: str | None = None
    load_duration: int = 0
    prompt_eval_count: int = 0
    prompt_eval_duration: int = 0
    eval_count: int = 0
    eval_duration: int = 0


class Details(BaseModel):
    family: str | None = None
    parameter_size: str | None = None
    quantization_level: str | None = None


class Tag(BaseModel):
    """One installed model, from /api/tags; `size` is its weights on disk.

    One with a `remote_host` or `remote_model` is only a name: the server sends every prompt to that host.
    """

    name: str
    size: int = 0
    digest: str = ""
    remote_host: str | None = None
    remote_model: str | None = None
    details: Details = Field(default_factory=Details)


class Tags(BaseModel):
    models: list[Tag] | None


class Running(BaseModel):
    """One model in memory, from /api/ps; `size` counts weights and context, `size_vram` its part on a GPU."""

    name: str
    size: int = 0
    size_vram: int = 0
    expires_at: datetime | None = None

    def loaded(self) -> LoadedModel:
        """Put the model as ServerMemory knows it."""
        expires_at = self.expires_at.timestamp() if self.expires_at else 0.0
        return LoadedModel(self.size, self.size_vram, expires_at)


class RunningModels(BaseModel):
    models: list[Running] | None


class Show(BaseModel):
    """What /api/show knows of one model; servers before 0.6 name no capabilities."""

    details: Details = Field(default_factory=Details)
    remote_host: str | None = None
    remote_model: str | None = None
    model_info: dict[str, Any] | None = None
    capabilities: list[str] | None = None

    def number(self, ending: str) -> int:
        """Return the figure whose key ends so ("context_length"), whatever the architecture; 0 if there is none."""
        values = (value for key, value in (self.model_info or {}).items() if key.endswith(f".{ending}"))
        return next((value for value in values if isinstance(value, int)), 0)


class Embeddings(BaseModel):
    embeddings: list[list[float]]


class PullLine(BaseModel):
    error: str | None = None
    status: str = ""
    digest: str = ""
    total: int = 0
    completed: int = 0


def chat_payload(
    model: str, messages: Sequence[Message], config: GenerationConfig, *, keep_alive: str, think: bool | None
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


def keep_alive_value(text: str) -> str | int:
    """Return a bare number as a number: the server takes "30m" and -1, but not "-1"."""
    return int(text) if re.fullmatch(r"-?\d+", text.strip()) else text.strip()


def card_from_tag(tag: Tag) -> ModelCard:
    """Describe an installed model as far as the list of models knows it."""
    remote_host = _remote_host(tag)
    return ModelCard(
        name=tag.name,
        backend=BACKEND,
        family=tag.details.family or "",
        size_bytes=0 if remote_host else tag.size,  # of a few hundred bytes, the same for different models
        parameters=tag.details.parameter_size or "",
        quantization=tag.details.quantization_level or "",
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
        _("{host!r} is no address of an Ollama server.", host=host),
        advice=_("Write for example {example!r}.", example="127.0.0.1:11434"),
    )
