"""The key of music from how long each pitch class sounds (Krumhansl and Schmuckler).

Definition
----------
The durations of the twelve pitch classes are correlated (Pearson) with a profile for each of the
24 major and minor keys. The profiles are Krumhansl and Kessler's (1982): how well each tone was
judged to fit after a key was heard (C. L. Krumhansl, *Cognitive Foundations of Musical Pitch*,
1990, page 30). The key with the highest correlation is the estimate.

Departures
----------
Modes other than major and minor come out as the nearer of the two. music21's
``KrumhanslSchmuckler`` has the same profiles and lists the same coefficients; of keys that
correlate equally this module puts the lower pitch class first, and major before minor.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import sqrt
from typing import Final

PROFILES: Final[dict[str, tuple[float, ...]]] = {
    "major": (6.35, 2.23, 3.48, 2.33, 4.38, 4.09, 2.52, 5.19, 2.39, 3.66, 2.29, 2.88),
    "minor": (6.33, 2.68, 3.52, 5.38, 2.60, 3.53, 2.54, 4.75, 3.98, 2.69, 3.34, 3.17),
}
"""How well each pitch class above the tonic fits a key."""


def rank_keys(durations: Sequence[float]) -> list[tuple[float, int, str]]:
    """All 24 keys as (correlation, pitch class of the tonic, mode), the best first.

    Parameters
    ----------
    durations
        How long each of the twelve pitch classes sounds, C first, in any unit.

    Returns
    -------
    list
        Correlations are from -1 to 1, and 0 where all durations are equal.
    """
    heard = list(durations)
    ranked = [
        (correlation(heard[tonic:] + heard[:tonic], profile), tonic, mode)
        for mode, profile in PROFILES.items()
        for tonic in range(12)
    ]
    return sorted(ranked, key=lambda row: (-row[0], row[1], row[2]))


def correlation(first: Sequence[float], second: Sequence[float]) -> float:
    """Pearson's coefficient of two rows of equal length; 0 where one of them is constant."""
    means = sum(first) / len(first), sum(second) / len(second)
    a, b = [x - means[0] for x in first], [y - means[1] for y in second]
    size = sqrt(sum(x * x for x in a) * sum(y * y for y in b))
    return sum(x * y for x, y in zip(a, b, strict=True)) / size if size else 0.0
