"""What befell a turn besides its failure, as the page says it."""

from collections.abc import Iterator

from council.reports.words import TRUNCATED, befell
from council.transcript import Speech, Transcript
from council.translation import Translator
from council.ui.html_parts import seat_name


def remarks(transcript: Transcript, speech: Speech, words: Translator) -> Iterator[str]:
    """Say each in a sentence; that the final answer was cut is said over it."""
    for text in befell(speech, lambda seat: seat_name(transcript, seat, words)):
        if text is not TRUNCATED or speech is not transcript.conclusion:
            yield words.text(text)
