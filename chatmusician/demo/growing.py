"""Texts that grow while a model writes them, and as much of a tune as can be drawn already."""

from __future__ import annotations

from chatmusician.demo.desk import AFRESH
from chatmusician.demo.stream import Text


class Growing:
    """The texts of so many candidates."""

    def __init__(self, candidates: int) -> None:
        self.texts = [""] * candidates
        self.bars = 0

    def add(self, piece: Text) -> bool:
        """Whether the first candidate has a bar more, or begins anew."""
        if piece.text == AFRESH:
            self.texts[piece.index] = ""
            return False
        self.texts[piece.index] += piece.text
        bars = self.texts[0].count("|")
        more = bars != self.bars
        self.bars = bars
        return more

    def drawable(self) -> str:
        """The first candidate up to its last bar line; empty before there is one."""
        text = self.texts[0]
        head = text.find("\nK:")
        end = text.rfind("|") + 1
        return text[:end] if 0 <= head < end else ""
