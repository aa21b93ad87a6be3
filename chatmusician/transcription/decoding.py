"""From what the network sees to notes: onsets picked, ends found, overtones cleaned away."""

from __future__ import annotations

from bisect import bisect_left
from dataclasses import dataclass
from statistics import median
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from chatmusician.transcription.activations import LOWEST, Activations

if TYPE_CHECKING:
    import numpy

    Column = numpy.ndarray[Any, numpy.dtype[numpy.float32]]

# Frames: how soon a note must be loud, which ones tell what sounded before it, and how far
# apart notes are that begin together.
_SOON: Final = 12
_BEFORE: Final = np.arange(3, 7)
_TOGETHER: Final = 4
# Semitones from a tone to its second, third, fourth, fifth, sixth and eighth partials.
_OVERTONES: Final = (12, 19, 24, 28, 31, 36)


@dataclass(frozen=True)
class Thresholds:
    """What makes a note (docs/transcription-audio.md tells how these were found).

    ``fresh`` is the onset activation that begins a note where its key did not sound before,
    ``again`` where it did; ``sounding`` draws the line between the two. A note must reach
    ``loud`` soon after its beginning and ends below ``frame``. ``shortest`` and ``gap`` are
    frames. Where a key an octave, a twelfth and so on below begins at the same moment, what
    looks like a note may be a part of that one: then it must begin at ``overtone``.
    """

    fresh: float = 0.6
    again: float = 0.7
    sounding: float = 0.25
    loud: float = 0.55
    frame: float = 0.3
    shortest: int = 8
    gap: int = 8
    overtone: float = 0.8


@dataclass(frozen=True, slots=True)
class Heard:
    """A note in frames; ``begins`` and ``sounds`` say how clearly the network heard it."""

    start: int
    end: int
    key: int
    begins: float
    sounds: float

    @property
    def pitch(self) -> int:
        return self.key + LOWEST


CLEAR: Final = Thresholds()
BLURRED: Final = Thresholds(fresh=0.5, again=0.65, loud=0.4)
"""For recordings of which the network is less sure throughout: many instruments, a room."""

# What the middle one of the notes found by CLEAR sounds like at least, in a clear recording.
_CLEARLY: Final = 0.585


def decode(seen: Activations) -> list[Heard]:
    """The notes, by the thresholds that suit how clear the recording is."""
    found = decode_by(seen, CLEAR)
    if found and median(note.sounds for note in found) < _CLEARLY:
        return decode_by(seen, BLURRED)
    return found


def decode_by(seen: Activations, thresholds: Thresholds) -> list[Heard]:
    found: list[Heard] = []
    for key in range(seen.sounds.shape[1]):
        sounds = seen.sounds[:, key].astype(np.float32)
        begins = seen.begins[:, key].astype(np.float32)
        found += _notes_of_key(key, sounds, begins, thresholds)
    found.sort(key=lambda note: (note.start, note.key))
    return without_overtones(found, thresholds.overtone)


def _notes_of_key(key: int, sounds: Column, begins: Column, thresholds: Thresholds) -> list[Heard]:
    starts = _starts(sounds, begins, thresholds)
    if not len(starts):
        return []
    ends = _ends(sounds, starts, thresholds)
    found = []
    for start, end in zip(starts.tolist(), ends.tolist(), strict=True):
        if end - start < thresholds.shortest:
            continue
        if float(sounds[start : start + _SOON].max()) >= thresholds.loud:
            loud = float(sounds[start:end].mean())
            found.append(Heard(start, end, key, float(begins[start]), loud))
    return found


def _starts(sounds: Column, begins: Column, thresholds: Thresholds) -> Any:
    """Peaks of the onset activation that are high enough for what sounded before them."""
    inner = begins[1:-1]
    peaks = (inner >= thresholds.fresh) & (inner > begins[:-2]) & (inner >= begins[2:])
    starts = np.flatnonzero(peaks) + 1
    before = sounds[np.maximum(starts[:, None] - _BEFORE, 0)].mean(axis=1)
    needed = np.where(before < thresholds.sounding, thresholds.fresh, thresholds.again)
    return starts[begins[starts] >= needed]


def without_overtones(notes: list[Heard], surely: float) -> list[Heard]:
    """The notes without those that are but overtones of others beginning at the same moment."""
    by_key: dict[int, list[Heard]] = {}
    for note in notes:
        by_key.setdefault(note.key, []).append(note)
    onsets = {key: [note.start for note in found] for key, found in by_key.items()}

    def overtone(note: Heard) -> bool:
        for interval in _OVERTONES:
            lower = by_key.get(note.key - interval, ())
            at = bisect_left(onsets.get(note.key - interval, ()), note.start - _TOGETHER)
            while at < len(lower) and lower[at].start <= note.start + _TOGETHER:
                if lower[at].begins >= note.begins:
                    return True
                at += 1
        return False

    return [note for note in notes if note.begins >= surely or not overtone(note)]


def _ends(sounds: Column, starts: Any, thresholds: Thresholds) -> Any:
    """Where each note ends: at a silence of ``gap`` frames, or where the next begins."""
    on = np.flatnonzero(sounds >= thresholds.frame)
    if not len(on):
        return starts
    # Runs of frames that sound, gaps shorter than `gap` closed.
    breaks = np.flatnonzero(np.diff(on) > thresholds.gap)
    run_ends = np.append(on[breaks], on[-1]) + 1
    run_starts = np.append(on[0], on[breaks + 1])
    at = np.searchsorted(run_ends, starts, side="right")
    safe = np.minimum(at, len(run_ends) - 1)
    # An onset comes up to `gap` frames before its key sounds.
    inside = (at < len(run_ends)) & (run_starts[safe] <= starts + thresholds.gap)
    ends = np.where(inside, run_ends[safe], starts)
    following = np.append(starts[1:], len(sounds))
    return np.minimum(ends, following)
