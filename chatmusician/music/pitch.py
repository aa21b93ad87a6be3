"""Pitches: letters, accidentals, octaves, pitch classes and MIDI numbers.

Definitions
-----------
step
    A letter as a number, C to B being 0 to 6. A *diatonic step* goes on through the octaves:
    middle C is 0, the C above it 7.
alter
    Sharps of a note; flats below 0.
octave
    0 is the octave that middle C begins, in steps and in ABC; written names number it 4 (``C4``).
pitch class
    A pitch without its octave, in semitones above C, 0 to 11.
MIDI number
    Semitones, middle C being 60.

Departures
----------
music21 numbers octaves as the written names do, and its ``Pitch.ps`` is the MIDI number here.
Twelve equal semitones are assumed; B# and C differ in name only.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

STEP_LETTERS: Final = "CDEFGAB"
STEP_SEMITONES: Final[tuple[int, ...]] = (0, 2, 4, 5, 7, 9, 11)
# Fifths of the natural letters counted from C.
STEP_FIFTHS: Final[tuple[int, ...]] = (0, 2, 4, -1, 1, 3, 5)
MIDDLE_C: Final = 60

FLAT_NAMES: Final = ("C", "Db", "D", "Eb", "E", "F", "Gb", "G", "Ab", "A", "Bb", "B")
"""A name for each pitch class, flats where one is needed."""
SHARP_NAMES: Final = ("C", "C#", "D", "D#", "E", "F", "F#", "G", "G#", "A", "A#", "B")
"""A name for each pitch class, sharps where one is needed."""

_NAME: Final = re.compile(r"([A-Ga-g])([#b♯♭]*)")


@dataclass(frozen=True)
class Pitch:
    """A spelled pitch: ``step`` counts letters from middle C, ``alter`` sharps (flats below 0).

    >>> Pitch(3, 1).full_name, Pitch(3, 1).midi
    ('F#4', 66)
    """

    step: int
    alter: int = 0

    @property
    def letter(self) -> str:
        return STEP_LETTERS[self.step % 7]

    @property
    def midi(self) -> int:
        """The MIDI number."""
        return natural_pitch(self.step) + self.alter

    @property
    def name(self) -> str:
        """Letter and accidentals, without the octave: ``Bb``."""
        return note_name(self.step % 7, self.alter)

    @property
    def full_name(self) -> str:
        """The name with its octave, middle C being ``C4``."""
        return f"{self.name}{4 + self.step // 7}"

    def moved_by(self, steps: int, semitones: int) -> Pitch:
        """The pitch ``steps`` letters and ``semitones`` higher (lower where negative).

        >>> Pitch(0).moved_by(2, 3).full_name
        'Eb4'
        """
        step = self.step + steps
        return Pitch(step, self.midi + semitones - natural_pitch(step))

    def altered(self, change: int) -> Pitch:
        """The pitch on the same letter, ``change`` semitones higher."""
        return Pitch(self.step, self.alter + change)

    def in_octave(self, change: int) -> Pitch:
        """The pitch ``change`` octaves higher."""
        return Pitch(self.step + 7 * change, self.alter)


def parse_pitch(name: str, octave: int = 4) -> Pitch:
    """The pitch with a name such as ``Bb`` in an octave, middle C beginning the fourth.

    Raises
    ------
    ValueError
        Where ``name`` is not a letter from A to G with sharps and flats after it.
    """
    step, alter = _parts(name)
    return Pitch(step + 7 * (octave - 4), alter)


def pitch_class(name: str) -> int:
    """The pitch class of a name: 6 for ``F#``, 10 for ``Bb``, 11 for ``Cb``.

    The letter may be small; ``♯`` and ``♭`` are read as ``#`` and ``b``.

    Raises
    ------
    ValueError
        Where ``name`` is not a letter from A to G with sharps and flats after it.
    """
    step, alter = _parts(name)
    return (STEP_SEMITONES[step] + alter) % 12


def natural_pitch(step: int) -> int:
    """The MIDI number of a letter without accidental, counted in steps from middle C."""
    octave, letter = divmod(step, 7)
    return MIDDLE_C + 12 * octave + STEP_SEMITONES[letter]


def note_name(step: int, alter: int) -> str:
    """Letter and accidentals of a step from 0 to 6: ``F##`` for 3 and 2."""
    return STEP_LETTERS[step] + accidentals(alter)


def accidentals(alter: int) -> str:
    """Sharps or flats as text: ``##``, ``b`` or nothing."""
    return "#" * alter if alter > 0 else "b" * -alter


def _parts(name: str) -> tuple[int, int]:
    match = _NAME.fullmatch(name)
    if match is None:
        raise ValueError(f"{name!r} is no name of a pitch")
    signs = match[2].replace("♯", "#").replace("♭", "b")
    return STEP_LETTERS.index(match[1].upper()), signs.count("#") - signs.count("b")
