"""Draw the next token of every sequence from its logits, each sequence from its own seed."""

from __future__ import annotations

from collections.abc import Sequence
from random import Random
from typing import Any

import numpy as np

from chatmusician.model.generation import Sampling, TokenConstraint

_NEVER = float("-inf")
# Below this temperature the scores leave the range of float32, and the best token has all the mass.
_COLDEST = 1e-4


class Sampler:
    """Draws for the rows of a batch. What one row draws does not depend on the others.

    The steps have the order of transformers: repetition penalty over prompt and answer, minimum
    length, the constraint, then temperature, top-k and top-p over what is left.
    """

    def __init__(
        self,
        prompts: Sequence[Sequence[int]],
        seeds: Sequence[int],
        constraints: Sequence[TokenConstraint | None],
        sampling: Sampling,
        ends: Sequence[int],
        width: int,
    ) -> None:
        self.sampling = sampling
        self.ends = list(ends)
        self.constraints = list(constraints)
        self.randoms = [Random(seed) for seed in seeds]
        self.drawn = 0
        self.seen: Any = None
        if sampling.repetition_penalty != 1:
            self.seen = np.zeros((len(prompts), width), dtype=bool)
            for row, prompt in enumerate(prompts):
                self.seen[row, list(prompt)] = True

    def draw(self, logits: Any) -> list[int | None]:
        """The next token of each row; None where the constraint allows none.

        `logits` is an array of float32, (rows, vocabulary); it is not changed.
        """
        scores = np.array(logits, dtype=np.float32)
        if self.seen is not None:
            penalty = np.float32(self.sampling.repetition_penalty)
            changed = np.where(scores < 0, scores * penalty, scores / penalty)
            scores = np.where(self.seen, changed, scores)
        allowed = [None if c is None else np.asarray(c.allowed()) for c in self.constraints]
        if self.drawn < self.sampling.min_new_tokens:
            scores[:, self.ends] = _NEVER
        for row, ids in enumerate(allowed):
            if ids is not None and len(ids):
                self._only(scores, row, ids, logits)
        drawn = [
            None if ids is not None and not len(ids) else token
            for ids, token in zip(allowed, self._pick(scores), strict=True)
        ]
        self._remember(drawn)
        return drawn

    def keep(self, rows: list[int]) -> None:
        """Continue with these rows only."""
        self.constraints = [self.constraints[row] for row in rows]
        self.randoms = [self.randoms[row] for row in rows]
        if self.seen is not None:
            self.seen = self.seen[rows]

    def _only(self, scores: Any, row: int, ids: Any, logits: Any) -> None:
        """Leave a row these tokens alone; one that may only end may end before its minimum."""
        ids = ids.astype(np.int64)
        kept = scores[row, ids]
        if bool(np.isneginf(kept).all()):
            kept = np.asarray(logits[row], dtype=np.float32)[ids]
        scores[row] = _NEVER
        scores[row, ids] = kept

    def _pick(self, scores: Any) -> list[int]:
        sampling = self.sampling
        if sampling.temperature < _COLDEST or sampling.top_k == 1:
            return [int(token) for token in scores.argmax(-1)]
        size = min(sampling.top_k or scores.shape[-1], scores.shape[-1])
        best, tokens = _largest(scores / np.float32(sampling.temperature), size)
        shares = _softmax(best.astype(np.float64))
        # The token that reaches top_p is kept, and at least one.
        kept = shares * (shares.cumsum(-1) - shares < sampling.top_p)
        sums = kept.cumsum(-1)
        return [
            int(tokens[row, self._place(sums[row], kept[row], random.random())])
            for row, random in enumerate(self.randoms)
        ]

    @staticmethod
    def _place(sums: Any, kept: Any, share: float) -> int:
        """The place of the token at this share of the kept probability."""
        last = max(int(np.count_nonzero(kept)) - 1, 0)
        return min(int(np.searchsorted(sums, share * sums[-1], side="right")), last)

    def _remember(self, drawn: list[int | None]) -> None:
        self.drawn += 1
        for row, token in enumerate(drawn):
            if token is None:
                continue
            if self.seen is not None:
                self.seen[row, token] = True
            constraint = self.constraints[row]
            if constraint is not None and token not in self.ends:
                constraint.push(token)


def _largest(scores: Any, size: int) -> tuple[Any, Any]:
    """The `size` largest scores of each row in falling order, and their tokens."""
    if size < scores.shape[-1]:
        tokens = np.argpartition(-scores, size - 1, axis=-1)[:, :size]
        tokens.sort(axis=-1)  # equal scores come in the order of their tokens
    else:
        tokens = np.broadcast_to(np.arange(size), scores.shape)
    best = np.take_along_axis(scores, tokens, -1)
    order = np.argsort(-best, axis=-1, kind="stable")
    return np.take_along_axis(best, order, -1), np.take_along_axis(tokens, order, -1)


def _softmax(scores: Any) -> Any:
    shares = np.exp(scores - scores.max(-1, keepdims=True))
    return shares / shares.sum(-1, keepdims=True)
