"""A model's vocabulary: text to tokens and back."""

import ctypes
import re
import threading
from typing import Any

from models.errors import BackendUnavailableError
from models.text import lazy_gettext as _

UNLOADED = _("The model was unloaded while it was asked.")
_NO_BREAK = "\u2060"  # word joiner: invisible, and no part of any marker


class Vocabulary:
    """The tokens of one loaded model. Texts may be counted from any thread, also while the model is being unloaded."""

    def __init__(self, library: Any, model: Any) -> None:
        self._library = library
        self.pointer = library.llama_model_get_vocab(model)
        self.size: int = library.llama_vocab_n_tokens(self.pointer)
        self._guard = threading.Lock()
        self._is_closed = False
        self._pieces: dict[int, bytes] = {}
        self._ends: dict[int, bool] = {}
        self._markers = self._find_markers()

    def tokenize(self, text: str, *, opens: bool = False, has_markers: bool = False) -> list[int]:
        """Return the tokens of a text.

        `opens` adds what the model wants at the very beginning; with `has_markers`, <|im_end|> and its like are
        tokens of their own and not just characters.
        """
        with self._guard:
            if self._is_closed:
                raise BackendUnavailableError(UNLOADED, advice=_("Ask again."))
            return self._tokenize(text, opens, has_markers)

    def close(self) -> None:
        """Let nobody read it any more, and wait for who does: another thread may still count tokens."""
        with self._guard:
            self._is_closed = True

    def _tokenize(self, text: str, opens: bool, has_markers: bool) -> list[int]:
        data = text.encode(errors="replace")
        opening = self.text_of(self.bos)
        starts = opens and not (opening and text.startswith(opening))
        room = len(data) + 8
        while True:
            tokens = (ctypes.c_int32 * room)()
            count = self._library.llama_tokenize(self.pointer, data, len(data), tokens, room, starts, has_markers)
            if count >= 0:
                return tokens[:count]
            room = -count  # rare: a vocabulary without a token for the blank takes three for each

    def piece(self, token: int) -> bytes:
        """Return the bytes of a token, which may be half a character; nothing for a marker."""
        known = self._pieces.get(token)
        if known is None:
            known = self._pieces[token] = self._read_piece(token, special=False)
        return known

    def is_end(self, token: int) -> bool:
        """Whether the token ends the answer."""
        known = self._ends.get(token)
        if known is None:
            known = self._ends[token] = bool(self._library.llama_vocab_is_eog(self.pointer, token))
        return known

    def text_of(self, token: int) -> str:
        """Return the text of a token, markers included; "" for a token that the model does not have."""
        return "" if token < 0 else self._read_piece(token, special=True).decode(errors="replace")

    @property
    def bos(self) -> int:
        return int(self._library.llama_vocab_bos(self.pointer))

    @property
    def eos(self) -> int:
        return int(self._library.llama_vocab_eos(self.pointer))

    def has_marker(self, text: str) -> bool:
        """Whether the text is one single marker of this model."""
        return self._markers is not None and self._markers.fullmatch(text) is not None

    def disarm(self, text: str) -> str:
        """Break every marker inside a message, so that no document or answer can end its own turn."""
        if self._markers is None:
            return text
        return self._markers.sub(lambda match: match[0][0] + _NO_BREAK + match[0][1:], text)

    def _find_markers(self) -> re.Pattern[str] | None:
        library = self._library
        texts = [
            library.llama_vocab_get_text(self.pointer, token).decode(errors="replace")
            for token in range(self.size)
            if library.llama_vocab_get_attr(self.pointer, token) & library.LLAMA_TOKEN_ATTR_CONTROL
        ]
        longest_first = sorted({text for text in texts if len(text) > 1}, key=len, reverse=True)
        return re.compile("|".join(map(re.escape, longest_first))) if longest_first else None

    def _read_piece(self, token: int, *, special: bool) -> bytes:
        buffer = ctypes.create_string_buffer(64)
        length = self._library.llama_token_to_piece(self.pointer, token, buffer, 64, 0, special)
        if length < 0:
            buffer = ctypes.create_string_buffer(-length)
            length = self._library.llama_token_to_piece(self.pointer, token, buffer, -length, 0, special)
        return buffer.raw[: max(0, length)]
