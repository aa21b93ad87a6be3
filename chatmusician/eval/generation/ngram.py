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
    characters all are alike. Each text stands alone behind a border of its own, and its end is
    a character like others.
    """

    def __init__(self, texts: Sequence[str], *, order: int = ORDER) -> None:
        if not 1 <= order <= ORDER:
            raise ValueError(f"an order from 1 to {ORDER}, not {order}")
        self.order = order
        seen = Counter[str]()
        for text in texts:
            seen.update(text)
        known = [character for character, _ in seen.most_common(_MOST_CHARACTERS - 2)]
        self._known = np.asarray(sorted(map(ord, known)), dtype=np.uint32)
        # Numbers: 0 the border, then the known characters, the end, the unknown.
        self._end = len(known) + 1
        self._unknown = len(known) + 2
        self.vocabulary = len(known) + 2
        line, real = self._line(texts)
        self._tables = [_table(_grams(line, real, size)) for size in range(1, order + 1)]

    def bits(self, texts: Sequence[str]) -> list[float]:
        """The bits of each text with its end."""
        line, real = self._line(texts)
        last = _grams(line, real, 1)
        chance = np.full(len(last), 1 / self.vocabulary)
        for size, table in enumerate(self._tables, 1):
            keys, counts, contexts, totals, kinds = table
            gram = _grams(line, real, size)
            count = _looked_up(keys, counts, gram)
            total = _looked_up(contexts, totals, gram >> np.uint64(8))
            kind = _looked_up(contexts, kinds, gram >> np.uint64(8))
            mixed = (count + kind * chance) / np.maximum(total + kind, 1)
            chance = np.where(total > 0, mixed, chance)
        bits = -np.log2(chance)
        bits[last == self._unknown] += _UNICODE_BITS
        sums = np.concatenate([[0.0], np.cumsum(bits)])
        ends = np.cumsum([len(text) + 1 for text in texts])
        return [float(sums[e] - sums[e - len(t) - 1]) for e, t in zip(ends, texts, strict=True)]

    def _line(self, texts: Sequence[str]) -> tuple[Any, Any]:
        """All texts as numbers, each behind its border, and which of them are counted."""
        if not texts:
            return np.zeros(0, dtype=np.uint64), np.zeros(0, dtype=bool)
        pad = np.zeros(self.order - 1, dtype=np.uint8)
        parts: list[Any] = []
        for text in texts:
            points = np.frombuffer(text.encode("utf-32-le", "surrogatepass"), dtype=np.uint32)
            parts += [pad, self._numbers(points), np.asarray([self._end], dtype=np.uint8)]
        line = np.concatenate(parts)
        return line.astype(np.uint64), line > 0

    def _numbers(self, points: Any) -> Any:
        if not len(self._known):
            return np.full(len(points), self._unknown, dtype=np.uint8)
        at = np.minimum(np.searchsorted(self._known, points), len(self._known) - 1)
        found = np.where(self._known[at] == points, at + 1, self._unknown)
        return found.astype(np.uint8)


def _grams(line: Any, real: Any, size: int) -> Any:
    """The run of so many characters that ends at each counted one, as a number."""
    gram = np.zeros(len(line), dtype=np.uint64)
    for back in range(size):
        gram[back:] |= line[: len(line) - back] << np.uint64(8 * back)
    return gram[real]


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
