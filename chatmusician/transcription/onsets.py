"""Notes that begin together: what the beat is found from."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np

from chatmusician.transcription.notes import Note
from chatmusician.transcription.rhythm.features import Onsets

# Notes of a chord begin within so many seconds, each after the one before.
_APART: Final = 0.035
_WIDEST: Final = 0.08


def together(notes: Sequence[Note]) -> list[list[int]]:
    """Indices of notes, in groups that begin together. Notes are in the order of onsets.

    The same pitch twice begins a new group: no chord has it twice.
    """
    groups: list[list[int]] = []
    first = last = -1.0
    pitches: set[int] = set()
    for index, note in enumerate(notes):
        near = note.onset - last < _APART and note.onset - first < _WIDEST
        if not groups or not near or note.pitch in pitches:
            groups.append([])
            pitches = set()
            first = note.onset
        groups[-1].append(index)
        pitches.add(note.pitch)
        last = note.onset
    return groups


def onsets(notes: Sequence[Note], groups: Sequence[Sequence[int]]) -> Onsets:
    return Onsets(
        times=np.array([np.mean([notes[i].onset for i in group]) for group in groups]),
        top=np.array([max(notes[i].pitch for i in group) for group in groups]),
        low=np.array([min(notes[i].pitch for i in group) for group in groups]),
        count=np.array([len(group) for group in groups]),
    )
