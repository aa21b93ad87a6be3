"""The bytes that every token of a vocabulary stands for, and a trie over them.

Tokens are read from a tokenizer of transformers (byte-level BPE as GPT-2 has it, sentencepiece
with `▁` and byte fallback as Llama has it, plain BPE), or given as bytes.
"""

from __future__ import annotations

import functools
import json
import re
from collections.abc import Iterable, Sequence
from typing import Any, Final

from chatmusician.errors import InputError
from chatmusician.model.decoding.trie import Trie

_BYTE: Final = re.compile(r"<0x([0-9A-Fa-f]{2})>$")
# Every tune can be finished with these.
NEEDED: Final = 'X:1\nM:4/4L:1/8K:C|z0123456789/][")-'
# What ends an annotation, and a field.
ENDS: Final = ('"', "\n")
# What may stand in every free text and leaves it as it was.
TEXT: Final = frozenset(map(chr, range(0x20, 0x7F))) - set('"%&:;\\]|')


class Vocabulary:
    """`pieces[id]` is the text of a token, as bytes; None where it has none (special tokens)."""

    def __init__(self, pieces: Sequence[bytes | None], end: Iterable[int]) -> None:
        self.pieces = [None if p is None or not p else p.decode("latin-1") for p in pieces]
        self.end = tuple(sorted(set(end)))
        self.size = len(self.pieces)
        self.longest = max((len(p) for p in self.pieces if p), default=1)
        # How many bar lines a token may cross.
        self.bars = max((len(re.findall(r"[|:]+", p)) for p in self.pieces if p), default=0)
        self.root = Trie()
        # Tokens that may stand anywhere in free text, and tries of those that need a look: by
        # what ends the text, those that have it and those that have not.
        self.texts: list[int] = []
        self.closing = {end: Trie() for end in ENDS}
        self.inside = {end: Trie() for end in ENDS}
        # Tokens without and with a tie: only the latter ask which pitch was written before.
        self.untied, self.tied = Trie(), Trie()
        ends = frozenset(self.end)
        for index, piece in enumerate(self.pieces):
            if piece and index not in ends:
                self.root.add(piece, index)
                (self.tied if "-" in piece else self.untied).add(piece, index)
                if TEXT.issuperset(piece):
                    self.texts.append(index)
                    continue
                for stop in ENDS:
                    (self.closing if stop in piece else self.inside)[stop].add(piece, index)
        missing = [
            char for char in NEEDED if char not in self.root.next or not self.root.next[char].ids
        ]
        if missing:
            raise InputError(
                f"the vocabulary has no token for {missing[0]!r}",
                hint="decoding by bars needs a token for every single character of ABC",
            )

    def longest_beginning(self, text: str, start: int = 0) -> int:
        """The token that is the longest beginning of the text from there on."""
        node, found = self.root, -1
        for at in range(start, len(text)):
            child = node.next.get(text[at])
            if child is None:
                break
            node = child
            if node.ids:
                found = node.ids[0]
        return found

    def count(self, text: str) -> int:
        """How many tokens the text is, each the longest that fits."""
        at = count = 0
        while at < len(text):
            piece = self.pieces[self.longest_beginning(text, at)]
            at += len(piece or "?")
            count += 1
        return count

    @classmethod
    def of(cls, tokenizer: Any, *, end: int | None = None) -> Vocabulary:
        """The vocabulary of a (fast) tokenizer of transformers, or of one of `tokenizers`."""
        backend = getattr(tokenizer, "backend_tokenizer", tokenizer)
        state = json.loads(backend.to_str())
        special = {token["id"] for token in state.get("added_tokens", ()) if token.get("special")}
        special |= set(getattr(tokenizer, "all_special_ids", ()))
        kind = _kind(state)
        table = backend.get_vocab(with_added_tokens=True)
        size = max(max(table.values()) + 1, len(table))
        pieces: list[bytes | None] = [None] * size
        for token, index in table.items():
            if index not in special:
                pieces[index] = _bytes(token, kind)
        if end is None:
            end = getattr(tokenizer, "eos_token_id", None)
        return cls(pieces, [] if end is None else [end])


def _kind(state: dict[str, Any]) -> str:
    """How the tokenizer writes bytes: told by its decoder, else by its pre-tokenizer."""
    parts = json.dumps(
        [state.get(part) for part in ("decoder", "pre_tokenizer", "normalizer")], ensure_ascii=False
    )
    if '"ByteLevel"' in parts:
        return "byte-level"
    if '"WordPiece"' in parts or state.get("model", {}).get("type") == "WordPiece":
        raise InputError(
            "a WordPiece vocabulary cannot be decoded by bars", hint="its tokens lose the blanks"
        )
    return "metaspace" if "\u2581" in parts or '"Metaspace"' in parts else "plain"


def _bytes(token: str, kind: str) -> bytes:
    if kind == "byte-level":
        table = byte_table()
        if all(char in table for char in token):
            return bytes(table[char] for char in token)
        return token.encode()
    if kind == "metaspace":
        found = _BYTE.match(token)
        return bytes([int(found[1], 16)]) if found else token.replace("\u2581", " ").encode()
    return token.encode()


@functools.cache
def byte_table() -> dict[str, int]:
    """The characters that stand for bytes in GPT-2's vocabulary."""
    plain = [*range(0x21, 0x7F), *range(0xA1, 0xAD), *range(0xAE, 0x100)]
    table = {chr(byte): byte for byte in plain}
    for index, byte in enumerate(b for b in range(256) if b not in plain):
        table[chr(256 + index)] = byte
    return table
