"""The key of a score: signature and tonic from how long each tone sounds, and from the ends.

A small network over tonic and mode; its weights are learned from written tunes and stored
with those of the rhythm.
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
# Rows of ``evidence``.
PARTS: Final = 7


@dataclass(frozen=True)
class Key:
    """``name`` is a K: value."""

    name: str
    fifths: int
    tonic: int
    mode: str
    confidence: float


def evidence(notes: Sequence[tuple[Fraction, Fraction, int]], strong: Sequence[bool]) -> Any:
    """What is heard of each of the twelve tones, as rows (notes as onset, duration, pitch, in
    the order of onsets): how long it sounds; how often it is on a strong beat; how often it is
    a long note; how often a semitone leads up to it; whether it is the last note, the lowest
    of the last ones, the first."""
    rows = np.zeros((PARTS, 12))
    long = sorted(duration for _, duration, _ in notes)[len(notes) * 3 // 4]
    before = -9
    for (_, duration, pitch), beat in zip(notes, strong, strict=True):
        tone = pitch % 12
        rows[0, tone] += min(float(duration), 4.0)
        rows[1, tone] += beat
        rows[2, tone] += duration >= long
        rows[3, tone] += pitch - before == 1
        before = pitch
    for row in rows[:4]:
        row /= max(row.sum(), 1e-9)
    last = notes[-1][0]
    ends = [pitch for onset, _, pitch in notes[-12:] if onset == last]
    rows[4, max(ends) % 12] = 1
    rows[5, min(ends) % 12] = 1
    rows[6, notes[0][2] % 12] = 1
    return rows


def find_key(rows: Any, tables: dict[str, Any]) -> Key:
    """The likeliest signature, then the likeliest tonic that has it. The network (one hidden
    layer) sees the rows from each tonic on and scores the modes."""
    seen = np.stack([np.roll(rows, -tonic, 1).ravel() for tonic in range(12)])
    hidden = np.maximum(seen @ tables["key.in"].T + tables["key.in.bias"], 0)
    scores = hidden @ tables["key.out"].T + tables["key.out.bias"]
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
