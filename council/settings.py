"""What a user may set; no other module looks into the environment, and `configuration.py` reads all of it once.

Every field has a one-line description; `.env.example` and the table in the README are generated from them.
"""

import ipaddress
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import Field, IPvAnyNetwork, SecretStr, StringConstraints, field_validator, model_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from council.domain import MAX_SEATS, AnswerTokens, Effort, Mode
from council.runs.queue import AT_ONCE, WAITING, WAITING_OF_ONE
from council.translation import languages
from models.http.errors import AddressError
from models.ollama.wire import server_url
from models.text import Text
from models.text import lazy_gettext as _
from models.typed_lists import split_list, split_pair, unquote

PREFIX = "COUNCIL_"
BackendName = Literal["ollama", "llama_cpp", "openai"]
Names = Annotated[tuple[str, ...], NoDecode]
PublicUrl = Annotated[str, StringConstraints(pattern=r"^https?://[^/\s?#@]+(/[\w.~/-]*)?$")]
Seconds = Annotated[float, Field(gt=0, le=86_400)]


def environment() -> Mapping[str, str]:
    """The environment as it is now, for the few places that follow others' variables (OLLAMA_MODELS, LANG)."""
    return dict(os.environ)


def is_loopback(host: str) -> bool:
    """Whether an address can only be reached from this machine."""
    try:
        return host == "localhost" or ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False


class WrongValue(ValueError):
    """What is wrong with a value of a setting, as the end of a sentence."""

    def __init__(self, problem: Text) -> None:
        self.problem = problem
        super().__init__(str(problem))


def _expand(path: Path) -> Path:
    try:
        return path.expanduser()
    except RuntimeError as error:
        raise WrongValue(_("there is no such home folder; name a whole path")) from error


class Settings(BaseSettings):
    """Everything that is decided before the program starts; `load_settings` makes one and explains what is wrong."""

    model_config = SettingsConfigDict(
        env_prefix=PREFIX,
        env_file=".env",
        extra="ignore",
        frozen=True,
        hide_input_in_errors=True,
        populate_by_name=True,
    )

    backends: Annotated[tuple[BackendName, ...], NoDecode] = Field(
        default=("ollama", "llama_cpp"),
        min_length=1,
        description="Who runs the models, in the order in which they are tried: `ollama`, `llama_cpp`, `openai`.",
    )
    ollama_host: str = Field(
        default_factory=lambda: os.environ.get("OLLAMA_HOST", ""),
        description="Address of the Ollama server; without it `OLLAMA_HOST` counts, then `http://127.0.0.1:11434`.",
        validate_default=True,
        examples=["http://127.0.0.1:11434"],
    )
    ollama_key: SecretStr = Field(
        default=SecretStr(""), description="Key that a proxy before the Ollama server wants; never logged or stored."
    )
    openai_url: str = Field(
        default="",
        pattern=r"^(https?://\S+)?$",
        description="Address of an OpenAI-compatible endpoint, up to and with `/v1`.",
        examples=["http://127.0.0.1:8000/v1"],
    )
    openai_key: SecretStr = Field(default=SecretStr(""), description="Key for that endpoint; never logged or stored.")
    seats: Names = Field(
        default=(),
        max_length=MAX_SEATS,
        description="Who sits, as `model` or `model=persona`, in double quotes what holds a comma or `=` itself; "
        "empty: chosen from the models that are installed.",
        examples=["llama3.2:3b,qwen3:4b=sceptic,gemma3:4b"],
    )
    chairman: str = Field(
        default="", description="The model that concludes; empty: chosen among the seats.", examples=["qwen3:4b"]
    )
    remote_hosts: Names = Field(
        default=(),
        description="Hosts elsewhere that questions go to without asking, where a model that runs there has a seat.",
        examples=["ollama.com"],
    )
    mode: Mode = Field(
        default="council",
        description="How a question is decided unless the user says otherwise: `quick`, `compare`, `council`, `full`.",
    )
    language: str = Field(
        default="",
        description="Language of the terminal: `en`, `fr`, `de`; empty: that of `LANG`, and of the question.",
        examples=["fr"],
    )
    weights: Annotated[tuple[Path, ...], NoDecode] = Field(
        default=(),
        description="GGUF files, or folders that hold some, in double quotes where a comma is in the name; a model is "
        "called by its file name without `.gguf`.",
        examples=["/models,/more/qwen3-4b.gguf"],
    )
    data_dir: Path = Field(
        default=Path("data"), description="Folder of the history, uploads and downloaded weights.", examples=["data"]
    )
    host: str = Field(
        default="127.0.0.1",
        min_length=1,
        description="Address the page is served at; one that others can reach needs users or `COUNCIL_ALLOW_PUBLIC`.",
    )
    port: int = Field(default=7860, ge=1, le=65_535, description="Port the page is served at.")
    users: SecretStr = Field(
        default=SecretStr(""),
        description="Who may log in, as `name:password`; empty: no log-in.",
        examples=["ada:a-long-password,alan:another-one"],
    )
    public_url: Annotated[tuple[PublicUrl, ...], NoDecode] = Field(
        default=(),
        description="What people type to reach the page, path included, where it is not an address of this machine.",
        examples=["https://council.example"],
    )
    trusted_proxies: Annotated[tuple[IPvAnyNetwork, ...], NoDecode] = Field(
        default=(),
        description="Addresses or networks of proxies whose word is taken on who the visitor is and what was typed.",
        examples=["127.0.0.1,10.0.0.0/8"],
    )
    allow_public: bool = Field(
        default=False, description="Serve other machines without a log-in: anyone who reaches the page may use it."
    )
    llama_cpp: Literal["in_process", "worker"] = Field(
        default="in_process",
        description="Where llama.cpp runs: `in_process`, or in a `worker` that is started again when it dies.",
    )
    gpu_layers: int = Field(
        default=-1, ge=-1, le=10_000, description="Layers that llama.cpp puts on the GPU; -1: all of them, 0: none."
    )
    memory_gb: float = Field(
        default=0, ge=0, le=100_000, description="Memory that llama.cpp may fill with weights, in GB; 0: what is free."
    )
    max_context: int = Field(
        default=16_384, ge=1024, le=1_048_576, description="Longest context a model is loaded with, in tokens."
    )
    answer_tokens: AnswerTokens = Field(default=1024, description="Longest answer of a seat, in tokens.")
    thinking: Effort = Field(
        default="", description="How much models think that can: `off`, `low`, `medium`, `high`; empty: their own way."
    )
    keep_alive: str = Field(
        default="30m",
        pattern=r"^-?\d+(\.\d+)?(ms|s|m|h)?$",
        description="How long Ollama keeps a model loaded after its last answer; -1: for ever.",
    )
    ollama_parallel: int = Field(
        default=0, ge=0, le=64, description="Answers that Ollama writes at once; 0: what the server was started with."
    )
    connect_seconds: Seconds = Field(default=5.0, description="How long a server may take to accept a connection.")
    load_seconds: Seconds = Field(default=600.0, description="How long a model may take to load.")
    first_token_seconds: Seconds = Field(
        default=600.0, description="How long a loaded model may read before it speaks."
    )
    stall_seconds: Seconds = Field(default=120.0, description="How long a model may fall silent in mid-answer.")
    stand_ins: Annotated[dict[str, str], NoDecode] = Field(
        default={},
        description="Smaller models for those that fail, as `big=small`.",
        examples=["llama3:70b=llama3:8b,qwen3:32b=qwen3:4b"],
    )
    abandon_seconds: Seconds = Field(
        default=60.0,
        description="How long a run goes on at least that nobody follows, and longer where it must; it can be resumed.",
    )
    runs_at_once: int = Field(
        default=AT_ONCE, ge=1, le=100, description="Runs that are at work at once; others wait, and users take turns."
    )
    waiting_runs: int = Field(
        default=WAITING_OF_ONE, ge=1, le=WAITING, description="Runs of one user that may wait their turn."
    )
    demonstration: bool = Field(
        default=True, description="Offer the program's own very small models, which sit only where there is no other."
    )

    @field_validator("backends", "seats", "remote_hosts", "public_url", "trusted_proxies", mode="before")
    @classmethod
    def _split(cls, value: object) -> object:
        return tuple(split_list(value)) if isinstance(value, str) else value

    @field_validator("stand_ins", mode="before")
    @classmethod
    def _split_pairs(cls, value: object) -> object:
        if not isinstance(value, str):
            return value
        pairs = [split_pair(part) for part in split_list(value)]
        if not all(big and small for big, _, small in pairs):
            raise WrongValue(_("each part reads {example}", example="big=small"))
        return {big: small for big, _, small in pairs}

    @field_validator("backends")
    @classmethod
    def _refuse_doubles(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        if len(set(value)) < len(value):
            raise WrongValue(_("each backend is named once"))
        return value

    @field_validator("ollama_host")
    @classmethod
    def _complete_host(cls, value: str) -> str:
        try:
            return str(server_url(value))
        except AddressError as error:
            raise WrongValue(_("it is no address of an Ollama server")) from error

    @field_validator("language")
    @classmethod
    def _check_language(cls, value: str) -> str:
        if value and value not in languages():
            raise WrongValue(_("the program speaks {languages}", languages=", ".join(languages())))
        return value

    @field_validator("weights", mode="before")
    @classmethod
    def _split_paths(cls, value: object) -> object:
        return tuple(map(unquote, split_list(value))) if isinstance(value, str) else value

    @field_validator("weights", mode="after")
    @classmethod
    def _expand_weights(cls, value: tuple[Path, ...]) -> tuple[Path, ...]:
        return tuple(map(_expand, value))

    @field_validator("data_dir", mode="after")
    @classmethod
    def _expand_data_dir(cls, value: Path) -> Path:
        try:
            return _expand(value).absolute()
        except FileNotFoundError as error:
            raise WrongValue(_("the folder that this was started in is gone; name a whole path")) from error

    @field_validator("users")
    @classmethod
    def _check_users(cls, value: SecretStr) -> SecretStr:
        names = _users(value)
        if not all(name and password for name, password in names):
            raise WrongValue(_("each part reads {example}", example="name:password"))
        if len(dict(names)) < len(names):
            raise WrongValue(_("a name stands there twice"))
        return value

    @model_validator(mode="after")
    def _check_together(self) -> Self:
        if not (is_loopback(self.host) or self.passwords or self.allow_public):
            raise WrongValue(
                _(
                    "COUNCIL_HOST={host!r} can be reached from other machines. Set COUNCIL_USERS=name:password, or "
                    "COUNCIL_ALLOW_PUBLIC=true if everyone who reaches the page may use it",
                    host=self.host,
                )
            )
        if "openai" in self.backends and not self.openai_url:
            raise WrongValue(
                _(
                    "COUNCIL_BACKENDS names 'openai', but no address is set. Set COUNCIL_OPENAI_URL={example}",
                    example="http://127.0.0.1:8000/v1",
                )
            )
        return self

    @property
    def is_private(self) -> bool:
        """Whether nobody but the person at this machine uses the page: no other reaches it, none logs in."""
        return is_loopback(self.host) and not self.allow_public and not self.passwords

    @property
    def passwords(self) -> dict[str, str]:
        """The password of each user who may log in; empty without a log-in."""
        return dict(_users(self.users))


def _users(value: SecretStr) -> list[tuple[str, str]]:
    parts = (unquote(part).partition(":") for part in split_list(value.get_secret_value()))
    return [(name.strip(), password.strip()) for name, _, password in parts]
