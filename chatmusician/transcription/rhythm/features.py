"""What the network sees of each onset, given a reading of the grid: steps, pitches, echoes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

import numpy as np

from chatmusician.transcription.rhythm.tracker import QUARTER

# The largest step of each class, in grid units; what is longer is in a last class.
_STEPS: Final = np.array([5, 7, 9, 13, 17, 21, 25, 37, 49, 73, 97])
_LEAPS: Final = np.array([-12, -7, -4, -2, 0, 1, 3, 5, 8, 13])
# Lags at which music comes again, in quarters.
LAGS: Final = (1.0, 1.5, 2.0, 3.0, 4.0, 4.5, 6.0, 8.0, 9.0, 12.0, 16.0, 18.0, 24.0, 32.0, 48.0)
_NEAR: Final = 2
# Periods in quarters in which the way from the first onset, and to the last, is told.
PERIODS: Final = (1.0, 1.5, 2.0, 3.0, 4.0, 4.5, 6.0, 8.0, 9.0, 12.0, 16.0, 18.0, 24.0, 32.0)


@dataclass(frozen=True)
class Onsets:
    """What begins when: ``times`` in seconds, the highest and lowest pitch that begins, how
    many notes do, and of which tones (``tones[onset, tone]``, twelve tones)."""

    times: Any
    top: Any
    low: Any
    count: Any
    tones: Any

    def __len__(self) -> int:
        return len(self.times)

    def between(self, start: int, stop: int) -> Onsets:
        part = slice(start, stop)
        return Onsets(
            self.times[part], self.top[part], self.low[part], self.count[part], self.tones[part]
        )


_LINE: Final = 2 * (len(_STEPS) + 1) + (len(_LEAPS) + 1) + 12 + 2 * len(LAGS) + 8 + 4 * len(PERIODS)
# Lags at which the bass and the harmony come again, in quarters.
_SLOW_LAGS: Final = (1.0, 1.5, 2.0, 3.0, 4.0, 6.0, 8.0, 12.0, 16.0)
# Stretches before and after an onset whose tones are compared, in quarters.
_STRETCHES: Final = (0.5, 1.0, 2.0, 3.0, 4.0)
# Below this many semitones under the middle of the highest notes, a note is of the bass.
_BASS: Final = 9
WIDTH: Final = _LINE + len(_STEPS) + 1 + 2 + 3 * len(_SLOW_LAGS) + len(_STRETCHES) + 2


def features(onsets: Onsets, units: Any, quarter: float) -> Any:
    """A row for each onset, its place given in grid units; ``quarter`` is in seconds."""
    units = np.asarray(units)
    count = len(units)
    steps = np.diff(units)
    kinds = np.searchsorted(_STEPS, steps)
    leaps = np.searchsorted(_LEAPS, np.diff(onsets.top), side="right")
    out = np.zeros((count, WIDTH), np.float32)
    rows = np.arange(count)
    wide = len(_STEPS) + 1
    out[rows[1:], kinds] = 1
    out[rows[:-1], wide + kinds] = 1
    at = 2 * wide
    out[rows[1:], at + leaps] = 1
    at += len(_LEAPS) + 1
    out[rows, at + (onsets.top - onsets.top[-1]) % 12] = 1
    at += 12
    for lag in LAGS:
        back, ahead = echoes(units, onsets.top, round(lag * QUARTER))
        out[:, at], out[:, at + 1] = back, ahead
        at += 2
    middle = np.median(onsets.top)
    out[:, at] = (onsets.top - middle) / 12
    out[:, at + 1] = np.log2(0.5 / quarter)
    out[:, at + 2] = 1
    out[:, at + 3] = np.minimum(onsets.count - 1, 4) / 2
    out[:, at + 4] = (onsets.low < middle - 9) & (onsets.low < 55)
    out[:, at + 5] = onsets.top < middle - 9
    out[1:, at + 6] = (np.diff(onsets.low) != 0) & (onsets.count[1:] > 1)
    out[:, at + 7] = np.log2(max(1.0, count / 64))
    at += 8
    for origin in (units[0], units[-1]):
        for period in PERIODS:
            turn = 2 * np.pi / (period * QUARTER) * (units - origin)
            out[:, at], out[:, at + 1] = np.cos(turn), np.sin(turn)
            at += 2
    out[:, at:] = _texture(onsets, units, middle)
    return out


def _texture(onsets: Onsets, units: Any, middle: float) -> Any:
    """What a bass and chords tell of bars: where the bass moves, where it and the harmony come
    again, and how much the tones of a stretch differ from those of the one before."""
    count = len(units)
    out = np.zeros((count, WIDTH - _LINE), np.float32)
    bass = np.flatnonzero(onsets.low < middle - _BASS)
    kinds = len(_STEPS) + 1
    if len(bass) > 1:
        steps = np.append(np.diff(units[bass]), units[-1] - units[bass[-1]] + QUARTER)
        out[bass, np.searchsorted(_STEPS, steps)] = 1
        out[bass[1:], kinds] = np.diff(onsets.low[bass]) != 0
        out[bass, kinds + 1] = 1
        for at, lag in enumerate(_SLOW_LAGS):
            own = echoes(units[bass], onsets.low[bass], round(lag * QUARTER))
            out[bass, kinds + 2 + 2 * at], out[bass, kinds + 3 + 2 * at] = own
    at = kinds + 2 + 2 * len(_SLOW_LAGS)
    summed = np.concatenate([np.zeros((1, 12)), np.cumsum(onsets.tones, 0)])

    def tones(start: Any, stop: Any) -> Any:
        low, high = np.searchsorted(units, start), np.searchsorted(units, stop)
        part = np.sqrt(summed[high] - summed[low])
        return part / np.maximum(1e-6, np.linalg.norm(part, axis=1, keepdims=True))

    for stretch in _STRETCHES:
        wide = round(stretch * QUARTER)
        alike = tones(units - wide, units) * tones(units, units + wide)
        out[:, at] = 1 - alike.sum(1)
        at += 1
    now = tones(units, units + QUARTER)
    for lag in _SLOW_LAGS:
        shift = round(lag * QUARTER)
        out[:, at] = (now * tones(units - shift, units - shift + QUARTER)).sum(1)
        at += 1
    out[:, at] = np.log2(np.maximum(1, onsets.count)) / 3
    out[:, at + 1] = (onsets.count > 1).mean()
    return out


def echoes(units: Any, pitches: Any, lag: int) -> tuple[Any, Any]:
    """For each onset whether the one ``lag`` before, and the one after, has its pitch."""
    found = []
    for shift in (-lag, lag):
        place = np.searchsorted(units, units + shift - _NEAR)
        place = np.minimum(place, len(units) - 1)
        hit = np.abs(units[place] - units - shift) <= _NEAR
        found.append(hit & (pitches[place] == pitches))
    return found[0], found[1]
