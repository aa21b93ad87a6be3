"""From logits to the next token of every sequence, each drawn from its own seed."""

from __future__ import annotations

from collections.abc import Sequence
from random import Random
from typing import Any

import torch

from chatmusician.model.generation import Sampling, TokenConstraint

_NEVER = float("-inf")


class Sampler:
    """Draws for the rows of a batch. What one row draws does not depend on the others.

    Order: repetition penalty over prompt and answer, minimum length, the constraint, then
    temperature, top-k and top-p over what is left; as transformers has them.
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
            self.seen = torch.zeros(len(prompts), width, dtype=torch.bool)
            for row, prompt in enumerate(prompts):
                self.seen[row, list(prompt)] = True

    def draw(self, logits: Any) -> list[int | None]:
        """The next token of each row; None where the constraint allows none."""
        scores = logits.float().cpu()
        if self.seen is not None:
            penalty = self.sampling.repetition_penalty
            changed = torch.where(scores < 0, scores * penalty, scores / penalty)
            scores = torch.where(self.seen, changed, scores)
        allowed = [None if c is None else torch.as_tensor(c.allowed()) for c in self.constraints]
        if self.drawn < self.sampling.min_new_tokens:
            scores = scores.clone()
            scores[:, self.ends] = _NEVER
        for row, ids in enumerate(allowed):
            if ids is not None:
                self._only(scores, row, ids, logits)
        drawn = [
            None if ids is not None and not len(ids) else token
            for ids, token in zip(allowed, self._pick(scores), strict=True)
        ]
        self._remember(drawn)
        return drawn

    def keep(self, rows: list[int]) -> None:
        """Go on with these rows only."""
        self.constraints = [self.constraints[row] for row in rows]
        self.randoms = [self.randoms[row] for row in rows]
        if self.seen is not None:
            self.seen = self.seen[rows]

    def _only(self, scores: Any, row: int, ids: Any, logits: Any) -> None:
        """Leave a row these tokens alone. Where it may only end, it may end before its time."""
        kept = scores[row, ids]
        if len(ids) and bool(torch.isneginf(kept).all()):
            kept = logits[row].float().cpu()[ids]
        scores[row] = _NEVER
        scores[row, ids] = kept

    def _pick(self, scores: Any) -> list[int]:
        sampling = self.sampling
        if sampling.temperature == 0 or sampling.top_k == 1:
            return [int(token) for token in scores.argmax(-1)]
        size = min(sampling.top_k or scores.shape[-1], scores.shape[-1])
        best, tokens = (scores / sampling.temperature).topk(size)
        shares = best.double().softmax(-1)
        sums = shares.cumsum(-1)
        # The token that reaches top_p is kept, and at least one.
        kept = shares * (sums - shares < sampling.top_p)
        sums = kept.cumsum(-1)
        wanted = torch.tensor([random.random() for random in self.randoms], dtype=torch.double)
        places = torch.searchsorted(sums, (wanted * sums[:, -1]).unsqueeze(-1), right=True)
        last = ((kept > 0).sum(-1, keepdim=True) - 1).clamp(min=0)
        return [int(token) for token in tokens.gather(-1, places.minimum(last)).squeeze(-1)]

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
