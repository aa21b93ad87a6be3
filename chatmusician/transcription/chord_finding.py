"""Which chord sounds in each beat, from the notes alone (templates and Viterbi)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from chatmusician.music.chords import KINDS
from chatmusician.music.keys import MINOR_TONICS
from chatmusician.music.pitch import FLAT_NAMES

# Kinds of chord, and what a kind must win by to be named. The simplest that explains the notes
# is the best; a triad and its seventh are told apart by whether the seventh is more than a
# passing note.
_HANDICAPS: Final = {
    "": 0.0,
    "m": 0.0,
    "7": 0.06,
    "m7": 0.1,
    "maj7": 0.12,
    "dim": 0.06,
    "m7b5": 0.12,
    "dim7": 0.12,
    "aug": 0.12,
    "sus4": 0.12,
}
_OUTSIDE: Final = 0.9
_ROOT: Final = 0.15
_BASS: Final = 0.35
_ABSENT: Final = 0.12
# What a change of chord costs, on a strong beat and elsewhere; what a beat without one gains.
_CHANGE: Final = (0.15, 0.5)
_CHANGE_OF_PHASE: Final = (0.3, 1.0)
_ON_BEATS: Final = 0.15
_SILENT: Final = 0.25
# A single line makes no harmony: so much of the time at least two notes sound together.
FEWEST_TOGETHER: Final = 0.3
# Roots of chords in keys with flats, and in others the names of minor tonics, which sharpen
# what leads up to a minor chord (G#dim) and keep Eb and Bb.
FLATS: Final = FLAT_NAMES
SHARPS: Final = MINOR_TONICS

Note = tuple[float, float, int]
"""Start and end, in seconds or in whatever the spans are counted in, and pitch."""


def find_chords(
    notes: Sequence[Note], spans: Sequence[tuple[float, float, bool]], *, flats: bool = False
) -> list[str | None]:
    """The symbol of the chord in each span (start, end, whether it is a downbeat)."""
    if not spans or together(notes) < FEWEST_TOGETHER:
        return [None] * len(spans)
    scores = _scores(*_weights(notes, spans))
    names = FLATS if flats else SHARPS
    symbols = [names[root] + kind for kind in _HANDICAPS for root in range(12)]
    return [
        None if state == len(symbols) else symbols[state]
        for state in _best([strong for _, _, strong in spans], scores, _CHANGE)[0]
    ]


def best_phase(notes: Sequence[Note], beat: float, beats: int, steps: int) -> int:
    """How many of ``steps`` even parts of a bar the first bar line comes after the beginning.

    A bar has ``beats`` of ``beat`` seconds. It is the phase at which chords that change with
    the bars, rather than within them, explain the notes best, and low notes begin on beats.
    """
    bar, end = beat * beats, max(note[1] for note in notes)
    low = sorted(notes, key=lambda note: note[2])[: len(notes) // 4 + 1]
    scored = []
    for step in range(steps):
        first = step * bar / steps - bar
        times = [first + number * beat for number in range(int((end - first) / beat) + 1)]
        spans = [(time, time + beat, at % beats == 0) for at, time in enumerate(times)]
        spans = [span for span in spans if span[1] > 0.01]
        scores = _scores(*_weights(notes, spans))
        total = _best([strong for _, _, strong in spans], scores, _CHANGE_OF_PHASE)[1]
        on_beats = sum(_is_near((note[0] - first) / beat) for note in low) / len(low)
        scored.append(total / len(spans) + _ON_BEATS * on_beats)
    return scored.index(max(scored))


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


def _is_near(beats: float) -> bool:
    return abs(beats - round(beats)) < 0.1


def accompanying(parts: list[list[Note]]) -> list[Note]:
    """The notes without those of the highest line, where the others make a harmony alone:
    a melody's passing notes are no part of its chords."""
    whole = [note for part in parts for note in part]
    played = [part for part in parts if part]
    if len(played) < 2:
        return whole
    highest = max(played, key=lambda part: sum(note[2] for note in part) / len(part))
    rest = [note for part in played if part is not highest for note in part]
    return rest if together(highest) < FEWEST_TOGETHER <= together(rest) else whole


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
    for kind, handicap in _HANDICAPS.items():
        for root in range(12):
            inside = [(root + tone) % 12 for tone in KINDS[kind]]
            share = weights[:, inside].sum(axis=1)
            absent = (~present[:, inside]).sum(axis=1)
            score = share - _OUTSIDE * (1 - share) - _ABSENT * absent - handicap
            columns.append(score + _ROOT * present[:, root] + _BASS * basses[:, root])
    silent = weights.sum(axis=1) < 0.5
    scores = np.stack(columns, axis=1)
    scores[silent] = 0
    return np.concatenate([scores, np.where(silent, _SILENT, -0.2)[:, None]], axis=1)


def _best(
    strong: Sequence[bool], scores: Any, change: tuple[float, float]
) -> tuple[list[int], float]:
    """The best chord of each span, and how well they explain it all."""
    import numpy as np

    states = scores.shape[1]
    total, came = scores[0], []
    for at in range(1, len(scores)):
        best = int(total.argmax())
        moved = total[best] - change[0 if strong[at] else 1]
        come = np.where(total >= moved, np.arange(states), best)
        came.append(come)
        total = np.maximum(total, moved) + scores[at]
    path = [int(total.argmax())]
    for come in reversed(came):
        path.append(int(come[path[-1]]))
    return path[::-1], float(total.max())
