"""Turns trained weights into GGUF files and has llama.cpp quantise them to Q4_K_M."""

import argparse
import ctypes
import logging
import tempfile
from pathlib import Path

import gguf
import llama_cpp
import numpy

from scripts.pocket.render import TEMPLATE, prompts_hash
from scripts.pocket.tokenizer import MARKERS, SPECIALS, Tokenizer

CONTEXT = 8192
HEADS, KV_HEADS = 4, 2
HASH_KEY = "council.prompts_hash"
REMARK = "demonstration weights"
Weights = dict[str, numpy.ndarray]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--folder", type=Path, required=True, help="where train.py keeps its checkpoints")
    parser.add_argument("--target", type=Path, required=True, help="where the GGUF files go")
    parser.add_argument("names", nargs="+", help="pocket-a, pocket-b, pocket-c")
    asked = parser.parse_args()
    asked.target.mkdir(parents=True, exist_ok=True)
    tokenizer = Tokenizer.load(asked.folder / "tokenizer.json")
    for name in asked.names:
        weights = dict(numpy.load(asked.folder / f"{name}.npz"))
        target = asked.target / f"{name}.gguf"
        with tempfile.TemporaryDirectory(dir=asked.target) as folder:
            full, small = Path(folder) / "full.gguf", Path(folder) / "small.gguf"
            write(full, name, weights, tokenizer)
            quantise(full, small)
            small.replace(target)
        print(f"{target}: {target.stat().st_size / 1e6:.2f} MB")


def write(path: Path, name: str, weights: Weights, tokenizer: Tokenizer) -> None:
    """Write the weights at full precision."""
    writer = gguf.GGUFWriter(path, "llama")
    writer.add_name(name)
    writer.add_description(REMARK)
    writer.add_string(HASH_KEY, prompts_hash())
    writer.add_context_length(CONTEXT)
    vocabulary, width = weights["token_embd.weight"].shape
    writer.add_vocab_size(vocabulary)
    writer.add_embedding_length(width)
    writer.add_block_count(sum(name.endswith("ffn_norm.weight") for name in weights))
    writer.add_feed_forward_length(weights["blk.0.ffn_up.weight"].shape[0])
    writer.add_head_count(HEADS)
    writer.add_head_count_kv(KV_HEADS)
    writer.add_layer_norm_rms_eps(1e-5)
    writer.add_rope_dimension_count(width // HEADS)
    writer.add_rope_freq_base(10_000.0)
    add_tokenizer(writer, tokenizer)
    writer.add_chat_template(TEMPLATE)
    for key, values in weights.items():
        writer.add_tensor(key, numpy.ascontiguousarray(values, dtype=numpy.float32))
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()


def add_tokenizer(writer: gguf.GGUFWriter, tokenizer: Tokenizer) -> None:
    """Phrases become user-defined tokens, which llama.cpp looks for first; pieces merge by score, the best first."""
    first, pieces = tokenizer.first_piece, len(tokenizer.pieces)
    kinds = [gguf.TokenType.UNKNOWN, gguf.TokenType.CONTROL, gguf.TokenType.CONTROL]
    kinds += [gguf.TokenType.BYTE] * 256 + [gguf.TokenType.CONTROL] * len(MARKERS)
    kinds += [gguf.TokenType.USER_DEFINED] * len(tokenizer.phrases) + [gguf.TokenType.NORMAL] * pieces
    kinds += [gguf.TokenType.UNUSED] * (tokenizer.size - len(kinds))
    scores = [0.0] * first + [-float(rank) for rank in range(pieces)] + [-1e6] * (tokenizer.size - first - pieces)
    end = len(SPECIALS) + 256 + len(MARKERS) - 1
    writer.add_tokenizer_model("llama")
    writer.add_tokenizer_pre("default")
    writer.add_token_list(tokenizer.tokens)
    writer.add_token_scores(scores)
    writer.add_token_types(kinds)
    writer.add_unk_token_id(0)
    writer.add_bos_token_id(1)
    writer.add_eos_token_id(end)
    writer.add_add_bos_token(True)
    writer.add_add_space_prefix(False)


def quantise(source: Path, target: Path) -> None:
    logging.getLogger("llama-cpp-python").setLevel(logging.ERROR)  # it prints a line for each tensor otherwise
    parameters = llama_cpp.llama_model_quantize_default_params()
    parameters.ftype = llama_cpp.LLAMA_FTYPE_MOSTLY_Q4_K_M
    parameters.nthread = 1
    if llama_cpp.llama_model_quantize(str(source).encode(), str(target).encode(), ctypes.byref(parameters)):
        raise RuntimeError(f"llama.cpp could not quantise {source.name!r}.")


if __name__ == "__main__":
    main()
