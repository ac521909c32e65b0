"""Reading GGUF headers: real files, and headers written by hand for what a real file would be too large for."""

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
    path: Path, architecture: str, values: dict[str, Any], *, kind: str = "model", has_weights: bool = True
) -> Path:
    writer = gguf.GGUFWriter(path, architecture)
    writer.add_type(kind)
    for key, value in values.items():
        name = key.replace("*", architecture)
        if isinstance(value, list):
            writer.add_array(name, value)
        else:
            writer.add_uint32(name, value)
    if has_weights:
        writer.add_tensor("output.weight", numpy.zeros((4, 8), dtype=numpy.float32))
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


@pytest.mark.parametrize(
    ("architecture", "kind", "what"),
    [("clip", "model", "image projector"), ("llama", "adapter", "LoRA adapter"), ("llama", "mmproj", "projector")],
)
def test_what_is_no_language_model_is_refused_by_its_kind(
    tmp_path: Path, architecture: str, kind: str, what: str
) -> None:
    with pytest.raises(WeightsError, match=what):
        read_header(write(tmp_path / "a.gguf", architecture, {}, kind=kind))


def test_a_vocabulary_alone_is_refused(tmp_path: Path) -> None:
    with pytest.raises(WeightsError, match="a vocabulary without weights"):
        read_header(write(tmp_path / "a.gguf", "llama", {}, has_weights=False))


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
