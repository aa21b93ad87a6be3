"""The key of a score: signature and tonic from how long each tone sounds, and from the ends.

A small network over tonic and mode; its weights are learned from written tunes and stored
with those of the rhythm.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import pairwise
from typing import Any, Final

import numpy as np

from chatmusician.abc.key_values import key_name
from chatmusician.music.keys import fifths_of_pitch_class

MODES: Final = ("major", "minor", "dorian", "mixolydian")
# Rows of ``evidence``.
PARTS: Final = 22
# Bars of a phrase.
_PHRASE: Final = 4


@dataclass(frozen=True)
class Key:
    """``name`` is a K: value."""

    name: str
    fifths: int
    tonic: int
    mode: str
    confidence: float


@dataclass(frozen=True, slots=True)
class Sounding:
    """A note as the key is found from it: ``place`` is its onset in bar number ``bar``."""

    onset: Fraction
    duration: Fraction
    pitch: int
    bar: int
    place: Fraction


def evidence(notes: Sequence[Sounding], beat: Fraction) -> Any:
    """What is heard of each of the twelve tones, as rows; notes are in the order of onsets and
    pitches. How long the tone sounds; how often it is on a beat; how often it is a long note;
    how often a semitone leads up to it; whether it is the last note, the lowest of the last
    ones, the first. Of the highest line: how often it goes from the tone by each of the twelve
    intervals; how often the tone begins bars, begins phrases, and ends them."""
    rows = np.zeros((PARTS, 12))
    long = sorted(note.duration for note in notes)[len(notes) * 3 // 4]
    before = -9
    for note in notes:
        tone = note.pitch % 12
        rows[0, tone] += min(float(note.duration), 4.0)
        rows[1, tone] += note.place % beat == 0
        rows[2, tone] += note.duration >= long
        rows[3, tone] += note.pitch - before == 1
        before = note.pitch
    for row in rows[:4]:
        row /= max(row.sum(), 1e-9)
    last = notes[-1].onset
    ends = [note.pitch for note in notes[-12:] if note.onset == last]
    rows[4, max(ends) % 12] = 1
    rows[5, min(ends) % 12] = 1
    rows[6, notes[0].pitch % 12] = 1
    _add_line(rows, list({note.onset: note for note in notes}.values()))
    return rows


def _add_line(rows: Any, line: Sequence[Sounding]) -> None:
    """``line`` is the highest note of each onset."""
    for note, after in pairwise(line):
        rows[7 + (after.pitch - note.pitch) % 12, note.pitch % 12] += 4 / len(line)
    pickup = bool(line[0].place)
    ending: dict[int, int] = {}
    for note in line:
        phrase, bar = divmod(note.bar - pickup, _PHRASE)
        if note.place == 0:
            rows[19, note.pitch % 12] += 1
            rows[20, note.pitch % 12] += bar == 0
        if bar == _PHRASE - 1:
            ending[phrase] = note.pitch
    for pitch in ending.values():
        rows[21, pitch % 12] += 1
    for row in rows[19:]:
        row /= max(row.sum(), 1e-9)


def find_key(rows: Any, tables: dict[str, Any]) -> Key:
    """The likeliest signature, then the likeliest tonic that has it. The network (one hidden
    layer) sees the rows from each tonic on and scores the modes."""
    seen = np.stack([np.roll(rows, -tonic, 1).ravel() for tonic in range(12)])
    hidden = np.maximum(seen @ tables["key.in"].T + tables["key.in.bias"], 0)
    scores = hidden @ tables["key.out"].T + tables["key.out.bias"]
    odds = np.exp(scores - scores.max())
    odds /= odds.sum()
    signatures: dict[int, float] = {}
    for tonic in range(12):
        for at, mode in enumerate(MODES):
            fifths = signature_of(tonic, mode)
            signatures[fifths] = signatures.get(fifths, 0.0) + float(odds[tonic, at])
    best = max(signatures, key=lambda fifths: signatures[fifths])
    fitting = [
        (float(odds[tonic, at]), tonic, mode)
        for tonic in range(12)
        for at, mode in enumerate(MODES)
        if signature_of(tonic, mode) == best
    ]
    _, tonic, mode = max(fitting)
    return Key(key_name(best, mode), best, tonic, mode, signatures[best])


def signature_of(tonic: int, mode: str) -> int:
    """Sharps, or below 0 flats, of the signature; at most six flats and five sharps."""
    return fifths_of_pitch_class(tonic, mode, flats=6)
