"""Swing: pairs of eighths that are played long and short, and written even."""

from __future__ import annotations

from typing import Any, Final

import numpy as np

from chatmusician.transcription.rhythm.tracker import QUARTER

_LATE: Final = 2 * QUARTER // 3
_THIRD: Final = QUARTER // 3
_HALF: Final = QUARTER // 2
# Pairs that must be there, the share of them that must be late, and the most triplets.
_FEWEST, _SHARE, _TRIPLETS = 8, 0.8, 0.15


def unswung(units: Any, times: Any) -> tuple[Any, float]:
    """The grid with late second eighths moved back to the half of the beat, and how many times
    longer the first of a pair is than the second: 1 where the music does not swing."""
    units = np.asarray(units)
    beats = units // QUARTER
    places = units % QUARTER
    held = {beat: set(places[beats == beat].tolist()) for beat in np.unique(beats).tolist()}
    late = {beat for beat, found in held.items() if found == {0, _LATE}}
    even = sum(found == {0, _HALF} for found in held.values())
    triplets = sum(_THIRD in found for found in held.values())
    if len(late) < _FEWEST or len(late) < _SHARE * (len(late) + even):
        return units, 1.0
    if triplets > _TRIPLETS * len(held):
        return units, 1.0
    moved = units.copy()
    ratios = []
    for at in np.flatnonzero(places == _LATE).tolist():
        if int(beats[at]) not in late:
            continue
        moved[at] = beats[at] * QUARTER + _HALF
        if 0 < at < len(units) - 1 and units[at + 1] == (beats[at] + 1) * QUARTER:
            ratios.append((times[at] - times[at - 1]) / max(times[at + 1] - times[at], 1e-3))
    return moved, float(np.median(ratios)) if ratios else 2.0
