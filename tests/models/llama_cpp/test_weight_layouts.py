"""One copy of the weights or two: the two are used as one, and give what one copy gives."""

from pathlib import Path

import pytest

from models.llama_cpp.engine.context import DECODED, NO_ROOM, AnyContext, Context, ContextShape
from models.llama_cpp.engine.read_write_context import ReadWriteContext
from models.llama_cpp.runtime import Runtime, runtime
from models.llama_cpp.weight_layouts import WeightLayouts
from tests.tiny_gguf import Shape, make_tiny_gguf

APART = ContextShape(1024, 2, 256, threads=1, shares_cells=False, flash_attention=False)


@pytest.fixture(scope="module")
def quantised(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_tiny_gguf(tmp_path_factory.mktemp("weights") / "quantised.gguf", shape=Shape(width=256, layers=2))


@pytest.fixture
def tiled(monkeypatch: pytest.MonkeyPatch) -> Runtime:
    """The library, taken to be on a processor where two layouts pay; on any processor both give the same results."""
    monkeypatch.setattr(Runtime, "multiplies_in_tiles", True)
    return runtime()


def best_tokens(context: AnyContext) -> list[int]:
    """Read a prompt and write six greedy tokens."""
    library = runtime().library
    written: list[int] = []
    tokens = [40 + place % 17 for place in range(60)]
    position = 0
    for _ in range(6):
        assert context.decode([(1, position, tokens)], [len(tokens) - 1]) == DECODED
        pointer, place = context.output(len(tokens) - 1)
        logits = library.llama_get_logits_ith(pointer, place)
        position += len(tokens)
        tokens = [max(range(256), key=lambda token: float(logits[token]))]
        written += tokens
    context.close()
    return written


def test_two_copies_write_what_one_writes(quantised: Path, tiled: Runtime) -> None:
    one = WeightLayouts(tiled, quantised, quantization="Q4_K_M")
    two = WeightLayouts(tiled, quantised, quantization="Q4_K_M", has_room=lambda cells: True)
    try:
        assert (one.count, two.count) == (1, 2)
        single, twin = one.open_context(APART), two.open_context(APART)
        assert isinstance(single, Context) and isinstance(twin, ReadWriteContext)
        assert best_tokens(twin) == best_tokens(single)
    finally:
        one.close()
        two.close()


def test_a_second_copy_is_made_only_where_it_pays_and_fits(quantised: Path, tiled: Runtime) -> None:
    for quantization, has_room in (("Q4_K_M", False), ("Q8_0", True), ("", True)):
        layouts = WeightLayouts(tiled, quantised, quantization=quantization, has_room=lambda cells, room=has_room: room)
        assert layouts.count == 1
        layouts.close()


def test_without_room_for_its_cells_the_second_copy_rests(quantised: Path, tiled: Runtime) -> None:
    layouts = WeightLayouts(tiled, quantised, quantization="Q4_K_M", has_room=lambda cells: cells == 0)
    context = layouts.open_context(APART)
    assert layouts.count == 2 and isinstance(context, Context)
    context.close()
    layouts.close()


def test_a_step_that_the_reader_breaks_off_is_undone_in_the_writer(quantised: Path, tiled: Runtime) -> None:
    layouts = WeightLayouts(tiled, quantised, quantization="Q4_K_M", has_room=lambda cells: True)
    context = layouts.open_context(APART)
    assert context.decode([(0, 0, [40] * 20)], [19]) == DECODED
    for start in (0, 250):
        assert context.decode([(1, start, [42] * 250)], []) == DECODED
    too_much = [(0, 20, [41]), (1, 500, [42] * 20)]  # each sequence has 512 cells
    assert context.decode(too_much, [0]) == NO_ROOM
    assert context.decode([(0, 20, [41])], [0]) == DECODED, "llama.cpp takes a position only once"
    context.close()
    layouts.close()
