"""Baselines for bits per character: a character n-gram model, and xz primed with the training."""

from __future__ import annotations

import lzma
from collections import Counter
from collections.abc import Sequence
from math import log2
from typing import Any

import numpy as np

ORDER = 7
# A character never seen is one class; which one it is costs the logarithm of Unicode's size.
_UNICODE_BITS = log2(0x110000)
_MOST_CHARACTERS = 254


class NGram:
    """Characters given the ``order - 1`` before, with Witten and Bell's smoothing (1991).

    Interpolated: ``P(c|h) = (count(hc) + T(h) P(c|h')) / (count(h) + T(h))`` with ``T(h)`` the
    number of different characters seen after ``h`` and ``h'`` a character shorter; below single
    characters all are alike. Each text stands alone behind a border of its own.
    """

    def __init__(self, texts: Sequence[str], *, order: int = ORDER) -> None:
        if not 1 <= order <= ORDER:
            raise ValueError(f"an order from 1 to {ORDER}, not {order}")
        self.order = order
        seen = Counter[str]()
        for text in texts:
            seen.update(text)
        known = [character for character, _ in seen.most_common(_MOST_CHARACTERS - 1)]
        self._ids = {character: at for at, character in enumerate(sorted(known), 1)}
        self.vocabulary = len(known) + 1
        grams = self._grams(texts)
        self._tables = [_table(gram) for gram in grams]

    def bits(self, texts: Sequence[str]) -> list[float]:
        """The bits of each text, its end not counted."""
        grams = self._grams(texts)
        chance = np.full(len(grams[0]), 1 / self.vocabulary)
        for gram, (keys, counts, contexts, totals, kinds) in zip(grams, self._tables, strict=True):
            count = _looked_up(keys, counts, gram)
            total = _looked_up(contexts, totals, gram >> np.uint64(8))
            kind = _looked_up(contexts, kinds, gram >> np.uint64(8))
            mixed = (count + kind * chance) / np.maximum(total + kind, 1)
            chance = np.where(total > 0, mixed, chance)
        bits = -np.log2(chance)
        bits[(grams[0] & np.uint64(255)) == self.vocabulary] += _UNICODE_BITS
        ends = np.cumsum([len(text) for text in texts])
        sums = np.concatenate([[0.0], np.cumsum(bits)])
        return [float(sums[e] - sums[e - len(t)]) for e, t in zip(ends, texts, strict=True)]

    def _grams(self, texts: Sequence[str]) -> list[Any]:
        """For each length up to the order, the run that ends at each character, as a number."""
        pad = [0] * (self.order - 1)
        unknown = self.vocabulary
        ids: list[int] = []
        real: list[bool] = []
        for text in texts:
            ids += pad
            ids += [self._ids.get(character, unknown) for character in text]
            real += [False] * len(pad) + [True] * len(text)
        line, kept = np.asarray(ids, dtype=np.uint64), np.asarray(real, dtype=bool)
        grams = []
        gram = np.zeros(len(line), dtype=np.uint64)
        for back in range(self.order):
            moved = np.zeros_like(line)
            moved[back:] = line[: len(line) - back]
            gram = gram + (moved << np.uint64(8 * back))
            grams.append(gram[kept])
        return grams


def _table(gram: Any) -> tuple[Any, Any, Any, Any, Any]:
    """The runs and their counts; the contexts, how often and with how many kinds they go on."""
    keys, counts = np.unique(gram, return_counts=True)
    above = keys >> np.uint64(8)
    starts = np.flatnonzero(np.concatenate([[True], above[1:] != above[:-1]]))[: len(keys)]
    if not len(keys):
        return keys, counts, above, counts, counts
    totals = np.add.reduceat(counts, starts)
    kinds = np.diff(np.concatenate([starts, [len(keys)]]))
    return keys, counts, above[starts], totals, kinds


def _looked_up(keys: Any, values: Any, wanted: Any) -> Any:
    """The value of each wanted key, 0 where there is none."""
    if not len(keys):
        return np.zeros(len(wanted))
    at = np.minimum(np.searchsorted(keys, wanted), len(keys) - 1)
    return np.where(keys[at] == wanted, values[at], 0).astype(float)


def xz_bits(training: Sequence[str], texts: Sequence[str]) -> float:
    """What xz needs more for the training with the texts behind it than for the training."""
    before = "\n".join(training).encode()
    after = "\n".join([*training, *texts]).encode()
    return 8.0 * (_xz_size(after) - _xz_size(before))


def _xz_size(data: bytes) -> int:
    """With a dictionary that holds all of it, so that nothing of the training is forgotten."""
    size = min(max(1 << 16, 1 << (len(data) - 1).bit_length()), 1 << 30)
    filters = [{"id": lzma.FILTER_LZMA2, "preset": 9 | lzma.PRESET_EXTREME, "dict_size": size}]
    return len(lzma.compress(data, format=lzma.FORMAT_XZ, filters=filters))
