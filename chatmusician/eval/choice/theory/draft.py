"""A question as a kind makes it: before its options are mixed and its side is known."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from random import Random
from typing import Final

KNOWLEDGE, REASONING = "knowledge", "reasoning"
TRAIN, TEST = "train", "test"
_SIDES: Final = (TEST, TRAIN)


@dataclass(frozen=True)
class Draft:
    """`wrong` holds at least three options, the likeliest mistakes first.

    `ask` is what the options of a question are chosen by; `abc` the music it is about.
    """

    stem: str
    right: str
    wrong: tuple[str, ...]
    abc: str = ""

    @property
    def side(self) -> str:
        """Train or test, by the question and its right answer alone.

        So no question is on both sides, whatever the seeds: the options may differ, and the
        question would be the same.
        """
        text = "\0".join((self.stem, self.right, self.abc))
        return _SIDES[hashlib.sha256(text.encode()).digest()[0] % 2]


Make = Callable[[Random], Draft | None]


@dataclass(frozen=True)
class Kind:
    name: str
    topic: str
    subject: str
    make: Make


def draft(stem: str, right: str, wrong: Iterable[str], abc: str = "") -> Draft | None:
    """None where fewer than three wrong options are left that differ."""
    others = tuple(dict.fromkeys(option for option in wrong if option and option != right))
    return Draft(stem, right, others, abc) if len(others) >= 3 else None
