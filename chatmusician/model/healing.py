"""A constraint on an answer whose first token still carries the blank before it."""

from __future__ import annotations

import weakref
from typing import Any

import torch

from chatmusician.model.generation import TokenConstraint, Tokens

_BLANK = b" "
_PAIRS: weakref.WeakKeyDictionary[Tokens, Any] = weakref.WeakKeyDictionary()


def healed(constraint: TokenConstraint | None, tokens: Tokens) -> TokenConstraint | None:
    return None if constraint is None else _Healed(constraint, tokens)


class _Healed:
    """Lets `` X`` begin where the constraint lets ``X`` begin; where no such token exists, a
    blank alone."""

    def __init__(self, inner: TokenConstraint, tokens: Tokens) -> None:
        self.inner = inner
        self.blanks, self.bare, self.alone = _pairs(tokens)
        self.begun = False

    def allowed(self) -> Any:
        inner = torch.as_tensor(self.inner.allowed())
        if self.begun:
            return inner
        mask = torch.zeros_like(inner)
        mask[self.blanks] = inner[self.bare]
        if self.alone is not None and not bool(mask.any()):
            mask[self.alone] = inner.any()
        return mask if bool(mask.any()) else inner

    def push(self, token: int) -> None:
        first, self.begun = not self.begun, True
        if first and token == self.alone:
            return
        if first:
            found = (self.blanks == token).nonzero()
            token = int(self.bare[found[0, 0]]) if len(found) else token
        self.inner.push(token)


def _pairs(tokens: Tokens) -> tuple[Any, Any, int | None]:
    """Tokens that begin with a blank, the same tokens without it, and the blank itself."""
    if tokens not in _PAIRS:
        pieces = tokens.pieces()
        places = {piece: at for at, piece in reversed(list(enumerate(pieces))) if piece}
        pairs = [
            (at, places[piece[1:]])
            for at, piece in enumerate(pieces)
            if piece.startswith(_BLANK) and piece[1:] in places
        ]
        _PAIRS[tokens] = (
            torch.tensor([a for a, _ in pairs], dtype=torch.long),
            torch.tensor([b for _, b in pairs], dtype=torch.long),
            places.get(_BLANK),
        )
    return _PAIRS[tokens]  # type: ignore[no-any-return]
