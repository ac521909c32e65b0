"""Makes real GGUF files of less than a megabyte with random weights: real loader, real kernels, text that is noise.

Knows nothing about Council; the end-to-end tests and the benchmark build their models here too.
"""

import ctypes
import logging
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import gguf
import llama_cpp
import numpy

CHATML = (
    "{% for message in messages %}<|im_start|>{{ message['role'] }}\n{{ message['content'] }}<|im_end|>\n{% endfor %}"
    "{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}"
)
SPECIALS = ("<unk>", "<s>", "</s>")
FIRST_BYTE = len(SPECIALS)
COMMON_BYTES = b'abcdefghijklmnopqrstuvwxyz .,"'
MARKERS = ("<|im_start|>", "<|im_end|>")
BLANK = "\u2581"  # how this kind of tokenizer writes a space; without it each one would be three tokens
REPULSION = 6.0


@dataclass(frozen=True, slots=True)
class Shape:
    """The size of a Llama-architecture model; widths are multiples of 256, as Q4_K asks for.

    `further` are tokens of its own with their types, counted in `vocabulary`.
    """

    width: int = 256
    layers: int = 2
    heads: int = 4
    kv_heads: int = 2
    feed_forward: int = 512
    vocabulary: int = 262
    further: tuple[tuple[str, gguf.TokenType], ...] = ()

    @property
    def kv_width(self) -> int:
        return self.width // self.heads * self.kv_heads


TINY = Shape()


def with_tokens(markers: Sequence[str], words: Sequence[str] = ()) -> Shape:
    """Return a tiny shape with further control tokens, and with words that its file calls user-defined."""
    further = [(marker, gguf.TokenType.CONTROL) for marker in markers]
    further += [(word, gguf.TokenType.USER_DEFINED) for word in words]
    return replace(TINY, vocabulary=TINY.vocabulary + len(further), further=tuple(further))


def make_tiny_gguf(
    path: Path,
    *,
    seed: int = 0,
    context: int = 16384,
    name: str = "tiny",
    chat_template: bool | str = True,
    embeddings: bool = False,
    quantised: bool = True,
    shape: Shape = TINY,
    change: Callable[[gguf.GGUFWriter], None] | None = None,
) -> Path:
    """Write a GGUF with a byte tokenizer, Q4_K_M or in full 32 bits, and return its path.

    `chat_template` is ChatML, none, or the template's own text. `embeddings` marks the file as made for embedding
    (mean pooling). `context` is the length that the file says it was trained for. `change` may spoil what the header
    says just before it is written.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=path.parent) as folder:
        full = Path(folder) / "full.gguf"
        template = CHATML if chat_template is True else chat_template or ""
        _write_full(
            full,
            seed=seed,
            context=context,
            name=name,
            template=template,
            embeddings=embeddings,
            shape=shape,
            change=change,
        )
        if not quantised:
            return full.replace(path)
        partial = Path(folder) / "quantised.gguf"
        _quantise(full, partial)
        return partial.replace(path)


def _write_full(
    path: Path,
    *,
    seed: int,
    context: int,
    name: str,
    template: str,
    embeddings: bool,
    shape: Shape,
    change: Callable[[gguf.GGUFWriter], None] | None,
) -> None:
    writer = gguf.GGUFWriter(path, "llama")
    writer.add_name(name)
    writer.add_context_length(context)
    writer.add_embedding_length(shape.width)
    writer.add_block_count(shape.layers)
    writer.add_feed_forward_length(shape.feed_forward)
    writer.add_head_count(shape.heads)
    writer.add_head_count_kv(shape.kv_heads)
    writer.add_layer_norm_rms_eps(1e-5)
    writer.add_rope_dimension_count(shape.width // shape.heads)
    writer.add_vocab_size(shape.vocabulary)
    if embeddings:
        writer.add_pooling_type(gguf.PoolingType.MEAN)
    _add_tokenizer(writer, shape)
    if template:
        writer.add_chat_template(template)
    _add_tensors(writer, shape, numpy.random.default_rng(seed))
    if change:
        change(writer)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()


def _add_tokenizer(writer: gguf.GGUFWriter, shape: Shape) -> None:
    tokens = [*SPECIALS, *(f"<0x{byte:02X}>" for byte in range(256)), *MARKERS, BLANK]
    kinds = [gguf.TokenType.UNKNOWN, gguf.TokenType.CONTROL, gguf.TokenType.CONTROL]
    kinds += [gguf.TokenType.BYTE] * 256 + [gguf.TokenType.CONTROL] * len(MARKERS) + [gguf.TokenType.NORMAL]
    for spare in range(shape.vocabulary - len(tokens) - len(shape.further)):
        tokens.append(f"~{spare}~")
        kinds.append(gguf.TokenType.NORMAL)
    tokens += [token for token, _kind in shape.further]
    kinds += [kind for _token, kind in shape.further]
    writer.add_tokenizer_model("llama")
    writer.add_token_list(tokens)
    writer.add_token_scores([0.0] * len(tokens))
    writer.add_token_types(kinds)
    writer.add_unk_token_id(0)
    writer.add_bos_token_id(1)
    writer.add_eos_token_id(2)
    writer.add_add_bos_token(True)
    writer.add_add_space_prefix(False)


def _add_tensors(writer: gguf.GGUFWriter, shape: Shape, random: numpy.random.Generator) -> None:
    def add(name: str, *dimensions: int, scale: float = 1.0) -> None:
        values = random.standard_normal(dimensions, dtype=numpy.float32) * (scale / numpy.sqrt(dimensions[-1]))
        writer.add_tensor(name, values.astype(numpy.float32))

    def add_ones(name: str) -> None:
        writer.add_tensor(name, numpy.ones(shape.width, dtype=numpy.float32))

    embedding, output = random.standard_normal((2, shape.vocabulary, shape.width), dtype=numpy.float32) / numpy.sqrt(
        shape.width
    )
    writer.add_tensor("token_embd.weight", embedding.astype(numpy.float32))
    liking = _liking(shape.vocabulary)[:, None]
    # A common token makes itself unlikely: Ollama breaks off after thirty equal ones.
    output = output * liking - REPULSION * embedding * (liking > 1)
    writer.add_tensor("output.weight", output.astype(numpy.float32))
    add_ones("output_norm.weight")
    for layer in range(shape.layers):
        add_ones(f"blk.{layer}.attn_norm.weight")
        add(f"blk.{layer}.attn_q.weight", shape.width, shape.width)
        add(f"blk.{layer}.attn_k.weight", shape.kv_width, shape.width)
        add(f"blk.{layer}.attn_v.weight", shape.kv_width, shape.width)
        add(f"blk.{layer}.attn_output.weight", shape.width, shape.width)
        add_ones(f"blk.{layer}.ffn_norm.weight")
        add(f"blk.{layer}.ffn_gate.weight", shape.feed_forward, shape.width)
        add(f"blk.{layer}.ffn_up.weight", shape.feed_forward, shape.width)
        add(f"blk.{layer}.ffn_down.weight", shape.width, shape.feed_forward, scale=0.3)


def _liking(vocabulary: int) -> numpy.ndarray:
    """Return a factor per token: letters are common, other bytes rare, and the end of the text almost never comes.

    An answer therefore runs to its token limit, is never empty, and a JSON string still ends by itself.
    """
    factors = numpy.ones(vocabulary, dtype=numpy.float32)
    factors[:FIRST_BYTE] = 0.0
    factors[FIRST_BYTE + 256 : FIRST_BYTE + 256 + len(MARKERS)] = 0.0
    factors[[FIRST_BYTE + byte for byte in COMMON_BYTES]] = 3.0
    factors[FIRST_BYTE + ord('"')] = 5.0
    return factors


def _quantise(source: Path, target: Path) -> None:
    logging.getLogger("llama-cpp-python").setLevel(logging.ERROR)  # it prints a line for each tensor otherwise
    parameters = llama_cpp.llama_model_quantize_default_params()
    parameters.ftype = llama_cpp.LLAMA_FTYPE_MOSTLY_Q4_K_M
    parameters.nthread = 1
    if llama_cpp.llama_model_quantize(str(source).encode(), str(target).encode(), ctypes.byref(parameters)):
        raise RuntimeError(f"llama.cpp could not quantise {source.name!r}.")
