"""What a search of the history finds: words, as they are typed, in whatever case and accents, whatever the text."""

import re
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given
from hypothesis import strategies as st

from council import events as ev
from council.domain import Synthesis
from council.runs.history import History, OwnedHistory
from council.runs.history_search import MOST_LETTERS
from council.runs.owners import LOCAL
from models.characters import mended
from tests.council.runs.stored import ANA, answered, started


@pytest.mark.parametrize("search", ["evenement", "ÉVÉNEMENT", "eclipse événe", "100%", "conclusion du conseil"])
def test_a_search_finds_questions_and_answers_whatever_case_and_accents(kept: OwnedHistory, search: str) -> None:
    kept.append("r1", started("r1", "Quel événement a eu lieu ?"))
    kept.append("r1", answered(ANA, "Une éclipse, à 100% sûre."))
    kept.append("r1", ev.SynthesisWritten(synthesis=Synthesis(seat="s1", text="La conclusion du conseil.")))
    kept.append("r2", started("r2", "Quelle heure est-il ? 1000"))
    assert [entry.id for entry in kept.entries(search=search)] == ["r1"]


def test_what_is_not_there_is_not_found(kept: OwnedHistory) -> None:
    kept.append("r1", started("r1"))
    assert kept.entries(search="Sydney") == kept.entries(search="%") == kept.entries(search="C_nberra") == []


def test_a_whole_page_may_be_pasted_into_the_search(kept: OwnedHistory) -> None:
    kept.append("r1", started("r1", "Where is Canberra?"))
    assert [entry.id for entry in kept.entries(search="canberra " * 2_000)] == ["r1"]
    assert kept.entries(search="x" * 100_000) == []


@pytest.mark.parametrize(
    ("text", "search"),
    [
        ("Where is Canberra?", "canb"),
        ("Where is Canberra?", "CANBERRA? where"),
        ("L'éclipse d'aujourd'hui", "l'eclip aujourd'h"),
        ("Do you know C++ or `x == y`?", 'c++ "x" (y)'),
        ("It is AND or NOT near", "and NOT NEAR"),
        ("100% sure", "100% sur"),
        ("A cafe\u0301 in Paris", "café"),
        ("Die Straße nach Köln", "strasse koln"),
        ("Украшенная ёлка", "елка"),
        ("Καλημέρα κόσμε", "ΚΑΛΗΜΕΡΑ κοσμε"),
        ("東京の天気はどうですか", "天気"),
        ("กรุงเทพฯ อยู่ที่ไหน", "เทพ"),
        ("מה בירת אוסטרליה?", "אוסטרל"),
        ("ما هي عاصمة أستراليا؟", "استراليا"),
        ("A kangaroo🦘 and a koala", "kangaroo koala🐨"),
        ("before\0behind", "behind"),
        ("before\0behind", "before\0behind"),
        ("half \ud83e of a pair \udd98 here", "pair \udfff here"),
        ("\ud83e\udd98 in halves", "halv"),
        ("a noncharacter \uffff beside", "beside"),
        ("x" * 50_000, "x" * 60_000),
        ("Where?", "wh ?"),
    ],
)
def test_what_is_typed_is_found(kept: OwnedHistory, text: str, search: str) -> None:
    kept.append("r1", started("r1", text))
    kept.append("r2", started("r2", "Something else, 1000 times"))
    assert [entry.id for entry in kept.entries(search=search)] == ["r1"]


@pytest.mark.parametrize("search", ['"', "'", '"" OR', "*", "a:b", "-x", "NEAR(", "^", "{text}: x", "\ud800"])
def test_a_search_is_words_and_never_syntax(kept: OwnedHistory, search: str) -> None:
    kept.append("r1", started("r1", "Where is Canberra?"))
    assert kept.entries(search=search) == []


@pytest.fixture(scope="module")
def growing() -> Iterator[OwnedHistory]:
    """A history to which every example adds."""
    with TemporaryDirectory() as folder:
        history = History(Path(folder) / "history.db")
        yield history.of(LOCAL)
        history.close()


@given(st.text(st.characters(max_codepoint=0xFFFF) | st.sampled_from("\0\ud83e\udd98\uffff é🦘"), min_size=1))
def test_any_text_is_stored_and_found_by_its_words(growing: OwnedHistory, text: str) -> None:
    run_id = f"r{len(growing.entries(limit=100_000))}"
    growing.append(run_id, started(run_id, f"{text} kangaroo"))
    question = growing.transcript(run_id).question
    assert question is not None and question.text == mended(f"{text} kangaroo")
    growing.entries(search=text)
    a_letter = re.compile(r"[a-z0-9\u00e0-\u00f6\u0400-\u04ff\u05d0-\u05ea\u4e00-\u9fff]")
    for word in filter(a_letter.search, re.split(r"[\s\0]+", f"{text} kangaroo")):
        found = growing.entries(search=word[:MOST_LETTERS], limit=100_000)
        assert run_id in [entry.id for entry in found], word
