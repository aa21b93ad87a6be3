"""A line of pitch to notes: the steps of semitones that explain it best (Viterbi).

Every frame is a rest or one of the semitones. Leaving a semitone costs something once, being
off it costs in each frame, up to a limit: so vibrato, which comes back, stays one note, a
slide, which is near no semitone for long, goes to the notes it joins, and a real step pays.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

import numpy as np

FRAME: Final = 0.016
"""Seconds from frame to frame."""

# In units of cost: what a change of note costs, and one frame off by a whole semitone or more.
_CHANGE: Final = 3.0
_OFF: Final = 1.0
# How far off, in semitones, costs nearly nothing and all of it.
_NEAR, _FAR = 0.3, 1.1
# A frame without pitch in a note, a frame with pitch in a rest.
_UNVOICED: Final = 0.55
_IGNORED: Final = 0.8
VOICED: Final = 0.5
_QUIET: Final = 45.0
_SHORTEST: Final = 5
# A new beginning on the same pitch: the level falls by so many dB and rises again.
_DIP: Final = 7.0
_REACH: Final = 12
# A note begins where it is within so many dB of what it soon reaches.
_SOFT: Final = 10.0
# Frames of two turns of a usual vibrato, 5.5 Hz, weighted to even out others as well.
_TURNS: Final = np.hanning(25)[1:-1] / 12


@dataclass(frozen=True)
class Line:
    """By frame: pitch as a fractional MIDI number, how sure it is one, level in dB."""

    pitch: Any
    sure: Any
    level: Any


@dataclass(frozen=True, slots=True)
class Sung:
    """A note in frames; ``level`` in dB, ``sure`` from 0 to 1."""

    start: int
    end: int
    pitch: int
    level: float
    sure: float


def segment(line: Line) -> list[Sung]:
    voiced = line.sure >= VOICED
    if not voiced.any():
        return []
    # What is far below the singing is the room, not the singer.
    voiced &= line.level > np.percentile(line.level[voiced], 90) - _QUIET
    if not voiced.any():
        return []
    pitch = line.pitch - tuning(line.pitch, voiced)
    found = []
    for start, end, key in _runs(_path(pitch, voiced)):
        for parted in _struck_again(line.level, voiced, start, end):
            first, last = _trimmed(line.level, voiced, *parted)
            if last - first >= _SHORTEST and voiced[first:last].mean() > 0.5:
                sure = float(line.sure[first:last].mean())
                level = float(np.percentile(line.level[first:last], 80))
                found.append(Sung(first, last, key, level, sure))
    return found


def _trimmed(level: Any, voiced: Any, start: int, end: int) -> tuple[int, int]:
    """Without the silence that the path gave to the note, and the breath before its tone."""
    loud = voiced[start:end] & (level[start:end] > level[start : start + _REACH].max() - _SOFT)
    begins = int(loud[:_REACH].argmax())
    ends = int(voiced[start:end][::-1].argmax())
    return start + begins, end - ends


def tuning(pitch: Any, voiced: Any) -> float:
    """How far the singer's scale lies from concert pitch, in semitones, -0.5 to 0.5."""
    centre, steady = _centre(pitch, voiced)
    if steady.sum() < 10:
        return 0.0
    turn = np.exp(2j * np.pi * centre[1:][steady]).mean()
    # Spread evenly there is no scale to be in tune with.
    return float(np.angle(turn) / (2 * np.pi)) if abs(turn) > 0.15 else 0.0


def steadiness(line: Line) -> float:
    """The share of the frames with a pitch in which it holds still but for vibrato."""
    voiced = line.sure >= VOICED
    return float(_centre(line.pitch, voiced)[1].sum() / max(1, voiced.sum()))


def _centre(pitch: Any, voiced: Any) -> tuple[Any, Any]:
    """The pitch without its vibrato, and the frames (from the second on) where it is steady.

    Over two turns a vibrato cancels out. Its own turning points would be steady, and wrong.
    """
    whole = np.convolve(voiced, _TURNS, "same") > 0.99
    centre = np.convolve(np.where(voiced, pitch, 0), _TURNS, "same")
    return centre, whole[1:] & (np.abs(np.diff(centre)) < 0.05)


def _path(pitch: Any, voiced: Any) -> Any:
    """The best semitone for each frame; -1 is a rest."""
    low = int(np.floor(pitch[voiced].min())) - 1
    keys = np.arange(low, int(np.ceil(pitch[voiced].max())) + 2)
    cost = np.zeros(len(keys) + 1)
    came = np.empty((len(pitch), len(keys) + 1), np.int16)
    stay = np.arange(len(keys) + 1)
    for frame in range(len(pitch)):
        best = int(cost.argmin())
        moved = cost[best] + _CHANGE
        come = np.where(cost <= moved, stay, best)
        came[frame] = come
        cost = np.minimum(cost, moved)
        if voiced[frame]:
            off = (np.abs(keys - pitch[frame]) - _NEAR) / (_FAR - _NEAR)
            cost[:-1] += _OFF * np.clip(off, 0, 1)
            cost[-1] += _IGNORED
        else:
            cost[:-1] += _UNVOICED
        cost -= cost.min()
    at = int(cost.argmin())
    path = np.empty(len(pitch), np.int16)
    for frame in range(len(pitch) - 1, -1, -1):
        path[frame] = -1 if at == len(keys) else keys[at]
        at = came[frame, at]
    return path


def _runs(path: Any) -> Iterator[tuple[int, int, int]]:
    edges = np.flatnonzero(np.diff(path)) + 1
    for start, end in zip([0, *edges.tolist()], [*edges.tolist(), len(path)], strict=True):
        if path[start] >= 0:
            yield start, end, int(path[start])


def _struck_again(level: Any, voiced: Any, start: int, end: int) -> Iterator[tuple[int, int]]:
    """The parts of a note that is heard to begin anew."""
    first = start
    for at in range(start + _SHORTEST, end - _SHORTEST):
        around = level[max(start, at - 2) : at + 3]
        if level[at] > around.min() or at - first < _SHORTEST:
            continue
        before = level[max(first, at - _REACH) : at].max()
        after = level[at + 1 : min(end, at + _REACH)].max()
        deep = min(before, after) - level[at]
        if deep >= _DIP or (not voiced[at] and deep >= _DIP / 2):
            yield first, at
            first = at
    yield first, end
