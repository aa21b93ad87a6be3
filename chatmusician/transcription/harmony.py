"""Chord symbols for music in several voices, by the beats of its score."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from typing import Final

from chatmusician.transcription.chord_finding import Note, accompanying, find_chords
from chatmusician.transcription.placed import Placed

_MOST_BEATS: Final = 50_000


def chord_symbols(
    notes: Sequence[Placed], beat: Fraction, bar: Fraction, fifths: int
) -> list[tuple[Fraction, str]]:
    """Chords by onset, where one begins; nothing for music in one voice."""
    parts: dict[int, list[Note]] = {}
    for note in notes:
        heard = (float(note.onset), float(note.end), note.pitch)
        parts.setdefault(note.voice, []).append(heard)
    count = int(max(note.end for note in notes) / beat) + 1
    if len(parts) < 2 or count > _MOST_BEATS:
        return []
    onsets = [beat * at for at in range(count)]
    spans = [(float(onset), float(onset + beat), onset % bar == 0) for onset in onsets]
    found: list[tuple[Fraction, str]] = []
    symbols = find_chords(accompanying(list(parts.values())), spans, flats=fifths < 0)
    for onset, symbol in zip(onsets, symbols, strict=True):
        if symbol is not None and (not found or found[-1][1] != symbol):
            found.append((onset, symbol))
    return found
