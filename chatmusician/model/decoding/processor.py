"""Bar-exact decoding for `generate` of transformers: one constraint a sequence of the batch."""

from __future__ import annotations

from typing import Any

import torch
from transformers import LogitsProcessor

from chatmusician.errors import UsageError
from chatmusician.model.decoding.constraint import Constraint, Grammar
from chatmusician.model.decoding.masks import Ids
from chatmusician.model.decoding.plan import OFF


class TuneProcessor(LogitsProcessor):  # type: ignore[misc]
    """Masks what cannot lead to a correct tune; put it before temperature, top-k and the like.

    What stands before the first new token is the prompt and is not looked at; `prefix` is the
    beginning of the tune that the prompt ends with. Sampling only: a beam that changes its
    history is refused.
    """

    def __init__(self, grammar: Grammar, *, prefix: str = "", budget: int | None = None) -> None:
        self.grammar = grammar
        self.prefix = prefix
        self.budget = budget
        self.tunes: list[Constraint] = []
        self.seen = 0
        self._kept: dict[int, tuple[Ids, torch.Tensor]] = {}

    def __call__(self, input_ids: Any, scores: Any) -> Any:
        if self.grammar.plan.level == OFF:
            return scores
        if not self.tunes:
            self.tunes = [
                self.grammar.start(self.prefix, self.budget) for _ in range(len(input_ids))
            ]
        elif len(self.tunes) != len(input_ids):
            raise UsageError("a processor serves one call of generate", hint="make a new one")
        elif input_ids.shape[1] != self.seen + 1:
            raise UsageError("tokens must come one by one", hint="no beams, no speculation")
        else:
            for tune, token in zip(self.tunes, input_ids[:, -1].tolist(), strict=True):
                if not tune.ended:
                    tune.push(token)
        self.seen = input_ids.shape[1]
        masked = torch.full_like(scores, float("-inf"))
        for row, tune in enumerate(self.tunes):
            ids = self.ids(tune.allowed(), scores.device)
            masked[row, ids] = scores[row, ids]
        return masked

    def ids(self, ids: Ids, device: Any) -> torch.Tensor:
        """The ids as a tensor on the device, kept as long as their array is."""
        kept = self._kept.get(id(ids))
        if kept is None or kept[0] is not ids:
            if len(self._kept) > 10_000:
                self._kept.clear()
            kept = self._kept[id(ids)] = (ids, torch.from_numpy(ids).to(device))
        return kept[1]
