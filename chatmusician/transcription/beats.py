"""Score time and clock time: when beats and bars fall, and how fast they go."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any, Final

import numpy as np

from chatmusician.music.meter import beat_in_quarters, parse_meter
from chatmusician.transcription.written import Beat

# Onsets on either side that a beat's time is averaged over.
_REACH: Final = 3
_MOST_BEATS: Final = 200_000
# Seconds by which a hand may stray from the beat.
_HUMAN: Final = 0.03
# The tempo is said again where it has moved by this share for so many bars.
_CHANGE, _STEADY_BARS = 0.18, 4


@dataclass(frozen=True)
class TimeMap:
    """Quarters of the score to seconds; a straight line goes on at both ends."""

    quarters: Any
    seconds: Any
    strays: Any

    @classmethod
    def of(cls, quarters: Any, times: Any) -> TimeMap:
        """From onsets: a short straight line through each one's neighbours, so that one hand's
        slip does not move a beat."""
        quarters, times = np.asarray(quarters, float), np.asarray(times, float)
        smooth = times.copy()
        for at in range(_REACH, len(times) - _REACH):
            near = slice(at - _REACH, at + _REACH + 1)
            x, y = quarters[near] - quarters[at], times[near]
            spread = x @ x - len(x) * x.mean() ** 2
            slope = (x @ y - len(x) * x.mean() * y.mean()) / spread if spread > 0 else 0.0
            smooth[at] = y.mean() - slope * x.mean()
        line = np.maximum.accumulate(0.5 * smooth + 0.5 * times)
        return cls(quarters, line, np.abs(times - smooth))

    @classmethod
    def through(cls, quarters: Any, times: Any, places: Any, played: Any) -> TimeMap:
        """From beats that are told: they are where they are; onsets stray from their places."""
        quarters, times = np.asarray(quarters, float), np.asarray(times, float)
        off = np.abs(np.interp(places, quarters, times) - played)
        beat = np.clip(np.searchsorted(quarters, places, side="right") - 1, 0, len(times) - 1)
        number = np.bincount(beat, minlength=len(times))
        strays = np.bincount(beat, off, minlength=len(times)) / np.maximum(1, number)
        return cls(quarters, times, strays)

    def steadiness(self, start: float, end: float) -> float:
        """From 0 to 1: how near to their places the onsets between two moments were played."""
        low, high = np.searchsorted(self.quarters, (start, end))
        if low == high:
            return 1.0
        return float(np.exp(-0.5 * (self.strays[low:high] / _HUMAN) ** 2).mean())

    def at(self, quarters: float, pace: float) -> float:
        """``pace`` is seconds a quarter beyond the ends."""
        if quarters < self.quarters[0]:
            return float(self.seconds[0] - (self.quarters[0] - quarters) * pace)
        if quarters > self.quarters[-1]:
            return float(self.seconds[-1] + (quarters - self.quarters[-1]) * pace)
        return float(np.interp(quarters, self.quarters, self.seconds))


def beats(times: TimeMap, meter: str, start: Fraction, end: Fraction, pace: float) -> list[Beat]:
    """All beats from ``start`` on, which begins a bar, as far as music goes."""
    size = beat_in_quarters(meter)
    in_bar = int(parse_meter(meter).length * 4 / size)
    count = min(_MOST_BEATS, int((end - start) / size) + 1)
    found = [
        Beat(round(times.at(float(start + size * n), pace), 4), n % in_bar + 1)
        for n in range(count)
    ]
    return [beat for beat in found if beat.time >= 0]


def tempo_of(found: Sequence[Beat]) -> float:
    """Beats a minute: the middle of all that were played."""
    gaps = np.diff([beat.time for beat in found])
    gaps = gaps[gaps > 0.01]
    return float(60 / np.median(gaps)) if len(gaps) else 0.0


def tempo_changes(found: Sequence[Beat], in_bar: int) -> list[tuple[float, float]]:
    """(seconds, beats a minute) at the beginning and wherever the tempo stays changed."""
    size = max(1, in_bar) * _STEADY_BARS
    changes: list[tuple[float, float]] = []
    for at in range(0, max(1, len(found) - size), max(1, in_bar)):
        now = tempo_of(found[at : at + size + 1])
        if now and (not changes or abs(np.log(now / changes[-1][1])) > _CHANGE):
            changes.append((found[at].time, round(now, 1)))
    return changes
