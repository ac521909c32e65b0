"""Numbers in a sentence."""

from council.domain import Language


class Number:
    """A count or a number of votes in a sentence: `{n}` writes it, `{n:one|many}` chooses a word by it."""

    def __init__(self, value: float, language: Language) -> None:
        self.value = round(value, 1 if value >= 1 else 2)
        self.is_french = language == "fr"

    def __format__(self, words: str) -> str:
        if not words:
            written = f"{self.value:g}"
            return written.replace(".", ",") if self.is_french else written
        one, many = words.split("|")
        is_one = self.value < 2 if self.is_french else self.value == 1
        return one if is_one else many
