"""Reading GGUF headers: real files, and headers written by hand for what a real file would be too large for."""

from collections.abc import Collection
from pathlib import Path
from typing import Any

import gguf
import numpy
import pytest
from gguf.constants import GGML_QUANT_SIZES, GGMLQuantizationType, LlamaFileType
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from models.errors import WeightsError
from models.weights.gguf_header import read_header
from models.weights.gguf_types import BLOCKS, QUANTIZATIONS
from tests.tiny_gguf import TINY, make_tiny_gguf


def write(
    path: Path,
    architecture: str,
    values: dict[str, Any],
    *,
    kind: str = "model",
    tensors: Collection[str] = ("token_embd.weight", "output.weight"),
) -> Path:
    writer = gguf.GGUFWriter(path, architecture)
    if kind:
        writer.add_type(kind)
    for key, value in values.items():
        name = key.replace("*", architecture)
        if isinstance(value, list):
            writer.add_array(name, value)
        elif isinstance(value, bool):
            writer.add_bool(name, value)
        else:
            writer.add_uint32(name, value)
    for tensor in tensors:
        writer.add_tensor(tensor, numpy.zeros((4, 8), dtype=numpy.float32))
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    return path


def test_a_real_file_tells_what_it_is(tiny_gguf: Path) -> None:
    header = read_header(tiny_gguf)
    assert (header.architecture, header.quantization, header.context_tokens) == ("llama", "Q4_K_M", 16384)
    assert (header.layers, header.embedding_length, header.vocabulary) == (2, 256, TINY.vocabulary)
    assert header.kv_bytes_per_token == 2 * 2 * (64 + 64) * 2  # layers · heads · (key + value) · 16 bits
    assert header.parameters == "1.3M"
    assert header.has_chat_template
    assert header.capabilities == ("completion",)


def test_a_missing_chat_template_and_a_model_for_embedding_are_seen(tmp_path: Path) -> None:
    assert not read_header(make_tiny_gguf(tmp_path / "bare.gguf", chat_template=False)).has_chat_template
    embedder = read_header(make_tiny_gguf(tmp_path / "embed.gguf", embeddings=True))
    assert embedder.capabilities == ("embedding",)


def test_layers_with_different_numbers_of_heads_are_added_up(tmp_path: Path) -> None:
    values = {"*.block_count": 3, "*.embedding_length": 64, "*.attention.head_count": 4}
    header = read_header(write(tmp_path / "a.gguf", "mixed", {**values, "*.attention.head_count_kv": [4, 0, 2]}))
    assert header.kv_heads == (4, 0, 2)
    assert header.kv_bytes_per_token == 6 * (16 + 16) * 2


def test_a_model_without_shared_heads_keeps_one_per_head(tmp_path: Path) -> None:
    values = {"*.block_count": 2, "*.embedding_length": 64, "*.attention.head_count": 4}
    assert read_header(write(tmp_path / "a.gguf", "plain", values)).kv_heads == (4, 4)


def test_a_large_vocabulary_is_counted_and_passed_over(tmp_path: Path) -> None:
    tokens = [f"token {number}" for number in range(5000)]
    values = {"*.block_count": 1, "tokenizer.ggml.tokens": tokens, "tokenizer.ggml.scores": [0.0] * 5000}
    assert read_header(write(tmp_path / "a.gguf", "llama", values)).vocabulary == 5000


def test_a_text_longer_than_the_file_is_not_read_into_memory(tmp_path: Path) -> None:
    path = write(tmp_path / "a.gguf", "llama", {"tokenizer.ggml.tokens": ["one", "two"]})
    content = path.read_bytes()
    path.write_bytes(content.replace(b"\x03" + bytes(7) + b"one", (1 << 62).to_bytes(8, "little") + b"one"))
    with pytest.raises(WeightsError, match="only a part"):
        read_header(path)


BERT = ("token_embd.weight", "token_embd_norm.weight", "token_types.weight", "blk.0.attn_q.weight")
T5 = ("token_embd.weight", "enc.blk.0.attn_q.weight", "dec.blk.0.attn_q.weight", "output.weight")
LFM2 = ("token_embd.weight", "token_embd_norm.weight", "blk.0.shortconv.conv.weight")
OTHER_KINDS: dict[str, tuple[str, dict[str, Any], dict[str, Any]]] = {
    "a projector that says so": ("image projector", {}, {"kind": "mmproj"}),
    "an older projector": ("image projector", {}, {"kind": "", "tensors": ["v.blk.0.attn_q.weight", "mm.0.weight"]}),
    "a projector for sound": ("image projector", {}, {"tensors": ["a.conv1d.1.weight"]}),
    "an adapter that says so": ("LoRA adapter", {}, {"kind": "adapter"}),
    "an older adapter": ("LoRA adapter", {}, {"kind": "", "tensors": ["blk.0.attn_q.weight.lora_a"]}),
    "statistics": ("quantisation statistics", {}, {"kind": "imatrix"}),
    "a kind to come": ("'tokenizer', not a language model", {}, {"kind": "tokenizer"}),
    "a vocabulary": ("a vocabulary without weights", {}, {"tensors": []}),
    "sound from tokens": ("no table of tokens", {}, {"tensors": ["conv1d.weight"]}),
    "a ranking model": ("ranks texts", {"*.pooling_type": 4}, {"tensors": BERT}),
    "an older ranking model": ("ranks texts", {}, {"tensors": [*BERT, "cls.weight", "cls.output.weight"]}),
    "an encoder": ("an encoder", {}, {"tensors": BERT}),
    "an encoder that does not pool": ("an encoder", {"*.pooling_type": 0}, {"tensors": BERT}),
    "one that looks both ways": ("an encoder", {"*.attention.causal": False}, {}),
    "an encoder with a decoder": ("an encoder", {}, {"tensors": T5}),
}


@pytest.mark.parametrize("case", OTHER_KINDS)
@pytest.mark.parametrize("architecture", ["llama", "never-heard-of"])
def test_what_writes_no_text_is_told_by_what_it_holds(tmp_path: Path, architecture: str, case: str) -> None:
    what, values, form = OTHER_KINDS[case]
    with pytest.raises(WeightsError, match=what) as refused:
        read_header(write(tmp_path / "a.gguf", architecture, {"*.block_count": 1, **values}, **form))
    assert repr(str(tmp_path / "a.gguf")) in str(refused.value)


@pytest.mark.parametrize("pooling", [1, 2, 3])
def test_an_encoder_that_pools_makes_vectors_and_writes_nothing(tmp_path: Path, pooling: int) -> None:
    values = {"*.block_count": 1, "*.pooling_type": pooling, "*.attention.causal": False}
    assert read_header(write(tmp_path / "a.gguf", "bert", values, tensors=BERT)).capabilities == ("embedding",)


@pytest.mark.parametrize("tensors", [LFM2, ["token_embd.weight"], ["token_embd.weight", "v.blk.0.attn_q.weight"]])
def test_what_writes_is_not_mistaken_for_something_else(tmp_path: Path, tensors: list[str]) -> None:
    assert read_header(write(tmp_path / "a.gguf", "x", {"*.block_count": 1}, tensors=tensors)).capabilities == (
        "completion",
    )


def test_a_part_of_a_model_is_not_judged_by_what_the_other_parts_hold(tmp_path: Path) -> None:
    values = {"*.block_count": 1, "split.count": 2}
    assert read_header(write(tmp_path / "a.gguf", "llama", values, tensors=[])).capabilities == ("completion",)


@pytest.mark.parametrize("layers", [0, 513, 4_000_000_000])
def test_a_number_of_layers_that_llama_cpp_would_die_of_is_refused(tmp_path: Path, layers: int) -> None:
    with pytest.raises(WeightsError, match=f"it speaks of {layers:,} layers"):
        read_header(write(tmp_path / "a.gguf", "llama", {"*.block_count": layers}))


@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(position=st.integers(0, 2000), junk=st.binary(min_size=1, max_size=12))
def test_a_damaged_header_is_refused_or_read_but_never_crashes(
    tiny_gguf: Path, tmp_path: Path, position: int, junk: bytes
) -> None:
    content = bytearray(tiny_gguf.read_bytes())
    content[position : position + len(junk)] = junk
    path = tmp_path / "damaged.gguf"
    path.write_bytes(content)
    try:
        header = read_header(path)
    except WeightsError as error:
        assert str(path) in str(error)
    else:
        assert header.layers <= 512


def test_the_numbers_of_the_format_are_those_of_its_reference_package() -> None:
    assert {kind: GGML_QUANT_SIZES[GGMLQuantizationType(kind)] for kind in BLOCKS} == BLOCKS
    for number, name in QUANTIZATIONS.items():
        assert LlamaFileType(number).name.removeprefix("MOSTLY_").removeprefix("ALL_").startswith(name)
