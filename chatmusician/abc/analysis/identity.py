"""What makes two texts the same melody, whatever their key and unit length."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from fractions import Fraction
from itertools import pairwise
from typing import Final

from chatmusician.abc.analysis.melody import Bar, notes_of

SIZE: Final = 6


def melody_signature(bars: Sequence[Bar]) -> str:
    """A hash of the melody that is the same in any key, octave and note value.

    It holds the interval from each note to the next and the ratio of their lengths, as
    written, rests as part of the note before them. Bar lines, repeats, chords and
    ornaments have no part in it. Melodies of fewer than two notes share one signature.
    """
    return hashlib.sha256(" ".join(_moves(bars, rhythm=True)).encode()).hexdigest()[:32]


def shingles(bars: Sequence[Bar], *, size: int = SIZE) -> frozenset[tuple[str, ...]]:
    """Every run of ``size`` intervals in the melody, rhythm left out, notes struck again
    counted once.

    Two variants of a tune share most of their runs; a melody shorter than that is one run.
    """
    moves = [move for move in _moves(bars, rhythm=False) if move != "0"]
    if len(moves) <= size:
        return frozenset([tuple(moves)])
    return frozenset(tuple(moves[at : at + size]) for at in range(len(moves) - size + 1))


def step_shingles(bars: Sequence[Bar], *, size: int) -> frozenset[tuple[str, ...]]:
    """Every run of ``size`` steps of the scale, told by letters: as ``shingles``, but the same
    in another mode, or where a source has the signature wrong."""
    steps = [note.step for note in notes_of(list(bars))]
    moves = [str(b - a) for a, b in pairwise(steps) if a != b]
    return frozenset(tuple(moves[at : at + size]) for at in range(len(moves) - size + 1))


def _moves(bars: Sequence[Bar], *, rhythm: bool) -> list[str]:
    notes = notes_of(list(bars))
    steps = [str(b.pitch - a.pitch) for a, b in pairwise(notes)]
    if not rhythm:
        return steps
    onsets: list[Fraction] = []
    time = Fraction(0)
    for bar in bars:
        onsets += [time + note.onset for note in bar.notes]
        time += bar.length
    lengths = [b - a for a, b in zip(onsets, [*onsets[1:], time], strict=False)]
    ratios = [b / a if a else Fraction(0) for a, b in pairwise(lengths)]
    return [f"{step}:{ratio}" for step, ratio in zip(steps, ratios, strict=True)]
