"""The bundled model's vocabulary: words and runs of notes, split by the longest that fits.

A token is a word of home text, or a run of up to four note words of one bar (``"A2 B c "``).
A text is split from the left, each time by the longest token that fits; runs never cross a
bar word. In ``tokenizer.json`` the same is written as a WordPiece table without marks, whose
words end in spaces, so that the ``tokenizers`` library reads it too.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any, Final

from chatmusician.errors import InputError
from chatmusician.model.home.text import BEGIN, END, PAD

LONGEST: Final = 4
UNKNOWN: Final = "<unk>"
SPECIAL: Final = (PAD, BEGIN, END, UNKNOWN)


class Vocabulary:
    """``tokens`` in the order of their numbers; words of a run are parted by spaces."""

    def __init__(self, tokens: Sequence[str]) -> None:
        self.tokens = tuple(tokens)
        self.words = tuple(tuple(token.split(" ")) for token in self.tokens)
        self.numbers = {words: number for number, words in enumerate(self.words)}
        self.pad, self.begin, self.end = (self.numbers[(name,)] for name in (PAD, BEGIN, END))

    def __len__(self) -> int:
        return len(self.tokens)

    def knows(self, words: Iterable[str]) -> bool:
        return all((word,) in self.numbers for word in words)

    def encode(self, words: Sequence[str], shorten: Callable[[], bool] | None = None) -> list[int]:
        """The numbers of a text's tokens; ``shorten`` decides, where it is given, whether a
        run is passed over for a shorter one. Raises ``InputError`` for an unknown word."""
        numbers: list[int] = []
        at = 0
        while at < len(words):
            for size in range(min(LONGEST, len(words) - at), 0, -1):
                number = self.numbers.get(tuple(words[at : at + size]))
                if number is None or (size > 1 and shorten is not None and shorten()):
                    continue
                numbers.append(number)
                at += size
                break
            else:
                raise InputError(f"home text, word {at + 1}: {words[at]!r} is unknown")
        return numbers

    def decode(self, numbers: Iterable[int]) -> list[str]:
        return [word for number in numbers for word in self.words[number]]

    def save(self, path: Path) -> None:
        """Writes ``tokenizer.json``."""
        text = json.dumps(_tokenizer(self.tokens), ensure_ascii=False, indent=1)
        path.write_text(text + "\n", encoding="utf-8")


def load_vocabulary(path: Path) -> Vocabulary:
    """The vocabulary of a ``tokenizer.json`` that ``save`` wrote."""
    table = json.loads(path.read_text(encoding="utf-8"))["model"]["vocab"]
    order = sorted(table, key=table.__getitem__)
    return Vocabulary([token.rstrip(" ") for token in order])


def _tokenizer(tokens: Sequence[str]) -> dict[str, Any]:
    special = [
        {
            "id": number,
            "content": token,
            "single_word": False,
            "lstrip": False,
            "rstrip": True,
            "normalized": False,
            "special": True,
        }
        for number, token in enumerate(tokens)
        if token in SPECIAL
    ]
    vocab = {t if t in SPECIAL else t + " ": number for number, t in enumerate(tokens)}
    bar_words = {"Regex": r"(?:\|\d+|:\||\|\||\[[12]|<[A-H]>|[RMKSEPgop]:\S+) "}
    return {
        "version": "1.0",
        "truncation": None,
        "padding": None,
        "added_tokens": special,
        "normalizer": None,
        "pre_tokenizer": {
            "type": "Split",
            "pattern": bar_words,
            "behavior": "Isolated",
            "invert": False,
        },
        "post_processor": None,
        "decoder": {"type": "Fuse"},
        "model": {
            "type": "WordPiece",
            "unk_token": UNKNOWN,
            "continuing_subword_prefix": "",
            "max_input_chars_per_word": 1000,
            "vocab": vocab,
        },
    }
