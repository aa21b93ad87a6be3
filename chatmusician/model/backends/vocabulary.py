"""A tokenizer of the transformers kind as the engine and the constraints need it."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import cached_property
from typing import Any

_BYTE = re.compile(r"<0x([0-9A-Fa-f]{2})>")
_WORD_START = "\u2581"


class HubTokens:
    """Over a ``tokenizers.Tokenizer``, with or without transformers around it.

    ``size`` is the width of the model's logits, which may be more than the tokenizer names.
    """

    def __init__(self, tokenizer: Any, *, end_text: str, size: int) -> None:
        self.tokenizer = tokenizer
        self._size = size
        self.end = int(tokenizer.token_to_id(end_text))
        self.end_text = end_text

    @property
    def size(self) -> int:
        return self._size

    def encode(self, text: str) -> list[int]:
        return list(self.tokenizer.encode(text, add_special_tokens=False).ids)

    def decode(self, tokens: Sequence[int]) -> str:
        return str(self.tokenizer.decode(list(tokens), skip_special_tokens=True))

    def pieces(self) -> list[bytes]:
        return self._pieces

    @cached_property
    def _pieces(self) -> list[bytes]:
        found = [b""] * self._size
        known = self.tokenizer.get_vocab(with_added_tokens=True)
        # Added words are plain text, whatever alphabet the model's own tokens are written in.
        added = self.tokenizer.get_added_tokens_decoder()
        by_bytes = "<0x0A>" not in known and ("\u010a" in known or "\u0120" in known)
        for text, at in known.items():
            if at >= self._size:
                continue
            if at in added:
                found[at] = b"" if added[at].special else added[at].content.encode()
            else:
                found[at] = _from_byte_level(text) if by_bytes else _from_words(text)
        return found


def _from_words(text: str) -> bytes:
    byte = _BYTE.fullmatch(text)
    return bytes([int(byte[1], 16)]) if byte else text.replace(_WORD_START, " ").encode()


def _from_byte_level(text: str) -> bytes:
    if not all(letter in _LETTERS for letter in text):
        return text.encode()
    return bytes(_LETTERS[letter] for letter in text)


def _letters() -> dict[str, int]:
    """GPT-2's table: printable bytes are themselves, the others letters from U+0100 on."""
    printable = [*range(33, 127), *range(161, 173), *range(174, 256)]
    others = [byte for byte in range(256) if byte not in printable]
    return {chr(byte): byte for byte in printable} | {
        chr(256 + at): byte for at, byte in enumerate(others)
    }


_LETTERS = _letters()
