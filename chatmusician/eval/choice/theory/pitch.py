"""Spelled pitches, intervals, scales and chords: the arithmetic of letters and semitones."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from chatmusician.abc.fields import signature
from chatmusician.abc.spelling import key_fifths
from chatmusician.abc.tables import STEP_LETTERS, STEP_SEMITONES

# Letters moved, semitones moved.
INTERVALS: Final[dict[str, tuple[int, int]]] = {
    "minor second": (1, 1),
    "major second": (1, 2),
    "augmented second": (1, 3),
    "minor third": (2, 3),
    "major third": (2, 4),
    "diminished fourth": (3, 4),
    "perfect fourth": (3, 5),
    "augmented fourth": (3, 6),
    "diminished fifth": (4, 6),
    "perfect fifth": (4, 7),
    "augmented fifth": (4, 8),
    "minor sixth": (5, 8),
    "major sixth": (5, 9),
    "diminished seventh": (6, 9),
    "minor seventh": (6, 10),
    "major seventh": (6, 11),
    "perfect octave": (7, 12),
}
_BY_SIZE: Final = {value: name for name, value in INTERVALS.items()}
MODES: Final = ("major", "minor", "dorian", "phrygian", "lydian", "mixolydian", "locrian")
TONICS: Final = ("C", "Db", "D", "Eb", "E", "F", "F#", "Gb", "G", "Ab", "A", "Bb", "B", "C#", "G#")
ROOTS: Final = ("C", "C#", "Db", "D", "Eb", "E", "F", "F#", "G", "G#", "Ab", "A", "Bb", "B")
_QUALITIES: Final = {
    "m": "minor",
    "M": "major",
    "P": "perfect",
    "A": "augmented",
    "d": "diminished",
}
_NUMBERS: Final = ("", "unison", "second", "third", "fourth", "fifth", "sixth", "seventh")


def _named(short: str) -> tuple[str, ...]:
    """``M3 P5`` to the intervals' names."""
    return tuple(f"{_QUALITIES[word[0]]} {_NUMBERS[int(word[1])]}" for word in short.split())


# Intervals of the degrees above the tonic, of a chord's notes above its root.
SCALES: Final[dict[str, tuple[str, ...]]] = {
    "major": _named("M2 M3 P4 P5 M6 M7"),
    "natural minor": _named("M2 m3 P4 P5 m6 m7"),
    "harmonic minor": _named("M2 m3 P4 P5 m6 M7"),
    "ascending melodic minor": _named("M2 m3 P4 P5 M6 M7"),
    "dorian": _named("M2 m3 P4 P5 M6 m7"),
    "phrygian": _named("m2 m3 P4 P5 m6 m7"),
    "lydian": _named("M2 M3 A4 P5 M6 M7"),
    "mixolydian": _named("M2 M3 P4 P5 M6 m7"),
    "locrian": _named("m2 m3 P4 d5 m6 m7"),
    "major pentatonic": _named("M2 M3 P5 M6"),
    "minor pentatonic": _named("m3 P4 P5 m7"),
}
CHORDS: Final[dict[str, tuple[str, ...]]] = {
    "major triad": _named("M3 P5"),
    "minor triad": _named("m3 P5"),
    "diminished triad": _named("m3 d5"),
    "augmented triad": _named("M3 A5"),
    "dominant seventh chord": _named("M3 P5 m7"),
    "major seventh chord": _named("M3 P5 M7"),
    "minor seventh chord": _named("m3 P5 m7"),
    "half-diminished seventh chord": _named("m3 d5 m7"),
    "diminished seventh chord": _named("m3 d5 d7"),
}
INVERSIONS: Final = ("root position", "first inversion", "second inversion", "third inversion")


@dataclass(frozen=True)
class Pitch:
    """`step` counts letters from middle C, `alter` sharps (flats below 0)."""

    step: int
    alter: int = 0

    @property
    def letter(self) -> str:
        return STEP_LETTERS[self.step % 7]

    @property
    def midi(self) -> int:
        return 60 + 12 * (self.step // 7) + STEP_SEMITONES[self.step % 7] + self.alter

    @property
    def name(self) -> str:
        return self.letter + ("#" * self.alter if self.alter > 0 else "b" * -self.alter)

    @property
    def full_name(self) -> str:
        return f"{self.name}{4 + self.step // 7}"

    def moved(self, interval: str, ways: int = 1) -> Pitch:
        """An interval above, or below for `ways` -1."""
        steps, semitones = (ways * amount for amount in INTERVALS[interval])
        step = self.step + steps
        return Pitch(step, self.midi + semitones - Pitch(step).midi)

    def altered(self, change: int) -> Pitch:
        return Pitch(self.step, self.alter + change)

    def octave(self, change: int) -> Pitch:
        return Pitch(self.step + 7 * change, self.alter)

    def abc(self, signs: tuple[int, ...] = (0,) * 7) -> str:
        """The note in ABC under a signature, with an accidental only where it differs."""
        mark = {2: "^^", 1: "^", 0: "=", -1: "_", -2: "__"}[self.alter]
        octave = self.step // 7
        letter = self.letter.lower() if octave > 0 else self.letter
        place = "'" * (octave - 1) if octave > 0 else "," * -octave
        return (mark if self.alter != signs[self.step % 7] else "") + letter + place


def pitch(name: str, octave: int = 4) -> Pitch:
    """``Bb`` in an octave, middle C beginning the fourth."""
    step = STEP_LETTERS.index(name[0]) + 7 * (octave - 4)
    return Pitch(step, name.count("#") - name[1:].count("b"))


def interval_between(low: Pitch, high: Pitch) -> str:
    """Empty where the interval has no name in the table."""
    return _BY_SIZE.get((high.step - low.step, high.midi - low.midi), "")


def built(root: Pitch, intervals: tuple[str, ...]) -> list[Pitch]:
    return [root, *(root.moved(interval) for interval in intervals)]


def plain(pitches: list[Pitch]) -> bool:
    """Whether one accidental at most is needed for each."""
    return all(abs(found.alter) <= 1 for found in pitches)


def fifths(tonic: str, mode: str) -> int:
    return key_fifths(tonic, mode)


def key_signs(tonic: str, mode: str) -> tuple[int, ...]:
    """The accidentals of the letters C to B under a key."""
    return tuple(signature(fifths(tonic, mode)))


def keys(modes: tuple[str, ...] = ("major", "minor"), most: int = 7) -> list[tuple[str, str]]:
    """Keys (tonic, mode) whose signature has no more than so many accidentals."""
    names = [letter + sign for letter in STEP_LETTERS for sign in ("", "#", "b")]
    return [(name, mode) for mode in modes for name in names if abs(fifths(name, mode)) <= most]


def abc_key(tonic: str, mode: str) -> str:
    """The key as the K: field has it."""
    return tonic + {"major": "", "minor": "m"}.get(mode, mode[:3])
