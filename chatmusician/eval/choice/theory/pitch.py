"""What is asked about: intervals, modes and keys by name, and notes as ABC writes them."""

from __future__ import annotations

from typing import Final

from chatmusician.abc.spelling import ACCIDENTALS, head
from chatmusician.music.chords import CHORD_INTERVALS as CHORDS
from chatmusician.music.intervals import interval_size
from chatmusician.music.keys import SCALES, key_fifths, signature
from chatmusician.music.pitch import STEP_LETTERS, Pitch
from chatmusician.music.pitch import parse_pitch as pitch

__all__ = ["CHORDS", "SCALES", "Pitch", "pitch"]

# Letters moved, semitones moved, of the intervals that are asked about.
INTERVALS: Final[dict[str, tuple[int, int]]] = {
    name: interval_size(name)
    for name in (
        *("minor second", "major second", "augmented second", "minor third", "major third"),
        *("diminished fourth", "perfect fourth", "augmented fourth", "diminished fifth"),
        *("perfect fifth", "augmented fifth", "minor sixth", "major sixth"),
        *("diminished seventh", "minor seventh", "major seventh", "perfect octave"),
    )
}
_BY_SIZE: Final = {value: name for name, value in INTERVALS.items()}
MODES: Final = ("major", "minor", "dorian", "phrygian", "lydian", "mixolydian", "locrian")
TONICS: Final = ("C", "Db", "D", "Eb", "E", "F", "F#", "Gb", "G", "Ab", "A", "Bb", "B", "C#", "G#")
ROOTS: Final = ("C", "C#", "Db", "D", "Eb", "E", "F", "F#", "G", "G#", "Ab", "A", "Bb", "B")
INVERSIONS: Final = ("root position", "first inversion", "second inversion", "third inversion")


def moved(note: Pitch, interval: str, ways: int = 1) -> Pitch:
    """The note a named interval above, or below where ``ways`` is -1."""
    steps, semitones = INTERVALS[interval]
    return note.moved_by(ways * steps, ways * semitones)


def abc_note(note: Pitch, signs: tuple[int, ...] = (0,) * 7) -> str:
    """The note in ABC under a signature, with an accidental only where it differs."""
    octave, step = divmod(note.step, 7)
    mark = ACCIDENTALS[note.alter] if note.alter != signs[step] else ""
    return mark + head(step, octave)


def interval_between(low: Pitch, high: Pitch) -> str:
    """The interval's name; empty where it is not among those that are asked about."""
    return _BY_SIZE.get((high.step - low.step, high.midi - low.midi), "")


def built(root: Pitch, intervals: tuple[str, ...]) -> list[Pitch]:
    """A root and the notes that lie these intervals above it."""
    return [root, *(moved(root, interval) for interval in intervals)]


def plain(pitches: list[Pitch]) -> bool:
    """Whether one accidental at most is needed for each."""
    return all(abs(found.alter) <= 1 for found in pitches)


def key_signs(tonic: str, mode: str) -> tuple[int, ...]:
    """The accidentals of the letters C to B under a key."""
    return signature(key_fifths(tonic, mode))


def keys(modes: tuple[str, ...] = ("major", "minor"), most: int = 7) -> list[tuple[str, str]]:
    """The keys (tonic, mode) whose signature has at most ``most`` accidentals."""
    names = [letter + sign for letter in STEP_LETTERS for sign in ("", "#", "b")]
    return [(name, mode) for mode in modes for name in names if abs(key_fifths(name, mode)) <= most]


def abc_key(tonic: str, mode: str) -> str:
    """The key as the K: field has it."""
    return tonic + {"major": "", "minor": "m"}.get(mode, mode[:3])
