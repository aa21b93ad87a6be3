"""Notes that begin together: what the beat is found from."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np

from chatmusician.transcription.notes import Note
from chatmusician.transcription.rhythm.features import Onsets

# Notes of a chord begin within so many seconds, each after the one before: the first number,
# and where the quickest notes leave room for it, this part of their distance, up to the last.
_APART: Final = 0.035
_PART: Final = 0.45
_WIDEST: Final = 0.08


def together(notes: Sequence[Note]) -> list[list[int]]:
    """Indices of notes, in groups that begin together. Notes are in the order of onsets.

    The same pitch twice in a track begins a new group: no chord has it twice.
    """
    groups = _groups(notes, _APART)
    if not any(len(group) > 1 for group in groups):
        return groups
    return _groups(notes, _apart(notes, groups))


def _groups(notes: Sequence[Note], apart: float) -> list[list[int]]:
    groups: list[list[int]] = []
    first = last = -1.0
    pitches: set[tuple[int, int]] = set()
    for index, note in enumerate(notes):
        near = note.onset - last < apart and note.onset - first < max(_WIDEST, apart)
        if not groups or not near or (note.pitch, note.track) in pitches:
            groups.append([])
            pitches = set()
            first = note.onset
        groups[-1].append(index)
        pitches.add((note.pitch, note.track))
        last = note.onset
    return groups


def _apart(notes: Sequence[Note], groups: Sequence[Sequence[int]]) -> float:
    """How far notes of a chord may be apart, by how quickly notes follow each other here."""
    begins = np.array([notes[group[0]].onset for group in groups])
    steps = np.diff(begins)
    steps = steps[steps > _WIDEST]
    if not len(steps):
        return _APART
    return float(np.clip(_PART * np.quantile(steps, 0.1), _APART, _WIDEST))


def onsets(notes: Sequence[Note], groups: Sequence[Sequence[int]]) -> Onsets:
    tones = np.zeros((len(groups), 12), np.float32)
    for at, group in enumerate(groups):
        tones[at, [notes[i].pitch % 12 for i in group]] = 1
    return Onsets(
        times=np.array([np.mean([notes[i].onset for i in group]) for group in groups]),
        top=np.array([max(notes[i].pitch for i in group) for group in groups]),
        low=np.array([min(notes[i].pitch for i in group) for group in groups]),
        count=np.array([len(group) for group in groups]),
        tones=tones,
    )
