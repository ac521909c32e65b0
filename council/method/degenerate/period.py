"""How long a text has been repeating one passage word for word; told as it grows, at the same cost for every character.

Knows nothing of lines, sentences or code.
"""

GRAM = 16
"""So many equal characters propose a period."""
KEPT = 16_384
"""The longest period that is found; no more of the text is kept than twice this."""


class Period:
    """The period with which a text ends: `length` characters, 0 for none, that go on for `span` characters."""

    def __init__(self) -> None:
        self.length = 0
        self._followed = 0
        self._text: list[str] = []
        self._dropped = 0
        self._seen: dict[str, int] = {}
        self._seen_before: dict[str, int] = {}

    @property
    def span(self) -> int:
        """How many characters at the end of the text have this period."""
        return self.length + self._followed if self.length else 0

    @property
    def unit(self) -> str:
        """The passage that is repeated."""
        return "".join(self._text[-self.length :]) if self.length else ""

    def push(self, character: str) -> bool:
        """Take the next character; tells whether a new period begins with it."""
        text = self._text
        text.append(character)
        place = len(text) - 1
        gram = "".join(text[-GRAM:])
        is_new = False
        if self.length and character == text[place - self.length]:
            self._followed += 1
        else:
            is_new = self._propose(gram, place)
        self._seen[gram] = self._dropped + place
        if len(self._seen) >= KEPT:
            self._seen, self._seen_before = {}, self._seen
        if len(text) > 2 * KEPT:
            self._dropped += len(text) - KEPT
            del text[:-KEPT]
        return is_new

    def _propose(self, gram: str, place: int) -> bool:
        last = self._seen.get(gram, self._seen_before.get(gram))
        length = self._dropped + place - last if last is not None else 0
        if not 0 < length <= min(KEPT, place):
            self.length = self._followed = 0
            return False
        self.length, self._followed = length, min(GRAM, len(gram))
        return True
