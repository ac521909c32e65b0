"""What befell a turn besides its end: it began again, its texts were shortened, a backend had to wait."""

from collections.abc import Iterator

from council.reports.words import PARTS
from council.transcript import Speech
from council.translation import Translator


def remarks(speech: Speech, words: Translator) -> Iterator[str]:
    """Say each in a sentence."""
    for reason in speech.restarts:
        yield words.gettext("Started again: {reason}", reason=reason)
    for cut in speech.cuts:
        yield words.gettext(
            "Shortened to fit the context: {what}, {kept} of {total} tokens kept.",
            what=PARTS.get(cut.what, cut.what),
            kept=cut.kept,
            total=cut.total,
        )
    if speech.notice:
        yield words.text(speech.notice)
