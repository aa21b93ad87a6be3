"""How long a note is written: what music of this kind has, and what was heard, together.

Players let notes go early and sounds ring on, so what was heard says little; a note mostly
lasts until the next one in its voice. ``table`` knows how often it does not.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np

# How far the sounding part of a note strays, as a share of the time to the next onset.
_SPREAD_MIDI: Final = 0.13
_SPREAD_AUDIO: Final = 0.35
_PLAIN: Final = frozenset((6, 12, 18, 24, 36, 48, 72, 96, 144, 192))
# How much nearer a last note is to what fills its bar, and farther from a value of two notes.
_LIKELY, _ODD = 0.25, 0.3
_VALUES: Final = (3, 6, 8, 12, 16, 18, 24, 36, 48, 60, 72, 84, 96, 108, 120, 144, 168, 192)


@dataclass(frozen=True)
class Gap:
    """A note's onset and the next one's in its voice, in grid units; ``sounded`` is the part
    of the time between that it was heard."""

    units: int
    sounded: float


def durations(gaps: Sequence[Gap], table: Any, *, audio: bool = False) -> list[int]:
    """The written length of each note in grid units. Rows of ``table`` are (units to the next
    onset, units of the note, log probability)."""
    known: dict[int, list[tuple[int, float]]] = {}
    for gap, length, log in table:
        known.setdefault(round(float(gap)), []).append((round(float(length)), float(log)))
    ratios = [min(g.sounded, 1.2) for g in gaps]
    touch = float(np.median(ratios)) if ratios else 1.0
    touch = min(1.0, max(0.3, touch))
    spread = _SPREAD_AUDIO if audio else _SPREAD_MIDI
    return [_length(gap, known, touch, spread) for gap in gaps]


def _length(
    gap: Gap, known: dict[int, list[tuple[int, float]]], touch: float, spread: float
) -> int:
    choices = known.get(gap.units)
    if choices is None:
        choices = [(gap.units, -0.1)] + [(v, -4.0) for v in _VALUES if v < gap.units]
    ratio = min(gap.sounded, 1.2)

    def fit(choice: tuple[int, float]) -> float:
        length, log = choice
        expected = min(1.0, touch * length / gap.units)
        off = (ratio - expected) / spread
        return log - 0.5 * off * off

    return max(choices, key=fit)[0]


def last_length(units: float, most: int, likely: int) -> int:
    """How long the last note is written: the value nearest to a length in grid units, on a
    scale of ratios, at most ``most``. Plain values are nearer, and so is the ``likely`` one,
    with which the last bar is as long as it should be."""
    choices = {value for value in (*_VALUES, likely) if 0 < value <= most} or {max(1, most)}

    def distance(value: int) -> float:
        away = abs(float(np.log(max(units, 1.0) / value)))
        return away - _LIKELY * (value == likely) + _ODD * (value not in _PLAIN)

    return min(sorted(choices), key=distance)
