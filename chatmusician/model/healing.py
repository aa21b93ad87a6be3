"""A constraint on an answer whose first token still carries the blank before it."""

from __future__ import annotations

import weakref
from typing import Any

import numpy as np

from chatmusician.model.generation import TokenConstraint, Tokens

_BLANK = b" "
_PAIRS: weakref.WeakKeyDictionary[Tokens, tuple[dict[int, int], int | None]] = (
    weakref.WeakKeyDictionary()
)


def healed(constraint: TokenConstraint | None, tokens: Tokens) -> TokenConstraint | None:
    return None if constraint is None else _Healed(constraint, tokens)


class _Healed:
    """Lets `` X`` begin where the constraint lets ``X`` begin; where no such token exists, a
    blank alone."""

    def __init__(self, inner: TokenConstraint, tokens: Tokens) -> None:
        self.inner = inner
        self.bare, self.alone = _pairs(tokens)
        self.first: dict[int, int] | None = None
        self.begun = False

    def allowed(self) -> Any:
        inner = self.inner.allowed()
        if self.begun:
            return inner
        self.first = {self.bare[token]: token for token in map(int, inner) if token in self.bare}
        if self.first:
            return np.array(sorted(self.first))
        return np.array([self.alone]) if self.alone is not None and len(inner) else inner

    def push(self, token: int) -> None:
        first, self.begun = not self.begun, True
        if first and self.first:
            token = self.first[token]
        elif first and token == self.alone:
            return
        self.inner.push(token)


def _pairs(tokens: Tokens) -> tuple[dict[int, int], int | None]:
    """From tokens to the same token with a blank before it, and the blank itself."""
    if tokens not in _PAIRS:
        pieces = tokens.pieces()
        places = {piece: at for at, piece in reversed(list(enumerate(pieces))) if piece}
        pairs = {
            places[piece[1:]]: at
            for piece, at in places.items()
            if piece.startswith(_BLANK) and piece[1:] in places
        }
        _PAIRS[tokens] = pairs, places.get(_BLANK)
    return _PAIRS[tokens]
