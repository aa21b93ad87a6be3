"""How far apart the distributions of two sets of tunes are."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from chatmusician.eval.intervals import LEVEL, Measure, weights

METHOD = "centred cluster bootstrap"


def js_distance(ours: Any, theirs: Any) -> Any:
    """Jensen and Shannon's distance to base 2, from 0 (the same) to 1 (nothing in common).

    Takes matrices of counts, a histogram a line, and gives a distance a line.
    """
    from scipy.spatial.distance import jensenshannon

    with np.errstate(invalid="ignore"):  # an empty histogram has no distance
        return jensenshannon(ours, theirs, base=2, axis=1)


def distance(
    ours: Sequence[Sequence[float]], theirs: Sequence[Sequence[float]], *, seed: int = 0
) -> Measure:
    """The distance of the summed histograms of two sets of tunes.

    The bootstrap draws whole tunes on both sides. Drawing adds noise, which can only add
    distance: the drawn distances are moved so that their mean is the distance measured.
    """
    mine, other = np.asarray(ours, dtype=float), np.asarray(theirs, dtype=float)
    if not mine.sum() or not other.sum():
        return Measure(None, n=len(mine), method=METHOD)
    value = float(js_distance(mine.sum(axis=0)[None, :], other.sum(axis=0)[None, :])[0])
    drawn = np.concatenate(
        [
            js_distance(w @ mine, v @ other)
            for w, v in zip(
                weights(len(mine), seed=seed), weights(len(other), seed=seed + 1), strict=True
            )
        ]
    )
    drawn = drawn[np.isfinite(drawn)]
    low, high = np.quantile(drawn, [(1 - LEVEL) / 2, (1 + LEVEL) / 2]) - (drawn.mean() - value)
    return Measure(value, max(float(low), 0.0), min(float(high), 1.0), len(mine), METHOD)


def shares(rows: Sequence[Sequence[float]]) -> list[float]:
    """The summed histogram as shares of its whole."""
    if not rows:
        return []
    total = np.asarray(rows, dtype=float).sum(axis=0)
    return [float(share) for share in total / (total.sum() or 1.0)]
