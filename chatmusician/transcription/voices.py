"""Which voice each note is written in: tracks as they come, one track of keys as two hands."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

import numpy as np

from chatmusician.transcription.notes import Performance

_MOST_VOICES: Final = 24
# Groups with more than one note make up at least this share of polyphonic music.
_POLYPHONIC: Final = 0.12
_WIDEST_HAND: Final = 14
_MIDDLE: Final = 60
# Pitches at which hands may part, and what it costs that point to move a semitone.
_SPLITS: Final = np.arange(43, 80)
_MOVE: Final = 0.15


def voices(performance: Performance, groups: Sequence[Sequence[int]]) -> list[int]:
    """A voice number for each note, the highest voice first."""
    notes = performance.notes
    tracks = sorted({note.track for note in notes})
    if len(tracks) > 1:
        height = {t: np.mean([n.pitch for n in notes if n.track == t]) for t in tracks}
        names = sorted(tracks, key=lambda t: -float(height[t]))
        number = {track: min(at, _MOST_VOICES - 1) for at, track in enumerate(names)}
        return [number[note.track] for note in notes]
    several = sum(len(group) > 1 for group in groups)
    wide = np.ptp([note.pitch for note in notes]) > 2 * _WIDEST_HAND
    if several < _POLYPHONIC * len(groups) or not wide:
        return [0] * len(notes)
    return _hands(performance, groups)


def _hands(performance: Performance, groups: Sequence[Sequence[int]]) -> list[int]:
    """Two hands: the best path of the pitch that parts them, by Viterbi's algorithm."""
    notes = performance.notes
    costs = np.stack([_cost([notes[i].pitch for i in group]) for group in groups])
    moves = _MOVE * np.abs(_SPLITS[:, None] - _SPLITS[None, :])
    total = costs[0]
    back = []
    for row in costs[1:]:
        through = total[:, None] + moves
        back.append(through.argmin(0))
        total = through.min(0) + row
    at = int(total.argmin())
    path = [at]
    for came in reversed(back):
        at = int(came[at])
        path.append(at)
    found = [0] * len(notes)
    for group, split in zip(groups, reversed(path), strict=True):
        for index in group:
            found[index] = int(notes[index].pitch < _SPLITS[split])
    return found if 0 in found else [0] * len(found)


def _cost(pitches: Sequence[int]) -> Any:
    """What each split costs one group: hands too wide, parted far from middle C, or through
    the middle of a cluster."""
    heights = np.array(sorted(pitches))
    costs = 0.02 * np.abs(_SPLITS - _MIDDLE).astype(float)
    for at, split in enumerate(_SPLITS):
        low, high = heights[heights < split], heights[heights >= split]
        for hand in (low, high):
            if len(hand) > 1:
                costs[at] += 1.5 * max(0, hand[-1] - hand[0] - _WIDEST_HAND)
        if len(low) and len(high):
            costs[at] -= 0.08 * min(12, high[0] - low[-1])
        costs[at] += 0.05 * (np.maximum(0, low - 62).sum() + np.maximum(0, 55 - high).sum())
    return costs
