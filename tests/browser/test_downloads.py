"""One click fetches a model: it is offered, watched, stopped, gone on with, and takes its seat without a restart."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import expect

from council.application import open_application
from council.settings import Settings
from models.catalogue import CATALOGUE
from models.weights.download import PIECE_BYTES
from tests.browser.conftest import OpenPage
from tests.browser.seats import press
from tests.browser.served import ServedCouncil
from tests.hub import Hub, serving
from tests.tiny_gguf import Shape, make_tiny_gguf

pytestmark = pytest.mark.browser

ENTRY = CATALOGUE[0]
FETCH = f'[data-action=download][data-argument="{ENTRY.name}"]'

Start = Callable[..., ServedCouncil]


@pytest.fixture(scope="module")
def content(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    return make_tiny_gguf(tmp_path_factory.mktemp("hub") / "tiny.gguf", shape=Shape(layers=8)).read_bytes()


@pytest.fixture
def hub(content: bytes) -> Iterator[Hub]:
    with serving(content, ENTRY) as server:
        yield server


@pytest.fixture
def start(hub: Hub, settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Start]:
    """Serve the real application with nothing but demonstration weights, and the hub on this machine."""
    monkeypatch.setenv("GRADIO_TEMP_DIR", str(tmp_path / "gradio"))
    with ExitStack() as stack:

        def serve(**changed: Any) -> ServedCouncil:
            chosen = settings.model_copy(update={"backends": ("llama_cpp",), "demonstration": True} | changed)
            council = ServedCouncil(chosen, opened=partial(open_application, hub=hub.url))
            stack.callback(council.close)
            return council

        yield serve


def choose(page: Any) -> None:
    """Unfold the other models, and press the button of the smallest."""
    page.locator("#more-downloads summary").click()
    page.locator(FETCH).click()


def test_a_click_downloads_a_model_that_takes_its_seat_in_every_tab(
    start: Start, open_page: OpenPage, hub: Hub
) -> None:
    url = start().url
    page, other = open_page(url), open_page(url)
    expect(page.locator(".alert.missing")).to_contain_text("Only demonstration weights")
    expect(page.locator("#download h3")).to_have_text("Get a real model with one click")
    expect(page.locator("#download .note")).to_contain_text("nothing is fetched before")
    line = page.locator("#download li", has=page.locator(FETCH))
    expect(line).to_contain_text("0.4 GB to fetch, 1.0 GB of memory to run")
    expect(line).to_contain_text("Licence: Apache 2.0")
    expect(line.locator("button")).to_have_text("Download from 127.0.0.1")
    assert hub.asked == []
    hub.may_finish.clear()
    choose(page)
    for tab in (page, other):
        expect(tab.locator("#download h3")).to_have_text("Downloading Qwen 2.5 0.5B from 127.0.0.1")
        expect(tab.locator("#download .figures")).to_contain_text("% ")
        expect(tab.locator("#download [role=progressbar]")).not_to_have_attribute("aria-valuenow", "0")
    expect(page.locator("#download .figures")).to_contain_text("left")
    page.close()
    hub.may_finish.set()
    expect(other.get_by_text("Qwen 2.5 0.5B is here and can take a seat.")).to_be_visible()
    expect(other.locator(".alert.missing")).to_have_count(0)
    expect(other.locator(".lamp.on")).to_contain_text("ready")
    expect(other.locator("#seats-summary")).to_contain_text(ENTRY.name)
    expect(other.locator("#seats-summary")).not_to_contain_text("pocket")
    expect(other.locator("#download li", has_text="Gemma 3 4B")).to_have_count(1)
    expect(other.locator(FETCH)).to_have_count(0)
    press(other, "close", within="#download")
    expect(other.locator("#download")).to_be_hidden()


def test_a_download_that_is_cancelled_goes_on_where_it_stopped(
    start: Start, open_page: OpenPage, hub: Hub, tmp_path: Path
) -> None:
    hub.may_finish.clear()
    page = open_page(start().url)
    choose(page)
    expect(page.locator("#download [role=progressbar]")).not_to_have_attribute("aria-valuenow", "0")
    press(page, "cancel", within="#download")
    expect(page.get_by_text("was cancelled. What arrived is kept")).to_be_visible()
    hub.may_finish.set()
    press(page, "download", within="#download .actions")
    expect(page.locator("#download .ended")).to_contain_text("is here and can take a seat")
    path, range_ = hub.asked[-1]
    assert path == "/storage" and int(range_.removeprefix("bytes=").removesuffix("-")) >= PIECE_BYTES
    assert (tmp_path / "data" / "weights" / ENTRY.file).read_bytes() == hub.content


def test_what_goes_wrong_is_told_with_the_next_step_in_french_too(start: Start, open_page: OpenPage, hub: Hub) -> None:
    hub.digest = "0" * 64
    page = open_page(start().url, locale="fr-FR")
    expect(page.locator("#download h3")).to_have_text("Obtenir un vrai modèle en un clic")
    choose(page)
    failure = page.locator("#download .failure")
    expect(failure).to_be_visible()
    expect(failure).to_contain_text("n’a pas été téléchargé")
    expect(failure).to_contain_text("abîmé en route. Téléchargez-le de nouveau.")
    hub.break_after = PIECE_BYTES
    press(page, "download", within="#download .actions")
    expect(failure).to_contain_text("Redemandez pour continuer où le téléchargement s’est arrêté")
    press(page, "close", within="#download")
    expect(page.locator("#download h3")).to_be_visible()
    expect(page.locator("#download li", has=page.locator(FETCH))).to_contain_text("sont déjà ici")
    expect(page.locator(FETCH)).to_have_text("Reprendre depuis 127.0.0.1")
    press(page, "discard", within="#download")
    expect(page.locator(FETCH)).to_have_text("Télécharger depuis 127.0.0.1")


def test_a_page_that_others_see_offers_no_download_and_starts_none(start: Start, open_page: OpenPage, hub: Hub) -> None:
    page = open_page(start(allow_public=True).url)
    expect(page.locator(".alert.missing")).to_contain_text("This page also serves others")
    expect(page.locator(".alert.missing")).to_contain_text("python -m council download")
    expect(page.locator("#download")).to_be_hidden()
    assert hub.asked == []
