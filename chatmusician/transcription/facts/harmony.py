"""Which chord sounds in each beat, from the notes alone (templates and Viterbi)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

# Kinds of chord: semitones above the root, and what a kind must win by to be named. The
# simplest that explains the notes is the best; a triad and its seventh are told apart by
# whether the seventh is more than a passing note.
_KINDS: Final = {
    "": ((0, 4, 7), 0.0),
    "m": ((0, 3, 7), 0.0),
    "7": ((0, 4, 7, 10), 0.06),
    "m7": ((0, 3, 7, 10), 0.1),
    "maj7": ((0, 4, 7, 11), 0.12),
    "dim": ((0, 3, 6), 0.06),
    "m7b5": ((0, 3, 6, 10), 0.12),
    "dim7": ((0, 3, 6, 9), 0.12),
    "aug": ((0, 4, 8), 0.12),
    "sus4": ((0, 5, 7), 0.12),
}
_OUTSIDE: Final = 0.9
_ROOT: Final = 0.15
_BASS: Final = 0.35
_ABSENT: Final = 0.12
# What a change of chord costs, on a strong beat and elsewhere; what a beat without one gains.
_CHANGE: Final = (0.15, 0.5)
_SILENT: Final = 0.25
# A single line makes no harmony: so much of the time at least two notes sound together.
FEWEST_TOGETHER: Final = 0.3
SHARPS: Final = ("C", "C#", "D", "Eb", "E", "F", "F#", "G", "G#", "A", "Bb", "B")
FLATS: Final = ("C", "Db", "D", "Eb", "E", "F", "Gb", "G", "Ab", "A", "Bb", "B")

Note = tuple[float, float, int]
"""Start and end in seconds, pitch."""


def find_chords(
    notes: Sequence[Note], spans: Sequence[tuple[float, float, bool]], *, flats: bool = False
) -> list[str | None]:
    """The symbol of the chord in each span (start, end, whether it is a downbeat)."""
    if not spans or together(notes) < FEWEST_TOGETHER:
        return [None] * len(spans)
    weights, basses = _weights(notes, spans)
    scores = _scores(weights, basses)
    names = FLATS if flats else SHARPS
    symbols = [names[root] + kind for kind in _KINDS for root in range(12)]
    return [
        None if state == len(symbols) else symbols[state]
        for state in _best([strong for _, _, strong in spans], scores)
    ]


def together(notes: Sequence[Note]) -> float:
    """The share of the sounding time in which two notes or more sound."""
    events = sorted([(n[0], 1) for n in notes] + [(n[1], -1) for n in notes])
    sounding, before, one, more = 0, 0.0, 0.0, 0.0
    for time, step in events:
        one += (time - before) * (sounding >= 1)
        more += (time - before) * (sounding >= 2)
        sounding += step
        before = time
    return more / one if one else 0.0


def _weights(notes: Sequence[Note], spans: Sequence[tuple[float, float, bool]]) -> Any:
    """For each span how long each pitch class sounds, and which is lowest, as shares."""
    import numpy as np

    starts = np.array([span[0] for span in spans])
    weights = np.zeros((len(spans), 12))
    low = np.full(len(spans), 999)
    for start, end, pitch in notes:
        first = max(0, int(np.searchsorted(starts, start, side="right")) - 1)
        for at in range(first, len(spans)):
            if spans[at][0] >= end:
                break
            shared = min(end, spans[at][1]) - max(start, spans[at][0])
            # What only just reaches in from the beat before belongs to that one.
            if shared > 0.2 * (spans[at][1] - spans[at][0]) or start >= spans[at][0]:
                weights[at, pitch % 12] += max(0.0, shared)
                low[at] = min(low[at], pitch)
    total = weights.sum(axis=1, keepdims=True)
    basses = np.zeros_like(weights)
    heard = low < 999
    basses[np.flatnonzero(heard), low[heard] % 12] = 1
    return weights / np.maximum(total, 1e-9), basses


def _scores(weights: Any, basses: Any) -> Any:
    """How well each chord, root by root and kind by kind, explains each span; last: none."""
    import numpy as np

    columns = []
    present = weights > 0.03
    for tones, handicap in _KINDS.values():
        for root in range(12):
            inside = [(root + tone) % 12 for tone in tones]
            share = weights[:, inside].sum(axis=1)
            absent = (~present[:, inside]).sum(axis=1)
            score = share - _OUTSIDE * (1 - share) - _ABSENT * absent - handicap
            columns.append(score + _ROOT * present[:, root] + _BASS * basses[:, root])
    silent = weights.sum(axis=1) < 0.5
    scores = np.stack(columns, axis=1)
    scores[silent] = 0
    return np.concatenate([scores, np.where(silent, _SILENT, -0.2)[:, None]], axis=1)


def _best(strong: Sequence[bool], scores: Any) -> list[int]:
    import numpy as np

    states = scores.shape[1]
    total, came = scores[0], []
    for at in range(1, len(scores)):
        best = int(total.argmax())
        moved = total[best] - _CHANGE[0 if strong[at] else 1]
        come = np.where(total >= moved, np.arange(states), best)
        came.append(come)
        total = np.maximum(total, moved) + scores[at]
    path = [int(total.argmax())]
    for come in reversed(came):
        path.append(int(come[path[-1]]))
    return path[::-1]
