"""A tokenizer of the transformers kind as the engine and the constraints need it."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import cached_property
from typing import Any

_BYTE = re.compile(r"<0x([0-9A-Fa-f]{2})>")
_WORD_START = "\u2581"


class HubTokens:
    """`size` is the width of the model's logits, which may be more than the tokenizer names."""

    def __init__(self, tokenizer: Any, size: int) -> None:
        self.tokenizer = tokenizer
        self._size = size
        self.end = int(tokenizer.eos_token_id)
        self.end_text = str(tokenizer.eos_token)

    @property
    def size(self) -> int:
        return self._size

    def encode(self, text: str) -> list[int]:
        return list(self.tokenizer.encode(text, add_special_tokens=False, verbose=False))

    def decode(self, tokens: Sequence[int]) -> str:
        return str(
            self.tokenizer.decode(
                list(tokens), skip_special_tokens=True, clean_up_tokenization_spaces=False
            )
        )

    def pieces(self) -> list[bytes]:
        return self._pieces

    @cached_property
    def _pieces(self) -> list[bytes]:
        found = [b""] * self._size
        special = set(self.tokenizer.all_special_ids)
        # Added words are plain text, whatever alphabet the model's own tokens are written in.
        plain = self.tokenizer.added_tokens_decoder
        by_bytes = _is_byte_level(self.tokenizer)
        for text, at in self.tokenizer.get_vocab().items():
            if at in special or at >= self._size:
                continue
            if at in plain:
                found[at] = b"" if plain[at].special else str(plain[at].content).encode()
            else:
                found[at] = _from_byte_level(text) if by_bytes else _from_words(text)
        return found


def _is_byte_level(tokenizer: Any) -> bool:
    """Whether bytes are written as letters (GPT-2's way) and not as words with `<0x0A>`."""
    known = tokenizer.get_vocab()
    return "<0x0A>" not in known and any(word in known for word in ("\u010a", "\u0120"))


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
