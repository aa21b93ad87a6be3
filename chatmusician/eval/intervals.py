"""How sure a number is: intervals of shares and means, and comparisons of two runs.

Every interval is two-sided at ``LEVEL``. Chance enters only through ``seed``.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from math import sqrt
from typing import Any

import numpy as np

LEVEL = 0.95
RESAMPLES = 2000
_BLOCK = 100


@dataclass(frozen=True)
class Measure:
    """A number with its interval; ``n`` is how many items it was taken over."""

    value: float | None
    low: float | None = None
    high: float | None = None
    n: int = 0
    method: str = ""

    def as_dict(self) -> dict[str, Any]:
        return {
            "value": self.value,
            "low": self.low,
            "high": self.high,
            "n": self.n,
            "method": self.method,
        }

    @classmethod
    def from_dict(cls, row: dict[str, Any]) -> Measure:
        return cls(row["value"], row["low"], row["high"], row["n"], row["method"])


@dataclass(frozen=True)
class Comparison:
    """The first run less the second on the same items; ``p`` is two-sided."""

    difference: float
    low: float
    high: float
    p: float | None
    n: int
    method: str

    def as_dict(self) -> dict[str, Any]:
        return dict(vars(self))


def share(successes: int, n: int) -> Measure:
    """A share with Wilson's score interval (1927), which stays inside 0 and 1."""
    if n == 0:
        return Measure(None, method="wilson")
    from scipy.stats import binomtest

    found = binomtest(successes, n).proportion_ci(LEVEL, method="wilson")
    return Measure(successes / n, float(found.low), float(found.high), n, "wilson")


def share_of(answers: Sequence[bool]) -> Measure:
    return share(sum(map(bool, answers)), len(answers))


def mean(values: Sequence[float], *, seed: int = 0) -> Measure:
    """A mean with its percentile bootstrap interval."""
    if not values:
        return Measure(None, method="bootstrap")
    data = np.asarray(values, dtype=float)
    means = np.concatenate([w @ data / len(data) for w in weights(len(data), seed=seed)])
    return _measured(float(data.mean()), means, len(data))


def ratio(parts: Sequence[float], wholes: Sequence[float], *, seed: int = 0) -> Measure:
    """The sum of ``parts`` over the sum of ``wholes``; the bootstrap draws whole items.

    For shares of things that come in clusters, such as the bars of a tune: their number
    per item is left as it is, and ``n`` counts items.
    """
    above, below = np.asarray(parts, dtype=float), np.asarray(wholes, dtype=float)
    if not below.sum():
        return Measure(None, method="cluster bootstrap")
    drawn = [(w @ above, w @ below) for w in weights(len(above), seed=seed)]
    found = np.concatenate([a[b > 0] / b[b > 0] for a, b in drawn])
    value = float(above.sum() / below.sum())
    return _measured(value, found, len(above), "cluster bootstrap")


def of_totals(
    rows: Any, statistic: Callable[[Any], Any], *, seed: int = 0, n: int | None = None
) -> Measure:
    """A statistic of summed rows (histograms of items); the bootstrap draws whole items.

    ``statistic`` takes a matrix of totals, one drawing a line, and gives a value for each.
    """
    data = np.asarray(rows, dtype=float)
    if not len(data) or not data.sum():
        return Measure(None, method="cluster bootstrap")
    drawn = np.concatenate([statistic(w @ data) for w in weights(len(data), seed=seed)])
    value = float(statistic(data.sum(axis=0)[None, :])[0])
    return _measured(value, drawn, len(data) if n is None else n, "cluster bootstrap")


def weights(n: int, *, seed: int = 0, resamples: int = RESAMPLES) -> Iterator[Any]:
    """How often each of ``n`` items is drawn with replacement: blocks of drawings, one a line."""
    chance = np.random.default_rng(seed)
    for start in range(0, resamples, _BLOCK):
        size = min(_BLOCK, resamples - start)
        yield chance.multinomial(n, np.full(n, 1 / n), size=size).astype(float)


def _measured(value: float, drawn: Any, n: int, method: str = "bootstrap") -> Measure:
    low, high = np.quantile(drawn, [(1 - LEVEL) / 2, (1 + LEVEL) / 2])
    return Measure(value, float(low), float(high), n, method)


def compare_answers(first: Sequence[bool], second: Sequence[bool]) -> Comparison:
    """Two runs right or wrong on the same items: McNemar's exact test.

    The interval of the difference is Newcombe's for paired shares (1998, method 10).
    """
    _same_length(first, second)
    n = len(first)
    pairs = list(zip(map(bool, first), map(bool, second), strict=True))
    both, one, other = (pairs.count(kind) for kind in ((True, True), (True, False), (False, True)))
    low, high = newcombe(both, one, other, n - both - one - other)
    return Comparison((one - other) / n, low, high, mcnemar(one, other), n, "mcnemar, newcombe")


def mcnemar(one: int, other: int) -> float:
    """Exact: are items that only the one gets right as many as those only the other gets?"""
    from scipy.stats import binomtest

    return float(binomtest(one, one + other).pvalue) if one + other else 1.0


def newcombe(both: int, one: int, other: int, neither: int) -> tuple[float, float]:
    """The interval of a difference of paired shares, from Wilson's intervals of the two."""
    n = both + one + other + neither
    first, second = share(both + one, n), share(both + other, n)
    p, q = (both + one) / n, (both + other) / n
    correlation = _phi(both, one, other, neither)
    below = _combined(p - (first.low or 0.0), (second.high or 0.0) - q, correlation)
    above = _combined((first.high or 0.0) - p, q - (second.low or 0.0), correlation)
    return p - q - below, p - q + above


def _combined(a: float, b: float, correlation: float) -> float:
    return sqrt(max(a * a - 2 * correlation * a * b + b * b, 0.0))


def _phi(both: int, one: int, other: int, neither: int) -> float:
    margins = (both + one) * (other + neither) * (both + other) * (one + neither)
    if not margins:
        return 0.0
    product = float(both * neither - one * other)
    if product > 0:
        product = max(product - (both + one + other + neither) / 2, 0.0)
    return product / sqrt(margins)


def compare_means(first: Sequence[float], second: Sequence[float], *, seed: int = 0) -> Comparison:
    """The mean of paired differences with its bootstrap interval; ``p`` by the sign test's
    cousin for sizes, a permutation of signs (10,000 drawings)."""
    _same_length(first, second)
    apart = np.asarray(first, dtype=float) - np.asarray(second, dtype=float)
    found = mean(apart.tolist(), seed=seed)
    observed = abs(apart.mean())
    chance = np.random.default_rng(seed)
    beyond, drawings = 0, 10_000
    for _ in range(drawings // _BLOCK):
        signs = chance.choice((-1.0, 1.0), size=(_BLOCK, len(apart)))
        beyond += int((abs(signs @ apart) / len(apart) >= observed - 1e-12).sum())
    p = (beyond + 1) / (drawings + 1)
    return Comparison(
        float(apart.mean()), found.low or 0.0, found.high or 0.0, p, len(apart), "paired bootstrap"
    )


def _same_length(first: Sequence[object], second: Sequence[object]) -> None:
    if len(first) != len(second) or not len(first):
        raise ValueError(f"{len(first)} and {len(second)} items cannot be paired")
