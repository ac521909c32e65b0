"""What the page shows of downloads: sizes, licence, memory and the hub's name before the click, figures after it."""

from html import unescape
from pathlib import Path

import pytest
from markupsafe import Markup

from council.downloads import Download, Downloads
from council.translation import translator
from council.ui.models.download_view import render_choices, render_offer, render_progress
from models.catalogue import CATALOGUE
from models.weights.download import Downloader

ENGLISH, FRENCH = translator("en"), translator("fr")
ENTRY = next(entry for entry in CATALOGUE if entry.name == "Llama-3.2-3B-Instruct-Q4_K_M")


async def nothing() -> None:
    """Nobody has to notice an arrival here."""


@pytest.fixture
def downloads(tmp_path: Path) -> Downloads:
    return Downloads(Downloader(tmp_path), arrived=nothing)


def test_before_the_click_stand_size_memory_licence_and_where_the_file_comes_from(downloads: Downloads) -> None:
    english = unescape(render_offer(downloads, 8_000_000_000, set(), ENGLISH))
    assert "2.0 GB to fetch, 3.0 GB of memory to run</span>" in english
    assert "Licence: Llama 3.2 Community" in english
    assert "Download from huggingface.co</button>" in english
    french = unescape(render_offer(downloads, 8_000_000_000, set(), FRENCH))
    assert "2,0 Go à télécharger, 3,0 Go de mémoire</span>" in french
    assert "Licence\u202f: Llama 3.2 Community" in french
    assert "Télécharger depuis huggingface.co</button>" in french


def test_what_does_not_fit_or_is_here_already_is_not_offered(downloads: Downloads) -> None:
    offered = render_offer(downloads, 3_600_000_000, {"llama3.2:1b"}, ENGLISH)
    assert 'data-argument="Llama-3.2-3B-Instruct-Q4_K_M"' in offered
    assert 'data-argument="Llama-3.2-1B-Instruct-Q4_K_M"' not in offered
    assert "Meta-Llama-3.1-8B" not in offered
    assert "free (0.2 GB)" in render_offer(downloads, 200_000_000, set(), ENGLISH)


def test_a_part_that_is_here_is_told_and_the_button_goes_on_with_it(downloads: Downloads, tmp_path: Path) -> None:
    (tmp_path / f"{ENTRY.file}.part").write_bytes(b"x" * 1_500_000)
    offered = render_offer(downloads, None, set(), ENGLISH)
    assert "1.5 MB of it are here already" in offered
    assert offered.count("Resume from huggingface.co</button>") == 1
    assert offered.count("Delete what arrived</button>") == 1


def test_a_running_download_shows_bytes_percent_speed_and_time_left() -> None:
    half = Download(ENTRY, completed_bytes=1_000_000_000, total_bytes=2_000_000_000, bytes_per_second=8_500_000)
    english = render_progress(half, "huggingface.co", ENGLISH)
    assert "1.0 GB of 2.0 GB, 50% · 8.5 MB/s · about 1 min 58 s left" in english
    assert 'aria-valuenow="50"' in english
    french = unescape(render_progress(half, "huggingface.co", FRENCH))
    assert "1,0 Go sur 2,0 Go, 50\xa0% · 8,5 Mo/s · encore 1 min 58 s environ" in french
    assert "Asking huggingface.co" in render_progress(Download(ENTRY), "huggingface.co", ENGLISH)


def test_without_a_download_and_an_offer_there_is_nothing_to_press(downloads: Downloads) -> None:
    assert render_choices(downloads, Markup(), ENGLISH) == ""
