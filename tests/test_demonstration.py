"""The program's own very small models: offered last, seated only where there is no other, and told everywhere."""

import shutil
from html import unescape
from pathlib import Path

import pytest

from council.asking import CouncilRequest, make_council
from council.reports.as_markdown import to_markdown
from council.reports.heading import heading
from council.seats import SeatWish
from council.settings import Settings
from council.translation import translator
from council.ui.models.backend_status import render_alerts, render_lamps
from council.ui.run.pane import render_pane
from models.base import Health, ModelCard
from models.demonstration import EXAMPLES, REMARK, is_demonstration
from models.llama_cpp.backend import LlamaCppBackend
from models.weights.finder import WeightsFinder
from tests.deliberations import Recorded, a_council
from tests.fakes import ScriptedBackend

pytestmark = pytest.mark.anyio


async def test_demonstration_weights_carry_a_remark_and_sit_only_without_others(
    tmp_path: Path, tiny_gguf: Path, settings: Settings
) -> None:
    own = tmp_path / "own"
    own.mkdir()
    for name in ("pocket-a", "pocket-b", "pocket-c"):
        shutil.copy(tiny_gguf, own / f"{name}.gguf")
    alone = LlamaCppBackend(WeightsFinder([], download_dir=tmp_path / "none", demonstration_dir=own))
    beside = LlamaCppBackend(WeightsFinder([tiny_gguf], download_dir=tmp_path / "none", demonstration_dir=own))
    cards = await alone.list_models()
    assert [card.remark for card in cards] == [REMARK] * 3
    assert [seat.model for seat in make_council(CouncilRequest(), cards, settings).seats] == [
        "pocket-a",
        "pocket-b",
        "pocket-c",
    ]
    more = await beside.list_models()
    assert more[0].name == "tiny" and not more[0].remark
    assert {seat.model for seat in make_council(CouncilRequest(), more, settings).seats} == {"tiny"}
    named = make_council(CouncilRequest(seats=(SeatWish("pocket-a"), SeatWish("pocket-b"))), more, settings)
    assert [seat.model for seat in named.seats] == ["pocket-a", "pocket-b"]


async def test_the_heading_says_that_demonstration_weights_spoke() -> None:
    backend = ScriptedBackend(models=("pocket-a", "pocket-b", "pocket-c"))
    small = await Recorded(backend, a_council("pocket-a", "pocket-b", "pocket-c")).run()
    assert heading(small).endswith("demonstration weights")
    assert heading(small, "fr").endswith("poids de démonstration")
    usual = await Recorded(ScriptedBackend()).run()
    assert "demonstration" not in heading(usual)


@pytest.mark.parametrize(("name", "is_one"), [("pocket-a", True), ("Pocket-B:latest", True), ("pocket-d", False)])
def test_demonstration_weights_are_told_by_their_names(name: str, is_one: bool) -> None:
    assert is_demonstration(name) is is_one


@pytest.mark.parametrize("language", ["en", "fr"])
def test_the_page_says_that_only_demonstration_weights_are_here_and_offers_questions_they_know(
    language: str, settings: Settings
) -> None:
    words = translator(language)
    small = ModelCard("pocket-a", "llama_cpp", remark=REMARK)
    healths = [Health("ollama", ok=False), Health("llama_cpp", ok=True, models=(small,))]
    assert words.gettext("demonstration weights only") in render_lamps(healths, words)
    alert = unescape(render_alerts(healths, (), settings, words))
    assert (
        words.gettext("Only demonstration weights are here") in alert
        and "ollama pull" in alert
        and "python -m council download" in alert
    )
    assert all(question in alert for question in EXAMPLES[words.language])
    healths[0] = Health("ollama", ok=True, models=(ModelCard("qwen3:4b", "ollama"),))
    assert words.gettext("Only demonstration weights are here") not in render_alerts(healths, (), settings, words)


async def test_pane_and_export_say_that_demonstration_weights_speak() -> None:
    backend = ScriptedBackend(models=("pocket-a", "pocket-b", "beta:1b"))
    run = await Recorded(backend, a_council("pocket-a", "pocket-b", "beta:1b")).run()
    english = translator("en")
    assert english.gettext("demonstration weights") in render_pane(run, "seat-1", english, 0.0).head
    assert english.gettext("demonstration weights") not in render_pane(run, "seat-3", english, 0.0).head
    assert "(pocket-a, demonstration weights)" in to_markdown(run)
