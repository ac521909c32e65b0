"""Ten thousand spoiled headers: each one is read or refused by a typed error, in bounded time and memory."""

import math
import random
import resource
import struct
import time
import tracemalloc
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from models.errors import WeightsError
from models.weights.finder import WeightsFinder
from models.weights.gguf_header import read_header

INPUTS = 10_000
MOST_PROCESSOR_SECONDS = 2.0
MOST_BYTES = 64_000_000
U32, F32, STRING, ARRAY = 4, 6, 8, 9
MAGIC = b"GGUF" + struct.pack("<I", 3)

Pair = tuple[bytes, int, bytes]
"""A key, the type of its value, and the value as it stands in the file."""


def text(value: bytes) -> bytes:
    return struct.pack("<Q", len(value)) + value


def array(kind: int, layout: str, *numbers: float) -> bytes:
    return struct.pack(f"<IQ{len(numbers)}{layout}", kind, len(numbers), *numbers)


def texts(*values: bytes) -> bytes:
    return struct.pack("<IQ", STRING, len(values)) + b"".join(map(text, values))


PAIRS: list[Pair] = [
    (b"general.architecture", STRING, text(b"llama")),
    (b"general.type", STRING, text(b"model")),
    (b"general.name", STRING, text(b"tiny")),
    (b"general.alignment", U32, struct.pack("<I", 32)),
    (b"general.file_type", U32, struct.pack("<I", 15)),
    (b"llama.context_length", U32, struct.pack("<I", 4096)),
    (b"llama.embedding_length", U32, struct.pack("<I", 256)),
    (b"llama.block_count", U32, struct.pack("<I", 2)),
    (b"llama.vocab_size", U32, struct.pack("<I", 3)),
    (b"llama.attention.head_count", U32, struct.pack("<I", 4)),
    (b"llama.attention.head_count_kv", ARRAY, array(5, "i", 2, 2)),
    (b"llama.attention.key_length", U32, struct.pack("<I", 64)),
    (b"llama.attention.value_length", U32, struct.pack("<I", 64)),
    (b"llama.attention.causal", 7, b"\1"),
    (b"llama.pooling_type", U32, struct.pack("<I", 0)),
    (b"split.count", 2, struct.pack("<H", 0)),
    (b"tokenizer.ggml.tokens", ARRAY, texts(b"<unk>", b"<s>", b"</s>")),
    (b"tokenizer.chat_template", STRING, text(b"{{ messages }}")),
]
TENSORS = [
    text(name) + struct.pack("<I2QIQ", 2, 32, 8, 0, 1024 * place)
    for place, name in enumerate((b"token_embd.weight", b"output_norm.weight", b"output.weight"))
]
ODD_VALUES: list[tuple[int, bytes]] = [
    *((F32, struct.pack("<f", number)) for number in (math.nan, math.inf, -math.inf, -1.0, 1e38)),
    *((12, struct.pack("<d", number)) for number in (math.nan, math.inf, 1e308)),
    *((5, struct.pack("<i", number)) for number in (-1, -(2**31))),
    *((11, struct.pack("<q", number)) for number in (-1, -(2**63), 2**63 - 1)),
    *((10, struct.pack("<Q", number)) for number in (0, 2**32, 2**64 - 1)),
    (U32, struct.pack("<I", 2**32 - 1)),
    (7, b"\1"),
    (STRING, text(b"")),
    (STRING, text(b"\xff\xfe\0\x1b[2J")),
    (STRING, text(b"a" * 70_000)),
    (STRING, struct.pack("<Q", 2**63)),
    (ARRAY, array(F32, "f", math.nan, math.inf)),
    (ARRAY, array(12, "d")),
    (ARRAY, array(10, "Q", 2**64 - 1, 0)),
    (ARRAY, array(5, "i", -4, -4)),
    (ARRAY, texts(b"one", b"")),
    (ARRAY, struct.pack("<IQ", STRING, 2**60)),
    (ARRAY, struct.pack("<IQ", 10, 2**61)),
    (ARRAY, struct.pack("<IQ", ARRAY, 1) + array(F32, "f", 1.0)),
    (99, b""),
]


def header(pairs: list[Pair], tensors: list[bytes]) -> bytes:
    written = (text(key) + struct.pack("<I", kind) + value for key, kind, value in pairs)
    return MAGIC + struct.pack("<QQ", len(tensors), len(pairs)) + b"".join(written) + b"".join(tensors)


def another_value(chance: random.Random) -> bytes:
    pairs = list(PAIRS)
    for _ in range(chance.choice((1, 1, 2, 4))):
        place = chance.randrange(len(pairs))
        pairs[place] = (pairs[place][0], *chance.choice(ODD_VALUES))
    return header(pairs, TENSORS)


def pairs_lost_doubled_or_renamed(chance: random.Random) -> bytes:
    pairs = [pair for pair in PAIRS if chance.random() > 0.2]
    pairs += chance.choices(PAIRS, k=chance.randrange(2))
    chance.shuffle(pairs)
    if pairs and chance.random() < 0.3:
        pairs[0] = (chance.choice((b"", b"\xff", b"a" * 70_000, b"general.architecture")), *pairs[0][1:])
    return header(pairs, TENSORS)


def another_table(chance: random.Random) -> bytes:
    extents = [chance.choice((0, 1, 2**31, 2**63, 2**64 - 1, 64)) for _ in range(chance.randrange(9))]
    kind, offset = chance.choice((0, 1, 12, 30, 31, 255, 2**31)), chance.choice((0, 31, 2**63, 2**64 - 1))
    name = chance.choice((b"", b"output.weight", b"v.blk.0.weight", b"x" * 300, b"\xff" * 60))
    row = text(name) + struct.pack(f"<I{len(extents)}QIQ", len(extents), *extents, kind, offset)
    return header(PAIRS, [*TENSORS[: chance.randrange(4)], row])


def other_bytes(chance: random.Random) -> bytes:
    content = bytearray(header(PAIRS, TENSORS))
    for _ in range(chance.choice((1, 2, 8, 64))):
        content[chance.randrange(len(content))] = chance.choice((0, 1, 127, 128, 255, chance.randrange(256)))
    return bytes(content)


def another_number(chance: random.Random) -> bytes:
    content = bytearray(header(PAIRS, TENSORS))
    number = chance.choice((0, 1, 2**16, 2**31, 2**32 - 1, 2**63 - 1, 2**64 - 1)).to_bytes(8, "little")
    place = chance.randrange(len(content) - 8)
    content[place : place + 8] = number
    return bytes(content)


def a_part(chance: random.Random) -> bytes:
    content = header(PAIRS, TENSORS)
    return content[: chance.randrange(len(content))]


SPOILERS: tuple[Callable[[random.Random], bytes], ...] = (
    another_value,
    another_value,
    pairs_lost_doubled_or_renamed,
    another_table,
    other_bytes,
    another_number,
    a_part,
)


def spoiled_headers() -> Iterator[bytes]:
    chance = random.Random(8)
    for number in range(INPUTS):
        yield SPOILERS[number % len(SPOILERS)](chance)


def test_every_spoiled_header_is_read_or_refused_by_its_name(tmp_path: Path) -> None:
    path, good = tmp_path / "spoiled.gguf", tmp_path / "good.gguf"
    good.write_bytes(header(PAIRS, TENSORS) + bytes(8192))
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
    longest, read, refused = 0.0, 0, 0
    for number, content in enumerate(spoiled_headers()):
        path.write_bytes(content + bytes(4096))
        others = [good] if number % 50 == 0 else []
        began = time.process_time()
        finder = WeightsFinder([path, *others], download_dir=tmp_path / "none")
        names = [weights.name for weights in finder.find()]
        if "spoiled" in names:
            read += 1
            assert finder.header(finder.resolve("spoiled")).kv_bytes_per_token >= 0
        else:
            refused += 1
            (problem,) = finder.problems()
            assert repr(str(path)) in str(problem)
        assert others == [] or "good" in names
        longest = max(longest, time.process_time() - began)
    assert longest < MOST_PROCESSOR_SECONDS
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024 - before < MOST_BYTES
    assert read > INPUTS // 20 and refused > INPUTS // 20, "the inputs try both ways"


@pytest.mark.parametrize(
    "pairs",
    [
        [(f"key {number}".encode(), STRING, text(b"a" * 60_000)) for number in range(2000)],
        [(f"key {number}".encode(), ARRAY, array(10, "Q", *range(1024))) for number in range(9000)],
        [
            (b"one", ARRAY, texts(*[b""] * 10)),
            (b"two", ARRAY, struct.pack("<IQ", STRING, 2_000_000) + bytes(16_000_000)),
        ],
        [(b"%d" % number * 9000, U32, bytes(4)) for number in range(1000, 5000)],
    ],
    ids=["long texts", "many arrays", "an endless vocabulary", "long keys"],
)
def test_a_header_beyond_that_of_any_model_takes_neither_memory_nor_time(tmp_path: Path, pairs: list[Pair]) -> None:
    path = tmp_path / "large.gguf"
    path.write_bytes(header(pairs, TENSORS))
    began = time.process_time()
    tracemalloc.start()
    with pytest.raises(WeightsError, match="more than that of any model"):
        read_header(path)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < MOST_BYTES
    assert time.process_time() - began < 60, "measured with every allocation traced"
