"""Page and export say whether votes went by where an answer stood, where that can be told from its quality."""

from html import unescape

import pytest

from council import events as ev
from council.domain import Ballot
from council.reports.as_markdown import to_markdown
from council.transcript import Transcript
from council.translation import translator
from council.ui.run.render import render
from tests.council.transcripts import fold, started

ENGLISH, FRENCH = translator("en"), translator("fr")


def voted(*looks: tuple[str, str]) -> Transcript:
    """Two answers; each voter was shown them in the first order, and gave the second one."""
    cast = [
        ev.BallotCast(
            ballot=Ballot(voter=f"seat-{number}", labels=of("AB", shown), order=tuple(of("AB", given).values()))
        )
        for number, (shown, given) in enumerate(looks, 1)
    ]
    return fold(started(), *cast)


def of(labels: str, numbers: str) -> dict[str, str]:
    return {label: f"seat-{number}" for label, number in zip(labels, numbers, strict=True)}


@pytest.mark.parametrize(
    ("looks", "english", "french"),
    [
        ((("12", "12"), ("21", "21")), "2 of 2 looks. The votes mostly follow", "2 cas sur 2. Les votes suivent"),
        ((("12", "21"), ("21", "12")), "0 of 2 looks. The votes mostly reverse", "0 cas sur 2. Les votes renv"),
        ((("12", "12"), ("21", "12")), "1 of 2 looks. Where an answer stood", "1 cas sur 2. La place"),
    ],
)
def test_how_far_votes_go_by_the_order_shown_is_told(
    looks: tuple[tuple[str, str], ...], english: str, french: str
) -> None:
    transcript = voted(*looks)
    assert english in unescape(render(transcript, ENGLISH, 1.0).ballots)
    assert french in unescape(render(transcript, FRENCH, 1.0).ballots)
    assert english in to_markdown(transcript) and french in to_markdown(transcript, "fr")


def test_nothing_is_said_where_one_answer_stood_first_more_often() -> None:
    transcript = voted(("12", "12"))
    assert "shown first" not in render(transcript, ENGLISH, 1.0).ballots
    assert "shown first" not in to_markdown(transcript)
