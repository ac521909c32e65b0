"""A model's vocabulary: text to tokens and back."""

import ctypes
import re
import threading
from typing import Any

from models.errors import BackendUnavailableError
from models.marks.families import control_marks
from models.marks.turns import is_mark
from models.text import lazy_gettext as _

UNLOADED = _("The model was unloaded while it was asked.")
_BREAKS = "\u2060\u200c\u200b\u00ad"  # all of them invisible; what a marker of the model holds is not taken


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
        control = self._texts(library.LLAMA_TOKEN_ATTR_CONTROL)
        self._markers = frozenset(control.values())
        shown = control_marks(self._markers)
        self._shown = frozenset(token for token, text in control.items() if text in shown)
        self._dangerous = self._find_dangerous()
        self._break = next((sign for sign in _BREAKS if sign not in self._dangerous.pattern), _BREAKS[0])

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
        """Return the bytes of a token, which may be half a character; of markers only those round thoughts have any."""
        known = self._pieces.get(token)
        if known is None:
            known = self._pieces[token] = self._read_piece(token, special=token in self._shown)
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
        return text in self._markers

    def disarm(self, text: str) -> str:
        """Break every marker inside a message, so that no document or answer can end its own turn."""
        return self._dangerous.sub(rf"\g<0>{self._break}", text)

    def _find_dangerous(self) -> re.Pattern[str]:
        """Find where a text would become a marker: a control token, or what else is always read as one token and looks
        like a marker. Words and blanks that a vocabulary was extended by are none."""
        library = self._library
        own = self._texts(library.LLAMA_TOKEN_ATTR_USER_DEFINED).values()
        texts = self._markers | set(self._texts(library.LLAMA_TOKEN_ATTR_UNKNOWN).values()) | set(filter(is_mark, own))
        firsts: dict[str, list[str]] = {}
        for text in sorted(texts):
            if len(text) > 1:
                firsts.setdefault(text[0], []).append(re.escape(text[1:]))
        starts = (f"{re.escape(first)}(?={'|'.join(rests)})" for first, rests in firsts.items())
        return re.compile("|".join(starts) or r"(?!)")

    def _texts(self, kind: int) -> dict[int, str]:
        """Return the tokens of a kind with their texts."""
        library = self._library
        return {
            token: library.llama_vocab_get_text(self.pointer, token).decode(errors="replace")
            for token in range(self.size)
            if library.llama_vocab_get_attr(self.pointer, token) & kind
        }

    def _read_piece(self, token: int, *, special: bool) -> bytes:
        buffer = ctypes.create_string_buffer(64)
        length = self._library.llama_token_to_piece(self.pointer, token, buffer, 64, 0, special)
        if length < 0:
            buffer = ctypes.create_string_buffer(-length)
            length = self._library.llama_token_to_piece(self.pointer, token, buffer, -length, 0, special)
        return buffer.raw[: max(0, length)]
