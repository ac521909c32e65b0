"""An engine on a tiny model, in each layout of its cells."""

from collections.abc import Iterator
from typing import get_args

import pytest

from models.llama_cpp.loading import Model
from tests.models.llama_cpp.engine_bench import Bench, Layout, load, open_bench
from tests.tiny_gguf import make_tiny_gguf


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Model]:
    """Weights in full: with quantised ones a rounding flips now and then, which looks like a fault of the engine."""
    loaded = load(make_tiny_gguf(tmp_path_factory.mktemp("full") / "tiny.gguf", quantised=False))
    yield loaded
    loaded.close()


@pytest.fixture(params=get_args(Layout))
def layout(request: pytest.FixtureRequest) -> Layout:
    kind: Layout = request.param
    return kind


@pytest.fixture
def bench(model: Model, layout: Layout) -> Iterator[Bench]:
    with open_bench(model, layout=layout) as opened:
        yield opened
