"""The pocket models' tokenizer: fixed phrases, single digits, and pieces of words merged by frequency.

It cuts exactly as llama.cpp's "llama" tokenizer does: phrases first, then neighbouring pieces, the best score first.
"""

import itertools
import json
import re
from collections import Counter
from collections.abc import Iterable
from pathlib import Path

SPECIALS = ("<unk>", "<s>", "</s>")
MARKERS = ("<|system|>", "<|user|>", "<|assistant|>", "<|end|>")
SPACE = "\u2581"
_LEARNT = re.compile(rf"{SPACE}?[^\W\d_]+|.", re.DOTALL)
_PART = re.compile(rf"{SPACE}?[^\W_]+|.", re.DOTALL)
HEX = "0123456789abcdef"


class Tokenizer:
    """Turns texts into tokens and back."""

    def __init__(self, phrases: list[str], pieces: list[str]) -> None:
        self.phrases, self.pieces = phrases, pieces
        self.tokens = [*SPECIALS, *(f"<0x{byte:02X}>" for byte in range(256)), *MARKERS, *phrases, *pieces]
        self.first_phrase = len(self.tokens) - len(pieces) - len(phrases)
        self.first_piece = len(self.tokens) - len(pieces)
        while len(self.tokens) % 64:
            self.tokens.append(f"<spare{len(self.tokens)}>")
        self._fixed = {text: place for place, text in enumerate(self.tokens[259 : self.first_piece], start=259)}
        self._markers = sorted(self._fixed, key=lambda text: -len(text.encode()))
        self._ids = {piece: self.first_piece + rank for rank, piece in enumerate(pieces)}
        self._known: dict[str, list[int]] = {}

    @property
    def size(self) -> int:
        return len(self.tokens)

    def encode(self, text: str) -> list[int]:
        parts: list[str | int] = [text]
        for marker in self._markers:
            if marker in text:
                parts = [piece for part in parts for piece in self._cut(part, marker)]
        tokens = [1]
        for part in parts:
            if isinstance(part, int):
                tokens.append(part)
            else:
                for word in _PART.findall(part.replace(" ", SPACE)):
                    tokens += self._word(word)
        return tokens

    def _cut(self, part: str | int, marker: str) -> list[str | int]:
        if isinstance(part, int) or marker not in part:
            return [part]
        cut: list[str | int] = []
        for piece in part.split(marker):
            cut += [piece, self._fixed[marker]] if piece else [self._fixed[marker]]
        return cut[:-1]

    def _word(self, word: str) -> list[int]:
        known = self._known.get(word)
        if known is None:
            known = self._known[word] = self._merge(word)
        return known

    def _merge(self, word: str) -> list[int]:
        parts = list(word)
        while len(parts) > 1:
            ranks = [self._ids.get(a + b, 1 << 30) for a, b in itertools.pairwise(parts)]
            best = min(ranks)
            if best == 1 << 30:
                break
            place = ranks.index(best)
            parts[place : place + 2] = [parts[place] + parts[place + 1]]
        tokens = []
        for part in parts:
            tokens += [self._ids[part]] if part in self._ids else [3 + byte for byte in part.encode()]
        return tokens

    def decode(self, tokens: Iterable[int]) -> str:
        data = b""
        for token in tokens:
            text = self.tokens[token]
            if 3 <= token < 259:
                data += bytes([token - 3])
            elif token >= self.first_piece:
                data += text.replace(SPACE, " ").encode()
            elif token >= 259:
                data += text.encode()
        return data.decode(errors="replace")

    def save(self, path: Path) -> None:
        path.write_text(json.dumps({"phrases": self.phrases, "pieces": self.pieces}, ensure_ascii=False, indent=0))

    @classmethod
    def load(cls, path: Path) -> "Tokenizer":
        saved = json.loads(path.read_text())
        return cls(saved["phrases"], saved["pieces"])


def learn_pieces(texts: Iterable[str], size: int) -> list[str]:
    """Learn pieces of words by merging the most frequent pair again and again; the rank is the order of learning.

    The last pieces are the figures of fences and years in pairs, and single characters, which never merge.
    """
    words = Counter(word for text in texts for word in _LEARNT.findall(text.replace(" ", SPACE)))
    characters = sorted({character for word in words for character in word})
    pairs = [a + b for a in HEX for b in HEX if not (a + b).isalpha()]
    split = {word: list(word) for word in words}
    merged: list[str] = []
    while len(characters) + len(pairs) + len(merged) < size:
        counts: Counter[tuple[str, str]] = Counter()
        for word, parts in split.items():
            for pair in itertools.pairwise(parts):
                counts[pair] += words[word]
        (first, second), count = max(counts.items(), key=lambda item: (item[1], item[0]))
        if count < 2:
            break
        merged.append(first + second)
        for parts in split.values():
            place = 0
            while place < len(parts) - 1:
                if parts[place] == first and parts[place + 1] == second:
                    parts[place : place + 2] = [first + second]
                place += 1
    return [*merged, *pairs, *characters]
