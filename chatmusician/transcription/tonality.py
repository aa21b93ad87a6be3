"""The key of a score: signature and tonic from how long each tone sounds, and from the ends.

A linear model over tonic and mode; its weights are learned from written tunes and stored
with the network's.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any, Final

import numpy as np

from chatmusician.abc.imports.keys import key_name

MODES: Final = ("major", "minor", "dorian", "mixolydian")
# Fifths from the major key on the same tonic.
_FIFTHS: Final = {"major": 0, "minor": -3, "dorian": -2, "mixolydian": -1}
PARTS: Final = 4


@dataclass(frozen=True)
class Key:
    """``name`` is a K: value."""

    name: str
    fifths: int
    tonic: int
    mode: str
    confidence: float


def evidence(notes: Sequence[tuple[Fraction, Fraction, int]], strong: Sequence[bool]) -> Any:
    """What is heard of each of the twelve tones, as rows: how long it sounds, how often it is on
    a strong beat, whether it is last, and lowest of the last (notes as onset, duration, pitch)."""
    rows = np.zeros((PARTS, 12))
    for (_, duration, pitch), beat in zip(notes, strong, strict=True):
        rows[0, pitch % 12] += min(float(duration), 4.0)
        rows[1, pitch % 12] += beat
    rows[0] /= max(rows[0].sum(), 1e-9)
    rows[1] /= max(rows[1].sum(), 1e-9)
    last = max(onset for onset, _, _ in notes)
    ends = [pitch for onset, _, pitch in notes if onset == last]
    rows[2, max(ends) % 12] = 1
    rows[3, min(ends) % 12] = 1
    return rows


def find_key(rows: Any, weights: Any) -> Key:
    """``weights[mode, part, tone above the tonic]``, a last part of which the first is a bias."""
    scores = np.array(
        [
            [float((np.roll(rows, -tonic, 1) * own[:PARTS]).sum() + own[PARTS, 0]) for own in weights]
            for tonic in range(12)
        ]
    )
    odds = np.exp(scores - scores.max())
    odds /= odds.sum()
    signatures: dict[int, float] = {}
    for tonic in range(12):
        for at, mode in enumerate(MODES):
            fifths = _signature(tonic, mode)
            signatures[fifths] = signatures.get(fifths, 0.0) + float(odds[tonic, at])
    best = max(signatures, key=lambda fifths: signatures[fifths])
    fitting = [
        (float(odds[tonic, at]), tonic, mode)
        for tonic in range(12)
        for at, mode in enumerate(MODES)
        if _signature(tonic, mode) == best
    ]
    _, tonic, mode = max(fitting)
    return Key(key_name(best, mode), best, tonic, mode, signatures[best])


def _signature(tonic: int, mode: str) -> int:
    """Sharps, or below 0 flats, of the signature; at most six flats and five sharps."""
    return (tonic * 7 + _FIFTHS[mode] + 6) % 12 - 6
