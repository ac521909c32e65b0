"""What kind of model a GGUF file holds, told by what is in it: not by the name of the file, nor of an architecture."""

from dataclasses import dataclass
from typing import Literal

from models.text import Text
from models.text import lazy_gettext as _
from models.weights.gguf_metadata import Metadata
from models.weights.gguf_reader import Tensors

RANKS = 4
"""The way to pool that gives a mark instead of a vector; 0 is none, the others give vectors."""
MODEL_KINDS = ("", "model")
TOKENS = "token_embd.weight"

NO_LANGUAGE_MODEL = {
    "mmproj": _("{path!r} holds an image projector, not a language model."),
    "adapter": _("{path!r} holds a LoRA adapter, not a language model."),
    "imatrix": _("{path!r} holds quantisation statistics, not a language model."),
}
TABLES = {"mmproj": ("v.", "a.", "mm."), "adapter": (".lora_a", ".lora_b"), "imatrix": (".in_sum2",)}
"""How the tensors of such files begin or end; older ones do not say what they are."""


@dataclass(frozen=True, slots=True)
class Contents:
    """What was read of a file besides its numbers."""

    path: str
    architecture: str
    metadata: Metadata
    tensors: Tensors

    @property
    def pooling(self) -> int:
        return self.metadata.number(f"{self.architecture}.pooling_type")

    @property
    def is_part(self) -> bool:
        """Whether other files hold the rest: then nothing follows from a tensor that is not here."""
        return self.metadata.number("split.count") > 1

    def has_tensor(self, *marks: str) -> bool:
        """Whether a tensor's name begins or ends so."""
        return any(name.startswith(marks) or name.endswith(marks) for name in self.tensors.names)


def tell_kind(contents: Contents) -> Literal["writes", "embeds"] | Text:
    """Tell whether a file holds a model that writes texts or one that makes vectors; else say what it holds."""
    kind = contents.metadata.name("general.type")
    if fault := _no_language_model(contents, kind):
        return fault.fill(path=contents.path, kind=kind)
    if contents.pooling == RANKS or (not contents.pooling and contents.has_tensor("cls.")):
        return _("{path!r} holds a model that ranks texts and writes none.", path=contents.path)
    if contents.pooling:
        return "embeds"
    is_causal = contents.metadata.flag(f"{contents.architecture}.attention.causal")
    if is_causal is False or contents.has_tensor("enc.", "token_types."):
        return _(
            "{path!r} holds an encoder: it reads texts, writes none, and does not say how to make a vector of one.",
            path=contents.path,
        )
    return "writes"


def _no_language_model(contents: Contents, kind: str) -> Text | None:
    if kind in NO_LANGUAGE_MODEL:
        return NO_LANGUAGE_MODEL[kind]
    if kind not in MODEL_KINDS:
        return _("{path!r} says that it holds {kind!r}, not a language model.")
    has_tokens = TOKENS in contents.tensors.names
    for name, marks in TABLES.items():
        if not has_tokens and contents.has_tensor(*marks):
            return NO_LANGUAGE_MODEL[name]
    if not contents.architecture:
        return _("{path!r} holds no model architecture, not a language model.")
    if contents.is_part or has_tokens:
        return None
    if not contents.tensors.weights:
        return _("{path!r} holds a vocabulary without weights, not a language model.")
    return _("{path!r} holds no table of tokens, so it is no language model.")
