"""Which option a causal model finds likeliest, in one forward for each question.

ChatMusician's perplexity mode takes the mean cross-entropy of the whole string, prompt and
letter, for each of the four letters; the lowest wins. Where the four strings differ in their
last token only, everything before adds the same to all four, and the same option wins by the
probability of that token: one forward instead of four. Where a tokenizer splits the letters
the full form is computed. Both are found by encoding the four strings themselves, so a letter
that melts into the prompt's end is seen too.
"""

from __future__ import annotations

import copy
import inspect
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import torch

from chatmusician.errors import EngineError
from chatmusician.eval.choice.prompts import Prompt

# Below this many tokens in common a cache saves less than it costs.
_SHORTEST_SHARED = 12
# A row of a batch is filled to this share at least; the rest is padding.
_LEAST_FILLED = 0.8


@dataclass(frozen=True)
class Scored:
    """`scores` are those of A, B, C, D, more is likelier; none for a prompt that is too long.

    For `one_token` they are log probabilities of the letter, else the negative mean
    cross-entropy of the string.
    """

    index: int
    scores: tuple[float, ...]
    one_token: bool = True

    @property
    def best(self) -> int | None:
        """The first of the highest, as the reference's argmin takes it."""
        return self.scores.index(max(self.scores)) if self.scores else None


@dataclass
class _Item:
    index: int
    strings: list[list[int]]

    @property
    def one_token(self) -> bool:
        first, *rest = self.strings
        return (
            len(first) > 1
            and all(string[:-1] == first[:-1] for string in rest)
            and len({string[-1] for string in self.strings}) == len(self.strings)
        )


class Likelihood:
    """A transformers model and its tokenizer; `wrap` puts a prompt into a chat's form.

    `batch_tokens` bounds rows times tokens of one forward, the cached ones counted in.
    Special tokens are added as the tokenizer does by itself, but none to a wrapped prompt.
    """

    def __init__(
        self,
        model: Any,
        tokenizer: Any,
        *,
        batch_tokens: int = 8192,
        wrap: Callable[[str], str] | None = None,
        share: bool = True,
    ) -> None:
        self.model = model.eval()
        self.tokenizer = tokenizer
        self.batch_tokens = batch_tokens
        self.wrap = wrap
        self.share = share
        self.device = next(model.parameters()).device
        self.context = int(getattr(model.config, "max_position_embeddings", 0) or 0)
        bare = model.get_base_model() if hasattr(model, "get_base_model") else model
        self._keeps = "logits_to_keep" in inspect.signature(bare.forward).parameters

    def encode(self, texts: Sequence[str]) -> list[list[int]]:
        encoded = self.tokenizer(list(texts), add_special_tokens=self.wrap is None)
        return [list(map(int, tokens)) for tokens in encoded["input_ids"]]

    def score(
        self,
        prompts: Sequence[Prompt],
        letters: Sequence[str],
        done: Callable[[int], bool] = lambda index: False,
    ) -> Iterator[Scored]:
        """All prompts in the order that is quickest; `index` says which one it is.

        Prompts that share their beginning are best given together: its tokens are then
        computed once. Batches are the same whatever is `done`, and left out where all of
        one is: so a resumed run computes what it would have, to the last bit.
        """
        groups: dict[str, list[int]] = {}
        for index, prompt in enumerate(prompts):
            groups.setdefault(prompt.shared, []).append(index)
        for members in groups.values():
            items = self._items(prompts, members, letters)
            if all(done(item.index) for item in items):
                continue
            fitting = [item for item in items if self.fits(item.strings)]
            for item in items:
                if not self.fits(item.strings):
                    yield Scored(item.index, ())
            yield from self._one_token([item for item in fitting if item.one_token], done)
            rest = [item for item in fitting if not item.one_token]
            yield from self._full([item for item in rest if not done(item.index)])

    def _items(
        self, prompts: Sequence[Prompt], members: list[int], letters: Sequence[str]
    ) -> list[_Item]:
        texts = [prompts[index].text for index in members]
        texts = [self.wrap(text) for text in texts] if self.wrap else texts
        encoded = self.encode([text + letter for text in texts for letter in letters])
        count = len(letters)
        return [
            _Item(index, encoded[at * count : (at + 1) * count]) for at, index in enumerate(members)
        ]

    def fits(self, strings: Sequence[Sequence[int]]) -> bool:
        return not self.context or max(map(len, strings)) <= self.context

    def _one_token(self, items: list[_Item], done: Callable[[int], bool]) -> Iterator[Scored]:
        shared = self._shared([item.strings[0][:-1] for item in items])
        cache = self._prefix(shared) if shared else None
        items = sorted(items, key=lambda item: len(item.strings[0]), reverse=True)
        for batch in self._batches(items, len(shared)):
            if all(done(item.index) for item in batch):
                continue
            rows = [item.strings[0][len(shared) : -1] for item in batch]
            logits = self._last_logits(rows, cache, len(shared))
            normal = logits.logsumexp(-1)
            for at, item in enumerate(batch):
                wanted = torch.tensor([string[-1] for string in item.strings], device=self.device)
                found = (logits[at, wanted] - normal[at]).tolist()
                yield Scored(item.index, self.finite(found, item.index))

    def _shared(self, rows: list[list[int]]) -> list[int]:
        """The tokens that all rows begin with; each keeps at least one of its own."""
        if not self.share or len(rows) < 2:
            return []
        low, high = min(rows), max(rows)
        most = min(map(len, rows)) - 1
        length = next((at for at in range(most) if low[at] != high[at]), most)
        return low[:length] if length >= _SHORTEST_SHARED else []

    def _prefix(self, tokens: list[int]) -> Any:
        ids = torch.tensor([tokens], device=self.device)
        return self._forward(ids, use_cache=True, **self._keep([0])).past_key_values

    def _batches(self, items: list[_Item], before: int) -> Iterator[list[_Item]]:
        """Runs of items of like length, longest first, so that the first is the largest."""
        at = 0
        while at < len(items):
            longest = len(items[at].strings[0])
            most = max(1, self.batch_tokens // longest)
            shortest = before + _LEAST_FILLED * (longest - before)
            run = items[at : at + most]
            batch = [item for item in run if len(item.strings[0]) >= shortest]
            yield batch
            at += len(batch)

    def _last_logits(self, rows: list[list[int]], cache: Any, before: int) -> Any:
        """The logits behind each row, in 32 bits at least."""
        ends = [len(row) - 1 for row in rows]
        ids, mask = self._padded(rows)
        given: dict[str, Any] = {"use_cache": cache is not None}
        if cache is not None:
            given["past_key_values"] = copy.deepcopy(cache)
            given["past_key_values"].batch_repeat_interleave(len(rows))
            mask = torch.cat([mask.new_ones(len(rows), before), mask], 1)
        places = sorted(set(ends))
        if len(places) == 1 and len(rows[0]) == ids.shape[1]:
            given["attention_mask"] = None
        else:
            given["attention_mask"] = mask
        positions = torch.arange(before, before + ids.shape[1], device=self.device)
        given["position_ids"] = positions.expand(len(rows), -1)
        logits = self._forward(ids, **given, **self._keep(places)).logits
        kept = [places.index(end) for end in ends] if self._keeps else ends
        picked = logits[torch.arange(len(rows)), torch.tensor(kept)]
        return picked if picked.dtype == torch.float64 else picked.float()

    def _keep(self, places: list[int]) -> dict[str, Any]:
        """Logits over the whole vocabulary cost much; most models can leave them out."""
        return {"logits_to_keep": torch.tensor(places, device=self.device)} if self._keeps else {}

    def _padded(self, rows: list[list[int]]) -> tuple[Any, Any]:
        """Padded on the right: what comes later is never looked at."""
        longest = max(map(len, rows))
        ids = [row + [0] * (longest - len(row)) for row in rows]
        mask = [[1] * len(row) + [0] * (longest - len(row)) for row in rows]
        return torch.tensor(ids, device=self.device), torch.tensor(mask, device=self.device)

    def _forward(self, ids: Any, **given: Any) -> Any:
        with torch.inference_mode():
            return self.model(input_ids=ids, **given)

    def _full(self, items: list[_Item]) -> Iterator[Scored]:
        """Every string on its own, as the reference does it."""
        for item in items:
            found = [-self._mean_loss(string) for string in item.strings]
            yield Scored(item.index, self.finite(found, item.index), one_token=False)

    def _mean_loss(self, tokens: list[int]) -> float:
        ids = torch.tensor([tokens], device=self.device)
        logits = self._forward(ids, use_cache=False).logits[0, :-1]
        logits = logits if logits.dtype == torch.float64 else logits.float()
        # The reference divides by all tokens, the first one too, which has no loss.
        total = torch.nn.functional.cross_entropy(logits, ids[0, 1:], reduction="sum")
        return float(total) / len(tokens)

    def text_scores(self, rows: list[list[int]], starts: Sequence[int]) -> list[float]:
        """The log probability of each row from its start on, behind what stands before."""
        ids, mask = self._padded(rows)
        places = list(range(min(starts) - 1, max(map(len, rows)) - 1))
        logits = self._forward(
            ids, attention_mask=mask, use_cache=False, **self._keep(places)
        ).logits
        logits = logits if self._keeps else logits[:, places[0] : places[-1] + 1]
        logs = (logits if logits.dtype == torch.float64 else logits.float()).log_softmax(-1)
        wanted = ids[:, places[0] + 1 : places[-1] + 2]
        each = logs.gather(-1, wanted[..., None])[..., 0]
        return [
            float(each[at, start - 1 - places[0] : len(row) - 1 - places[0]].sum())
            for at, (row, start) in enumerate(zip(rows, starts, strict=True))
        ]

    def finite(self, scores: Sequence[float], index: int) -> tuple[float, ...]:
        if not all(abs(score) < float("inf") for score in scores):
            raise EngineError(
                "the model",
                f"gave logits that are no numbers (question {index + 1})",
                hint="load it in 32 bits; else its weights are broken",
            )
        return tuple(scores)
